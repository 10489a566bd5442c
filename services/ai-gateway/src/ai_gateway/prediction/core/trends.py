"""Figures of readings at a moment: means, spreads, slopes and extremes of windows, against what is usual of the machine."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, Final, TypeAlias

import numpy as np

from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Instants
from ai_gateway.prediction.core.usual import BASE_DAYS
from ai_gateway.prediction.core.windows import Ordered, Summed, last_value, reduced, since_last, summed

DAYS: Final = (1, 3, 7)
"""Windows of the recent past."""
LAGS: Final = (1, 2, 3)
"""The days before the last one, each by itself: how long something has been going on."""
FIRST_DAYS: Final = 20
"""The beginning that wear is measured against."""
_NEVER: Final = np.iinfo(np.int64).max // 2
Figure: TypeAlias = tuple[str, Callable[[], Floats]]


class Trends:
    """Every figure is ``(n, m)``, NaN unknown, and is worked out when it is called for."""

    def __init__(self, rows: Ordered, values: Floats, far: Flags, history: History, instants: Instants) -> None:
        """Args: rows, values: all of the machines. far: which of them are excursions. instants: moments."""
        self._rows, self._values, self._history, self._instants = rows, values, history, instants
        recent = np.flatnonzero(rows.at > instants.at.min(initial=_NEVER) - BASE_DAYS * DAY)
        self._near, self._late = rows.chosen(recent), values[recent]
        usual = summed(np.where(far[recent], np.nan, self._late))
        self._base, self._spread = usual.moments(*self._near.bounds(instants, BASE_DAYS * DAY))
        self._windows: dict[int, tuple[Floats, Floats]] = {}

    def figures(self) -> Iterator[Figure]:
        """Each by its name."""
        yield "base", lambda: self._base
        yield "spread", lambda: self._spread
        yield "last", lambda: last_value(self._rows, self._values, self._instants) - self._base
        for days in LAGS:
            yield f"before:{days}", partial(self._before, days)
        for days in DAYS:
            yield f"mean:{days}", partial(self._mean, days)
            yield f"change:{days}", partial(self._change, days)
            if days > 1:
                yield f"spread:{days}", partial(self._deviation, days)
                yield f"slope:{days}", partial(self._slope, days)
                yield f"high:{days}", partial(self._edge, np.fmax, days)
                yield f"low:{days}", partial(self._edge, np.fmin, days)
        yield f"slope:{BASE_DAYS}", partial(self._slope, BASE_DAYS)
        yield "drift", lambda: self._mean(DAYS[-1]) - self._beginning()

    @cached_property
    def _sums(self) -> Summed:
        return summed(self._late)

    @cached_property
    def _sloping(self) -> tuple[Floats, ...]:
        """What least squares add up of each row."""
        known, y, _ = self._sums
        days = np.append(self._near.at / DAY - 2e4, 0)[:, None]
        x = np.where(known > 0, days, 0)
        return known, x, y, x * x, x * y

    def _window(self, days: int) -> tuple[Floats, Floats]:
        if days not in self._windows:
            self._windows[days] = self._sums.moments(*self._near.bounds(self._instants, days * DAY))
        return self._windows[days]

    def _mean(self, days: int) -> Floats:
        return self._window(days)[0]

    def _deviation(self, days: int) -> Floats:
        return self._window(days)[1]

    def _change(self, days: int) -> Floats:
        return self._mean(days) - self._base

    def _before(self, days: int) -> Floats:
        before = Instants(self._instants.machine, self._instants.at - days * DAY)
        return self._sums.mean(*self._near.bounds(before, DAY)) - self._base

    def _edge(self, how: Any, days: int) -> Floats:
        found: Floats = reduced(how, self._late, *self._near.bounds(self._instants, days * DAY), np.nan)
        return found - self._base

    def _slope(self, days: int) -> Floats:
        """Least-squares slope per day in a window, NaN with fewer than three rows."""
        first, last = self._near.bounds(self._instants, days * DAY)
        n, sx, sy, sxx, sxy = (reduced(np.add, part, first, last, 0) for part in self._sloping)
        with np.errstate(invalid="ignore", divide="ignore"):
            below = n * sxx - sx**2
            return np.where((n > 2) & (below > 1e-6), (n * sxy - sx * sy) / below, np.nan)  # noqa: PLR2004

    def _beginning(self) -> Floats:
        """The mean of the machine's first days, as far as they have passed."""
        opening = self._history.since + FIRST_DAYS * DAY
        early = np.flatnonzero(self._rows.at <= opening[self._rows.machine])
        machine = self._instants.machine
        first = Instants(machine, np.minimum(opening[machine], self._instants.at))
        return summed(self._values[early]).mean(*self._rows.chosen(early).bounds(first, None))


def excursion_figures(rows: Ordered, far: Flags, began: Flags, instants: Instants) -> Iterator[Figure]:
    """Hours since a metric was last unusual, and since that began."""
    yield "excursion", partial(_since, rows, far, instants)
    yield "onset", partial(_since, rows, began, instants)


def _since(rows: Ordered, on: Flags, instants: Instants) -> Floats:
    """``(n, m)`` hours, NaN if there was none yet."""
    columns = [since_last(rows.chosen(on[:, place]), instants) / HOUR for place in range(on.shape[1])]
    return np.stack(columns, axis=1)
