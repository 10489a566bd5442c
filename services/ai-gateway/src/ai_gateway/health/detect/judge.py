"""The judge: weighs what the detectors say of a row and puts it on one scale, calibrated on each device's own history."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import Metric
from ai_gateway.health.detect import unrest
from ai_gateway.health.detect.agreement import Agreement
from ai_gateway.health.detect.calibrate import Memory
from ai_gateway.health.detect.cells import SETTLING, Array, Cells, State
from ai_gateway.health.detect.evidence import Evidence
from ai_gateway.health.detect.limits import LevelLimits
from ai_gateway.health.detect.records import Records
from ai_gateway.health.types import Floats, Verdicts

DETECTORS: Final = ("limit", "surprise", "deviation", "season", "relation", "drift")
"""Names of `Verdicts.detector`."""
TOGETHER: Final = 3
"""Metrics from which on it counts how many of them are odd at once."""
_CALM = 0.999


class Judge:
    """An alarm is raised by many metrics that are odd at once, by one detector that sets a record, or by a limit."""

    def __init__(self, metrics: Sequence[Metric], sensitivity: float) -> None:
        """Args: sensitivity: accepted false alarms per device-week."""
        self._records = Records(len(metrics), sensitivity)
        self._agreement = Agreement(sensitivity) if len(metrics) >= TOGETHER else None
        self._limits = LevelLimits(metrics)

    def blank(self) -> dict[str, NDArray[Any]]:
        """What is read and written whole each round."""
        own = {name: np.array(0.0) for name in ("alarm", "alarms", "judged_days")} | unrest.blank()
        together = self._agreement.blank() if self._agreement else {}
        return own | self._records.blank() | together | self._limits.blank()

    def profile(self) -> dict[str, NDArray[Any]]:
        """The long part of the memory."""
        return self._records.profile() | (self._agreement.profile() if self._agreement else {})

    def judge(
        self, evidence: Evidence, cells: Cells, state: State, memory: Memory, limit: Floats, slope: Floats
    ) -> Verdicts:
        """The verdicts of one round's rows. Args: slope: of the scale at the limit."""
        measured = (cells.seen > SETTLING).sum(axis=1)
        records = self._records.step(evidence, cells, state, memory, measured)
        surprise = evidence.surprise
        metric = surprise / records.alone[:, None]
        detector = np.full(surprise.shape, DETECTORS.index("surprise"), np.int8)
        together = np.full(len(measured), np.nan)
        if self._agreement:
            together = np.where(measured >= TOGETHER, self._agreement.step(evidence, cells, state, memory), np.nan)
        score = np.fmax(records.score, together)
        calm = unrest.step(evidence, cells, state, records.score, together)
        for name, own in reversed(records.metric.items()):  # of several explanations the simplest, which comes first
            detector = np.where(own > 1, np.int8(DETECTORS.index(name)), detector)
            metric = np.fmax(metric, np.where(own > 1, own, 0.0))
        score = np.where(np.isnan(records.score), np.nan, np.where(score > 1, score, _CALM * calm))
        over = self._limits.step(cells, state, limit, slope)
        detector = np.where(over > 1, np.int8(DETECTORS.index("limit")), detector)
        metric = np.fmax(metric, np.where(over > 1, over, np.nan))
        score = np.where(over.max(axis=1) > 1, np.fmax(score, over.max(axis=1)), score)
        self._count(score, cells, state)
        expected, half = records.expected, records.half
        known = cells.known
        return Verdicts(
            score=score.astype(np.float32),
            metric_score=np.where(known, metric, np.nan).astype(np.float32),
            expected=np.where(known, expected, np.nan).astype(np.float32),
            lower=np.where(known, expected - half, np.nan).astype(np.float32),
            upper=np.where(known, expected + half, np.nan).astype(np.float32),
            detector=detector,
        )

    def _count(self, score: Array, cells: Cells, state: State) -> None:
        on = (score > 1).astype(np.float64)
        state["alarms"] += on * (1 - state["alarm"])
        state["alarm"] = on
        state["judged_days"] += np.where(np.isnan(score), 0.0, 1 / cells.day[:, 0])
