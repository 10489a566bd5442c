"""What is known of a machine at a moment: trends of its readings, its events, its traits. The past only.

Columns are named so that a person can be told which of them moved a prediction (`drivers`).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.echo import echoes
from ai_gateway.prediction.core.peers import peers
from ai_gateway.prediction.core.portions import Portion, portions
from ai_gateway.prediction.core.trends import DAYS, Trends, excursion_figures
from ai_gateway.prediction.core.types import DAY, HOUR, Events, Floats, History, Instants, Role
from ai_gateway.prediction.core.usual import BASE_DAYS, excursions, onsets
from ai_gateway.prediction.core.windows import ordered, since_last

AT_ONCE: Final = 1000
"""Machines at a time, so that half a year of their readings and what is made of it take some hundred MiB at most."""
Column = tuple[str, Floats]


class Features(NamedTuple):
    """``values``: ``(n, f)``, NaN unknown. ``names``: ``f`` of them, as ``subject:figure`` or ``subject:figure:days``."""

    names: tuple[str, ...]
    values: Floats


def features(
    history: History,
    instants: Instants,
    rhythm: float | None = None,
    *,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> Features:
    """Features of each instant, made of rows at or before it.

    Args:
        history: of the fleet.
        instants: moments of its machines.
        rhythm: hours between visits that are on no record.
        names: the columns that are wanted, NaN for one that is not known any more; by default all there are.
        threads: portions of the machines that are worked on at the same time.
    """
    wanted = tuple(_names(history, rhythm) if names is None else names)
    places = {name: place for place, name in enumerate(wanted)}
    values = np.full((len(instants.at), len(wanted)), np.nan)

    def fill(portion: Callable[[], Portion]) -> None:
        part = portion()
        for name, column in _columns(part.history, part.instants, rhythm, frozenset(wanted)):
            if name in places:
                values[part.places, places[name]] = column

    for name, column in peers(history, instants):
        if name in places:
            values[:, places[name]] = column
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(fill, portions(history, instants, AT_ONCE)):
            pass
    return Features(wanted, values)


def _names(history: History, rhythm: float | None) -> tuple[str, ...]:
    """All columns, by asking for none of the machines."""
    nothing = np.empty(0, np.int64)
    none = history._replace(readings=history.readings.of(nothing), events=Events(nothing, nothing, nothing))
    nowhen = Instants(nothing, nothing)
    return tuple(name for name, _ in chain(_columns(none, nowhen, rhythm, None), peers(none, nowhen)))


def _columns(
    history: History, instants: Instants, rhythm: float | None, wanted: frozenset[str] | None
) -> Iterator[Column]:
    if history.metrics:
        yield from _of_readings(history, instants, rhythm, wanted)
    yield from _of_events(history, instants)
    yield "watched:age", (instants.at - history.since[instants.machine]) / HOUR
    for place, name in enumerate(history.trait_names):
        yield f"{name}:trait", history.traits[instants.machine, place]


def _of_readings(
    history: History, instants: Instants, rhythm: float | None, wanted: frozenset[str] | None
) -> Iterator[Column]:
    """A figure that is wanted of no metric is not worked out."""
    rows = ordered(history.readings.machine, history.readings.at)
    values = history.readings.values[rows.order]
    far = excursions(rows, values)
    began = onsets(rows, far)
    if rhythm:
        yield from echoes(rows, began, instants, rhythm)
    known = Trends(rows, values, far, history, instants)
    for figure, worked_out in chain(known.figures(), excursion_figures(rows, far, began, instants)):
        names = [f"{metric}:{figure}" for metric in history.metrics]
        if wanted is None or not wanted.isdisjoint(names):
            yield from zip(names, worked_out().T, strict=True)


def _of_events(history: History, instants: Instants) -> Iterator[Column]:
    for place, kind in enumerate(history.kinds):
        if kind.late:
            continue
        at = history.events.kind == place
        rows = ordered(history.events.machine[at], history.events.at[at])
        yield f"{kind.name}:since", since_last(rows, instants) / HOUR
        for days in (*DAYS, BASE_DAYS) if kind.role is not Role.REPLACEMENT else ():
            yield f"{kind.name}:count:{days}", rows.counts(instants, days * DAY).astype(float)
