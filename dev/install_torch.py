"""Install the PyTorch build that fits this machine: the CPU build where there is no NVIDIA GPU, else PyPI's.

PyPI's Linux wheel brings several gigabytes of CUDA libraries, of no use without a GPU. Run by `make setup` with the
environment's own Python; uses nothing but the standard library.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import NamedTuple

VERSION = "2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own; TORCH_CPU_INDEX overrides it
QUICK = ("--retries", "1", "--timeout", "10")


class Attempt(NamedTuple):
    """One way to install: pip's arguments, the approximate download in MB, and what to say beforehand."""

    arguments: tuple[str, ...]
    size_mb: int
    words: str


def has_gpu() -> bool:
    """Whether the NVIDIA driver's tool is here and sees a GPU."""
    tool = shutil.which("nvidia-smi")
    return tool is not None and subprocess.run([tool, "-L"], check=False, capture_output=True).returncode == 0


def attempts(*, gpu: bool, system: str, environment: Mapping[str, str]) -> list[Attempt]:
    """What to try, in order. `system` is `platform.system()`."""
    plain = Attempt((f"torch=={VERSION}",), 2800 if system == "Linux" else 90, "PyPI's build")
    if gpu or system != "Linux":
        return [plain]
    index = environment.get("TORCH_CPU_INDEX", CPU_INDEX)
    cpu = f"torch=={VERSION}+cpu"
    warning = "PyPI's build, as no CPU build was found: it brings CUDA libraries that this machine has no use for"
    return [
        Attempt((cpu,), 190, "the CPU build from pip's own sources"),
        Attempt((*QUICK, "--extra-index-url", index, cpu), 190, f"the CPU build from {index}"),
        plain._replace(words=warning),
    ]


def installed() -> str | None:
    """The version of torch in this environment, with its build (`2.13.0+cpu`), or None."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return None


def fits(version: str | None, *, gpu: bool) -> bool:
    """Whether an installed version is the right one: a GPU wants more than the CPU build."""
    return version is not None and version.split("+")[0] == VERSION and not (gpu and version.endswith("+cpu"))


def pip_install(attempt: Attempt) -> bool:
    """Run pip; whether it worked."""
    constraints = ["-c", "requirements/constraints.txt"]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *constraints]
    return subprocess.run([*command, *attempt.arguments], check=False).returncode == 0


def install(choices: list[Attempt], run: Callable[[Attempt], bool]) -> bool:
    """Try each in order, saying what and how large; whether one worked."""
    for attempt in choices:
        print(f"torch {VERSION}: trying {attempt.words}: about {attempt.size_mb} MB to download", flush=True)
        if run(attempt):
            return True
    return False


def main() -> int:
    """Install torch unless the right one is there; returns the exit status."""
    gpu = has_gpu()
    if fits(installed(), gpu=gpu):
        print(f"torch {installed()} is already there")
        return 0
    if install(attempts(gpu=gpu, system=platform.system(), environment=os.environ), pip_install):
        return 0
    print("torch could not be installed: is a package index reachable?", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
