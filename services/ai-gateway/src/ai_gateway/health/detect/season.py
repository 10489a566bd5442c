"""Season: what a metric usually is at this hour of the day and of the week (UTC, as the readings are)."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.cells import Array, Cells, State, lasting

DAY: Final = 24
WEEK: Final = 168
_HOUR_S: Final = 3600.0
_LEARN: Final = 0.2
_DAYS: Final = 3.0
_WIDTHS: Final = 4.0
_LASTING_MOST: Final = 12.0
_TRUST: Final = 0.5
"""Weeks after which an hour of the week counts as much as that hour of any day."""


def blank(m: int) -> dict[str, NDArray[Any]]:
    """What is read and written whole each round."""
    return {
        "hour": np.array(-1, np.int64),
        "hour_total": np.zeros(m),
        "hour_values": np.zeros(m),
        "season_spread": np.zeros(m),
        "season_lasting": np.zeros(m),
    }


def profile(m: int) -> dict[str, NDArray[Any]]:
    """The long part of the memory, of which a round touches an hour or two."""
    return {"of_day": np.full((m, DAY), np.nan, np.float32), "of_week": np.full((m, WEEK), np.nan, np.float32)}


def step(cells: Cells, state: State, arrays: State, rows: NDArray[np.int64]) -> Array:
    """``(n, m)``: deviation from the mean of the hour, in usual deviations; NaN before the hour was ever seen.

    What lies between the means of an hour earlier and an hour later is usual too: clocks change. So is, where one direction
    is bad, what these hours of the week were themselves: a shop that is closed on Sundays is no poorer on the second one,
    and on the first one for an hour only. Where both directions are bad, last week's trouble would hide this week's.
    """
    hour = np.floor(cells.at / _HOUR_S).astype(np.int64) % WEEK
    _close(cells, state, arrays, rows, hour)
    expected = np.concatenate([_expected(cells, arrays, rows, hour + shift) for shift in (-1, 0, 1)])
    new = np.isnan(expected).any(axis=0)
    gap = cells.x - np.clip(cells.x, expected.min(axis=0), expected.max(axis=0))
    gap = np.where(new | ~cells.known, 0.0, gap)
    usual = state["season_spread"]
    scale = np.maximum(usual, cells.floor)
    state["season_lasting"] = lasting(cells, state["season_lasting"], gap / scale, _LASTING_MOST)
    score = np.where(new, np.nan, cells.bad(state["season_lasting"]))
    size = np.where(usual > 0, np.minimum(np.abs(gap), _WIDTHS * scale), np.abs(gap))
    old = np.maximum(cells.seen - cells.day, 0)
    rate = np.where(cells.known & (gap != 0), np.maximum(1 / (cells.day * _DAYS), 1 / (old + 1)), 0.0)
    state["season_spread"] = usual + rate * (size - usual)
    state["hour_total"] += np.where(cells.known, cells.x, 0.0)
    state["hour_values"] += cells.known
    return score


def _close(cells: Cells, state: State, arrays: State, rows: NDArray[np.int64], hour: NDArray[np.int64]) -> None:
    """Where an hour is over, its mean enters the two profiles."""
    over = state["hour"] != hour
    ended = np.flatnonzero(over & (state["hour"] >= 0))
    if len(ended):
        values = state["hour_values"][ended]
        mean = np.where(values > 0, state["hour_total"][ended] / np.maximum(values, 1), np.nan)
        days = cells.seen[ended] / cells.day[ended]
        for name, size, visits in (("of_day", DAY, days), ("of_week", WEEK, days / 7)):
            at = state["hour"][ended] % size
            before = arrays[name][rows[ended], :, at]
            learn = np.maximum(_LEARN, 1 / (np.floor(visits) + 1))
            after = np.where(np.isnan(before), mean, before + learn * (mean - before))
            arrays[name][rows[ended], :, at] = np.where(np.isnan(after), before, after)
    state["hour"] = hour
    for name in ("hour_total", "hour_values"):
        state[name] = np.where(over[:, None], 0.0, state[name])


def _expected(cells: Cells, arrays: State, rows: NDArray[np.int64], hour: NDArray[np.int64]) -> Array:
    """``(2, n, m)``: the day's profile between the centres of two hours, moved by what this hour of the week is known to differ.

    First as far as the weeks prove it, then wholly, but not where both directions are bad.
    """
    beside = np.mod(cells.at, _HOUR_S) / _HOUR_S - 0.5
    here = arrays["of_day"][rows, :, hour % DAY].astype(np.float64)
    next_to = arrays["of_day"][rows, :, (hour + np.where(beside > 0, 1, -1)) % DAY]
    week = arrays["of_week"][rows, :, hour % WEEK]
    weeks = cells.seen / cells.day / 7
    again = np.where(np.isnan(week), 0.0, week - here)
    differs = again * weeks / (weeks + _TRUST)
    again = np.where(cells.up * cells.down > 0, differs, again)
    between = np.where(np.isnan(next_to), here, here + np.abs(beside)[:, None] * (next_to - here))
    return np.stack([between + differs, between + again])
