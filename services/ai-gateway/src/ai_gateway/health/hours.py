"""Readings by device and hour: what a page adds to the summaries that averages are made of."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.copying import timestamps
from ai_gateway.health.types import Batch

HOUR_S: Final = 3600


class Hours(NamedTuple):
    """One row a device and hour; ``(k, m)`` where it is by metric, in the columns of `ai_reading_hours`."""

    hour: NDArray[np.int64]
    device: NDArray[np.int32]
    site: NDArray[np.int32]
    samples: NDArray[np.int32]
    total: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    latest: NDArray[np.float32]
    latest_at: NDArray[np.int64]


def by_hour(batch: Batch, sites: NDArray[np.int64]) -> Hours:
    """Sum up readings. Of no samples: low is infinity, high is -infinity, latest NaN, as the table has it."""
    order = np.lexsort((batch.at, batch.at // HOUR_S, batch.device))
    device, at, values = batch.device[order], batch.at[order], batch.values[order]
    hour = at // HOUR_S
    begins = np.flatnonzero((np.diff(device, prepend=-1) != 0) | (np.diff(hour, prepend=-1.0) != 0))
    known = ~np.isnan(values)
    ends = np.r_[begins, len(order)][1:] - 1
    return Hours(
        hour=timestamps(hour[begins] * HOUR_S),
        device=device[begins].astype(np.int32),
        site=sites[order][begins].astype(np.int32),
        samples=_reduced(np.add, known.astype(np.int32), begins),
        total=_reduced(np.add, np.where(known, values, 0).astype(np.float64), begins),
        low=_reduced(np.minimum, np.where(known, values, np.float32(np.inf)), begins),
        high=_reduced(np.maximum, np.where(known, values, np.float32(-np.inf)), begins),
        latest=_latest(values, known, begins, ends),
        latest_at=timestamps(at[ends]),
    )


def _reduced(how: Any, values: NDArray[Any], begins: NDArray[np.int64]) -> NDArray[Any]:
    found: NDArray[Any] = how.reduceat(values, begins, axis=0) if len(begins) else values[:0]
    return found.astype(values.dtype, copy=False)


def _latest(
    values: NDArray[np.float32], known: NDArray[np.bool_], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The last known value of each metric in each group, NaN where there is none."""
    place = np.where(known, np.arange(len(values))[:, None], -1)
    last = _reduced(np.maximum, place, begins)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=0) if len(ends) else values[:0]
    return np.where(last >= 0, found, np.float32(np.nan)).astype(np.float32)
