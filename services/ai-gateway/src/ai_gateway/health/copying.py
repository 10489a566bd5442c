"""Columns become the binary form of Postgres' COPY without a loop over rows.

Rows must all be of one length, so nothing is NULL; see "Binary Format" of COPY in the Postgres manual.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END: Final = b"\xff\xff"
_OIDS: Final = {"i4": 23, "i8": 20, "f4": 700, "f8": 701}
_ARRAY: Final = np.dtype([("dimensions", ">i4"), ("nulls", ">i4"), ("oid", ">i4"), ("size", ">i4"), ("first", ">i4")])
_2000_S: Final = 946_684_800
"""Postgres counts microseconds from the year 2000."""


def timestamps(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Seconds since 1970 as Postgres' timestamptz."""
    return np.round((seconds - _2000_S) * 1e6).astype(np.int64)


def binary_rows(columns: Sequence[NDArray[Any]]) -> bytes:
    """``(n,)`` columns of 4- or 8-byte numbers, and ``(n, k)`` ones, which become arrays, as the data of one COPY."""
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    for number, column in enumerate(columns):
        fields += [(f"length{number}", ">i4"), (f"value{number}", _field(column))]
    rows = np.zeros(len(columns[0]), np.dtype(fields))
    rows["fields"] = len(columns)
    for number, column in enumerate(columns):
        target = rows[f"value{number}"]
        rows[f"length{number}"] = target.dtype.itemsize
        if column.ndim == 1:
            rows[f"value{number}"] = column
        else:
            _fill(target, column)
    return _HEADER + rows.tobytes() + _END


def _kind(column: NDArray[Any]) -> str:
    return column.dtype.str[1:]


def _field(column: NDArray[Any]) -> np.dtype[Any]:
    """The type of one value; an array has a head, and a length before each element."""
    one = np.dtype(f">{_kind(column)}")
    if column.ndim == 1:
        return one
    return np.dtype([("head", _ARRAY), ("elements", [("length", ">i4"), ("value", one)], (column.shape[1],))])


def _fill(target: NDArray[Any], column: NDArray[Any]) -> None:
    head = target["head"]
    head["dimensions"], head["oid"], head["size"], head["first"] = 1, _OIDS[_kind(column)], column.shape[1], 1
    target["elements"]["length"] = column.dtype.itemsize
    target["elements"]["value"] = column
