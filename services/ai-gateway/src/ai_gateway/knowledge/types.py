"""Files and passages of knowledge."""

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["indexed", "refused"]


class Refused(Exception):  # noqa: N818 - says what happened to the file
    """A file is not indexed; the message says why, and what to change."""


class Passage(msgspec.Struct, frozen=True, array_like=True):
    """A part of a file. ``section``: where it stands, as a reader would say it: a heading, ``row 3``, ``page 2``."""

    section: str
    text: str


class FileSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder. ``tenant``: its first folder. ``path``: below that. ``modified``: nanoseconds since 1970."""

    tenant: str
    path: str
    size: int
    modified: int


class FileKnown(FileSeen, frozen=True, kw_only=True):
    """A file as it was read last. ``recipe``: how its passages were made."""

    id: int
    tenant_id: int | None
    content_hash: str
    recipe: str


class FileRead(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. ``reason``: why it was refused; ``passages`` are then empty. ``tenant_id``: ``None`` for all."""

    seen: FileSeen
    tenant_id: int | None
    content_hash: str
    reason: str | None
    passages: list[Passage]


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file as callers see it."""

    folder: str
    path: str
    state: State
    reason: str | None
    passages: int
    bytes: int
    read_at: datetime


class KnowledgeView(msgspec.Struct, frozen=True, kw_only=True):
    """What of the folder the caller can find. ``files``: one page of them, the refused first."""

    indexed: int
    refused: int
    passages: int
    files: list[FileView]
