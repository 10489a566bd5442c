"""What is already known of the time ahead: parts grow older, and visits come in a rhythm."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.echo import columns_of
from ai_gateway.prediction.core.types import HOUR, Floats, History, Ints, Role

_LEAST_GAPS: Final = 30
_LEAST_SHARE: Final = 0.2
"""Of the gaps that are the rhythm itself."""
_LEAST_WHOLE: Final = 0.6
"""Of the gaps that are the rhythm or some times it."""


class Ahead(NamedTuple):
    """How the features of a later time follow from those of an instant.

    ``ages``: columns with the hours since each kind of replacement. ``parts``: their names. ``rhythm``: hours between
    visits, ``None`` if they have none. ``echoes``: columns with the chance of a visit on each day from today on, where
    visits are on no record; they serve here alone.
    """

    ages: tuple[int, ...]
    parts: tuple[str, ...]
    rhythm: float | None
    echoes: tuple[int, ...]

    @property
    def unrecorded(self) -> float | None:
        """The rhythm that `features` are to look for."""
        return self.rhythm if self.echoes else None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of `values`."""
        due = ("visit:due",) if self.ages and self.rhythm else ("visit:echo",) if self.echoes else ()
        return ("lead:hours", *due, *(f"{part}:age" for part in self.parts))

    def values(self, features: Floats, begin: float, end: float) -> Floats:
        """``(n, a)``: for the stretch from ``begin`` to ``end`` hours after each instant."""
        ages = features[:, self.ages]
        columns = [np.full((len(features), 1), begin)]
        if self.ages and self.rhythm:
            newest = np.fmin.reduce(ages, axis=1, keepdims=True)
            columns.append(self.rhythm - (newest + begin) % self.rhythm)
        elif self.echoes:
            days = range(int(begin // 24), max(int(begin // 24) + 1, int(-(-end // 24))))
            columns.append(
                np.stack([features[:, self.echoes[day % len(self.echoes)]] for day in days]).max(axis=0)[:, None]
            )
        return np.concatenate([*columns, ages + end], axis=1)


def learn_ahead(history: History, names: tuple[str, ...], machines: Ints, until: int) -> Ahead:
    """From the events of these machines up to ``until`` alone. ``names``: of the features."""
    kinds = [history.kinds[place] for place in history.of_role(Role.REPLACEMENT)]
    ages = tuple(names.index(f"{kind.name}:since") for kind in kinds)
    length = rhythm(history, machines, until)
    echoes = tuple(names.index(name) for name in columns_of(length) if name in names) if length and not ages else ()
    return Ahead(ages, tuple(kind.name for kind in kinds), length, echoes)


def rhythm(history: History, machines: Ints, until: int) -> float | None:
    """The commonest gap in whole hours between visits of a machine, if it is common enough to be no chance.

    Where no visit is on record, failures that fall on a rhythm tell of one.
    """
    events = history.events
    roles = history.of_role(Role.REPLACEMENT) or history.of_role(Role.FAILURE)
    chosen = np.isin(events.kind, roles) & np.isin(events.machine, machines) & (events.at <= until)
    machine, at = events.machine[chosen], events.at[chosen] // HOUR
    order: Ints = np.lexsort((at, machine))
    apart = np.diff(at[order])
    gaps = apart[(np.diff(machine[order]) == 0) & (apart > 0)]
    if len(gaps) < _LEAST_GAPS:
        return None
    length, count = np.unique(gaps, return_counts=True)
    commonest = length[count.argmax()]
    whole = (gaps % commonest == 0).mean()
    return float(commonest) if count.max() >= _LEAST_SHARE * len(gaps) and whole >= _LEAST_WHOLE else None
