"""What a bench prints can be read by a program, whatever runs in its process."""

import json
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from ai_gateway.kit.logging import get_logger
from bench import __main__ as bench
from bench.figures import Figure


def test_logs_stay_out_of_the_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measure(_: object) -> Iterator[Figure]:
        get_logger("memory").info("remembered", incidents=3)
        yield Figure(name="speed", value=1, unit="ms")

    monkeypatch.setattr(bench, "BENCHES", {"speed": measure})
    monkeypatch.setattr(bench, "Lab", lambda **_: nullcontext())
    monkeypatch.setattr("sys.argv", ["bench", "--only", "speed"])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 0
    written = capsys.readouterr()
    machine, figure = map(json.loads, written.out.splitlines())
    assert (machine["cpus"], figure["figure"]) == (bench.machine()["cpus"], "speed")
    assert "remembered" in written.err
