"""Whether wear is announced in time: the product's own training, rounds and announcements over a simulated fleet.

Half of the time is learnt from, the other half is foreseen round by round with what was known then. docs/prediction.md says
what counts.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.health.types import Anomaly
from ai_gateway.kit.settings import Settings
from ai_gateway.prediction.core.predictor import Predictor
from ai_gateway.prediction.core.types import DAY, HOUR
from ai_gateway.prediction.fleet import fleet_of
from ai_gateway.prediction.outlook import outlook
from ai_gateway.prediction.rising import Outcomes, Rules, rising
from ai_gateway.prediction.training import train
from ai_gateway.prediction.types import Fleet
from bench import alike
from bench.figures import Figure
from bench.lab import Lab
from dev.simulation.wear import BEGIN, METRICS, PREDICTABLE, Failure, WornFleet, wear_out

SEED: Final = 70_417
"""None that anything was developed on."""
DEVICES: Final = 120
DAYS: Final = 300
LEARNT: Final = 150
ROUND_H: Final = 12
AHEAD_S: Final = DAY
YEAR_D: Final = 365.0


class Tally(NamedTuple):
    """How announcements did. ``caught``, ``failed``: by kind, those announced a day ahead, and all.

    ``false``: came to nothing. ``averted``: would have come, but somebody saw to the device.
    """

    caught: dict[str, int]
    failed: dict[str, int]
    false: int
    averted: int
    announced: int


def measure(lab: Lab) -> Iterator[Figure]:
    """The share of predictable failures that were announced at least 24 hours ahead, and false announcements."""
    devices, step_h = (50, 24) if lab.quick else (DEVICES, ROUND_H)
    fleet = wear_out(devices, DAYS, SEED)
    rules = _defaults()
    learnt = train(known(fleet, BEGIN + LEARNT * DAY), None)
    model = (1, learnt.model) if learnt.better else None
    tally = scored(fleet, announcements(fleet, model, rules, step_h))
    years = devices * (DAYS - LEARNT) / YEAR_D
    for kind in (*PREDICTABLE, "sudden"):
        failed = tally.failed.get(kind, 0)
        share = tally.caught.get(kind, 0) / failed if failed else float("nan")
        yield Figure(name=f"wearing_announced.{kind}", value=share, unit="ratio", detail={"failures": failed})
    failed = sum(tally.failed.get(kind, 0) for kind in PREDICTABLE)
    caught = sum(tally.caught.get(kind, 0) for kind in PREDICTABLE)
    yield Figure(
        name="wearing_announced",
        value=caught / max(failed, 1),
        unit="ratio",
        at_least=0.9,
        detail={"failures": failed, "announced": tally.announced, "model": learnt.better, "threshold": rules.threshold},
    )
    yield Figure(
        name="wearing_false_announcements",
        value=tally.false / years,
        unit="per device-year",
        at_most=1.0,
        detail={"device_years": round(years, 1), "false": tally.false, "averted": tally.averted},
    )
    yield from alike.figures(fleet, known, BEGIN + LEARNT * DAY, step_h)


def _defaults() -> Rules:
    fields = Settings.model_fields
    return Rules(fields["prediction_incident_risk"].default, fields["prediction_incident_most"].default)


def known(fleet: WornFleet, now: int) -> Fleet:
    """The fleet as the worker would know it at ``now``."""
    over = (now - BEGIN) // DAY
    every = np.arange(fleet.devices)
    watched = {"devices": every.tolist(), "sites": [1] * fleet.devices, "since": [BEGIN] * fleet.devices}
    days = [(BEGIN + day * DAY, every, fleet.means[day]) for day in range(over)]
    return fleet_of(watched, fleet.columns(now), METRICS, days, now)


def announcements(fleet: WornFleet, model: tuple[int, Predictor] | None, rules: Rules, step_h: int) -> list[Anomaly]:
    """All announcements of the second half of the time; those that were on at its end have no end."""
    running, over = list[Anomaly](), list[Anomaly]()
    for now in range(BEGIN + LEARNT * DAY, BEGIN + fleet.days * DAY, step_h * HOUR):
        then = known(fleet, now)
        at = datetime.fromtimestamp(now, UTC)
        found = outlook(then, model, now, explained=0)
        risen = rising(then, found, running, Outcomes(fleet.columns(now), then), rules, at)
        running = [one for one in risen.events if one.ended_at is None]
        over += [one for one in risen.events if one.ended_at is not None]
    return over + running


def scored(fleet: WornFleet, announced: Sequence[Anomaly]) -> Tally:
    """Which failures were announced a day ahead, and which announcements came to nothing.

    An announcement of any failure stands for all of its device; one of a limit for that limit alone. It was on until the
    failure came. False is what ended without one, but for those that somebody averted meanwhile.
    """
    nothing = [one for one in announced if not _answered(one, fleet.failures)]
    averted = sum(_answered(one, fleet.averted) for one in nothing)
    tally = Tally({}, {}, len(nothing) - averted, averted, len(announced))
    for failure in fleet.failures:
        if failure.at < BEGIN + LEARNT * DAY + AHEAD_S:
            continue
        tally.failed[failure.kind] = tally.failed.get(failure.kind, 0) + 1
        if any(_foresaw(one, failure) for one in announced):
            tally.caught[failure.kind] = tally.caught.get(failure.kind, 0) + 1
    return tally


def _foresaw(one: Anomaly, failure: Failure) -> bool:
    begun = one.started_at.timestamp() <= failure.at - AHEAD_S
    on = one.ended_at is None or one.ended_at.timestamp() >= failure.at
    return one.device == failure.device and one.metric in {None, failure.metric} and begun and on


def _answered(one: Anomaly, failures: Sequence[Failure]) -> bool:
    """Whether any of these fell into its time; one that is still on may yet be."""
    if one.ended_at is None:
        return True
    begin, end = one.started_at.timestamp(), one.ended_at.timestamp()
    return any(
        failure.device == one.device and one.metric in {None, failure.metric} and begin <= failure.at <= end
        for failure in failures
    )
