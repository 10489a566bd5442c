"""Streams of verdicts become anomalies: each opens, gets worse and closes, without flicker and never without end."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.book import STALE_S, Book, Running, moment
from ai_gateway.health.catalogue import Metric
from ai_gateway.health.detect import DETECTORS
from ai_gateway.health.types import Anomaly, Batch, Explained, Verdicts

CALM: Final = 0.7
"""An anomaly that is on goes on while both the device's and the metric's score are above this."""
QUIET_ROWS: Final = 3
"""Rows without trouble that it takes to close, besides the time: for devices that report seldom."""
MOST_OPEN: Final = 5
"""Metrics of one device that are anomalies of their own at a time; others are told as what explains them."""
MOST_EXPLAINED: Final = 5
MOST_SCORE: Final = 1e6
PAST_LIMIT: Final = 1.5
FAR_OUT: Final = 2.0

MetricOf = Callable[[int, str], Metric]
"""The metric of that name, with the limit that holds for a row's device."""


class Episodes:
    """Keeps nothing but the book: what is on, and for how long it has been calm."""

    def __init__(self, book: Book, quiet_s: float) -> None:
        """Args: quiet_s: how long it must have been calm before an anomaly closes."""
        self._book = book
        self._quiet_s = quiet_s

    def feed(
        self,
        batch: Batch,
        verdicts: Verdicts,
        sites: NDArray[np.int64],
        names: Sequence[str],
        metric_of: MetricOf,
    ) -> None:
        """Take up scored rows in order.

        Args:
            batch: the rows.
            verdicts: of the rows.
            sites: ``(n,)``: each row's site.
            names: the metric of each column.
            metric_of: what is known of it.
        """
        alarming = verdicts.score > 1
        touched = np.isin(batch.device, np.unique(np.r_[batch.device[alarming], self._book.devices()]))
        rows = _Rows(batch, verdicts, sites, names, metric_of)
        for row in np.flatnonzero(alarming | touched).tolist():
            self._row(rows, row)

    def _row(self, rows: "_Rows", row: int) -> None:
        device, at = int(rows.batch.device[row]), float(rows.batch.at[row])
        bad = rows.bad_columns(row)
        for one in [one for one in self._book.of(device).values() if one.anomaly.kind in DETECTORS]:
            if at - one.seen_at > STALE_S:
                self._book.close(one)
                continue
            column = rows.names.index(one.anomaly.metric or "")
            if column in bad or rows.still_bad(row, column):
                self._book.go_on(one, at, rows.anomaly(row, column))
                bad = [other for other in bad if other != column]
            else:
                self._calm(one, at)
        room = MOST_OPEN - sum(key[0] in DETECTORS for key in self._book.of(device))
        for column in bad[: max(room, 0)]:
            self._book.open(rows.anomaly(row, column), at)

    def _calm(self, one: Running, at: float) -> None:
        one.seen_at, one.calm = max(one.seen_at, at), one.calm + 1
        if one.seen_at - one.bad_at > self._quiet_s and one.calm >= QUIET_ROWS:
            self._book.close(one)


class _Rows:
    """Scored rows, and how to describe one."""

    def __init__(
        self,
        batch: Batch,
        verdicts: Verdicts,
        sites: NDArray[np.int64],
        names: Sequence[str],
        metric_of: MetricOf,
    ) -> None:
        self.batch = batch
        self.verdicts = verdicts
        self.names = names
        self._sites = sites
        self._metric_of = metric_of

    def bad_columns(self, row: int) -> list[int]:
        """The metrics that an alarming row is trouble of, the worst first.

        The one that explains it best, and those of the others that have left their bands.
        """
        if not self.verdicts.score[row] > 1:
            return []
        ranked = self.ranked(row)
        return ranked[:1] + [column for column in ranked[1:] if self._out(row, column)]

    def _out(self, row: int, column: int) -> bool:
        verdicts, value = self.verdicts, self.batch.values[row, column]
        out = not verdicts.lower[row, column] <= value <= verdicts.upper[row, column]
        return bool(verdicts.metric_score[row, column] > 1 and out)

    def still_bad(self, row: int, column: int) -> bool:
        """Whether trouble that is on goes on in this row."""
        return bool(self.verdicts.score[row] > CALM and self.verdicts.metric_score[row, column] > CALM)

    def ranked(self, row: int) -> list[int]:
        """The columns by their part in the row, the greatest first."""
        scores = self.verdicts.metric_score[row]
        known = np.flatnonzero(~np.isnan(scores))
        return known[np.argsort(-scores[known], kind="stable")].tolist()  # type: ignore[no-any-return]

    def anomaly(self, row: int, column: int) -> Anomaly:
        """The row's trouble in one metric, as if it began here."""
        metric, lead = self._metric_of(row, self.names[column]), self._explained(row, column)
        score = lead.score if lead.score > 1 else _score(self.verdicts.score[row])
        at = moment(float(self.batch.at[row]))
        return Anomaly(
            device=int(self.batch.device[row]),
            site=int(self._sites[row]),
            kind=DETECTORS[self.verdicts.detector[row, column]],
            metric=metric.name,
            started_at=at,
            last_at=at,
            ended_at=None,
            severity=severity(metric, lead.value, score),
            score=score,
            value=lead.value,
            expected=lead.expected,
            lower=lead.lower,
            upper=lead.upper,
            explained=tuple(self._explained(row, other) for other in self.ranked(row)[:MOST_EXPLAINED]),
        )

    def _explained(self, row: int, column: int) -> Explained:
        verdicts = self.verdicts
        return Explained(
            metric=self.names[column],
            value=_number(self.batch.values[row, column]),
            expected=_number(verdicts.expected[row, column]),
            lower=_number(verdicts.lower[row, column]),
            upper=_number(verdicts.upper[row, column]),
            score=_score(verdicts.metric_score[row, column]),
        )


def severity(metric: Metric, value: float | None, score: float) -> str:
    """Past its limit a metric is a warning, well past it critical; within it, a warning only if far out of its band."""
    if value is not None and metric.limit is not None and metric.bad != "both":
        past = value >= metric.limit if metric.bad == "up" else value <= metric.limit
        if past:
            return "critical" if score >= PAST_LIMIT else "warning"
    return "warning" if score >= FAR_OUT else "info"


def _number(value: np.float32) -> float | None:
    """The digits that a 32-bit float really has; nothing for what is not finite, as JSON has no word for it."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _score(value: np.float32) -> float:
    number = _number(value)
    return MOST_SCORE if number is None else min(number, MOST_SCORE)
