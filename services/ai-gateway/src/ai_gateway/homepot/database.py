"""The connection to HOMEPOT's database: read-only, in UTC, looked over before the first query."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import psycopg
from prometheus_client import Counter, Histogram
from psycopg.types.datetime import TimestampLoader

from ai_gateway.homepot.catalogue import Catalogue, read_catalogue
from ai_gateway.homepot.role import WritableRoleError, readable_secrets, writing_powers
from ai_gateway.kit.db import Connection, connection, create_pool, fetch_all
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.settings import Settings
from ai_gateway.kit.sql import load_sql

PACKAGE = "ai_gateway.homepot"
PART = "homepot-database"
DOWN = "HOMEPOT's database does not answer; facts about the fleet cannot be read. Ask again when it is back."

QUERY_SECONDS = Histogram(
    "ai_homepot_query_seconds",
    "Time of one read of HOMEPOT's database.",
    ["query"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3),
)
QUERY_ERRORS = Counter("ai_homepot_query_errors_total", "Reads of HOMEPOT's database that failed.", ["query"])

FIRST_TIME, LAST_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Row = TypeVar("Row", bound=msgspec.Struct)

_log = get_logger("homepot")


class NaiveIsUtc(TimestampLoader):
    """HOMEPOT's ``timestamp`` columns hold UTC by intent: load them aware."""

    def load(self, data: Any) -> datetime:
        """Parse one value; one that no calendar of Python's holds becomes the end of time that it is beyond."""
        try:
            return super().load(data).replace(tzinfo=UTC)
        except psycopg.DataError:
            past = bytes(data).startswith(b"-") or bytes(data).endswith(b"BC")
            return FIRST_TIME if past else LAST_TIME


async def _configure(conn: Connection) -> None:
    """Make every session read-only and in UTC; the role's grants stay the real boundary.

    Every query is planned for its own parameters: a plan that serves the whole fleet and one device alike is slow for
    both. Compiling a query that takes milliseconds costs more than it saves.
    """
    conn.prepare_threshold = None
    conn.adapters.register_loader("timestamp", NaiveIsUtc)
    await conn.execute("SET default_transaction_read_only = on")
    await conn.execute("SET TIME ZONE 'UTC'")
    await conn.execute("SET jit = off")


class HomepotDatabase:
    """Runs the named queries of this folder."""

    def __init__(self, settings: Settings) -> None:
        """Args: settings: URL, pool size and timeouts."""
        self._allow_writable = settings.homepot_allow_writable_role
        self.pool = create_pool(
            settings.homepot_database_url.get_secret_value(),
            name="homepot",
            max_size=settings.homepot_pool_size,
            statement_timeout_ms=settings.homepot_statement_timeout_ms,
            configure=_configure,
        )
        self._catalogue: Catalogue | None = None
        self.refusal: WritableRoleError | None = None

    async def open(self) -> None:
        """Begin connecting; returns at once."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close(timeout=2)

    async def catalogue(self) -> Catalogue:
        """What the database has; looked up at the first call.

        Raises:
            WritableRoleError: the role can write and HOMEPOT_ALLOW_WRITABLE_ROLE is not set.
            Unavailable: the database does not answer.
        """
        if self.refusal:
            raise self.refusal
        if self._catalogue is None:
            async with connection(self.pool, part=PART, detail=DOWN) as conn:
                self._catalogue = await self._inspect(conn)
        return self._catalogue

    async def _inspect(self, conn: Connection) -> Catalogue:
        powers = await writing_powers(conn)
        if powers and not self._allow_writable:
            self.refusal = WritableRoleError(powers)
            raise self.refusal
        if powers:
            _log.warning("writable_role_allowed", powers=powers[:5])
        if secrets := await readable_secrets(conn):
            _log.warning("role_reads_secrets", columns=secrets)
        zone = (await fetch_all(conn, "SELECT boot_val, reset_val FROM pg_settings WHERE name = 'TimeZone'"))[0]
        if zone["reset_val"] not in {"UTC", "Etc/UTC", "GMT"}:
            _log.warning("server_time_zone_not_utc", zone=zone["reset_val"], risk="some naive times may be local time")
        catalogue = await read_catalogue(conn)
        _log.info("homepot_schema", missing=catalogue.missing)
        return catalogue

    async def fetch(
        self, query: str, row: type[Row], params: dict[str, Any], *, put: Mapping[str, str] | None = None
    ) -> list[Row]:
        """Run ``sql/<query>.sql`` and return typed rows. Args: put: what stands for a placeholder there.

        Raises:
            Unavailable: the database is down, overloaded, or did not finish in time.
        """
        catalogue = await self.catalogue()
        text = catalogue.render(filled(load_sql(PACKAGE, query), put or {}))
        try:
            with QUERY_SECONDS.labels(query).time():
                async with self._connection() as conn:
                    rows = await fetch_all(conn, text, params)
        except Exception:
            QUERY_ERRORS.labels(query).inc()
            raise
        return msgspec.convert(rows, list[row], strict=False)  # type: ignore[valid-type]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with connection(self.pool, part=PART, detail=DOWN) as conn:
            try:
                yield conn
            except (
                psycopg.errors.UndefinedTable,
                psycopg.errors.UndefinedColumn,
                psycopg.errors.InsufficientPrivilege,
            ):
                self._catalogue = None  # the schema or the grants changed under us: look again next time
                raise

    async def version(self) -> str:
        """The server's version, e.g. ``16.4``; raises ``Unavailable``."""
        async with connection(self.pool, part=PART, detail=DOWN) as conn:
            return str((await fetch_all(conn, "SHOW server_version"))[0]["server_version"]).split(" ")[0]


def filled(text: str, put: Mapping[str, str]) -> str:
    """``text`` with something in place of each ``{placeholder}`` that is named."""
    for name, stands in put.items():
        text = text.replace(f"{{{name}}}", stands)
    return text
