"""The score of the Numenta Anomaly Benchmark, standard profile (Lavin and Ahmad, ICMLA 2015)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.detection.events import Flags, Ints, stretches

FALSE_ALARM: Final = 0.11
"""What a false alarm costs at most; a window missed costs 1, one found early gains 1."""


def nab_score(alarms: Sequence[tuple[Ints, Ints]]) -> float:
    """0 for silence, 100 for every window found at its start with no false alarm; NaN without windows.

    Args: alarms: a series' labelled windows ``(t,)``, -1 outside and in the rows not scored, and starts of its alarms.
    """
    gained, windows = 0.0, 0
    for window, starts in alarms:
        gained += _series(window, starts)
        windows += len(np.unique(window[window >= 0]))
    return 100 * (gained + windows) / (2 * windows) if windows else float("nan")


def starts_of(flags: Flags, rows_per_day: float) -> Ints:
    """Where alarms begin; half a quiet day ends one."""
    return stretches(flags, int(rows_per_day / 2))[0]


def _series(window: Ints, starts: Ints) -> float:
    """The first alarm in a window gains by how early it is; one outside costs the more, the longer after a window."""
    total = 0.0
    bounds = [(int(rows[0]), int(rows[-1])) for rows in (np.flatnonzero(window == k) for k in _numbers(window))]
    for first, last in bounds:
        inside = starts[(starts >= first) & (starts <= last)]
        total += _sigmoid(-(last - inside[0] + 1) / (last - first + 1)) / _sigmoid(-1.0) if len(inside) else -1.0
    for start in starts[window[starts] < 0]:
        before = [(first, last) for first, last in bounds if last < start]
        first, last = before[-1] if before else (0, 0)
        late = (start - last) / max(last - first, 1)
        total += FALSE_ALARM * (_sigmoid(late) if before else -1.0)
    return total


def _numbers(window: NDArray[np.int64]) -> list[int]:
    return [int(number) for number in np.unique(window) if number >= 0]


def _sigmoid(late: float) -> float:
    """1 well before a window's end, 0 at its end, -1 long after (NAB's scaled sigmoid)."""
    return -1.0 if late > 3 else float(2 / (1 + np.exp(5 * late)) - 1)  # noqa: PLR2004 - NAB's own cut
