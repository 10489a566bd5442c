"""Which PyTorch build is tried, and in which order."""

import os
import stat
from pathlib import Path

import pytest

from dev.install_torch import CPU_INDEX, VERSION, Attempt, attempts, fits, has_gpu, install


def requirements(choices: list[Attempt]) -> list[str]:
    return [choice.arguments[-1] for choice in choices]


def test_without_a_gpu_the_cpu_build_comes_first_and_pypis_last() -> None:
    choices = attempts(gpu=False, system="Linux", environment={})
    assert requirements(choices) == [f"torch=={VERSION}+cpu", f"torch=={VERSION}+cpu", f"torch=={VERSION}"]
    assert CPU_INDEX not in choices[0].arguments
    assert CPU_INDEX in choices[1].arguments
    assert choices[2].size_mb > 10 * choices[1].size_mb
    assert "no use for" in choices[2].words


def test_the_cpu_index_can_be_replaced_and_is_not_waited_for_long() -> None:
    choices = attempts(gpu=False, system="Linux", environment={"TORCH_CPU_INDEX": "https://mirror.example/cpu"})
    assert "https://mirror.example/cpu" in choices[1].arguments
    assert "--timeout" in choices[1].arguments


@pytest.mark.parametrize(("gpu", "system"), [(True, "Linux"), (False, "Darwin")])
def test_a_gpu_and_other_systems_take_pypis_build(*, gpu: bool, system: str) -> None:
    assert requirements(attempts(gpu=gpu, system=system, environment={})) == [f"torch=={VERSION}"]


@pytest.mark.parametrize(
    ("version", "gpu", "right"),
    [
        (None, False, False),
        (f"{VERSION}+cpu", False, True),
        (f"{VERSION}+cpu", True, False),
        (VERSION, True, True),
        (VERSION, False, True),
        ("2.1.0+cpu", False, False),
    ],
)
def test_what_is_installed_may_be_right_already(version: str | None, *, gpu: bool, right: bool) -> None:
    assert fits(version, gpu=gpu) is right


def test_the_first_that_works_ends_the_search(capsys: pytest.CaptureFixture[str]) -> None:
    tried: list[str] = []
    choices = attempts(gpu=False, system="Linux", environment={})

    def run(choice: Attempt) -> bool:
        tried.append(choice.words)
        return len(tried) == 2

    assert install(choices, run)
    assert len(tried) == 2
    assert "about 190 MB" in capsys.readouterr().out
    assert not install(choices, lambda _: False)


@pytest.mark.parametrize(("status", "gpu"), [(0, True), (9, False)])
def test_a_gpu_is_what_the_drivers_tool_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, *, gpu: bool
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
    tool.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert has_gpu() is gpu


def test_no_tool_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert has_gpu() is False
