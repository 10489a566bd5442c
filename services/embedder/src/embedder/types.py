"""Wire shapes of both routes, and the arrays between the stages."""

from typing import Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
TokenIds = list[int]

MODEL_ID = "sentence-transformers/all-mpnet-base-v2"
MODEL_NAMES = (MODEL_ID, "all-mpnet-base-v2")
DIMENSION = 768


class ModelInfo(msgspec.Struct, frozen=True):
    """What the loaded model is and where it runs; `max_input_length` in tokens, special tokens included.

    `small_batch_tokens`: padded tokens up to which a batch takes the time of one text; 0 where every token takes time.
    `cosine`: the smallest to full precision in the self-test. `refused`: a precision that failed it, and why.
    """

    device: str
    dtype: str
    threads: int
    max_input_length: int
    max_batch_tokens: int
    small_batch_tokens: int = 0
    packed: bool = False
    cosine: float = 1.0
    refused: str | None = None


class Model(Protocol):
    """A loaded model; `tokenize` may run on any thread, `encode` runs on the batcher's alone."""

    info: ModelInfo

    def tokenize(self, texts: list[str]) -> list[TokenIds]:
        """Token ids of every text, special tokens included, not cut."""
        ...

    def encode(self, rows: list[TokenIds]) -> FloatArray:
        """Mean-pooled vectors `(n, 768) float32`, not normalised."""
        ...


class Embedded(msgspec.Struct, frozen=True):
    """The answer to one request: vectors `(n, 768)`, tokens read by the model, and the indices of texts cut."""

    vectors: FloatArray
    tokens: int
    truncated: list[int]


class OpenAIRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/embeddings`. Token arrays parse, so that they can be refused with a clear message."""

    input: str | list[str | int | list[Any]]
    model: str | None = None
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None


class OpenAIEmbedding(msgspec.Struct, frozen=True, kw_only=True):
    """One vector: numbers, or base64 of little-endian float32."""

    object: str = "embedding"
    index: int
    embedding: list[float] | str


class OpenAIUsage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens that the model read; `truncated_inputs`, an extension, lists the indices of inputs that were cut."""

    prompt_tokens: int
    total_tokens: int
    truncated_inputs: list[int] = []


class OpenAIResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `POST /v1/embeddings`."""

    object: str = "list"
    data: list[OpenAIEmbedding]
    model: str = MODEL_ID
    usage: OpenAIUsage


class TeiRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /embed`, as text-embeddings-inference has it."""

    inputs: str | list[str | int | list[Any]]
    normalize: bool = True
    truncate: bool = False
    truncation_direction: Literal["Right", "right", "Left", "left"] = "Right"
    prompt_name: str | None = None
    dimensions: int | None = None
