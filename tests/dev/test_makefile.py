"""The Makefile: every target explains itself, and a missing Python is said."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make") or ""

pytestmark = pytest.mark.skipif(not MAKE, reason="make is not installed")


def test_help_lists_every_phony_target() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = subprocess.run([MAKE, "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert targets == set(re.findall(r"^  make (\S+)", shown, re.MULTILINE))
    assert {"setup", "demo", "test", "lint", "types", "coverage", "evals", "bench", "clean"} <= targets


def test_without_a_new_enough_python_setup_says_so(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements", "services", "clients", "dev"):
        (tmp_path / name).symlink_to(ROOT / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "bash", "awk"):
        (tools / name).symlink_to(shutil.which(name) or "")
    (tools / "python3").write_text("#!/bin/bash\nexit 1\n", encoding="utf-8")
    (tools / "python3").chmod(0o755)
    result = subprocess.run(
        [MAKE, "setup"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "Python 3.11 or newer" in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_constraints_pin_everything_but_torch() -> None:
    lines = (ROOT / "requirements" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)
    assert not any(pin.lower().startswith(("torch==", "nvidia", "triton")) for pin in pins)


@pytest.mark.parametrize("project", ["requirements/dev.txt", "services/ai-gateway", "services/embedder"])
def test_constraints_agree_with_what_is_asked_for(project: str) -> None:
    path = ROOT / project
    text = (path / "pyproject.toml" if path.is_dir() else path).read_text(encoding="utf-8")
    asked = re.findall(r'^\s*"?([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([A-Za-z0-9.+]+)"?,?\s*$', text, re.MULTILINE)
    constraints = (ROOT / "requirements" / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(line.lower().replace("_", "-").split("==") for line in constraints.splitlines() if "==" in line)
    assert asked
    for name, version in asked:
        if name not in {"torch", "hatchling"}:
            assert pinned[name.lower().replace("_", "-")] == version, name
