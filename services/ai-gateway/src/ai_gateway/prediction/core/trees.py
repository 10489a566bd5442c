"""Boosted trees as plain arrays: fitted by scikit-learn, kept, applied and explained without it.

Arrays can be stored without pickles, are applied to a whole fleet by numpy, and tell what moved each prediction.
scikit-learn is imported where a fit begins: a gateway, which never fits, is some 100 MB smaller without it.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ai_gateway.prediction.core.types import Floats, Ints

_ROWS: Final = 8192
"""Rows at a time, so that what is looked up stays in the processor's cache."""


class Split(NamedTuple):
    """Values above go right, NaN too unless ``missing``. A branch is what a leaf adds, or the next split."""

    feature: int
    threshold: float
    missing: bool
    left: "Split | float"
    right: "Split | float"

    def added(self, columns: Floats) -> Floats:
        """``(n,)``: what the tree from here on adds to each of ``(f, n)``; whole columns at once, so no row is looked up."""
        seen = columns[self.feature]
        left, right = (side.added(columns) if isinstance(side, Split) else side for side in (self.left, self.right))
        found: Floats = (
            np.where(seen > self.threshold, right, left)
            if self.missing
            else np.where(seen <= self.threshold, left, right)
        )
        return found


class Trees(NamedTuple):
    """An additive model of ``t`` trees of at most ``k`` nodes each; a node without children points to itself.

    ``feature, left, right``: ``(t, k)``. ``threshold``: values up to it go left. ``missing``: whether NaN goes left.
    ``value``: what a leaf adds, and for an inner node the mean of its leaves. ``start``: what the sum begins with.
    ``depth``: of the deepest tree.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing: NDArray[np.bool_]
    value: Floats
    start: float
    depth: int

    def raw(self, values: Floats) -> Floats:
        """``(n,)``: the sum of the trees, a logit or a quantity. ``values``: ``(n, f)``."""
        roots = self._roots()
        total = np.full(len(values), self.start)
        for begin in range(0, len(values), _ROWS):
            part = slice(begin, begin + _ROWS)
            columns = np.ascontiguousarray(values[part].T)
            for root in roots:
                total[part] += root.added(columns) if isinstance(root, Split) else root
        return total

    def asking(self, columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``(t,)``: which trees split by one of these columns, ``(f,)``."""
        inner = self.left != np.arange(self.left.shape[1])[None, :]
        found: NDArray[np.bool_] = (inner & columns[self.feature]).any(axis=1)
        return found

    def some(self, which: NDArray[np.bool_]) -> "Trees":
        """These trees alone; the sum begins with the same."""
        return self._replace(
            feature=self.feature[which],
            threshold=self.threshold[which],
            left=self.left[which],
            right=self.right[which],
            missing=self.missing[which],
            value=self.value[which],
        )

    def contributions(self, values: Floats) -> Floats:
        """``(n, f)``: how much each feature moved the sum (Saabas, 2014: the steps of the mean along the path)."""
        moved = np.zeros(values.shape)
        tree = np.arange(len(self.feature))[None, :]
        rows = np.arange(len(values))[:, None]
        node = np.zeros((len(values), len(self.feature)), np.int64)
        for _ in range(self.depth):
            following = self._step(values, rows, tree, node)
            step = self.value[tree, following] - self.value[tree, node]
            np.add.at(moved, (np.broadcast_to(rows, node.shape), self.feature[tree, node]), step)
            node = following
        return moved

    def _roots(self) -> list[Split | float]:
        rows = zip(*(each.tolist() for each in self[:6]), strict=True)  # plain numbers: numpy's are slow one by one
        return [_grown(0, *row) for row in rows]

    def _step(self, values: Floats, rows: Ints, tree: Ints, node: Ints) -> Ints:
        seen = values[rows, self.feature[tree, node]]
        goes_left = np.where(np.isnan(seen), self.missing[tree, node], seen <= self.threshold[tree, node])
        found: Ints = np.where(goes_left, self.left[tree, node], self.right[tree, node])
        return found


