"""What is asked of a large memory, and which rows really are the nearest."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.memory.rows import SITES, Floats, Rows, pages

K = 10
QUESTIONS = 400
NEW = 2**40
"""Where rows begin that are asked for and never stored."""


class Truth:
    """The exactly nearest of some vectors, kept up while rows come in."""

    def __init__(self, asked: Floats, sites: Sequence[int | None]) -> None:
        """Args: asked: ``(q, 768)``. sites: of each, the one whose rows are compared, ``None``: all."""
        self._asked = asked
        self._sites = np.array([-1 if site is None else site for site in sites])[:, None]
        self._best = np.full((len(asked), K), -np.inf, dtype=np.float32)
        self.nearest: NDArray[np.int64] = np.full((len(asked), K), -1)

    def add(self, start: int, vectors: Floats) -> None:
        """Take up rows from ``start`` on."""
        numbers = np.arange(start, start + len(vectors))
        likeness = self._asked @ vectors.T
        others = (self._sites >= 0) & (numbers % SITES != self._sites)
        likeness[others] = -np.inf
        every = np.concatenate([self._best, likeness], axis=1)
        of = np.concatenate([self.nearest, np.where(others, -1, numbers)], axis=1)
        best = np.argpartition(-every, K - 1, axis=1)[:, :K]
        self._best, self.nearest = np.take_along_axis(every, best, 1), np.take_along_axis(of, best, 1)


class Asked(msgspec.Struct, frozen=True):
    """The questions: vectors ``(q, 768)``, a site for each; others to warm up with.

    ``overall`` and ``by_site``: the nearest ``(q, K)`` over all and of that site; -1 where there are fewer.
    """

    vectors: Floats
    sites: list[int]
    warm_up: Floats
    overall: NDArray[np.int64]
    by_site: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, total: int, folder: Path) -> "Asked":
        """Questions to that many rows; what was compared for them before lies in the folder."""
        vectors, sites = rows.vectors(NEW, QUESTIONS), [place % SITES for place in range(QUESTIONS)]
        file = folder / "truth.npz"
        if not file.exists():
            truths = (Truth(vectors, [None] * QUESTIONS), Truth(vectors, sites))
            for start, count in pages(total):
                for truth in truths:
                    truth.add(start, rows.vectors(start, count))
            np.savez(file, *(truth.nearest for truth in truths))
        with np.load(file) as kept:
            overall, by_site = kept["arr_0"], kept["arr_1"]
        return cls(vectors, sites, rows.vectors(2 * NEW, QUESTIONS), overall, by_site)


def recall(nearest: NDArray[np.int64], found: Sequence[Sequence[int]]) -> float:
    """Mean share of each question's nearest that are among the first ``K`` found."""
    right = [set(row[row >= 0].tolist()) for row in nearest[: len(found)]]
    return sum(len(one & set(got[:K])) / len(one) for one, got in zip(right, found, strict=True)) / len(found)
