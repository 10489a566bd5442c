"""One round of the worker's job over a database that holds a made-up fleet."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import psycopg

from ai_gateway.homepot.happenings import Happened, Installed
from ai_gateway.kit.migrations import migrate
from ai_gateway.kit.settings import Settings
from ai_gateway.prediction.core.daily import Singles
from ai_gateway.prediction.core.types import DAY, Ints
from ai_gateway.prediction.job import PredictionJob
from ai_gateway.prediction.rising import Rules
from ai_gateway.prediction.store import PredictionStore
from ai_gateway.prediction.training import Trained
from ai_gateway.wiring import create_own_pool
from bench.prediction.made_up import END, METRIC_NAMES, Made
from dev.homepot.reader import create_reader
from dev.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.fromtimestamp(END, UTC) + timedelta(hours=12)
COPIES = {
    "devices": "COPY ai_device_health (device, site, status) FROM STDIN",
    "signs": "COPY ai_anomaly_logs (device, started_at, last_at, ended_at, kind, metric, severity, site, score)"
    " FROM STDIN",
    "happened": "COPY ai_device_happenings (hour, device, kind, at) FROM STDIN",
}


class KnownDays(PredictionStore):
    """Days of readings come out of memory, where the job keeps them from its first round on."""

    made: Made

    async def metric_names(self) -> list[str]:
        """Those of the made-up fleet."""
        return list(METRIC_NAMES)

    async def days(self, since: datetime) -> list[datetime]:  # noqa: ARG002 - as the store has it
        """All that were made up."""
        return [datetime.fromtimestamp(day, UTC) for day, _, _ in self.made.days]

    async def day_means(self, day: datetime, metrics: int) -> tuple[Ints, Singles]:  # noqa: ARG002 - as the store has it
        """Of one of them."""
        _, of, means = self.made.days[(int(day.timestamp()) - self.made.days[0][0]) // DAY]
        return of, means


class Quiet:
    """HOMEPOT, where nothing happened since the last round."""

    async def between(self, since: datetime, until: datetime) -> Happened:  # noqa: ARG002 - as HOMEPOT has it
        """Nothing."""
        return Happened([], [], [])

    async def installed(self) -> Installed:
        """Nothing."""
        return Installed([], [], [], [])


class Round:
    """A filled database and the job over it; a context manager."""

    def __init__(self, made: Made, trained: Trained) -> None:
        """Args: made: what the database holds. trained: the model in use."""
        self._made, self._trained = made, trained
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start and fill the database."""
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="bench-")))
        server = self._stack.enter_context(EmbeddedPostgres(folder, durable=False, shared_buffers="256MB"))
        homepot, own = (server.create_database(name) for name in ("homepot", "ai_gateway"))
        migrate(own, ROOT / "migrations")
        _fill(own, self._made)
        self._settings = Settings.model_validate(
            {"database_url": own, "homepot_database_url": create_reader(homepot, "bench")}
        )
        asyncio.run(self._with_job(run=False))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the database."""
        self._stack.close()

    def run(self) -> None:
        """The round; the model is known already."""
        asyncio.run(self._with_job(run=True))

    async def _with_job(self, *, run: bool) -> None:
        pool = create_own_pool(self._settings)
        await pool.open()
        try:
            store = KnownDays(pool)
            store.made = self._made
            if run:
                await self._job(store).run()
            else:
                await store.save_model(self._trained._replace(better=True), NOW)
        finally:
            await pool.close()

    def _job(self, store: PredictionStore) -> PredictionJob:
        settings = self._settings
        return PredictionJob(
            store,
            lambda: NOW,
            every=timedelta(seconds=settings.prediction_interval_s),
            train_every=timedelta(seconds=settings.prediction_train_interval_s),
            keep_readings=timedelta(days=settings.prediction_history_days),
            keep_signs=timedelta(days=settings.health_anomaly_days),
            happenings=Quiet(),
            limits={},
            announce=Rules(settings.prediction_incident_risk, settings.prediction_incident_most),
            threads=settings.prediction_threads,
        )


def _fill(url: str, made: Made) -> None:
    rows = {"devices": _devices(made), "signs": _signs(made), "happened": _happened(made)}
    with psycopg.connect(url) as own, own.cursor() as cursor:
        for name, lines in rows.items():
            with cursor.copy(COPIES[name].encode()) as copy:
                for line in lines:
                    copy.write_row(line)
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("ANALYZE")  # as the server itself does within a minute


def _devices(made: Made) -> Iterator[tuple[Any, ...]]:
    for device, site in zip(made.watched["devices"], made.watched["sites"], strict=True):
        yield device, site, "healthy"


def _signs(made: Made) -> Iterator[tuple[Any, ...]]:
    columns = (made.signs[name] for name in ("devices", "at", "ended", "kinds", "metrics", "severities"))
    for device, at, ended, *what in set(zip(*columns, strict=True)):
        yield device, _time(at), _time(ended), _time(ended), *what, made.watched["sites"][device], 2.0


def _happened(made: Made) -> Iterator[tuple[Any, ...]]:
    happened = made.told.happened
    rows = zip(happened.devices, happened.kinds, happened.at, strict=True)
    for (hour, device, kind), at in {(at // 3600, device, kind): at for device, kind, at in rows}.items():
        yield _time(3600 * hour), device, kind, _time(at)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
