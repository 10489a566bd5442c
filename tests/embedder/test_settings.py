from pathlib import Path

import pytest
from pydantic import ValidationError

from embedder.model import LoadError, choose_device, choose_dtype
from embedder.settings import Settings, available_cpus


def test_settings_come_from_prefixed_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDER_PORT", "9001")
    monkeypatch.setenv("EMBEDDER_MODEL_DIR", "/models/m")
    monkeypatch.setenv("EMBEDDER_OPENAI_TRUNCATE", "false")
    monkeypatch.setenv("EMBEDDER_URL", "http://embedder:8001")  # the gateway's setting, in a shared environment
    settings = Settings()
    assert (settings.port, settings.model_dir, settings.openai_truncate) == (9001, Path("/models/m"), False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "99999"),
        ("DEVICE", "tpu"),
        ("MAX_QUEUE", "0"),
        ("REQUEST_TIMEOUT_S", "0"),
        ("REQUEST_TIMEOUT_S", "inf"),
        ("REQUEST_TIMEOUT_S", "nan"),
    ],
)
def test_bad_settings_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"EMBEDDER_{name}", text)
    with pytest.raises(ValidationError):
        Settings()


def test_one_request_must_fit_the_queue() -> None:
    with pytest.raises(ValidationError, match="EMBEDDER_MAX_INPUTS must not exceed EMBEDDER_MAX_QUEUE"):
        Settings(max_queue=10, max_inputs=11)


@pytest.mark.parametrize(
    ("quota", "most"),
    [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("", None)],
)
def test_cpus_are_what_the_container_may_use(tmp_path: Path, quota: str, most: int | None) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    unbounded = available_cpus(tmp_path / "absent")
    assert available_cpus(tmp_path / "cpu.max") == (most or unbounded) >= 1


def test_device_and_precision_follow_the_hardware() -> None:
    assert choose_device("auto", cuda=True) == "cuda"
    assert choose_device("auto", cuda=False) == "cpu"
    assert choose_device("cpu", cuda=True) == "cpu"
    assert choose_dtype("auto", "cuda", fast_bfloat16=True) == "float16"
    assert choose_dtype("auto", "cpu", fast_bfloat16=False) == "float32"
    assert choose_dtype("auto", "cpu", fast_bfloat16=True) == "bfloat16"
    assert choose_dtype("bfloat16", "cpu", fast_bfloat16=False) == "bfloat16"
    with pytest.raises(LoadError, match="EMBEDDER_DEVICE=cuda, but torch finds no GPU"):
        choose_device("cuda", cuda=False)
    with pytest.raises(LoadError, match="EMBEDDER_DTYPE=float16 needs a GPU"):
        choose_dtype("float16", "cpu", fast_bfloat16=True)
