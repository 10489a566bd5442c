"""What the benches share: one large fleet in an embedded Postgres, and gateways over it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import httpx
import msgspec

from bench.processes import GatewayProcess
from dev.homepot.big import DEVICES, ROWS, Size, create_big
from dev.homepot.reader import create_reader
from dev.postgres import EmbeddedPostgres

NOWHERE = "http://127.0.0.1:9"
SHARED_BUFFERS = "2GB"
"""HOMEPOT's own image gives Postgres a quarter of the machine's memory; this is that of a small server."""
QUICK_SHARE = 10
HEARD_S = 3600
"""Online window of the bench's gateway: the made-up heartbeats stand still while the bench runs."""


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
    def fleet(self) -> Fleet:
        """10,000 devices with 2.9 million metric rows, or a tenth."""
        server = EmbeddedPostgres(self.folder / "postgres", durable=False, shared_buffers=SHARED_BUFFERS)
        postgres = self._stack.enter_context(server)
        url = postgres.create_database("homepot")
        share = QUICK_SHARE if self.quick else 1
        size = create_big(url, DEVICES // share, ROWS // share)
        return Fleet(size, create_reader(url, "bench"), postgres.create_database("ai_gateway"))

    @contextmanager
    def gateway(self, **settings: object) -> Iterator[tuple[GatewayProcess, httpx.Client]]:
        """A ready gateway over the fleet, with neither model nor embedder unless named, and a client with a key."""
        values = {
            "HOMEPOT_DATABASE_URL": self.fleet.homepot_url,
            "DATABASE_URL": self.fleet.own_url,
            "EMBEDDER_URL": NOWHERE,
            "OLLAMA_HOST": NOWHERE,
            "LLM_ENABLED": "false",
            "LOG_LEVEL": "info",
            "ONLINE_WINDOW_S": HEARD_S,
            **settings,
        }
        with GatewayProcess(values, self.folder / "gateway.log") as gateway:
            gateway.wait_ready(60)
            headers = {"Authorization": f"Bearer {gateway.create_key()}"}
            with httpx.Client(base_url=gateway.url, headers=headers, timeout=60, trust_env=False) as client:
                yield gateway, client
