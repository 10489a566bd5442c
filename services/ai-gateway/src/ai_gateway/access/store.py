"""API keys in the gateway's own database: random, stored as a digest, trusted for a while once checked."""

import asyncio
import hashlib
import secrets
import time
from datetime import timedelta
from typing import Any

import msgspec

from ai_gateway.access.types import DEFAULT_PERMISSIONS, ApiKey, Caller, Permission
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import Pool, connection, fetch_all
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.once import Once
from ai_gateway.kit.sql import load_sql

PREFIX = "hpai_"
HINT_LENGTH = len(PREFIX) + 4
MAX_CACHED = 1024
PACKAGE = "ai_gateway.access"
KNOWN_WAIT_S = 0.5
"""A key that was good before waits no longer for a database that may be down."""
TRUSTED_ON_S = 5.0
"""Then it is good for so long before it is looked up again: not every request waits for a database that is down."""
PART = "database"
DOWN = "The gateway's own database does not answer, so this API key cannot be checked."


def digest(key: str) -> bytes:
    """SHA-256 of a key. A key holds 256 random bits, so a fast digest is as safe as a slow one."""
    return hashlib.sha256(key.encode()).digest()


def _new_key() -> tuple[str, dict[str, Any]]:
    """A key, and what is kept of it."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, {"key_hash": digest(key), "hint": key[:HINT_LENGTH]}


class KeyStore:
    """Makes, checks, lists and revokes keys."""

    def __init__(self, pool: Pool, clock: Clock, cache_s: float) -> None:
        """Args: pool: own database. clock: now. cache_s: how long a checked key needs no look at the database."""
        self._pool = pool
        self._clock = clock
        self._cache_s = cache_s
        self._checked: dict[bytes, tuple[float, Caller]] = {}
        self._checking: Once[bytes, Caller | None] = Once()

    async def create(
        self,
        name: str,
        sites: tuple[str, ...] | None = None,
        scopes: tuple[Permission, ...] = DEFAULT_PERMISSIONS,
        *,
        for_users: bool = False,
    ) -> str:
        """Make a key and return it; it cannot be shown again. ``for_users``: good only for requests that name one."""
        key, stored = _new_key()
        values = {"name": name, "sites": list(sites) if sites else None, "scopes": list(scopes), "for_users": for_users}
        await self._run("insert_key", {**values, **stored})
        return key

    async def rotate(self, key_id: int, grace: timedelta) -> str | None:
        """A new key like an active one, which ends after ``grace``; ``None`` if there is no such key."""
        key, stored = _new_key()
        now = self._clock()
        made = await self._run("rotate_key", {"id": key_id, "now": now, "expires_at": now + grace, **stored})
        return key if made else None

    async def check(self, key: str) -> Caller | None:
        """The key's owner, or ``None``.

        While the database is down a key checked before stays good; one not seen yet raises ``Unavailable``. A look that
        comes to an end later counts for the requests after it.
        """
        hashed = digest(key)
        known = self._checked.get(hashed)
        if known and time.monotonic() - known[0] < self._cache_s:
            return known[1]
        try:
            async with asyncio.timeout(KNOWN_WAIT_S if known else None):
                return await self._checking.do(hashed, lambda: self._look_up(hashed))
        except (Unavailable, TimeoutError):
            if known is None:
                raise
            self._checked[hashed] = (time.monotonic() - self._cache_s + TRUSTED_ON_S, known[1])
            return known[1]

    async def _look_up(self, hashed: bytes) -> Caller | None:
        rows = await self._run("use_key", {"key_hash": hashed, "now": self._clock()})
        if not rows:
            self._checked.pop(hashed, None)
            return None
        caller = msgspec.convert(rows[0], Caller)
        if len(self._checked) >= MAX_CACHED:
            self._checked.clear()
        self._checked[hashed] = (time.monotonic(), caller)
        return caller

    async def all(self) -> list[ApiKey]:
        """All keys, revoked ones too."""
        return msgspec.convert(await self._run("list_keys", {}), list[ApiKey])

    async def revoke(self, key_id: int) -> bool:
        """End a key; false if there is no such key or it ended before. Caches forget it within their time."""
        return bool(await self._run("revoke_key", {"id": key_id, "now": self._clock()}))

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)
