"""Memory is filled while its parts are killed at random; afterwards every incident must be there exactly once.

``python -m bench.crashing`` fills a HOMEPOT database with resolved alerts, which the worker takes up, and a file with as
many incidents, which ``ai-gateway memory import`` reads. Meanwhile the embedder, Postgres, the worker and the import are
killed (SIGKILL) and started again. One JSON line says what memory holds in the end; the status is 1 if that is wrong.
Postgres runs without fsync: a killed process loses nothing by that, a machine without power would.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import msgspec
import psycopg

from ai_gateway.homepot.resolved import ResolvedAlert
from ai_gateway.kit.migrations import migrate
from ai_gateway.memory.recipe import from_alert
from bench.processes import ROOT, EmbedderProcess, ImportProcess, WorkerProcess
from dev.homepot.pg import connect, copy_dicts
from dev.homepot.reader import create_reader
from dev.homepot.schema import ensure_schema
from dev.postgres import EmbeddedPostgres

IMPORTED = "carried"
PART_OF_MEMORY = """
SELECT
    count(*) AS rows, count(DISTINCT resolution) AS different,
    count(*) FILTER (WHERE resolution ~ '^Case [0-9]+$') AS expected,
    count(*) FILTER (WHERE embedding IS NULL OR word_weights IS NULL) AS incomplete
FROM ai_incident_patterns
"""
HOW_MANY = "SELECT count(*) FROM ai_incident_patterns"
TROUBLES = ("stopped answering", "printed blank receipts", "lost its network", "ran hot", "filled its disk", "rebooted")
POLL_S = 0.1
LAST = 100
"""Incidents that may come in between two looks: no part is killed for these, or it might be killed too late."""
STALLED_S = 600
NOWHERE = "http://127.0.0.1:9"
SETTINGS: dict[str, object] = {
    "OLLAMA_HOST": NOWHERE,
    "LLM_ENABLED": "false",
    "LOG_LEVEL": "info",
    "WORKER_INTERVAL_S": 1,
    "MEMORY_BATCH_SIZE": 16,
}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What memory holds after all. ``kills``: of each part, while incidents were still missing."""

    incidents: int
    missing: int
    twice: int
    incomplete: int
    kills: dict[str, int]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether every incident is there exactly once, with its vector and its words."""
        return (self.missing, self.twice, self.incomplete) == (0, 0, 0)


def alerts(incidents: int, texts: int) -> Iterator[ResolvedAlert]:
    """Resolved alerts of ``texts`` different wordings; each has a remedy of its own, by which it is counted."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, incidents + 1):
        kind = number % texts
        at = begin + timedelta(seconds=number)
        yield ResolvedAlert(
            id=number,
            at=at,
            title=f"Terminal {TROUBLES[kind % len(TROUBLES)]} at step {kind}",
            description=f"Seen {kind} times after update {kind // 7}.",
            severity="warning",
            category="application",
            resolved_at=at,
            resolution_notes=f"Case {number}",
            device_id=None,
            device_name=None,
            device_type=None,
            site=None,
            site_name=None,
        )


