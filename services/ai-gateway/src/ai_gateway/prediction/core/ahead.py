"""What is already known of the time ahead: parts grow older, and visits come in a rhythm."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import HOUR, Floats, History, Ints, Role

_LEAST_GAPS: Final = 30
_LEAST_SHARE: Final = 0.3


class Ahead(NamedTuple):
    """How the features of a later time follow from those of an instant.

    ``ages``: columns with the hours since each kind of replacement. ``parts``: their names. ``rhythm``: hours between
    visits, ``None`` if they have none.
    """

    ages: tuple[int, ...]
    parts: tuple[str, ...]
    rhythm: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of `values`."""
        due = ("visit:due",) if self.rhythm else ()
        return ("lead:hours", *due, *(f"{part}:age" for part in self.parts))

    def values(self, features: Floats, begin: float, end: float) -> Floats:
        """``(n, a)``: for the stretch from ``begin`` to ``end`` hours after each instant."""
        ages = features[:, self.ages]
        columns = [np.full((len(features), 1), begin)]
        if self.rhythm:
            newest = np.fmin.reduce(ages, axis=1, keepdims=True) if ages.shape[1] else np.full((len(ages), 1), np.nan)
            columns.append(self.rhythm - (newest + begin) % self.rhythm)
        return np.concatenate([*columns, ages + end], axis=1)


def learn_ahead(history: History, names: tuple[str, ...]) -> Ahead:
    """From all the replacements in the history. ``names``: of the features."""
    kinds = [history.kinds[place] for place in history.of_role(Role.REPLACEMENT)]
    ages = tuple(names.index(f"{kind.name}:since") for kind in kinds)
    return Ahead(ages, tuple(kind.name for kind in kinds), rhythm(history))


def rhythm(history: History) -> float | None:
    """The commonest gap in whole hours between visits of a machine, if it is common enough to be no chance."""
    chosen = np.isin(history.events.kind, history.of_role(Role.REPLACEMENT))
    machine, at = history.events.machine[chosen], history.events.at[chosen] // HOUR
    order: Ints = np.lexsort((at, machine))
    apart = np.diff(at[order])
    gaps = apart[(np.diff(machine[order]) == 0) & (apart > 0)]
    if len(gaps) < _LEAST_GAPS:
        return None
    length, count = np.unique(gaps, return_counts=True)
    return float(length[count.argmax()]) if count.max() >= _LEAST_SHARE * len(gaps) else None
