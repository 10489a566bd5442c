"""The risk ahead of every device at once: by the model in use, by the fleet's lifetimes, or by the stated prior."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from ai_gateway.health.catalogue import Limits, limit_of, metric_named
from ai_gateway.prediction.core.calibrate import Comparable
from ai_gateway.prediction.core.drift import shifted
from ai_gateway.prediction.core.drivers import drivers
from ai_gateway.prediction.core.features import Features, features
from ai_gateway.prediction.core.lifetime import LEAST, risk, risk_interval
from ai_gateway.prediction.core.predictor import Predictor, forecast
from ai_gateway.prediction.core.trend import crossing
from ai_gateway.prediction.core.types import DAY, Floats, History, Instants, Readings
from ai_gateway.prediction.spells import law_of, spells
from ai_gateway.prediction.types import EXPLAINED, HOURS, Fleet, LimitAhead, Moved, Outlook

WEEK: Final = HOURS.index(168.0)
TREND_DAYS: Final = 14
ROWS: Final = 8192
"""Devices whose risk is worked out at once."""
FORESEEN_DAYS: Final = 60
"""A limit further ahead than this is not told."""
NO_LIMITS: Final[Limits] = {}


def outlook(
    fleet: Fleet,
    model: tuple[int, Predictor] | None,
    now: int,
    limits: Limits = NO_LIMITS,
    *,
    explained: int = EXPLAINED,
    threads: int = 1,
) -> Outlook:
    """What is ahead of each device.

    Args:
        fleet: what is known of it.
        model: the one in use with its number.
        now: seconds since 1970.
        limits: over the catalogue's own.
        explained: as `EXPLAINED`.
        threads: parts of the fleet that are worked on at the same time.
    """
    count = len(fleet.devices)
    instants = Instants(np.arange(count), np.full(count, now, np.int64))
    near = limits_ahead(fleet, now, limits)
    if model is None:
        return _by_lifetimes(fleet.history, instants, near)
    number, predictor = model[0], model[1].lean()
    rhythm = predictor.hazard.ahead.unrecorded
    known = features(fleet.history, instants, rhythm, names=predictor.asks, threads=threads)
    return _by_model(number, predictor, known.values, near, explained, threads)


def aligned(found: Features, model: Predictor) -> Floats:
    """``(n, f)``: the columns that a model knows, NaN for one that is no more."""
    places = {name: place for place, name in enumerate(found.names)}
    blank = np.full(len(found.values), np.nan)
    return np.stack([found.values[:, places[name]] if name in places else blank for name in model.asks], axis=1)


def _by_model(
    number: int,
    model: Predictor,
    values: Floats,
    limits: list[tuple[LimitAhead, ...]],
    explained: int,
    threads: int,
) -> Outlook:
    risk = _risk(model, values, threads)
    low, high = _intervals(model, risk)
    _, _, cases, failed = _week(model).interval(risk[:, WEEK])
    moved: list[tuple[Moved, ...]] = [()] * len(values)
    riskiest = np.argsort(-risk[:, WEEK])[:explained]
    for place, told in zip(riskiest, drivers(model.hazard, values[riskiest], HOURS[WEEK]), strict=True):
        moved[place] = tuple(Moved(one.text, None if np.isnan(one.value) else one.value, one.weight) for one in told)
    counts = cases.astype(np.int64), failed.astype(np.int64)
    drifted = float(shifted(model.usual, values).mean()) if len(model.usual.columns) else 0.0
    return Outlook("model", number, risk, low, high, *counts, moved, limits, drifted)


def _risk(model: Predictor, values: Floats, threads: int) -> Floats:
    """``(n, hours)``; a block of rows at a time, so that what lies between does not grow with the fleet."""
    blocks = [values[begin : begin + ROWS] for begin in range(0, len(values), ROWS)]
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(lambda block: forecast(model, block).risk, blocks)))


def _week(model: Predictor) -> Comparable:
    return next(one.like for one in model.calibrations if one.hours == HOURS[WEEK])


def _intervals(model: Predictor, risk: Floats) -> tuple[Floats, Floats]:
    """Of each stretch by the cases of the nearest longer horizon, never falling."""
    ends = [one.hours for one in model.calibrations]
    both = []
    for place, end in enumerate(model.hazard.cuts[1:]):
        like = model.calibrations[min(int(np.searchsorted(ends, end)), len(ends) - 1)].like
        both.append(like.interval(risk[:, place])[:2])
    low, high = (np.maximum.accumulate(np.stack(side, axis=1), axis=1) for side in zip(*both, strict=True))
    return np.minimum(low, risk), np.maximum(high, risk)


def _by_lifetimes(history: History, instants: Instants, limits: list[tuple[LimitAhead, ...]]) -> Outlook:
    """By how long devices of this fleet went without a failure."""
    found = spells(history)
    law, count, failures = law_of(found), len(found.running), int(found.failed.sum())
    ahead = np.stack([risk(law, found.running, np.empty((count, 0)), hours) for hours in HOURS], axis=1)
    low, high = risk_interval(law, ahead)
    basis = "lifetimes" if failures >= LEAST else "prior"
    counts = (np.full(count, len(found.lived)), np.full(count, failures))
    return Outlook(basis, None, ahead, low, high, *counts, [()] * len(instants.at), limits)


def limits_ahead(fleet: Fleet, now: int, limits: Limits) -> list[tuple[LimitAhead, ...]]:
    """Of each device the limits that its metrics are on their way to, the nearest first."""
    history, types = fleet.history, fleet.types or (None,) * len(fleet.devices)
    found: list[list[LimitAhead]] = [[] for _ in history.machines]
    recent = history.readings.since((now // DAY - TREND_DAYS + 1) * DAY)
    for place, name in enumerate(history.metrics):
        by_type = {kind: limit_of(limits, kind, name) for kind in set(types)}
        limit = np.array([by_type[kind] for kind in types], float)
        if not np.isnan(limit).all():
            line = crossing(_last_days(recent, len(found), place, now), limit, up=metric_named(name).bad != "down")
            for row in np.flatnonzero((line.days > 0) & (line.days <= FORESEEN_DAYS)):
                high = float(line.high[row]) * 24
                found[row].append(
                    LimitAhead(
                        metric=name,
                        limit=float(limit[row]),
                        level=round(float(line.level[row]), 3),
                        per_day=round(float(line.slope[row]), 4),
                        hours=round(float(line.days[row]) * 24, 1),
                        low=round(float(line.low[row]) * 24, 1),
                        high=round(high, 1) if np.isfinite(high) else None,
                        points=int(line.points[row]),
                    )
                )
    return [tuple(sorted(each, key=lambda one: one.hours)) for each in found]


def _last_days(recent: Readings, machines: int, metric: int, now: int) -> Floats:
    """``(machines, TREND_DAYS)``: means of the last whole days, the newest last."""
    back = now // DAY - recent.at // DAY
    known = back >= 0
    found = np.full((machines, TREND_DAYS), np.nan)
    found[recent.machine[known], TREND_DAYS - 1 - back[known]] = recent.values[known, metric]
    return found
