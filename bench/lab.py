"""What the benches share: one large fleet in an embedded Postgres, and gateways over it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import httpx
import msgspec
import psycopg

from bench.processes import GatewayProcess, WorkerProcess
from dev.homepot.big import DEVICES, ROWS, Size, continue_big, create_big
from dev.homepot.reader import create_reader
from dev.postgres import EmbeddedPostgres
from dev.waiting import wait_until

NOWHERE = "http://127.0.0.1:9"
SHARED_BUFFERS = "2GB"
"""HOMEPOT's own image gives Postgres a quarter of the machine's memory; this is that of a small server."""
QUICK_SHARE = 10
HEARD_S = 3600
"""Online window of the bench's gateway: the made-up heartbeats stand still while the bench runs."""


SCAN_TIMEOUT_S = 1800
SCAN_POLL_S = 0.5
SCANNED = """
SELECT (w.position #>> '{readings,place,0}')::bigint >= %(newest)s
    AND (SELECT max(s.as_of) FROM ai_site_health AS s) > %(now)s
FROM ai_watermarks AS w WHERE w.job = 'scan_health'
"""


class Fleet(msgspec.Struct, frozen=True):
    """A filled HOMEPOT database. ``homepot_url``: as the reader role. ``own_url``: the gateway's own database."""

    size: Size
    homepot_url: str
    own_url: str


class Lab:
    """Makes what a bench asks for, once; a context manager."""

    def __init__(self, *, quick: bool) -> None:
        """Args: quick: a tenth of the fleet and of the repetitions, to try the bench itself."""
        self.quick = quick
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="bench-")))

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._stack.close()

    def times(self, amount: int) -> int:
        """How often to repeat something that a full run does ``amount`` times."""
        return max(amount // QUICK_SHARE, 2) if self.quick else amount

    @cached_property
    def postgres(self) -> EmbeddedPostgres:
        """A running server."""
        server = EmbeddedPostgres(self.folder / "postgres", durable=False, shared_buffers=SHARED_BUFFERS)
        return self._stack.enter_context(server)

    @cached_property
    def fleet(self) -> Fleet:
        """10,000 devices with 2.9 million metric rows, or a tenth."""
        url = self.postgres.create_database("homepot")
        share = QUICK_SHARE if self.quick else 1
        size = create_big(url, DEVICES // share, ROWS // share)
        return Fleet(size, create_reader(url, "bench"), self.postgres.create_database("ai_gateway"))

    def made(self, devices: int, rows: int) -> Fleet:
        """Another fleet of that size, wide rather than long, in databases of its own; once."""
        size = create_big(self.postgres.create_database("homepot_wide"), devices, rows)
        return Fleet(
            size,
            create_reader(self.postgres.url("homepot_wide"), "bench"),
            self.postgres.create_database("gateway_wide"),
        )

    @cached_property
    def scan_seconds(self) -> float:
        """The worker takes up the whole fleet, then the readings that have become due meanwhile; how long it took."""
        began = time.monotonic()
        settings = {**self._settings(), "WORKER_INTERVAL_S": 1}
        with WorkerProcess(settings, self.folder / "worker.log"):
            self._wait_for_scan()
            continue_big(self.postgres.url("homepot"))
            self._wait_for_scan()
        with psycopg.connect(self.fleet.own_url, autocommit=True) as own:
            own.execute("ANALYZE")  # as the server itself does within a minute
        return time.monotonic() - began

    def _wait_for_scan(self) -> None:
        """Wait for the end of a round of the worker that has taken up every reading there is now."""
        now = datetime.now(UTC)
        with psycopg.connect(self.postgres.url("homepot")) as homepot:
            row = homepot.execute("SELECT max(id) FROM device_metrics").fetchone()

        def done() -> bool:
            time.sleep(SCAN_POLL_S)
            with suppress(psycopg.errors.UndefinedTable), psycopg.connect(self.fleet.own_url) as own:
                return own.execute(SCANNED, {"now": now, "newest": row and row[0]}).fetchone() == (True,)
            return False  # not migrated yet

        wait_until(done, SCAN_TIMEOUT_S)

    def _settings(self, fleet: Fleet | None = None, /, **settings: object) -> dict[str, object]:
        """Those of a gateway or worker over a fleet, with neither model nor embedder unless named."""
        over = fleet or self.fleet
        return {
            "HOMEPOT_DATABASE_URL": over.homepot_url,
            "DATABASE_URL": over.own_url,
            "EMBEDDER_URL": NOWHERE,
            "OLLAMA_HOST": NOWHERE,
            "LLM_ENABLED": "false",
            "LOG_LEVEL": "info",
            "ONLINE_WINDOW_S": HEARD_S,
            "TRUST_FRESH_S": HEARD_S,
            "ANSWER_CACHE_TTL_S": 0,  # the same question again is to be answered anew
            "EMBEDDING_CACHE_SIZE": 0,  # and embedded anew
            **settings,
        }

    @contextmanager
    def gateway(
        self, fleet: Fleet | None = None, /, **settings: object
    ) -> Iterator[tuple[GatewayProcess, httpx.Client]]:
        """A ready gateway over `fleet` or another one, and a client with a key. ``settings``: over `_settings`."""
        with GatewayProcess(self._settings(fleet, **settings), self.folder / "gateway.log") as gateway:
            gateway.wait_ready(60)
            headers = {"Authorization": f"Bearer {gateway.create_key()}"}
            with httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False) as client:
                yield gateway, client
