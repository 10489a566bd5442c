import logging
import runpy
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from embedder import cli
from embedder.cli import main
from embedder.logging import configure


def test_serve_hands_the_settings_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(cli.uvicorn, "run", lambda app, **options: seen.update(options, app=app))
    result = CliRunner().invoke(main, ["serve"], env={"EMBEDDER_PORT": "9009", "EMBEDDER_SHUTDOWN_GRACE_S": "7"})
    assert result.exit_code == 0, result.output
    assert (seen["port"], seen["timeout_graceful_shutdown"], seen["log_config"]) == (9009, 7, None)


@pytest.mark.parametrize("command", ["serve", "fetch-model"])
@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("MAX_INPUTS", "many", "EMBEDDER_MAX_INPUTS: Input should be a valid integer"),
        ("REQUEST_TIMEOUT_S", "inf", "EMBEDDER_REQUEST_TIMEOUT_S: Input should be a finite number"),
        ("MAX_QUEUE", "1", "EMBEDDER_MAX_INPUTS must not exceed EMBEDDER_MAX_QUEUE"),
    ],
)
def test_a_bad_setting_is_explained(command: str, name: str, text: str, line: str) -> None:
    result = CliRunner().invoke(main, [command], env={f"EMBEDDER_{name}": text})
    assert result.exit_code == 1
    assert f"Error: Settings are wrong:\n{line}" in result.stderr
    assert "Traceback" not in result.output


def test_fetch_model_explains_a_wrong_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a model")
    result = CliRunner().invoke(main, ["fetch-model", "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert f"Error: {tmp_path} is there and is not the model: " in result.output
    assert result.output.endswith("is missing. Remove it, or name another folder.\n")


def test_fetch_model_takes_the_folder_from_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(cli, "fetch_model", lambda into, **options: seen.append((into, options["source"])))
    result = CliRunner().invoke(main, ["fetch-model", "--source", "hub"], env={"EMBEDDER_MODEL_DIR": str(tmp_path)})
    assert result.exit_code == 0, result.output
    assert seen == [(tmp_path, "hub")]


def test_it_runs_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["embedder", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("embedder", run_name="__main__")
    assert caught.value.code == 0
    assert "0.1.0" in capsys.readouterr().out


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_are_one_event_a_line(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="info", log_format=log_format)
    structlog.get_logger("ours").info("hello", answer=42)
    structlog.get_logger("ours").debug("hidden")
    logging.getLogger("theirs").warning("from %s", "elsewhere")
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 2
    assert "\x1b" not in lines[0], "colours are for a terminal"
    assert "hello" in lines[0]
    assert "42" in lines[0]
    assert "from elsewhere" in lines[1]
