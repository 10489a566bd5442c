"""From texts to vectors: check, admit, tokenise off the event loop, batch, normalise."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from embedder.admission import Admission
from embedder.errors import InputTooLongError, InvalidInputError, TooManyInputsError
from embedder.host import ModelHost
from embedder.metrics import Metrics
from embedder.settings import Settings
from embedder.types import Embedded, FloatArray, ModelInfo, TokenIds

T = TypeVar("T")
TOKENISER_THREADS = 2


class Embedder:
    """The one use case of this service; used from the event loop."""

    def __init__(self, settings: Settings, host: ModelHost, metrics: Metrics) -> None:
        self._settings = settings
        self._host = host
        self._metrics = metrics
        self._admission = Admission(max_texts=settings.max_queue, seconds_per_text=lambda: host.seconds_per_text)
        self._threads = ThreadPoolExecutor(TOKENISER_THREADS, thread_name_prefix="tokeniser")
        metrics.queue_texts.set_function(lambda: self._admission.held)

    def close(self) -> None:
        """Let the tokeniser's threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def info(self) -> ModelInfo:
        """What is loaded; raises NotReadyError."""
        return self._host.use()[0].info

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Run something that takes milliseconds of CPU on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def embed(self, texts: list[str], *, truncate: bool, normalize: bool = True) -> Embedded:
        """Vectors `(n, 768)` in the order of `texts`. Cancelling this drops the texts not yet computed.

        Raises QueueFullError, TooManyInputsError, InputTooLongError, InvalidInputError, NotReadyError,
        ModelFailedError.
        """
        self._check(texts)
        model, batcher = self._host.use()
        with self._admission.admit(len(texts)):
            rows = await self.off_loop(lambda: model.tokenize(texts))
            limit = model.info.max_input_length
            too_long = [index for index, row in enumerate(rows) if len(row) > limit]
            if too_long and not truncate:
                raise InputTooLongError(
                    f"Input {too_long[0]} has {len(rows[too_long[0]])} tokens; the model reads at most {limit}."
                )
            rows = [shortened(row, limit) for row in rows]
            vectors = await asyncio.wrap_future(batcher.submit(rows))
        self._metrics.truncated.inc(len(too_long))
        return Embedded(
            vectors=normalized(vectors) if normalize else vectors,
            tokens=sum(map(len, rows)),
            truncated=too_long,
        )

    def _check(self, texts: list[str]) -> None:
        if not texts:
            raise InvalidInputError("There is no input.")
        if len(texts) > self._settings.max_inputs:
            raise TooManyInputsError(f"{len(texts)} inputs; one request may hold {self._settings.max_inputs}.")
        for index, text in enumerate(texts):
            if not text.strip():
                raise InvalidInputError(f"Input {index} is empty.")


def shortened(row: TokenIds, limit: int) -> TokenIds:
    """At most `limit` tokens, the closing special token kept, as SentenceTransformer cuts."""
    return row if len(row) <= limit else [*row[: limit - 1], row[-1]]


def normalized(vectors: FloatArray) -> FloatArray:
    """Rows of length 1, float32."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.maximum(norms, np.float32(1e-12))
    return unit
