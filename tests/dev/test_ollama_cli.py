"""`python -m dev.ollama`: what it says when something is missing."""

from pathlib import Path

import pytest

from dev.ollama.__main__ import main
from dev.postgres_host import free_port


@pytest.fixture(autouse=True)
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEV_OLLAMA_MODELS", str(tmp_path))
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{free_port()}")


def test_serving_without_a_model_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--model", "qwen2.5-coder"]) == 1
    assert "python -m dev.ollama fetch --model qwen2.5-coder" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["list"], ["pull", "smollm2:135m"]])
def test_client_commands_need_a_server(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 1
    assert "could not connect to ollama server" in capsys.readouterr().err


def test_a_bad_address_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "host:port")
    assert main(["list"]) == 1
    assert "no valid port" in capsys.readouterr().err


def test_unknown_models_are_refused() -> None:
    with pytest.raises(SystemExit):
        main(["fetch", "--model", "gpt"])
