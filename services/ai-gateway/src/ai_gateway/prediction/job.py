"""The worker's part: whole days are made of hours, a model is trained once a day, every device's risk is told once an hour."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import numpy as np
from prometheus_client import Counter, Gauge

from ai_gateway.health.catalogue import Limits
from ai_gateway.homepot.happenings import Happened, Installed
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.prediction.alike import progressions
from ai_gateway.prediction.core.artefact import unpack
from ai_gateway.prediction.core.daily import Singles
from ai_gateway.prediction.core.predictor import NothingToLearnError, Predictor
from ai_gateway.prediction.core.types import Ints
from ai_gateway.prediction.fleet import NOTHING, Told, fleet_of
from ai_gateway.prediction.outlook import WEEK, outlook
from ai_gateway.prediction.rising import Outcomes, Risen, Rules, rising
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.training import Trained, enough, train
from ai_gateway.prediction.types import Fleet, Outlook

LATE: Final = timedelta(hours=1)
"""A day is made when it has been over for this long, so that most of its readings are there."""
DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(days=2)
"""Days that are made anew with it, for readings that came later still."""

TRAINED = Counter("ai_prediction_models_total", "Models trained, by what became of them.", ["outcome"])
DEVICES = Gauge(
    "ai_predicted_devices", "Devices whose risk was told in the last round, by what it rests on.", ["basis"]
)
EXPECTED = Gauge("ai_predicted_failures", "Failures expected within a week: the sum of all devices' risks.")
ANNOUNCED = Counter("ai_prediction_announced_total", "Rising risks that were announced as incidents.")
POSTPONED = Gauge(
    "ai_prediction_postponed",
    "Rising risks that the last round left to later ones.",
)
CALIBRATION = Gauge(
    "ai_prediction_calibration_error",
    "Expected calibration error of the model last trained, on later time than it was fitted to.",
    ["horizon_h"],
)

AGED = Gauge(
    "ai_prediction_used_calibration_error",
    "Expected calibration error of the model in use, on the time after its training.",
    ["horizon_h"],
)
DRIFTED = Gauge(
    "ai_prediction_inputs_drifted_ratio",
    "Ratio 0-1 of the features of the model in use that lie elsewhere than when it was trained.",
)

_log = get_logger("prediction")


class Happenings(Protocol):
    """Where HOMEPOT is asked: `ai_gateway.homepot.happenings.Happenings`."""

    async def between(self, since: datetime, until: datetime) -> Happened:
        """What happened in that time."""

    async def installed(self) -> Installed:
        """All devices."""


class PredictionJob:
    """Everything it remembers can be made anew from the database, so that it may end anywhere."""

    def __init__(
        self,
        store: PredictionStore,
        clock: Clock,
        *,
        every: timedelta,
        train_every: timedelta,
        keep_readings: timedelta,
        keep_signs: timedelta,
        happenings: Happenings,
        limits: Limits,
        announce: Rules,
        threads: int = 1,
    ) -> None:
        """Make the job.

        Args:
            store: own database.
            clock: now.
            every: between two rounds.
            train_every: between two trainings.
            keep_readings: how long days of readings are kept.
            keep_signs: how far back anomalies are kept.
            happenings: what HOMEPOT tells besides readings.
            limits: levels from which a metric is bad, over the catalogue's own.
            announce: when a risk becomes an incident.
            threads: parts of the fleet that are worked on at the same time.
        """
        self._store = store
        self._clock = clock
        self._every = every
        self._train_every = train_every
        self._keep = keep_readings
        self._signs = keep_signs
        self._happenings = happenings
        self._limits = limits
        self._installed = NOTHING.installed
        self._heard: datetime | None = None
        self._learnt: datetime | None = None
        self._rules = announce
        self._threads = threads
        self._rolled: datetime | None = None
        self._devices = np.empty(0, np.int64)
        self._days: dict[datetime, tuple[Ints, Singles]] = {}
        self._model: tuple[int, Predictor] | None = None
        self._training: asyncio.Task[Trained] | None = None

    async def run(self) -> int:
        """One round if it is time; returns how many devices' risks were told. Training goes on beside other jobs."""
        now = self._clock()
        await self._take_up(now)
        last = await self._store.last_predicted()
        if last is not None and now - last < self._every:
            return 0
        await self._roll(now)
        await self._hear(now)
        fleet, signs = await self._fleet(now)
        if not len(fleet.devices):
            return 0
        model = await self._active()
        found = await asyncio.to_thread(
            outlook, fleet, model, int(now.timestamp()), self._limits, threads=self._threads
        )
        found = found._replace(progressions=await asyncio.to_thread(progressions, fleet, found, int(now.timestamp())))
        risen = await self._announced(fleet, found, signs, now)
        await self._store.save_outlook(fleet, found, now, risen.events)
        ANNOUNCED.inc(risen.begun)
        POSTPONED.set(risen.postponed)
        DEVICES.clear()
        DEVICES.labels(found.basis).set(len(fleet.devices))
        DRIFTED.set(found.drifted or 0.0)
        EXPECTED.set(float(found.risk[:, WEEK].sum()))
        await self._begin_training(fleet, model, now)
        return len(fleet.devices)

    async def settle(self) -> None:
        """Wait for a training that is going on, and enter its model."""
        if self._training is not None:
            await asyncio.wait({self._training})
            await self._take_up(self._clock())

    async def close(self) -> None:
        """Forget a training that is going on; its thread ends by itself."""
        if self._training is not None:
            self._training.cancel()
            await asyncio.gather(self._training, return_exceptions=True)

    async def _begin_training(self, fleet: Fleet, model: tuple[int, Predictor] | None, now: datetime) -> None:
        last = await self._store.last_trained()
        due = last is None or now - last >= self._train_every
        if self._training is not None or not due:
            return
        if why := enough(fleet):
            _log.info("no_model_yet", reason=why)
            return
        learnt = int(self._learnt.timestamp()) if model and self._learnt else None
        self._training = asyncio.create_task(
            asyncio.to_thread(train, fleet, model[1] if model else None, learnt=learnt)
        )

    async def _take_up(self, now: datetime) -> None:
        """Enter the model whose training has ended."""
        if self._training is None or not self._training.done():
            return
        task, self._training = self._training, None
        try:
            trained = task.result()
        except NothingToLearnError as error:
            TRAINED.labels("impossible").inc()
            _log.warning("model_not_trained", reason=str(error))
            return
        number = await self._store.save_model(trained, now)
        outcome = "active" if trained.better else "rejected"
        TRAINED.labels(outcome).inc()
        for score in trained.model.scores:
            CALIBRATION.labels(f"{score.hours:g}").set(score.calibration)
        AGED.clear()
        for score in trained.aged if not trained.better else trained.model.scores:
            AGED.labels(f"{score.hours:g}").set(score.calibration)
        _log.info("model_trained", model=number, outcome=outcome, reason=trained.reason)

    async def _active(self) -> tuple[int, Predictor] | None:
        stored = await self._store.active_model()
        if stored is None:
            self._model = None
        elif self._model is None or self._model[0] != stored.id:
            self._model = (stored.id, await asyncio.to_thread(unpack, stored.artefact))
            self._learnt = stored.until
        return self._model

    async def _roll(self, now: datetime) -> None:
        """Make the days that are over; what was read of the last ones is read again."""
        today = _day(now - LATE)
        if self._rolled == today:
            return
        known = await self._store.days(now - self._keep)
        since = known[-1] - AGAIN if known else now - self._keep
        await self._store.roll_days(since, today, now - self._keep)
        self._days = {day: means for day, means in self._days.items() if now - self._keep <= day < since}
        self._rolled = today

    async def _hear(self, now: datetime) -> None:
        """Ask HOMEPOT what happened since the last round, a day at a time; without it the round goes on with what is known."""
        oldest = now - self._signs
        since = max(self._heard or await self._store.last_happening() or oldest, oldest)
        try:
            self._installed = await self._happenings.installed()
            since -= LATE if since > oldest else timedelta()
            while since < now:
                until = min(since + DAY, now)
                await self._store.save_happenings(await self._happenings.between(since, until))
                self._heard = since = until
        except Unavailable as error:
            _log.warning("happenings_postponed", reason=str(error))

    async def _announced(self, fleet: Fleet, found: Outlook, signs: dict[str, Any], now: datetime) -> Risen:
        running = await self._store.running_risks()
        return await asyncio.to_thread(rising, fleet, found, running, Outcomes(signs, fleet), self._rules, now)

    async def _fleet(self, now: datetime) -> tuple[Fleet, dict[str, Any]]:
        """The history, and the anomalies that it was made of."""
        metrics = await self._store.metric_names()
        for day in await self._store.days(now - self._keep):
            if day not in self._days or self._days[day][1].shape[1] != len(metrics):
                of, means = await self._store.day_means(day, len(metrics))
                self._days[day] = (self._shared(of), means)
        since = now - self._signs
        watched, signs = await self._store.watched(since, now), await self._store.signs(since, now)
        told = Told(await self._store.happenings(since, now), self._installed)
        days = [(int(day.timestamp()), *means) for day, means in sorted(self._days.items())]
        return await asyncio.to_thread(fleet_of, watched, signs, metrics, days, int(now.timestamp()), told), signs

    def _shared(self, devices: Ints) -> Ints:
        """The array of the day before if the same devices told something, so that hundreds of days keep one."""
        if not np.array_equal(self._devices, devices):
            self._devices = devices
        return self._devices


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
