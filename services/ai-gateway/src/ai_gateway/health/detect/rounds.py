"""A batch as rounds: round k holds the k-th row of each device, so that no device is in a round twice."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def rounds(device: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The positions of each round's rows, of ``(n,)`` devices; a device's rows keep their order."""
    order = np.argsort(device, kind="stable")
    sorted_devices = device[order]
    first = np.r_[True, sorted_devices[1:] != sorted_devices[:-1]] if len(order) else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    by_turn = order[np.argsort(turn, kind="stable")]
    yield from np.split(by_turn, np.cumsum(np.bincount(turn))[:-1]) if len(order) else ()