class Filling:
    """Both sources of memory, the parts that fill it from them, and the count; a context manager."""

    def __init__(self, folder: Path, incidents: int, texts: int) -> None:
        """Args: folder: for the database and the logs. incidents: in all. texts: different ones, to be embedded."""
        self._stack = ExitStack()
        self._postgres = EmbeddedPostgres(folder / "postgres", durable=False, shared_buffers="512MB")
        self._folder = folder
        self._alerts = list(alerts(incidents, texts))
        self.incidents = incidents

    def __enter__(self) -> Self:
        """Make the sources and start every part."""
        self._stack.enter_context(self._postgres)
        homepot, half = self._postgres.create_database("homepot"), self.incidents // 2
        _fill_homepot(homepot, self._alerts[:half])
        self._embedder = self._stack.enter_context(EmbedderProcess())
        self._embedder.wait_ready()
        own = self._postgres.create_database("ai_gateway")
        migrate(own, ROOT / "migrations")
        databases = {"DATABASE_URL": own, "HOMEPOT_DATABASE_URL": create_reader(homepot, "bench")}
        settings = {**SETTINGS, **databases, "EMBEDDER_URL": self._embedder.url}
        self._own = own
        self._worker = self._stack.enter_context(WorkerProcess(settings, self._folder / "worker.log"))
        file = self._folder / "incidents.jsonl"
        file.write_bytes(b"".join(_lines(self._alerts[half:])))
        self._import = self._stack.enter_context(ImportProcess(settings, file, self._folder / "import.log"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._stack.close()

    def parts(self) -> dict[str, Callable[[], None]]:
        """How to kill and revive each part."""
        return {
            "embedder": self._kill_embedder,
            "database": self._kill_database,
            "worker": self._kill_worker,
            "import": self._import.kill,
        }

    def tend(self) -> None:
        """Begin the import anew where it ended before its end, as an operator does."""
        self._import.tend()

    def memory(self) -> dict[str, int]:
        """What memory holds now."""
        with psycopg.connect(self._own, row_factory=psycopg.rows.dict_row) as own:
            return own.execute(PART_OF_MEMORY).fetchone() or {}

    def rows(self) -> int:
        """How many rows memory holds now: asked again and again, so nothing is compared."""
        with psycopg.connect(self._own) as own:
            (found,) = own.execute(HOW_MANY).fetchone() or (0,)
            return int(found)

    def _kill_embedder(self) -> None:
        self._embedder.kill()
        self._embedder.start()

    def _kill_database(self) -> None:
        self._postgres.kill()
        self._postgres.start()

    def _kill_worker(self) -> None:
        self._worker.kill()
        self._worker.__enter__()


def _fill_homepot(url: str, resolved: list[ResolvedAlert]) -> None:
    columns = {"id", "title", "description", "severity", "category", "resolved_at", "resolution_notes"}
    with connect(url) as connection:
        ensure_schema(connection)
        rows: list[dict[str, Any]] = [
            {"timestamp": one.at, "status": "resolved", **{name: getattr(one, name) for name in sorted(columns)}}
            for one in resolved
        ]
        copy_dicts(connection, "alerts", rows)


def _lines(resolved: list[ResolvedAlert]) -> Iterator[bytes]:
    for one in resolved:
        yield msgspec.json.encode(msgspec.structs.replace(from_alert(one), source=IMPORTED)) + b"\n"


def crash(filling: Filling, kills: int, chance: random.Random) -> Outcome:
    """Kill a part whenever memory has grown past a random mark, until every incident is there.

    Every part has its turn before one has a second. Raises TimeoutError when nothing comes in any more.
    """
    marks = sorted(chance.sample(range(max(filling.incidents - LAST, filling.incidents // 2)), kills), reverse=True)
    killed: Counter[str] = Counter()
    turns: list[str] = []
    started = progress = time.monotonic()
    rows = 0
    while (found := filling.rows()) < filling.incidents or filling.memory()["different"] < filling.incidents:
        if found > rows:
            rows, progress = found, time.monotonic()
        elif time.monotonic() - progress > STALLED_S:
            raise TimeoutError(f"{rows} of {filling.incidents} incidents, and no more for {STALLED_S} s")
        while marks and rows >= marks[-1]:
            marks.pop()
            turns = turns or chance.sample(sorted(filling.parts()), len(filling.parts()))
            part = turns.pop()
            filling.parts()[part]()
            killed[part] += 1
        filling.tend()
        time.sleep(POLL_S)
    return _outcome(filling, killed, time.monotonic() - started)


def _outcome(filling: Filling, killed: Counter[str], seconds: float) -> Outcome:
    found = filling.memory()
    return Outcome(
        incidents=filling.incidents,
        missing=filling.incidents - found["different"],
        twice=found["rows"] - found["different"],
        incomplete=found["incomplete"] + found["rows"] - found["expected"],
        kills=dict(sorted(killed.items())),
        seconds=round(seconds, 1),
    )


def main() -> None:
    """Fill, kill, count."""
    parser = argparse.ArgumentParser(prog="python -m bench.crashing", description=__doc__)
    parser.add_argument("--incidents", type=int, default=100_000, help="half of them alerts, half lines of a file")
    parser.add_argument("--texts", type=int, default=2_000, help="different texts among them, each embedded once")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1, help="of the order and the moments of the kills")
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        Filling(Path(folder), options.incidents, options.texts) as filling,
    ):
        outcome = crash(filling, options.kills, random.Random(options.seed))  # noqa: S311 -- no secret
    print(json.dumps(msgspec.to_builtins(outcome)))
    sys.exit(0 if outcome.right else 1)


if __name__ == "__main__":
    main()
