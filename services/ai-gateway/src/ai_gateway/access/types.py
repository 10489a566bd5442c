"""The calling program, and the user it calls for."""

from datetime import datetime
from typing import Final, Literal

import msgspec

Permission = Literal["read", "operate", "reports", "admin"]
PERMISSIONS: Final[tuple[Permission, ...]] = ("read", "operate", "reports", "admin")
"""What a key may do: ask and look; note what was done; fetch reports; all of this, and delete what the gateway keeps."""
DEFAULT_PERMISSIONS: Final[tuple[Permission, ...]] = ("read", "operate")
"""What an operator does all day. A key for a wall display is made with ``read`` alone."""


Mode = Literal["maintenance", "predictive", "executive"]
"""Whom to write for, a technician, a planner or a manager: wording and length, never facts."""
DEFAULT_MODE: Final[Mode] = "maintenance"


class Caller(msgspec.Struct, frozen=True):
    """Who asks. ``sites``: public site ids that the key may see; ``None`` means every site.

    ``user``: email of the HOMEPOT user it asks for, whose ``user_sites`` (HOMEPOT's integers, ``None`` for all) narrow
    the key's sites. ``for_users``: the key is good only together with a user.
    """

    name: str
    sites: tuple[str, ...] | None = None
    scopes: tuple[Permission, ...] = DEFAULT_PERMISSIONS
    for_users: bool = False
    user: str | None = None
    user_sites: frozenset[int] | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the key allows it; one for administration allows everything."""
        return permission in self.scopes or "admin" in self.scopes

    @property
    def owner(self) -> str:
        """Whose conversations and preferences these are: the user's, or the key's own."""
        return f"user:{self.user.lower()}" if self.user else f"key:{self.name}"


class ApiKey(msgspec.Struct, frozen=True):
    """A key as an administrator sees it; the key itself is shown once, when it is made."""

    id: int
    name: str
    hint: str
    sites: tuple[str, ...] | None
    scopes: tuple[Permission, ...]
    for_users: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None
