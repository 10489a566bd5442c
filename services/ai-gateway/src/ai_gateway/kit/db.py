"""Connection pools that fail fast, stay bounded and heal by themselves."""

import asyncio
import math
import os
import re
import select
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from prometheus_client import Gauge
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.abc import Buffer
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from ai_gateway.kit.errors import Crowded, Unavailable

set_json_loads(msgspec.json.decode)  # answers read hundreds of small JSON values, which `json` takes tens of ms for


class StorableText(StrDumperUnknown):
    """Text on its way to Postgres, without NUL, which it cannot keep: whatever a caller or a file sends, the rest of it is worth keeping."""

    def dump(self, obj: str) -> Buffer | None:
        """As the server takes it."""
        return super().dump(obj.replace("\x00", ""))


psycopg.adapters.register_dumper(str, StorableText)

T = TypeVar("T")
Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

ACQUIRE_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 2
RECONNECT_TIMEOUT_S = 4.0
WAITING_PER_CONNECTION = 16
CHECK_TIMEOUT_S = 1.0
FRESH_S = 0.25
"""A connection given back this lately is lent again without a round trip to see whether it works."""
ANSWER_TIMEOUT_S = 6.0
"""The server ends a statement before this; a client that still waits has a server that hangs."""
HANG_UP_S = 5.0
"""A call on a line that was cut fails at once; the rest is for a busy process."""
AMISS = ("connections_errors", "connections_lost")
"""Statistics of a pool that grow where a connection cannot be made, or is found to be cut or to hang before it is lent."""

QUERIES: Final = 1024
"""Texts of queries that are kept as the server takes them."""
_PARAMETER: Final = re.compile(r"%(?:\((\w+)\)s|%)")
_BINARY: Final = ")b"
"""In a text with parameters that are sent in binary form, which only psycopg's own conversion can tell."""

POOL_SIZE = Gauge("ai_db_pool_connections", "Connections of a pool by state.", ["pool", "state"])

_ANSWERED: WeakKeyDictionary[Pool, tuple[float, int]] = WeakKeyDictionary()
"""When a pool's connection was last given back in order, by `time.monotonic`, and how much had been `AMISS` by then."""
_RETURNED: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
"""When a connection was last given back in order, by `time.monotonic`. Noted here, as a pool with a `reset` gives each back in
a task of its own."""

Failure = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, TooManyRequests)
"""What a database that is down, slow or overloaded raises."""


def create_pool(
    url: str,
    *,
    name: str,
    max_size: int,
    statement_timeout_ms: int,
    configure: Callable[[Connection], Awaitable[None]] | None = None,
) -> Pool:
    """A closed pool; open it with ``await pool.open(wait=False)`` so that a database may come later.

    Args:
        url: a libpq connection string.
        name: the pool's name in metrics and logs.
        max_size: most connections.
        statement_timeout_ms: the server ends a statement after this many milliseconds.
        configure: called with every new connection.
    """
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"ai-gateway-{name}",
            "options": f"-c statement_timeout={statement_timeout_ms} -c idle_in_transaction_session_timeout=30000",
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
        min_size=1,
        max_size=max_size,
        max_waiting=max_size * WAITING_PER_CONNECTION,
        timeout=ACQUIRE_TIMEOUT_S,
        reconnect_timeout=RECONNECT_TIMEOUT_S,
        check=_check,
        configure=configure,
        name=name,
        open=False,
    )


@asynccontextmanager
async def connection(pool: Pool, *, part: str, detail: str) -> AsyncIterator[Connection]:
    """Borrow a connection; a database that is down or slow becomes ``Unavailable(part, detail)``.

    One that answers others while there is no place in the pool becomes ``Crowded``.
    """
    try:
        async with pool.connection() as conn:
            yield conn
            now = time.monotonic()
            _ANSWERED[pool], _RETURNED[conn] = (now, _amiss(pool)), now
    except psycopg.errors.ProgramLimitExceeded:
        raise  # a value is too large for it: that will not pass, and the database is well
    except (*Failure, psycopg.errors.QueryCanceled) as error:
        if isinstance(error, PoolTimeout | TooManyRequests) and answers(pool):
            raise Crowded(part) from error
        raise Unavailable(part, f"{detail} ({type(error).__name__})") from error


