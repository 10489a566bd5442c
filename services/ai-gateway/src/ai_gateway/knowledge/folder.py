"""The folder of knowledge: what is in it, and the bytes of one file. Nothing outside of it is read, whatever links say."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ai_gateway.knowledge.formats import READERS
from ai_gateway.knowledge.types import FileSeen, Refused

MOST_FILES: Final = 5000


def seen(root: Path) -> list[FileSeen]:
    """Every file but hidden ones, in order, at most `MOST_FILES`; raises ``OSError`` where there is no folder."""
    os.scandir(root).close()
    found: list[FileSeen] = []
    for path in _files(root):
        if len(found) >= MOST_FILES:
            break
        with suppress(FileNotFoundError):  # gone since
            found.append(_seen(root, path))
    return found


def _seen(root: Path, path: Path) -> FileSeen:
    try:
        facts = path.stat()
    except OSError:  # a link that leads nowhere
        facts = path.lstat()
    parts = [os.fsencode(part).decode("utf-8", "backslashreplace") for part in path.relative_to(root).parts]
    tenant, rest = (parts[0], parts[1:]) if len(parts) > 1 else ("", parts)
    return FileSeen(tenant=tenant, path="/".join(rest), size=facts.st_size, modified=facts.st_mtime_ns)


def _files(root: Path) -> Iterator[Path]:
    """Links to folders are named, not followed: they may lead out, or round in a circle."""
    for folder, folders, names in os.walk(root, followlinks=False):
        yield from (Path(folder, name) for name in sorted(folders) if Path(folder, name).is_symlink())
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def read_bytes(root: Path, file: FileSeen, most: int) -> bytes:
    """A file's bytes, at most ``most``; raises `Refused`."""
    suffix_of(file)
    path = root / file.tenant / file.path
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise Refused("it is a link that leads out of the folder")
        # Without waiting: a pipe has no end.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise Refused("it is no regular file")
            data = opened.read(most + 1)
    except (OSError, RuntimeError) as error:
        raise Refused(f"it cannot be read: {getattr(error, 'strerror', None) or 'its links go round'}") from error
    if len(data) > most:
        raise Refused(f"it is larger than {most // 2**20} MB (KNOWLEDGE_MAX_FILE_MB)")
    return data


def suffix_of(file: FileSeen) -> str:
    """What kind of file it is; raises `Refused`."""
    suffix = Path(file.path).suffix.lower()
    if suffix not in READERS:
        raise Refused(f"files of this kind are not read; {', '.join(READERS)} are")
    return suffix
