"""The routes that tell what is ahead, over the worker's round of 100,000 devices at 1,000 sites, which HOMEPOT has all of."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import psycopg

from ai_gateway.kit.settings import Settings
from ai_gateway.prediction.core.types import Floats, Ints
from ai_gateway.prediction.outlook import WEEK
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.types import (
    EXPLAINED,
    HOURS,
    Fleet,
    LimitAhead,
    Moved,
    MovedAlike,
    Outlook,
    PastFailure,
    Progressions,
)
from ai_gateway.wiring import create_own_pool
from bench.figures import Figure
from bench.lab import Lab
from bench.views import view_figure, view_times
from dev.evals.rounds import NO_HISTORY

DEVICES: Final = 100_000
SITE: Final = 100
"""Devices of a site, as `dev.homepot.big` makes them."""
GOAL_MS: Final = 50.0
ROUNDS: Final = 200
PAST: Final = 15
"""Failures that the worker keeps of a device at most."""
RISKY: Final = 100
"""One device in so many has a risk of 0.2 or more within a week."""
LIMITED: Final = 50
"""One device in so many is on its way to a limit."""
SQL: Final = Path(__file__).with_suffix(".sql")
OPENING = """
INSERT INTO site_operating_schedules (
    site_id, day_of_week, open_time, close_time, is_closed, is_maintenance_window, peak_hours_start, peak_hours_end
)
SELECT s.id, d, CASE d WHEN 6 THEN '02:00' ELSE '08:00' END::time, CASE d WHEN 6 THEN '05:00' ELSE '20:00' END::time,
    d = 6, d = 6, CASE WHEN d < 6 THEN '12:00'::time END, CASE WHEN d < 6 THEN '14:00'::time END
FROM sites AS s, generate_series(0, 6) AS d
"""
PLAIN: Final = {
    "health_forecast": ("/api/ai/health-forecast", {}),
    "health_forecast_site": ("/api/ai/health-forecast", {"site_id": "1"}),
    "maintenance_plan": ("/api/ai/maintenance-plan", {}),
    "maintenance_plan_site": ("/api/ai/maintenance-plan", {"site_id": "1"}),
    "at_risk": ("/api/ai/predictions/at-risk", {}),
}


class Round(NamedTuple):
    """What the worker leaves. ``riskiest``: ``(EXPLAINED,)`` HOMEPOT's integers."""

    fleet: Fleet
    found: Outlook
    riskiest: Ints


def measure(lab: Lab) -> Iterator[Figure]:
    """One caller: devices with and without past failures alike in turn, then each other route."""
    devices = DEVICES // (10 if lab.quick else 1)
    fleet = lab.made(devices, devices)
    with lab.gateway(fleet) as (_, client):
        now = datetime.now(UTC)
        one = made_up(devices, devices // SITE, now)
        _fill(lab, fleet.own_url, one, now)
        told = client.get(f"/api/ai/predict/{one.riskiest[0]}").json()["similar_progressions"]["failures"]
        if not (told and all(failure["done"] for failure in told)):
            raise RuntimeError("the riskiest device is told no past failures with what was done: nothing is measured")
        rounds = lab.times(ROUNDS)
        asked = [*one.riskiest[:rounds].tolist(), *one.fleet.devices[:rounds].tolist()]
        times = view_times(client, [(f"/api/ai/predict/{device}", {}) for device in asked])
        yield view_figure("predict_p95", times, GOAL_MS, devices=devices)
        yield view_figure("predict_p95.alike", times[:rounds])
        yield view_figure("predict_p95.others", times[rounds:])
        for name, (path, params) in PLAIN.items():
            yield view_figure(f"{name}_p95", view_times(client, [(path, params)] * lab.times(ROUNDS // 4)))


def _fill(lab: Lab, own_url: str, one: Round, now: datetime) -> None:
    text = SQL.read_text(encoding="utf-8").replace("{devices}", str(len(one.fleet.devices)))
    with psycopg.connect(lab.postgres.url("homepot_wide")) as homepot:
        homepot.execute(OPENING)
    asyncio.run(_save(own_url, one, now))
    with psycopg.connect(own_url, autocommit=True) as own:
        own.execute(text.replace("{sites}", str(len(one.fleet.devices) // SITE)).encode())
        own.execute("ANALYZE")


async def _save(own_url: str, one: Round, now: datetime) -> None:
    pool = create_own_pool(Settings.model_validate({"database_url": own_url, "homepot_database_url": own_url}))
    await pool.open()
    try:
        await PredictionStore(pool).save_outlook(one.fleet, one.found, now)
    finally:
        await pool.close()


def made_up(devices: int, sites: int, now: datetime) -> Round:
    """The same round each time, as of ``now``."""
    rng = np.random.default_rng(7)
    numbers = np.arange(1, devices + 1)
    week = np.where(rng.random(devices) < 1 / RISKY, rng.uniform(0.2, 0.9, devices), rng.uniform(0, 0.05, devices))
    risk: Floats = np.minimum(week[:, None] * np.array(HOURS) / 168, 1.0)
    riskiest = np.argsort(-risk[:, WEEK], kind="stable")[:EXPLAINED]
    chosen = set(riskiest.tolist())
    known = numbers[numbers // sites % 10 == 0]
    counts = np.full(devices, 200), np.full(devices, 43)
    found = Outlook(
        "model",
        None,
        risk,
        risk / 2,
        np.minimum(2 * risk, 1.0),
        *counts,
        [_drivers() if place in chosen else () for place in range(devices)],
        [(_limit(),) if place % LIMITED == 0 else () for place in range(devices)],
        progressions=[_past(place, known, sites, now) if place in chosen else None for place in range(devices)],
    )
    return Round(Fleet(NO_HISTORY, numbers, 1 + numbers % sites), found, numbers[riskiest])


def _drivers() -> tuple[Moved, ...]:
    return tuple(Moved(f"daily change of disk percent over {days} days", 1.5, 0.2) for days in range(2, 7))


def _limit() -> LimitAhead:
    return LimitAhead("disk_percent", 90.0, 80.0, 2.0, 120.0, 96.0, 150.0, 14)


def _past(place: int, known: Ints, sites: int, now: datetime) -> Progressions:
    """``known``: devices of whose failure an incident tells, as the SQL has them."""
    own = known[known % sites == (place + 1) % sites]
    others = islice(cycle(np.roll(known, -place).tolist()), PAST - len(own[:5]))
    alike = (
        MovedAlike("disk_percent", event=False, share=0.8, now=81.0, then=83.0),
        MovedAlike("flapping_trouble", event=True, share=0.2, now=4.0, then=5.0),
    )
    past = [
        PastFailure(
            device=device,
            site=1 + device % sites,
            at=now - timedelta(days=1 + device % 90),
            kind="critical",
            metric="disk_percent",
            similarity=0.97 - 0.01 * rank,
            before_h=72.0,
            alike=alike,
        )
        for rank, device in enumerate([*own[:5].tolist(), *others])
    ]
    return Progressions(unusual=True, past=tuple(past))
