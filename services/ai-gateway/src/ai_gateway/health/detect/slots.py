"""Where each device's memory lies: arrays with one row a device, that grow with the fleet."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SPARE = 64
"""Rows that are kept free at least, so that devices one by one do not each cost a copy."""


class Slots:
    """Named arrays of which row ``rows(devices)[i]`` belongs to ``devices[i]``; a device that is new gets a blank row."""

    def __init__(self, blank: Mapping[str, NDArray[Any]]) -> None:
        """Args: blank: name to the row of a device of which nothing is known, in the array's type."""
        self._blank = {name: np.asarray(row) for name, row in blank.items()}
        self.arrays = {name: np.empty((0, *row.shape), row.dtype) for name, row in self._blank.items()}
        self._known: NDArray[np.int64] = np.empty(0, np.int64)
        self._row: NDArray[np.int64] = np.empty(0, np.int64)
        self._free: list[int] = []

    @property
    def devices(self) -> NDArray[np.int64]:
        """Every known device, ascending."""
        return self._known

    @property
    def row_bytes(self) -> int:
        """Bytes of one device's memory."""
        return sum(row.nbytes for row in self._blank.values())

    def rows(self, devices: NDArray[np.int64]) -> NDArray[np.int64]:
        """``(n,)``: the row of each device; unknown ones are added."""
        at = np.searchsorted(self._known, devices)
        new = np.append(self._known, 0)[at] != devices
        new |= at == len(self._known)
        if new.any():
            self._add(np.unique(devices[new]))
            at = np.searchsorted(self._known, devices)
        return self._row[at]

    def take(self, devices: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """A copy of the devices' rows, by name, in the order asked for."""
        rows = self.rows(devices)
        return {name: array[rows] for name, array in self.arrays.items()}

    def put(self, devices: NDArray[np.int64], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Overwrite the devices' rows; raises KeyError or ValueError where a name or a shape is not that of `take`."""
        rows = self.rows(devices)
        for name, array in self.arrays.items():
            array[rows] = arrays[name]

    def forget(self, devices: NDArray[np.int64]) -> None:
        """Give the devices' rows back; one that is not known is passed over."""
        gone = np.isin(self._known, devices)
        self._free.extend(self._row[gone].tolist())
        self._known, self._row = self._known[~gone], self._row[~gone]

    def _add(self, devices: NDArray[np.int64]) -> None:
        if len(devices) > len(self._free):
            self._grow(len(devices))
        rows = np.array(self._free[: len(devices)], np.int64)
        del self._free[: len(devices)]
        for name, array in self.arrays.items():
            array[rows] = self._blank[name]
        at = np.searchsorted(self._known, devices)
        self._known = np.insert(self._known, at, devices)
        self._row = np.insert(self._row, at, rows)

    def _grow(self, need: int) -> None:
        have = len(self._known) + len(self._free)
        size = max(len(self._known) + need, have + have // 2, _SPARE)
        for name, array in self.arrays.items():
            grown = np.empty((size, *array.shape[1:]), array.dtype)
            grown[:have] = array
            self.arrays[name] = grown
        self._free.extend(range(have, size))