def _grown(node: int, *tree: list[Any]) -> Split | float:
    """The part of a tree from a node on. ``tree``: its rows of the arrays of `Trees`, in their order."""
    feature, threshold, left, right, missing, value = (each[node] for each in tree)
    if left == node:
        return float(value)
    return Split(feature, threshold, missing, _grown(left, *tree), _grown(right, *tree))


class Shape(NamedTuple):
    """How a model is grown; the defaults were chosen by cross-validation on other machines and later time."""

    trees: int = 60
    rate: float = 0.04
    leaves: int = 4
    least: int = 50
    ridge: float = 1.0
    share: float = 0.5


USUAL: Final = Shape()


def fit_classifier(values: Floats, label: NDArray[np.bool_], shape: Shape, seed: int) -> Trees:
    """Trees whose sum is the logit of the label's probability."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 -- see the module's docstring

    return _fitted(HistGradientBoostingClassifier, values, label, shape, seed)


def fit_regressor(values: Floats, target: Floats, shape: Shape, seed: int) -> Trees:
    """Trees whose sum is the mean of the target."""
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 -- see the module's docstring

    return _fitted(HistGradientBoostingRegressor, values, target, shape, seed)


def gains(trees: Trees, features: int) -> Floats:
    """``(features,)``: how much each one is used, by the spread of what its splits set apart."""
    inner = trees.left != np.arange(trees.left.shape[1])[None, :]
    tree, node = np.nonzero(inner)
    apart = np.abs(trees.value[tree, trees.left[tree, node]] - trees.value[tree, trees.right[tree, node]])
    found: Floats = np.bincount(trees.feature[tree, node], apart, features).astype(float)
    return found


def _fitted(kind: Any, values: Floats, target: NDArray[Any], shape: Shape, seed: int) -> Trees:
    model = kind(
        max_iter=shape.trees,
        learning_rate=shape.rate,
        max_leaf_nodes=shape.leaves,
        min_samples_leaf=shape.least,
        l2_regularization=shape.ridge,
        max_features=shape.share,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # several threads wait for each other longer than they work on tables of this size
        model.fit(values, target)  # weights would make scikit-learn's binning a hundred times slower
    start = float(np.ravel(model._baseline_prediction)[0])  # noqa: SLF001 - the public way gives no arrays
    return _arrays([parts[0].nodes for parts in model._predictors], start)  # noqa: SLF001


def _arrays(trees: list[NDArray[Any]], start: float) -> Trees:
    most = max((len(nodes) for nodes in trees), default=1)
    shape = (len(trees), most)
    itself = np.broadcast_to(np.arange(most), shape).copy()
    found = Trees(
        np.zeros(shape, np.int64),
        np.zeros(shape),
        itself,
        itself.copy(),
        np.zeros(shape, bool),
        np.zeros(shape),
        start,
        0,
    )
    for place, nodes in enumerate(trees):
        inner = np.flatnonzero(nodes["is_leaf"] == 0)
        found.feature[place, inner] = nodes["feature_idx"][inner]
        found.threshold[place, inner] = nodes["num_threshold"][inner]
        found.left[place, inner] = nodes["left"][inner]
        found.right[place, inner] = nodes["right"][inner]
        found.missing[place, inner] = nodes["missing_go_to_left"][inner]
        found.value[place, : len(nodes)] = _means(nodes)
    return found._replace(depth=max((int(nodes["depth"].max()) for nodes in trees), default=0))


def _means(nodes: NDArray[Any]) -> Floats:
    """``(k,)``: the value of a leaf; of an inner node the mean of its children by the rows that came there."""
    value: Floats = nodes["value"].astype(float).copy()
    count = nodes["count"].astype(float)
    for node in np.flatnonzero(nodes["is_leaf"] == 0)[::-1]:  # children stand behind their parents
        left, right = nodes["left"][node], nodes["right"][node]
        total = count[left] + count[right]
        value[node] = (value[left] * count[left] + value[right] * count[right]) / max(total, 1)
    return value
