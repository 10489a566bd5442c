"""Risks that rise become events before the failure, and incidents by them: when one begins, goes on and is over.

Pure: a round and what was on before give what is on now. An event begins at a threshold and ends well below it, so that a
risk that wavers is one event; of many that begin at once only the riskiest do, and the others in later rounds.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.types import RISK, SEVERITIES, Anomaly
from ai_gateway.prediction.coarse import coarse
from ai_gateway.prediction.core.types import Role
from ai_gateway.prediction.fleet import is_failure
from ai_gateway.prediction.types import HOURS, Fleet, LimitAhead, Outlook
from ai_gateway.prediction.words import limit_words, percent, period, raised_by, severity

AHEAD_H: Final = 168.0
FALLEN: Final = 0.5
"""An event ends when its risk is below this part of the threshold."""
SURE_H: Final = 336.0
"""A limit is announced only if the late end of its interval is no further ahead: a line through few days may be anything."""
RECEDED: Final = 1.5
"""An event of a limit ends when the limit is further ahead than this many times `AHEAD_H`."""
JUST_FAILED: Final = timedelta(hours=24)
"""While a device is in the trouble that would be announced, and for this long after, it is not: it is known."""
FAR: Final = datetime.max.replace(tzinfo=UTC)

Key = tuple[int, str | None]
"""Device, and the metric that reaches its limit; ``None``: any failure."""


class Rules(NamedTuple):
    """``threshold``: ratio 0-1 of a failure within a week. ``most``: events that may begin in one round."""

    threshold: float
    most: int


class Risen(NamedTuple):
    """``events``: what began, went on or ended. ``postponed``: how many more would have begun."""

    events: list[Anomaly]
    begun: int
    postponed: int


class Came(NamedTuple):
    """When something last came, and until when it, or what came before it, was on; ``FAR``: it still is."""

    at: datetime
    until: datetime


class Outcomes:
    """When each device last failed, and when each of its metrics was last in the trouble that its limit means."""

    def __init__(self, signs: Mapping[str, Sequence[Any]], fleet: Fleet | None = None) -> None:
        """Args: signs: anomalies as columns, in the order of time. fleet: knows failures that are no anomaly."""
        self._came: dict[Key, Came] = {}
        for device, at in _failures(fleet) if fleet is not None else ():
            self._note((device, None), Came(at, at))
        columns = ("devices", "at", "ended", "kinds", "metrics", "severities")
        for device, begun, ended, kind, metric, severe in zip(*(signs[name] for name in columns), strict=True):
            came = Came(_moment(begun), FAR if ended is None else _moment(ended))
            if is_failure(kind, metric, severe):
                self._note((device, None), came)
            if metric is not None and (kind == "limit" or severe == "critical"):
                self._note((device, metric), came)

    def _note(self, key: Key, came: Came) -> None:
        before = self._came.get(key, came)
        self._came[key] = Came(max(came.at, before.at), max(came.until, before.until))

    def last(self, key: Key) -> datetime | None:
        """When what ``key`` announces last came."""
        return self._came[key].at if key in self._came else None

    def lately(self, key: Key, now: datetime) -> bool:
        """Whether it is on, or was so a short while ago."""
        return key in self._came and now < _later(self._came[key].until)


def _failures(fleet: Fleet) -> Iterator[tuple[int, datetime]]:
    """The last one of each device that has some."""
    events = fleet.history.events
    failed = np.isin(events.kind, fleet.history.of_role(Role.FAILURE))
    last = np.full(len(fleet.devices), -1, np.int64)
    np.maximum.at(last, events.machine[failed], events.at[failed])
    for machine in np.flatnonzero(last >= 0).tolist():
        yield int(fleet.devices[machine]), _moment(int(last[machine]))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _later(until: datetime) -> datetime:
    return until if until == FAR else until + JUST_FAILED


def rising(
    fleet: Fleet, found: Outlook, running: Sequence[Anomaly], came: Outcomes, rules: Rules, now: datetime
) -> Risen:
    """What becomes of the events that were on, and which begin. ``now``: of the round."""
    on = {(one.device, one.metric): one for one in running}
    place_of = {int(device): place for place, device in enumerate(fleet.devices)}
    events = [_followed(one, place_of.get(one.device), found, came, rules, now) for one in running]
    ready = [
        one
        for one in _ready(fleet, found, rules, now)
        if (one.device, one.metric) not in on and not came.lately((one.device, one.metric), now)
    ]
    ready.sort(key=lambda one: (-one.score, one.device, one.metric or ""))
    return Risen(events + ready[: rules.most], len(ready[: rules.most]), len(ready[rules.most :]))


def _ready(fleet: Fleet, found: Outlook, rules: Rules, now: datetime) -> Iterator[Anomaly]:
    """Every event that could begin. Lifetimes and priors know nothing of one device, so only a model announces failures."""
    week = HOURS.index(AHEAD_H)
    likely = np.flatnonzero(found.risk[:, week] >= rules.threshold) if found.basis == "model" else ()
    for place in map(int, likely):
        yield _failure(fleet, found, place, rules, now)
    for place, limits in enumerate(found.limits):
        for limit in limits:
            if limit.hours <= AHEAD_H and limit.high is not None and limit.high <= SURE_H:
                yield _limit(fleet, place, limit, now)


def _followed(one: Anomaly, place: int | None, found: Outlook, came: Outcomes, rules: Rules, now: datetime) -> Anomaly:
    """The same event as of this round: over if what it announces came or is no longer to be expected."""
    if place is None:
        return _ended(one, now, "The device is no longer in service.")
    at = came.last((one.device, one.metric))
    if at is not None and at >= one.started_at:
        return _ended(one, at, "It came.")
    if one.metric is None:
        risk = float(found.risk[place, HOURS.index(AHEAD_H)])
        if found.basis == "model" and risk < FALLEN * rules.threshold:
            return _ended(one, now, f"The risk fell to {percent(risk)} within {period(AHEAD_H)}.")
        return _worsened(one, _claim(found, place), risk / rules.threshold, _severity(found, place), now)
    limit = next((one_ for one_ in found.limits[place] if one_.metric == one.metric), None)
    if limit is None or limit.hours > RECEDED * AHEAD_H:
        return _ended(one, now, "The limit is no longer near.")
    return replace(
        _worsened(one, limit_words(limit), AHEAD_H / max(limit.hours, 1.0), one.severity, now), value=limit.level
    )


def _ended(one: Anomaly, at: datetime, why: str) -> Anomaly:
    return replace(one, last_at=max(one.last_at, at), ended_at=max(one.started_at, at), detail=f"{one.detail}\n{why}")


def _worsened(one: Anomaly, detail: str, score: float, severe: str, now: datetime) -> Anomaly:
    """It is still on; its figures are those of its worst round, its reasons those for which it was announced."""
    if score <= one.score:
        return replace(one, last_at=now)
    worst = max(one.severity, severe, key=SEVERITIES.index)
    told = "\n".join([detail.split("\n", maxsplit=1)[0], *(one.detail or "").split("\n")[1:]])
    return replace(one, last_at=now, detail=told, score=score, severity=worst)


def _failure(fleet: Fleet, found: Outlook, place: int, rules: Rules, now: datetime) -> Anomaly:
    risk = float(found.risk[place, HOURS.index(AHEAD_H)])
    return _event(fleet, place, None, _severity(found, place), risk / rules.threshold, _claim(found, place), now)


def _limit(fleet: Fleet, place: int, limit: LimitAhead, now: datetime) -> Anomaly:
    event = _event(fleet, place, limit.metric, "warning", AHEAD_H / max(limit.hours, 1.0), limit_words(limit), now)
    up = metric_named(limit.metric).bad != "down"
    side = {"upper": limit.limit} if up else {"lower": limit.limit}
    return replace(event, value=limit.level, **side)


def _event(
    fleet: Fleet, place: int, metric: str | None, severe: str, score: float, detail: str, now: datetime
) -> Anomaly:
    return Anomaly(
        device=int(fleet.devices[place]),
        site=int(fleet.sites[place]),
        kind=RISK,
        metric=metric,
        started_at=now,
        last_at=now,
        ended_at=None,
        severity=severe,
        score=score,
        value=None,
        expected=None,
        lower=None,
        upper=None,
        explained=(),
        detail=detail,
    )


def _severity(found: Outlook, place: int) -> str:
    """Critical if it is likely within a day, otherwise a warning."""
    day = float(found.risk[place, HOURS.index(24.0)])
    return max("warning", severity(day, 24.0), key=SEVERITIES.index)


def _claim(found: Outlook, place: int) -> str:
    """The risk on one line, and each thing that raises it on another."""
    week = HOURS.index(AHEAD_H)
    risk, low, high = (float(side[place, week]) for side in (found.risk, found.low, found.high))
    claim = (
        f"It fails within {period(AHEAD_H)} with a probability of {percent(risk)} ({percent(low)} to {percent(high)});"
        f" of {coarse(int(found.cases[place]))} comparable cases {coarse(int(found.failed[place]))} did."
    )
    limits = [limit_words(one) for one in found.limits[place][:1]]
    return "\n".join([claim, *raised_by(found.drivers[place]), *limits])
