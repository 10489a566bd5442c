"""Reads what the worker predicted, where that is recent; a database that is down is not waited for by every question."""

import time
from bisect import bisect_left
from datetime import datetime
from typing import Final

from ai_gateway.answers.gather.found import REST_S
from ai_gateway.homepot.types import View
from ai_gateway.kit.errors import Unavailable
from ai_gateway.prediction.service import LATE
from ai_gateway.prediction.store import PredictionReader
from ai_gateway.prediction.types import HOURS, Prediction

MOST: Final = 500


class WorkerForesight:
    """The worker's last round, for answers."""

    def __init__(self, reader: PredictionReader, interval_s: float) -> None:
        """Args: reader: where the worker wrote. interval_s: between two rounds."""
        self._reader = reader
        self._stale_s = interval_s * LATE
        self._not_before = 0.0

    async def read(self, view: View, hours: float, now: datetime, metric: str | None = None) -> list[Prediction] | None:
        """Risks in view, the riskiest within ``hours`` first, at most `MOST`; ``None`` while no round of late tells.

        ``metric``: only devices with that limit ahead.
        """
        if time.monotonic() < self._not_before:
            return None
        try:
            as_of = await self._reader.last_predicted()
            if as_of is None or (now - as_of).total_seconds() > self._stale_s:
                return None
            end = HOURS[min(bisect_left(HOURS, hours), len(HOURS) - 1)]
            return await self._reader.foreseen(view.sites, view.devices, end, metric, MOST)
        except Unavailable:
            self._not_before = time.monotonic() + REST_S
            return None
