"""What is known of a machine at a moment: trends of its readings, its events, its traits. The past only.

Columns are named so that a person can be told which of them moved a prediction (`drivers`).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.echo import echoes
from ai_gateway.prediction.core.portions import portions
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Instants, Ints, Role
from ai_gateway.prediction.core.windows import Ordered, last_value, ordered, reduced, since_last

DAYS: Final = (1, 3, 7)
"""Windows of the recent past."""
LAGS: Final = (1, 2, 3)
"""The days before the last one, each by itself: how long something has been going on."""
BASE_DAYS: Final = 30
"""What is usual of a machine is learnt from this many days."""
RENEWED_DAYS: Final = 5
"""What is usual is learnt anew so often where excursions are looked for."""
FIRST_DAYS: Final = 20
"""The beginning that wear is measured against."""
EXCURSION: Final = 3.0
"""A reading this many standard deviations off its base is an excursion."""

AT_ONCE: Final = 2000
"""Machines at a time."""
_NEVER: Final = np.iinfo(np.int64).max // 2


class Features(NamedTuple):
    """``values``: ``(n, f)``, NaN unknown. ``names``: ``f`` of them, as ``subject:figure`` or ``subject:figure:days``."""

    names: tuple[str, ...]
    values: Floats


def features(history: History, instants: Instants, rhythm: float | None = None) -> Features:
    """Features of each instant, made of rows at or before it. ``rhythm``: hours between visits that are on no record."""
    names: tuple[str, ...] = ()
    values = np.empty((len(instants.at), 0))
    for part in portions(history, instants, AT_ONCE):
        found = dict(_columns(part.history, part.instants, rhythm))
        if not names:
            names, values = tuple(found), np.empty((len(instants.at), len(found)))
        for place, column in enumerate(found.values()):
            values[part.places, place] = column
    return Features(names, values)


def _columns(history: History, instants: Instants, rhythm: float | None) -> Iterator[tuple[str, Floats]]:
    yield from _of_readings(history, instants, rhythm)
    yield from _of_events(history, instants)
    yield "watched:age", (instants.at - history.since[instants.machine]) / HOUR
    for place, name in enumerate(history.trait_names):
        yield f"{name}:trait", history.traits[instants.machine, place]


def _of_readings(history: History, instants: Instants, rhythm: float | None) -> Iterator[tuple[str, Floats]]:
    if not history.metrics:
        return
    every = ordered(history.readings.machine, history.readings.at)
    whole = history.readings.values[every.order]
    unusual = _excursions(every, whole)
    began = unusual & ~_before(every, unusual)
    recent = every.at > instants.at.min(initial=_NEVER) - BASE_DAYS * DAY
    rows, values, far = Ordered(every.key[recent], every.order[recent]), whole[recent], unusual[recent]
    base, spread = _moments(np.where(far, np.nan, values), *rows.bounds(instants, BASE_DAYS * DAY))
    figures = [("base", base), ("spread", spread), ("last", last_value(every, whole, instants) - base)]
    for days in LAGS:
        before = Instants(instants.machine, instants.at - days * DAY)
        figures += [(f"before:{days}", _moments(values, *rows.bounds(before, DAY))[0] - base)]
    for days in DAYS:
        mean, deviation = _moments(values, *rows.bounds(instants, days * DAY))
        figures += [(f"mean:{days}", mean), (f"change:{days}", mean - base)]
        if days > 1:
            figures += [(f"spread:{days}", deviation), (f"slope:{days}", _slope(rows, values, instants, days * DAY))]
            figures += [(f"high:{days}", _edge(rows, values, instants, days, np.fmax) - base)]
            figures += [(f"low:{days}", _edge(rows, values, instants, days, np.fmin) - base)]
    figures += [(f"slope:{BASE_DAYS}", _slope(rows, values, instants, BASE_DAYS * DAY))]
    week = _moments(values, *rows.bounds(instants, 7 * DAY))[0]
    figures += [("drift", week - _beginning(history, every, whole, instants))]
    figures += [("excursion", _since_excursion(every, unusual, instants))]
    figures += [("onset", _since_excursion(every, began, instants))]
    if rhythm:
        yield from echoes(every, began, instants, rhythm)
    for figure, found in figures:
        for place, metric in enumerate(history.metrics):
            yield f"{metric}:{figure}", found[:, place]


def _moments(values: Floats, first: Ints, last: Ints) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    count = reduced(np.add, known.astype(float), first, last, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = reduced(np.add, np.where(known, values, 0), first, last, 0)
        squares = reduced(np.add, np.where(known, values**2, 0), first, last, 0)
        mean = total / count
        return mean, np.sqrt(np.maximum(squares / count - mean**2, 0))


def _edge(rows: Ordered, values: Floats, instants: Instants, days: int, how: np.ufunc) -> Floats:
    return reduced(how, values, *rows.bounds(instants, days * DAY), np.nan)


def _slope(rows: Ordered, values: Floats, instants: Instants, seconds: int) -> Floats:
    """``(n, m)``: least-squares slope per day in a window, NaN with fewer than three rows."""
    first, last = rows.bounds(instants, seconds)
    days = (rows.at / DAY - 2e4)[:, None]
    known = ~np.isnan(values)
    y = np.where(known, values, 0)
    x = np.where(known, days, 0)
    n, sx, sy, sxx, sxy = (reduced(np.add, part, first, last, 0) for part in (known.astype(float), x, y, x * x, x * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        below = n * sxx - sx**2
        return np.where((n > 2) & (below > 1e-6), (n * sxy - sx * sy) / below, np.nan)  # noqa: PLR2004


def _beginning(history: History, rows: Ordered, values: Floats, instants: Instants) -> Floats:
    """``(n, m)``: the mean of the machine's first days, as far as they have passed."""
    opening = history.since[instants.machine]
    end = np.minimum(opening + FIRST_DAYS * DAY, instants.at)
    first, last = rows.bounds(Instants(instants.machine, end), None)
    return _moments(values, first, last)[0]


