"""Remaining life where wear shows in the readings: a regression on machines that ran to failure, with intervals.

Early in life nothing is worn yet, so that the target is cut at a cap (Heimes, 2008). All metrics of one figure make an
index of wear by ridge regression, less noisy than each of them, and trees weigh the indices. Intervals are those of
machines that the model had not seen (cross-conformal: Vovk, 2015), among predictions of like size.
"""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.trees import Shape, Trees, fit_regressor
from ai_gateway.prediction.core.types import Flags, Floats, Ints

SHAPE: Final = Shape(trees=150, rate=0.06, leaves=12, least=20, ridge=1.0, share=0.3)
INDEXED: Final = ("mean:3", "mean:7", "base", "drift")
KEPT: Final = ("slope:30", "drift")
FOLDS: Final = 5
BAGS: Final = 4
BEYOND: Final = 1.25
"""Rows of machines with more life than this many caps teach only that much is left, and there are too many of them."""
NEAR: Final = 0.1
"""The share of the unseen predictions that count as of like size."""
TAIL: Final = 0.05
"""On either side of an interval of 90 %."""
CAUTIOUS: Final = 0.4
"""Which quantile of the residuals is told: a failure that comes before it was expected costs more than one after."""


class Index(NamedTuple):
    """A linear figure of wear: ``columns`` of the features, their ``centre`` and weights."""

    columns: Ints
    centre: Floats
    weights: Floats
    start: float

    def of(self, values: Floats) -> Floats:
        """``(n,)`` in the unit of life."""
        chosen = values[:, self.columns]
        found: Floats = np.where(np.isnan(chosen), 0, chosen - self.centre) @ self.weights + self.start
        return found


class Remaining(NamedTuple):
    """What wear says.

    ``columns``: features that the trees take behind the indices. ``cap``: the longest life that is told apart.
    ``predicted``: ``(n,)`` ascending, of machines not seen, and ``residual``: ``(n,)``, what the truth was above it.
    """

    indices: tuple[Index, ...]
    columns: Ints
    trees: tuple[Trees, ...]
    cap: float
    predicted: Floats
    residual: Floats

    def expected(self, values: Floats) -> Floats:
        """``(n,)`` life left."""
        inputs = np.column_stack([*(index.of(values) for index in self.indices), values[:, self.columns]])
        found: Floats = np.clip(np.mean([one.raw(inputs) for one in self.trees], axis=0), 0, self.cap)
        return found


class Life(NamedTuple):
    """``(n,)`` each, in the target's unit: expected, and the ends of the 90 % interval. At the cap: that or longer."""

    expected: Floats
    low: Floats
    high: Floats


def fit_remaining(
    names: tuple[str, ...], values: Floats, life: Floats, machine: Ints, cap: float, seed: int = 0
) -> Remaining:
    """Fit on rows of machines that failed. ``values``: ``(n, f)``, ``life``: ``(n,)`` until the failure."""
    taught = life <= cap * BEYOND
    values, target, fold = values[taught], np.minimum(life[taught], cap), machine[taught] % FOLDS
    unseen = np.empty(len(target))
    for part in np.unique(fold):
        rest = fold != part
        if rest.any():
            model = _grown(names, values[rest], target[rest], fold[rest], cap, seed, BAGS)
            unseen[~rest] = model.expected(values[~rest])
    order = np.argsort(unseen, kind="stable")
    whole = _grown(names, values, target, fold, cap, seed, BAGS)
    return whole._replace(predicted=unseen[order], residual=(target - unseen)[order])


def remaining(model: Remaining, values: Floats) -> Life:
    """The life left to machines with these features."""
    expected = model.expected(values)
    size = max(int(len(model.predicted) * NEAR), 1)
    middle = np.searchsorted(model.predicted, expected)
    first = np.clip(middle - size // 2, 0, len(model.predicted) - size)
    begins, place = np.unique(first, return_inverse=True)
    ends = np.array([np.quantile(model.residual[begin : begin + size], (TAIL, CAUTIOUS, 1 - TAIL)) for begin in begins])
    low, told, high = (ends[place] + expected[:, None]).T
    return Life(np.clip(told, 0, model.cap), np.clip(low, 0, model.cap), np.clip(high, 0, model.cap))


def _grown(
    names: tuple[str, ...], values: Floats, target: Floats, fold: Ints, cap: float, seed: int, bags: int
) -> Remaining:
    """The indices that the trees learn from are those of models that had not seen the machine."""
    groups = [_of_figure(names, figure) for figure in INDEXED]
    indices = tuple(_index(values, target, columns) for columns in groups)
    inside = np.column_stack([_unseen_index(values, target, fold, columns) for columns in groups])
    kept = np.concatenate([_of_figure(names, figure) for figure in (*KEPT, "age")])
    kept = kept[(~np.isnan(values[:, kept])).any(axis=0)]
    kept = kept[np.nanmax(values[:, kept], axis=0) > np.nanmin(values[:, kept], axis=0)]
    inputs = np.column_stack([inside, values[:, kept]])
    trees = tuple(fit_regressor(inputs, target, SHAPE, seed + bag) for bag in range(bags))
    return Remaining(indices, kept, trees, cap, np.empty(0), np.empty(0))


def _of_figure(names: tuple[str, ...], figure: str) -> Ints:
    return np.flatnonzero([name.split(":", 1)[1] == figure for name in names])


def _unseen_index(values: Floats, target: Floats, fold: Ints, columns: Ints) -> Floats:
    found = np.zeros(len(target))
    for part in np.unique(fold):
        mine = fold == part
        rest = ~mine if (~mine).any() else mine
        found[mine] = _index(values[rest], target[rest], columns).of(values[mine])
    return found


def _index(values: Floats, target: Floats, columns: Ints) -> Index:
    chosen = values[:, columns]
    known: Flags = ~np.isnan(chosen)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, chosen, 0).sum(axis=0) / count
    off = np.where(known, chosen - centre, 0)
    scale = np.sqrt((off**2).mean(axis=0)) + 1e-9  # a metric that never changes weighs nothing
    scaled = off / scale
    start = float(target.mean())
    weights = np.linalg.solve(scaled.T @ scaled + np.eye(len(columns)), scaled.T @ (target - start))
    return Index(columns, centre, weights / scale, start)