def answers(pool: Pool) -> bool:
    """Whether the database is at work: it gave somebody an answer just now, and no connection has failed since.

    Just now is half of the longest wait for a connection: whoever waited through the first half, and saw nobody get an
    answer in the second, waits for a server that hangs. One that died refuses the next connection, within milliseconds.
    """
    at, amiss = _ANSWERED.get(pool, (-math.inf, 0))
    return time.monotonic() - at < ACQUIRE_TIMEOUT_S / 2 and _amiss(pool) == amiss


def _amiss(pool: Pool) -> int:
    """How many connections failed so far."""
    stats = pool.get_stats()
    return sum(stats.get(name, 0) for name in AMISS)


async def fetch_all(
    conn: Connection,
    query: str,
    params: dict[str, Any] | None = None,
    *,
    prepare: bool | None = None,
    binary: bool = False,
) -> list[DictRow]:
    """Run one query and return its rows as dictionaries.

    ``prepare=False`` has it planned for these very parameters each time; else the server may keep one plan for all.
    ``binary``: vectors come as the server keeps them, and are not written out and read as text.
    """
    return await _bounded(conn, _fetch_all(conn, query, params, prepare=prepare, binary=binary), ANSWER_TIMEOUT_S)


async def _fetch_all(
    conn: Connection, query: str, params: dict[str, Any] | None, *, prepare: bool | None, binary: bool
) -> list[DictRow]:
    if params is None or _BINARY in query:
        return await (await conn.execute(query.encode(), params, prepare=prepare, binary=binary)).fetchall()
    text, names = _numbered(query)
    cursor = AsyncRawCursor(conn)
    await cursor.execute(text, [params[name] for name in names], prepare=prepare, binary=binary)
    return await cursor.fetchall()


@lru_cache(maxsize=QUERIES)
def _numbered(query: str) -> tuple[bytes, tuple[str, ...]]:
    """A query as the server takes it, with ``$1`` for the first ``%(name)s`` and so on, and the names in that order.

    psycopg does so itself, but a text of over 4,096 characters each time anew: half a millisecond for one of 10,000.
    """
    places: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f"${places.setdefault(found[1], len(places) + 1)}" if found[1] else "%"

    return _PARAMETER.sub(numbered, query).encode(), tuple(places)


async def _check(conn: Connection) -> None:
    """Whether a connection that is about to be lent still works; one that just did is asked for nothing."""
    if time.monotonic() - _RETURNED.get(conn, -math.inf) > FRESH_S or _has_news(conn):
        await _bounded(conn, AsyncConnectionPool.check_connection(conn), CHECK_TIMEOUT_S)


def _has_news(conn: Connection) -> bool:
    """Whether the server said something unasked: that it hung up, as a rule."""
    line = select.poll()
    line.register(conn.pgconn.socket, select.POLLIN)
    return bool(line.poll(0))


async def _bounded(conn: Connection, work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Do ``work`` on a connection; hang up if it takes longer or if nobody waits for it any more.

    A psycopg call that is cancelled asks the server to stop, and waits up to ten seconds for that. A server that hangs
    never does, and whoever waits would be late. The statement's own timeout ends what is left of it.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _hang_up(conn, task)
        raise
    if done:
        return task.result()
    await _hang_up(conn, task)
    raise psycopg.OperationalError(f"no answer within {seconds:g} s")


async def _hang_up(conn: Connection, task: asyncio.Future[Any]) -> None:
    """End a connection under a call that waits for it; the call fails at once, and the pool makes a new one.

    The call is waited for however often its waiter is cancelled meanwhile (anyio cancels again and again): to close a
    connection that a call still uses can crash the process.
    """
    with suppress(OSError, psycopg.OperationalError), socket.socket(fileno=os.dup(conn.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)
    latest, cancelled = time.monotonic() + HANG_UP_S, False
    while not task.done() and time.monotonic() < latest:
        try:
            await asyncio.wait({task}, timeout=HANG_UP_S)
        except asyncio.CancelledError:
            cancelled = True
    if task.done() and not task.cancelled():
        task.exception()  # expected, and told by whoever hung up
    if cancelled:
        raise asyncio.CancelledError


def report_pool(pool: Pool) -> None:
    """Copy the pool's statistics into metrics."""
    stats = pool.get_stats()
    for state, key in (("total", "pool_size"), ("idle", "pool_available"), ("waiting", "requests_waiting")):
        POOL_SIZE.labels(pool.name, state).set(stats.get(key, 0))