def _excursions(rows: Ordered, values: Floats) -> Flags:
    """``(n, m)``: which readings are far from what had been usual until then, earlier excursions left out.

    What is usual is renewed every few days, not with each row, which would cost as many times as much.
    """
    far = np.zeros(values.shape, bool)
    until = (rows.at - 1) // (RENEWED_DAYS * DAY) * RENEWED_DAYS * DAY
    changed = np.r_[True, (np.diff(rows.machine) != 0) | (np.diff(until) != 0)][: len(until)]
    block = np.cumsum(changed) - 1
    bounds = rows.bounds(Instants(rows.machine[changed], until[changed]), BASE_DAYS * DAY)
    for _ in range(2):
        base, spread = _moments(np.where(far, np.nan, values), *bounds)
        far = _far(values, base[block], spread[block])
    return far


def _far(values: Floats, base: Floats, spread: Floats) -> Flags:
    with np.errstate(invalid="ignore"):
        far: Flags = (np.abs(values - base) > EXCURSION * spread) & (spread > 0)
    return far


def _before(rows: Ordered, far: Flags) -> Flags:
    """``(n, m)``: whether the machine's row before was one."""
    before = np.zeros_like(far)
    before[1:] = far[:-1] & (np.diff(rows.machine) == 0)[:, None]
    return before


def _since_excursion(rows: Ordered, far: Flags, instants: Instants) -> Floats:
    """``(n, m)``: hours since the last excursion, NaN if there was none yet."""
    found = np.full((len(instants.at), far.shape[1]), np.nan)
    for place in range(far.shape[1]):
        on = far[:, place]
        found[:, place] = since_last(ordered(rows.machine[on], rows.at[on]), instants) / HOUR
    return found


def _of_events(history: History, instants: Instants) -> Iterator[tuple[str, Floats]]:
    for place, kind in enumerate(history.kinds):
        if kind.late:
            continue
        at = history.events.kind == place
        rows = ordered(history.events.machine[at], history.events.at[at])
        yield f"{kind.name}:since", since_last(rows, instants) / HOUR
        for days in (*DAYS, BASE_DAYS) if kind.role is not Role.REPLACEMENT else ():
            first, last = rows.bounds(instants, days * DAY)
            yield f"{kind.name}:count:{days}", (last - first).astype(float)
