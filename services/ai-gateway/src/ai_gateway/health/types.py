"""What flows through the stage: columnar readings in, verdicts and anomalies out."""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SEVERITIES: Final = ("info", "warning", "critical")
"""From the least to the most severe."""


class Batch(NamedTuple):
    """Cleaned readings in the order of their arrival; a device may have several rows, not in the order of time.

    ``device``: ``(n,) int64``, HOMEPOT's integers. ``at``: ``(n,) float64``, seconds since 1970 in UTC. ``values``:
    ``(n, m) float32`` in the catalogue's units, one column a metric; NaN was not measured.
    """

    device: NDArray[np.int64]
    at: NDArray[np.float64]
    values: Floats


class Verdicts(NamedTuple):
    """What the detectors say of a `Batch`, row by row. Above 1 is anomalous, on one scale for all detectors.

    ``score``: ``(n,)``, NaN while the device is warming up. ``metric_score``, ``expected``, ``lower``, ``upper``: ``(n, m)``,
    NaN where nothing can be said; ``metric_score`` ranks what explains the row. ``detector``: ``(n, m) int8``, the index in
    ``detect.DETECTORS`` of the one that gave a metric its score.
    """

    score: Floats
    metric_score: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    detector: NDArray[np.int8]


class Explained(msgspec.Struct, frozen=True):
    """One metric's part in an anomaly, in the metric's unit. ``score``: above 1 is anomalous."""

    metric: str
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of trouble of one device: a row of ``ai_anomaly_logs``.

    ``(device, kind, metric, started_at)`` is its identity. ``kind``: a detector's name, or ``flapping``, ``checks``,
    ``silence``. ``score``, ``value`` and the band are those of the worst moment so far; ``ended_at`` absent: still on.
    """

    device: int
    site: int
    kind: str
    metric: str | None
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    severity: str
    score: float
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    explained: tuple[Explained, ...]
    detail: str | None = None
