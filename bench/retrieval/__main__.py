"""``python -m bench.retrieval DIR``: one JSON line for each way to rank, through the gateway's own store and recall."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ai_gateway.clients.embedder import DEFAULT_MODEL, Embedder
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.lexical import Question
from ai_gateway.memory.recall import IncidentMemory
from ai_gateway.memory.recipe import compose
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.types import Incident, Recalled, WordCounts
from ai_gateway.memory.upkeep import MemoryUpkeep
from ai_gateway.wiring import create_own_pool
from bench.processes import ROOT
from bench.retrieval.reports import (
    DEPTH,
    Query,
    Report,
    Scores,
    calibration_error,
    judge,
    mean,
    read_queries,
    read_reports,
)
from bench.retrieval.vectors import Floats, vectors_of
from dev.postgres import EmbeddedPostgres

SOURCE = "report"
STEP = 256
NOWHERE = "http://127.0.0.1:9"
NO_WORDS = Question.of("", "", WordCounts(0, {}))

Rank = Callable[[Report], Awaitable[list[Recalled]]]


class Measured(msgspec.Struct):
    """What one way to rank brought: the scores of every query, and each of its first ten with whether it was right."""

    scores: list[Scores]
    said: list[tuple[float, bool]]


def incident(report: Report, site: int) -> Incident:
    """A report as memory keeps it: its project stands for a site. Nothing but its text can help to find it."""
    nothing = dict.fromkeys(("site_name", "device_id", "device_name", "device_type", "resolved_at", "resolution"))
    return Incident(
        source=SOURCE,
        source_key=report.id,
        content_hash="",
        title=report.title,
        description=compose(report.title, report.body),
        severity="info",
        category="application",
        site=site,
        occurred_at=datetime(2020, 1, 1, tzinfo=UTC),
        by_hand=(),
        **nothing,
    )


def no_embedder() -> Embedder:
    """Nothing is left to embed: every vector is handed in."""
    return Embedder(Settings.model_validate({"homepot_database_url": "", "database_url": "", "embedder_url": NOWHERE}))


@asynccontextmanager
async def remembering(reports: Sequence[Report], vectors: Floats, sites: dict[str, int]) -> AsyncIterator[MemoryStore]:
    """A memory of its own that holds every report."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedPostgres(Path(folder) / "postgres", durable=False) as server,
    ):
        url = server.create_database("ai_gateway")
        migrate(url, ROOT / "migrations")
        pool = create_own_pool(Settings.model_validate({"homepot_database_url": url, "database_url": url}))
        await pool.open(wait=True, timeout=30)
        store = MemoryStore(pool)
        for start in range(0, len(reports), STEP):
            page = [incident(report, sites[report.project]) for report in reports[start : start + STEP]]
            await store.save(page, vectors[start : start + STEP].tolist(), DEFAULT_MODEL, "bench", {"at": start})
        upkeep = MemoryUpkeep(store, no_embedder(), batch_size=STEP)
        while await upkeep.run():
            print("measuring the surroundings of each report", file=sys.stderr, flush=True)
        yield store
        await pool.close()


async def measure(rank: Rank, queries: Sequence[Query], reports: dict[str, Report]) -> Measured:
    """Rank every query's own report against the others."""
    found = Measured([], [])
    for query in queries:
        hits = [one for one in await rank(reports[query.report]) if one.source_key != query.report]
        found.scores.append(judge([one.source_key for one in hits], query.relevant))
        found.said += [(one.similarity_score, one.source_key in query.relevant) for one in hits[:DEPTH]]
    return found


async def run(folder: Path) -> None:
    """Measure the three ways and print them."""
    reports, queries = read_reports(folder), read_queries(folder)
    sites = {project: site for site, project in enumerate(sorted({one.project for one in reports}), start=1)}
    vectors = vectors_of([compose(one.title, one.body) for one in reports])
    vector = {one.id: vectors[place].tolist() for place, one in enumerate(reports)}
    async with remembering(reports, vectors, sites) as store:
        memory = IncidentMemory(store, no_embedder())

        async def fused(one: Report) -> list[Recalled]:
            return await memory.rank(await memory.question(one.text), vector[one.id], (sites[one.project],))

        async def dense(one: Report) -> list[Recalled]:
            return await memory.rank(NO_WORDS, vector[one.id], (sites[one.project],))

        async def lexical(one: Report) -> list[Recalled]:
            return await memory.rank(await memory.question(one.text), None, (sites[one.project],))

        for name, rank in (("dense", dense), ("lexical", lexical), ("fused", fused)):
            found = await measure(rank, queries, {one.id: one for one in reports})
            measured = {**mean(found.scores), "calibration_error": calibration_error(found.said)}
            line = {
                "method": name,
                "queries": len(queries),
                **{key: round(value, 4) for key, value in measured.items()},
            }
            print(json.dumps(line), flush=True)


def main() -> None:
    """Measure; status 2 if the folder holds no labelled reports."""
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds corpus.parquet and queries.csv.gz as docs/memory.md describes")
    options = parser.parse_args()
    if not (options.folder / "corpus.parquet").exists():
        sys.stderr.write(f"no labelled reports lie in {options.folder}: docs/memory.md says where to get them\n")
        sys.exit(2)
    asyncio.run(run(options.folder))


if __name__ == "__main__":
    main()
