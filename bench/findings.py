"""What the worker would remember of sites: by chance, in healthy months, and of changes that really moved something.

The sample fleet with two simulated months (`dev.simulation.past`), its job run once a day for the last 30, as the worker does.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import psycopg

from ai_gateway.insights.remember import FindingJob
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.memory.finding_store import FindingStore
from ai_gateway.memory.findings import FindingMemory
from ai_gateway.wiring import Parts
from bench.figures import Figure
from bench.lab import NOWHERE, Lab
from dev.homepot.fleet import create_sample
from dev.homepot.reader import create_reader
from dev.simulation.fleet import METRICS
from dev.simulation.past import Device, chance_errors, change, devices_of, hours_of, idle_changes, keep, write_past

MONTHS: Final = 8
SEED: Final = 1_126
LOOKS: Final = 30
PLANTED: Final = 5
"""Changes of a site that move something."""
MOVES: Final = (("cpu_percent", 20.0), ("memory_percent", 10.0), ("network_latency_ms", 60.0))
"""By twice what matters."""
MOST_BY_CHANCE: Final = 0.25
TABLES: Final = ("ai_incident_patterns", "ai_findings", "ai_watermarks")


class Ground(NamedTuple):
    """The databases and devices that all months share."""

    url: str
    reader: str
    own: str
    devices: list[Device]
    end: datetime


class _NoMeaning:
    """What is counted needs no embedder."""

    async def embed_batch(self, texts: list[str]) -> list[list[float]]:
        return [[1.0] + [0.0] * 767] * len(texts)


def measure(lab: Lab) -> Iterator[Figure]:
    """Findings of a healthy site in a month, by what they are about; and the share of planted changes that were found."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    url, own = lab.postgres.create_database("homepot_past"), lab.postgres.create_database("gateway_past")
    create_sample(url, end)
    migrate(own, Settings.model_fields["migrations_dir"].default)
    ground = Ground(url, create_reader(url, "bench"), own, devices_of(url), end)
    sites = len({device.site for device in ground.devices})
    months = lab.times(MONTHS)
    chance: Counter[str] = Counter()
    caught = planted = 0
    for number in range(months):
        rng = np.random.default_rng((SEED, number))
        hours = hours_of(ground.devices, end, SEED + number)
        write_past(url, chance_errors(ground.devices, end, rng), idle_changes(ground.devices, end, rng))
        chance.update(kind for kind, _ in month(ground, hours, looks=LOOKS))
        moved = plant(ground, hours, rng)
        told = " ".join(text for _, text in month(ground, hours, looks=2))
        planted += len(moved)
        caught += sum(f"{name} was changed from" in told for name in moved)
    detail = {"site_months": sites * months, **{kind: chance[kind] for kind in ("change", "trend", "error")}}
    yield Figure(
        name="findings_by_chance",
        value=sum(chance.values()) / (sites * months),
        unit="a site-month",
        at_most=MOST_BY_CHANCE,
        detail=detail,
    )
    yield Figure(name="changes_found", value=caught / planted, unit="ratio", detail={"planted": planted})


def plant(ground: Ground, hours: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Changes of devices that move a metric for good; returns their settings, each of another name."""
    names = []
    for site in sorted({device.site for device in ground.devices}):
        of_site = [number for number, device in enumerate(ground.devices) if device.site == site]
        for number in rng.choice(of_site, PLANTED, replace=False):
            metric, by = MOVES[rng.integers(len(MOVES))]
            column, back = METRICS.index(metric), int(rng.integers(3 * 24, 25 * 24))
            samples = hours[number, -back:, column, 0]
            if not samples[:48].any():
                continue  # not a metric of that device
            hours[number, -back:, column, 1] += by * samples
            names.append(f"setting_{site}_{number}_{metric}")
            at, key = ground.end - timedelta(hours=back), ground.devices[number].device_id
            write_past(ground.url, [], [change("device", key, at, names[-1], 1, 2)], anew=False)
    return names


def month(ground: Ground, hours: np.ndarray, *, looks: int) -> list[tuple[str, str]]:
    """What is in memory after that many days: what each finding is about, and its text."""
    keep(ground.own, ground.devices, ground.end, hours)
    with psycopg.connect(ground.own) as own:
        for table in TABLES:
            own.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - the names are above
    asyncio.run(_look(ground, looks))
    with psycopg.connect(ground.own) as own:
        rows = own.execute(
            "SELECT source_key, description FROM ai_incident_patterns WHERE source = 'finding'"
        ).fetchall()
    return [(str(key).split("/")[2], str(text)) for key, text in rows]


async def _look(ground: Ground, looks: int) -> None:
    now = [ground.end]
    values = {"homepot_database_url": ground.reader, "database_url": ground.own, "embedder_url": NOWHERE}
    parts = Parts(Settings.model_validate(values), lambda: now[0])
    await parts.homepot.open()
    await parts.pool.open(wait=True, timeout=10)
    memory = FindingMemory(FindingStore(parts.pool), parts.memory, _NoMeaning(), parts.clock)  # type: ignore[arg-type]
    job = FindingJob(parts.site_reader, memory, parts.scoping, parts.clock, every=timedelta(days=1))
    for day in reversed(range(looks)):
        now[0] = ground.end - timedelta(days=day)
        await job.run()
    await parts.homepot.close()
    await parts.pool.close()
