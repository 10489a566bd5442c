"""The calling program."""

from datetime import datetime

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """Who asks. ``sites``: public site ids that this key may see; ``None`` means every site."""

    name: str
    sites: tuple[str, ...] | None = None


class ApiKey(msgspec.Struct, frozen=True):
    """A key as an administrator sees it; the key itself is shown once, when it is made."""

    id: int
    name: str
    hint: str
    sites: tuple[str, ...] | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
