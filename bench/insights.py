"""What a site's last 30 days say: a site of 1,000 devices with 30 days of hours, among 60 sites like it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg

from bench.figures import Figure
from bench.lab import Lab
from bench.views import view_figure, view_times

DEVICES: Final = 1_000
ROUNDS: Final = 40
GOAL_MS: Final = 200.0
SQL: Final = Path(__file__).with_suffix(".sql")
SITE: Final = "1"
ONE_SITE: Final = "UPDATE devices SET site_id = 1 WHERE id <= %s"


def measure(lab: Lab) -> Iterator[Figure]:
    """One caller. The first request, for which trends are looked for and Postgres' cache is warmed, is a figure of its own."""
    with lab.gateway() as (_, client):
        with psycopg.connect(lab.fleet.own_url) as own:
            own.execute(SQL.read_text(encoding="utf-8").replace("{devices}", str(DEVICES)).encode())
        with psycopg.connect(lab.postgres.url("homepot"), autocommit=True) as homepot:
            homepot.execute(ONE_SITE, (DEVICES,))
            homepot.execute("ANALYZE devices")
        asked = {
            "insights": (f"/api/ai/insights/{SITE}", GOAL_MS),
            "job_windows": (f"/api/ai/jobs/windows/{SITE}", None),
            "job_success": ("/api/ai/jobs/success-probability/1", None),
        }
        for name, (path, goal) in asked.items():
            began = time.perf_counter()
            client.get(path).raise_for_status()
            yield Figure(name=f"{name}_first", value=(time.perf_counter() - began) * 1000, unit="ms")
            times = view_times(client, [(path, {})] * lab.times(ROUNDS))
            yield view_figure(f"{name}_p95", times, goal, devices=DEVICES)
