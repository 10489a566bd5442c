"""Reads what the worker predicted, where that is recent; a database that is down is not waited for by every question."""

import time
from bisect import bisect_left
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from ai_gateway.answers.gather.found import REST_S
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.errors import Unavailable
from ai_gateway.prediction.apart import too_short
from ai_gateway.prediction.service import LATE
from ai_gateway.prediction.store import PredictionReader, Sites
from ai_gateway.prediction.types import HOURS, Done, PastFailure, Prediction

MOST: Final = 500
T = TypeVar("T")


class WorkerForesight:
    """The worker's last round, for answers."""

    def __init__(self, reader: PredictionReader, interval_s: float) -> None:
        """Args: reader: where the worker wrote. interval_s: between two rounds."""
        self._reader = reader
        self._stale_s = interval_s * LATE
        self._not_before = 0.0

    async def read(
        self,
        view: View,
        hours: float,
        now: datetime,
        metric: str | None = None,
        least: float = 0.0,
        *,
        exact: bool = False,
    ) -> list[Prediction] | None:
        """Risks in view, the riskiest within ``hours`` first, at most `MOST`; ``None`` while no round of late tells.

        ``metric``: only devices with that limit ahead. ``least``: only those with that risk, or more, by the end of the
        first stored horizon that holds ``hours``. ``exact``: the caller sees every site, whichever are asked of.
        """
        as_of = await self._heeded(self._reader.last_predicted(), None)
        if as_of is None or (now - as_of).total_seconds() > self._stale_s:
            return None
        end = HOURS[min(bisect_left(HOURS, hours), len(HOURS) - 1)]
        return await self._heeded(
            self._reader.foreseen(view.sites, view.devices, end, metric, MOST, least, exact=exact), None
        )

    async def caveat(self, one: Prediction, now: datetime) -> str | None:
        """Why a round's devices are not told apart, by one of its risks; ``None`` where a model tells them apart."""
        since = None if one.basis == "model" else await self._heeded(self._reader.history_since(), None)
        return too_short(one.basis, one.failed, (now - since).days if since else None)

    async def alike(self, sites: Sites, device: int) -> tuple[PastFailure, ...]:
        """Past failures at these sites that began as a device's last days look, the likest first."""
        found = await self._heeded(self._reader.prediction(sites, device), None)
        return found.progressions.past if found and found.progressions else ()

    async def done_about(self, sites: Sites, past: Sequence[PastFailure], keys: Sequence[str]) -> dict[int, Done]:
        """What was done about them, by their places. ``keys``: public ids of their devices."""
        return await self._heeded(self._reader.done_about(sites, past, keys), {})

    async def _heeded(self, reading: Coroutine[Any, Any, T], otherwise: T) -> T:
        """What is read, or ``otherwise`` while the database is down or was so a moment ago."""
        if time.monotonic() < self._not_before:
            reading.close()
            return otherwise
        try:
            return await reading
        except Unavailable:
            self._not_before = time.monotonic() + REST_S
            return otherwise
