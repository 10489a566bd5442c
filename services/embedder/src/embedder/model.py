"""The real model: SentenceTransformer's all-mpnet-base-v2, loaded once, on one device."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import structlog
from tokenizers import Tokenizer

from embedder.rounding import rounded
from embedder.selftest import LEAST_COSINE, least_cosine
from embedder.settings import CPU_BATCH_TOKENS, GPU_BATCH_TOKENS, GPU_SMALL_BATCH_TOKENS, Settings, available_cpus
from embedder.types import FloatArray, IntArray, ModelInfo, TokenIds
from embedder.weights import verify

log = structlog.get_logger(__name__)

PAD_ID = 1
OFFLINE_AND_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
}
# Torch's threads meet some hundred times in one forward pass. By default each spins until the last arrives: on CPUs that
# other processes use too, a question then took 580 ms at the median, and with this count 60 ms, none slower when alone.
GOMP_SPINCOUNT = "2000"


class LoadError(Exception):
    """The model cannot be loaded with these settings."""


class MpnetModel:
    """Tokenizer and transformer. The vectors are pooled but not normalised: both routes' options need that."""

    def __init__(self, forward: Callable[[Any, Any], Any], tokenizer: Tokenizer, info: ModelInfo) -> None:
        self._forward = forward
        self._tokenizer = tokenizer
        self.info = info

    def tokenize(self, texts: list[str]) -> list[TokenIds]:
        """Token ids of every text, special tokens included, not cut. Releases the GIL."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]

    def encode(self, rows: list[TokenIds]) -> FloatArray:
        """Mean-pooled vectors `(n, 768) float32`; raises ArithmeticError where half precision overflowed."""
        import torch  # noqa: PLC0415 -- seconds of import: see load_model

        with torch.inference_mode():
            ids, mask = (self._moved(torch.from_numpy(array)) for array in padded(rows, *self._shape(rows)))
            vectors: FloatArray = self._forward(ids, mask)[: len(rows)].cpu().numpy()
        if not np.isfinite(vectors).all():
            raise ArithmeticError("a vector is not finite")
        return vectors

    def _shape(self, rows: list[TokenIds]) -> tuple[int, int]:
        """Texts and tokens to fill a batch up to; a GPU's kernels are the same for every shape."""
        shape = len(rows), max(map(len, rows))
        return rounded(*shape, self.info.max_input_length) if self.info.device == "cpu" else shape

    def _moved(self, tensor: Any) -> Any:
        """A tensor on the model's device. From pinned memory a GPU fetches it while the CPU goes on."""
        return tensor if self.info.device == "cpu" else tensor.pin_memory().to(self.info.device, non_blocking=True)


def padded(rows: list[TokenIds], texts: int, tokens: int) -> tuple[IntArray, IntArray]:
    """Ids and attention mask, both `(texts, tokens) int64`; texts that are no rows have one token, for none has no mean."""
    ids = np.full((texts, tokens), PAD_ID, dtype=np.int64)
    mask = np.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    mask[len(rows) :, 0] = 1
    return ids, mask


def load_model(settings: Settings) -> MpnetModel:
    """Check the files, load them, and compare vectors with those of full precision. Takes seconds: torch is imported here.

    A precision whose vectors differ too much (`embedder.selftest`) gives way to float32.

    Raises `LoadError` or `embedder.weights.ChecksumError`.
    """
    verify(settings.model_dir)
    os.environ.update(OFFLINE_AND_QUIET)
    os.environ.setdefault("GOMP_SPINCOUNT", GOMP_SPINCOUNT)  # read once, when torch is imported
    import torch  # noqa: PLC0415 -- see the docstring

    torch.set_num_threads(settings.threads or available_cpus())
    device = choose_device(settings.device, cuda=torch.cuda.is_available())
    dtype = choose_dtype(settings.dtype, device, fast_bfloat16=_fast_bfloat16())
    refused = None
    while True:
        model = _loaded(settings, device, dtype)
        cosine = least_cosine(model)
        model.info = msgspec.structs.replace(model.info, cosine=round(cosine, 5), refused=refused)
        if cosine >= LEAST_COSINE:
            return model
        if dtype == "float32":
            raise LoadError(f"The model computes other vectors than it should: cosine {cosine:.4f} in the self-test.")
        refused = f"{dtype}: cosine {cosine:.4f} to full precision, less than {LEAST_COSINE}"
        log.warning("precision_refused", reason=refused)
        dtype = "float32"


def _loaded(settings: Settings, device: str, dtype: str) -> MpnetModel:
    import torch  # noqa: PLC0415 -- see load_model

    from embedder.forward import Forward  # noqa: PLC0415 -- imports torch: see load_model

    sentence_transformer = _sentence_transformer(settings.model_dir, device, getattr(torch, dtype))
    longest = int(sentence_transformer.max_seq_length)
    encoder = sentence_transformer[0].auto_model
    packed = settings.cpu_packed and device == "cpu" and _pack(encoder)
    forward = Forward(encoder, longest)
    info = ModelInfo(
        device=device,
        dtype=dtype,
        threads=torch.get_num_threads(),
        max_input_length=longest,
        max_batch_tokens=settings.max_batch_tokens or (CPU_BATCH_TOKENS if device == "cpu" else GPU_BATCH_TOKENS),
        small_batch_tokens=0 if device == "cpu" else GPU_SMALL_BATCH_TOKENS,
        packed=packed,
    )
    return MpnetModel(forward if device == "cpu" else _recorded(forward, longest), _tokenizer(settings.model_dir), info)


def _recorded(forward: Callable[[Any, Any], Any], longest: int) -> Callable[[Any, Any], Any]:
    from embedder.graphs import recorded  # noqa: PLC0415 -- imports torch: see load_model

    return recorded(forward, longest, PAD_ID)


def _fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 itself (AVX512-BF16 or AMX); elsewhere it is slower than float32."""
    import torch  # noqa: PLC0415 -- see load_model

    try:  # private operators of torch's: where they are missing, float32 serves
        cpu = torch.cpu
        return bool(cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported())  # noqa: SLF001
    except AttributeError:
        return False


def choose_device(wanted: str, *, cuda: bool) -> str:
    """`cuda` or `cpu`; raises LoadError where a GPU is demanded and torch finds none."""
    if wanted == "cuda" and not cuda:
        raise LoadError("EMBEDDER_DEVICE=cuda, but torch finds no GPU (a CPU build, or none in the container).")
    return wanted if wanted != "auto" else ("cuda" if cuda else "cpu")


def choose_dtype(wanted: str, device: str, *, fast_bfloat16: bool) -> str:
    """The name of torch's type; float16 is refused on a CPU, where it is slower and less exact than float32."""
    if wanted == "float16" and device == "cpu":
        raise LoadError("EMBEDDER_DTYPE=float16 needs a GPU; take float32 or bfloat16 on a CPU.")
    if wanted != "auto":
        return wanted
    return "float16" if device != "cpu" else "bfloat16" if fast_bfloat16 else "float32"


def _sentence_transformer(model_dir: Path, device: str, dtype: Any) -> Any:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 -- see load_model

    model = SentenceTransformer(
        str(model_dir),
        device=device,
        local_files_only=True,
        model_kwargs={"dtype": dtype, "use_safetensors": True},
    )
    return model.eval()


def _pack(encoder: Any) -> bool:
    from embedder.cpu import pack_linear_layers  # noqa: PLC0415 -- imports torch: see load_model

    return pack_linear_layers(encoder) > 0


def _tokenizer(model_dir: Path) -> Tokenizer:
    """The fast tokenizer without the cutting and padding that its file asks for: the batcher does both."""
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
