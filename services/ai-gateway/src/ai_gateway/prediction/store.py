"""The only place with SQL about predictions: what they are made from, the registry of models, and each device's risk."""

from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
from psycopg.types.json import Jsonb

from ai_gateway.health.store import save_anomalies
from ai_gateway.health.types import Anomaly
from ai_gateway.homepot.happenings import Happened
from ai_gateway.kit.db import Connection, Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql
from ai_gateway.prediction.coarse import told
from ai_gateway.prediction.core.artefact import FORMAT, pack
from ai_gateway.prediction.core.daily import Singles
from ai_gateway.prediction.core.predictor import HorizonScore
from ai_gateway.prediction.core.types import Floats, Ints
from ai_gateway.prediction.sums import ScoreDay, SiteOutlook, site_columns
from ai_gateway.prediction.training import Trained
from ai_gateway.prediction.types import HOURS, Done, Fleet, Outlook, PastFailure, Prediction

PACKAGE: Final = "ai_gateway.prediction"
PART: Final = "database"
DOWN: Final = "The gateway's own database does not answer, so what is ahead of devices cannot be told."
STATEMENT_TIMEOUT: Final = "SET LOCAL statement_timeout = '120s'"
_AT_ONCE: Final = 5_000
AROUND: Final = timedelta(days=1)
"""An incident is that of a failure if it was on, or remembered, so long before or after."""

Sites = tuple[int, ...] | None


class StoredModel(msgspec.Struct, frozen=True):
    """The model in use. ``artefact``: as `core.artefact` has it."""

    id: int
    trained_at: datetime
    until: datetime
    artefact: bytes


class PredictionReader:
    """What routes read. Every query takes the caller's sites and raises ``Unavailable`` while the database is down."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def prediction(self, sites: Sites, device: int) -> Prediction | None:
        """The risk of a device as of the last round; ``None`` if it was in none yet."""
        rows = await self._run("prediction", {"sites": _listed(sites), "device": device})
        return next(iter(_told(rows, sites)), None)

    async def at_risk(
        self, sites: Sites, hours: float, least: float, limit: int, offset: int
    ) -> tuple[int, list[Prediction]]:
        """How many devices have at least that risk within ``hours`` (one of `HOURS`), and a page of them.

        By a base rate those that stand out alone (`apart.standing_out`).
        """
        params = {"place": HOURS.index(hours) + 1, "least": least, "horizon": hours, "limit": limit, "offset": offset}
        rows = await self._run("at_risk", {**params, "sites": _listed(sites)})
        if not rows and offset:
            return (await self.at_risk(sites, hours, least, 1, 0))[0], []
        return (rows[0]["total"] if rows else 0), _told(rows, sites)

    async def due(self, sites: Sites, hours: float, least: float, limit: int) -> list[Prediction]:
        """The riskiest devices with at least that risk, or a limit ahead, within ``hours`` (one of `HOURS`).

        By a base rate those that stand out alone (`apart.standing_out`).
        """
        params = {"place": HOURS.index(hours) + 1, "least": least, "horizon": hours, "limit": limit}
        return _told(await self._run("due", {**params, "sites": _listed(sites)}), sites)

    async def foreseen(
        self,
        sites: Sites,
        devices: tuple[int, ...] | None,
        hours: float,
        metric: str | None,
        limit: int,
        least: float = 0.0,
        *,
        exact: bool = False,
    ) -> list[Prediction]:
        """The riskiest of these devices (``None``: all) with at least that risk within ``hours`` (one of `HOURS`).

        ``metric``: only those with that limit ahead. ``exact``: the caller sees every site, so that counts are not made coarse.
        """
        params = {"place": HOURS.index(hours) + 1, "devices": _listed(devices), "metric": metric, "least": least}
        rows = await self._run("foreseen", {**params, "limit": limit, "sites": _listed(sites)})
        return _told(rows, None if exact else sites)

    async def done_about(self, sites: Sites, failures: Sequence[PastFailure], keys: Sequence[str]) -> dict[int, Done]:
        """What was done about failures, by their places; ``keys``: public ids of their devices."""
        if not failures:
            return {}
        columns = {"devices": [one.device for one in failures], "at": [one.at for one in failures], "keys": list(keys)}
        rows = await self._run("done_about", {**columns, "around": AROUND, "sites": _listed(sites)})
        return {row["place"] - 1: msgspec.convert(row, Done) for row in rows}

    async def last_predicted(self) -> datetime | None:
        """When the last round was."""
        found: datetime | None = (await self._run("last_predicted", {}))[0]["as_of"]
        return found

    async def history_since(self) -> datetime | None:
        """The first day that is on record of any device."""
        found: datetime | None = (await self._run("history_since", {}))[0]["since"]
        return found

    async def site_outlooks(self, sites: Sites) -> list[SiteOutlook]:
        """What the last round expects of each site."""
        return msgspec.convert(await self._run("site_outlooks", {"sites": _listed(sites)}), list[SiteOutlook])

    async def health_days(self, sites: Sites, since: date) -> list[ScoreDay]:
        """The mean health of the sites' devices on each day of which anything is known."""
        return msgspec.convert(
            await self._run("health_days", {"sites": _listed(sites), "since": since}), list[ScoreDay]
        )

    async def risk_levels(self, sites: Sites, hours: float, least: Sequence[float]) -> list[int]:
        """How many devices have a risk within ``hours`` below all of ``least`` (ascending), and from each of them on."""
        after = bisect_left(HOURS, hours)
        begin = HOURS[after - 1] if after else 0.0
        weight = (hours - begin) / (HOURS[after] - begin)
        params = {"before": after, "after": after + 1, "weight": weight, "least": list(least)}
        rows = await self._run("risk_levels", {**params, "sites": _listed(sites)})
        found = {row["level"]: row["devices"] for row in rows}
        return [found.get(level, 0) for level in range(len(least) + 1)]

    async def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            return await fetch_all(conn, load_sql(PACKAGE, query), params)


class PredictionStore(PredictionReader):
    """What the worker reads of the whole fleet, and writes."""

    async def roll_days(self, since: datetime, until: datetime, before: datetime) -> None:
        """Make days of the hours from ``since`` up to ``until``; forget days before ``before``."""
        async with self._transaction() as conn:
            await _execute(conn, "roll_days", {"since": since, "until": until})
            await _execute(conn, "prune_days", {"before": before})
            await _execute(conn, "prune_site_outlooks", {"before": before.date()})

    async def metric_names(self) -> list[str]:
        """The metrics in the order of their places in arrays."""
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            return [row["name"] for row in await fetch_all(conn, load_sql("ai_gateway.health", "metric_names"))]

    async def days(self, since: datetime) -> list[datetime]:
        """The days of which there are means."""
        return [row["day"] for row in await self._run("days", {"since": since})]

    async def day_means(self, day: datetime, metrics: int) -> tuple[Ints, Singles]:
        """Devices ``(k,)`` in order, and means ``(k, metrics)``, NaN was not measured."""
        one = "float8send(coalesce(d.total[{0}] / nullif(d.samples[{0}], 0), 'NaN'))"
        means = " || ".join(one.format(place) for place in range(1, metrics + 1)) or "''::bytea"
        text = load_sql(PACKAGE, "day_means").replace("{means}", means)
        async with self._transaction() as conn:
            cursor = conn.cursor(binary=True)
            await cursor.execute(text.encode(), {"day": day})
            row = (await cursor.fetchall())[0]
        devices = np.frombuffer(row["devices"], ">i4").astype(np.int64)
        return devices, np.frombuffer(row["means"], ">f8").astype(np.float32).reshape(len(devices), metrics)

    async def watched(self, since: datetime, now: datetime) -> dict[str, Any]:
        """The fleet as columns: ``devices`` in order, ``sites``, and ``since`` in seconds."""
        return (await self._large("watched", {"since": since, "now": now}))[0]

    async def signs(self, since: datetime, until: datetime) -> dict[str, Any]:
        """Anomalies as columns."""
        return (await self._large("signs", {"since": since, "until": until}))[0]

    async def last_happening(self) -> datetime | None:
        """Up to when HOMEPOT was asked what happened, as far as something did."""
        found: datetime | None = (await self._run("last_happening", {}))[0]["at"]
        return found

    async def save_happenings(self, found: Happened) -> None:
        """Keep them; what is known already stays as it is."""
        async with self._transaction() as conn:
            await _execute(conn, "put_happenings", msgspec.structs.asdict(found))

    async def happenings(self, since: datetime, until: datetime) -> Happened:
        """What HOMEPOT told of that time; what is older is dropped."""
        async with self._transaction() as conn:
            await _execute(conn, "prune_happenings", {"before": since})
            cursor = await conn.execute(load_sql(PACKAGE, "happenings").encode(), {"since": since, "until": until})
            return msgspec.convert((await cursor.fetchall())[0], Happened)

    async def active_model(self) -> StoredModel | None:
        """The model in use, if its format is this program's."""
        rows = await self._run("active_model", {"format": FORMAT})
        return msgspec.convert(rows[0], StoredModel) if rows else None

    async def last_trained(self) -> datetime | None:
        """When a model was last trained, in use or not."""
        found: datetime | None = (await self._run("last_trained", {}))[0]["trained_at"]
        return found

    async def save_model(self, trained: Trained, now: datetime) -> int:
        """Enter a model with its scores; it is in use from then on if it is better."""
        model = trained.model
        async with self._transaction() as conn:
            if trained.better:
                await _execute(conn, "retire_model", {})
            cursor = await conn.execute(load_sql(PACKAGE, "put_model").encode(), _model_columns(trained, now))
            number = int((await cursor.fetchall())[0]["id"])
            scores = [(score, False) for score in model.scores] + [(score, True) for score in trained.rivals]
            await _execute(conn, "put_scores", {"model": number, **_score_columns(scores)})
            await _execute(conn, "prune_models", {})
        return number

    async def running_risks(self) -> list[Anomaly]:
        """What was announced and is still on."""
        return msgspec.convert(await self._run("running_risks", {}), list[Anomaly])

    async def save_outlook(
        self, fleet: Fleet, found: Outlook, as_of: datetime, announced: Sequence[Anomaly] = ()
    ) -> None:
        """Replace the risk of every device and of every site's day; devices that are watched no more are dropped.

        ``announced``: risks that rose, go on or are over, kept among the anomalies for incidents to take up.
        """
        round_of = {"as_of": as_of, "basis": found.basis, "hours": list(HOURS)}
        async with self._transaction() as conn:
            for begin in range(0, len(fleet.devices), _AT_ONCE):
                part = slice(begin, begin + _AT_ONCE)
                columns = _outlook_columns(fleet, found, part)
                await _execute(conn, "put_predictions", {**round_of, "model": found.model, **columns})
            await _execute(conn, "drop_predictions", {"as_of": as_of})
            await _execute(conn, "put_site_outlooks", {**round_of, "day": as_of.date(), **site_columns(fleet, found)})
            await save_anomalies(conn, announced, as_of)

    async def _large(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._transaction() as conn:
            return await (await conn.execute(load_sql(PACKAGE, query).encode(), params)).fetchall()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn, conn.transaction():
            await conn.execute(STATEMENT_TIMEOUT)
            yield conn


async def _execute(conn: Connection, query: str, params: dict[str, Any]) -> None:
    await conn.execute(load_sql(PACKAGE, query).encode(), params)


def _told(rows: list[dict[str, Any]], sites: Sites) -> list[Prediction]:
    return [told(row, sites) for row in msgspec.convert(rows, list[Prediction])]


def _listed(sites: Sites) -> list[int] | None:
    return None if sites is None else list(sites)


def _model_columns(trained: Trained, now: datetime) -> dict[str, Any]:
    model = trained.model
    ends = zip(model.hazard.cuts[1:], model.lines, strict=True)
    lines = [{"hours": end, **line._asdict()} for end, line in ends]
    return {
        "trained_at": now,
        "format": FORMAT,
        "since": datetime.fromtimestamp(trained.since, now.tzinfo),
        "until": datetime.fromtimestamp(trained.until, now.tzinfo),
        "devices": trained.devices,
        "failures": trained.failures,
        "features": list(model.hazard.names),
        "calibration": Jsonb(lines),
        "status": "active" if trained.better else "rejected",
        "reason": trained.reason,
        "artefact": pack(model),
    }


def _score_columns(scores: Sequence[tuple[HorizonScore, bool]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"rival": [rival for _, rival in scores]}
    return columns | {name: [getattr(score, name) for score, _ in scores] for name in HorizonScore._fields}


def _outlook_columns(fleet: Fleet, found: Outlook, part: slice) -> dict[str, list[Any]]:
    compared = found.progressions or [None] * len(fleet.devices)
    return {
        "device": fleet.devices[part].tolist(),
        "site": fleet.sites[part].tolist(),
        "risk": _arrays(found.risk[part]),
        "low": _arrays(found.low[part]),
        "high": _arrays(found.high[part]),
        "cases": found.cases[part].tolist(),
        "failed": found.failed[part].tolist(),
        "drivers": [msgspec.json.encode(one).decode() for one in found.drivers[part]],
        "limits": [msgspec.json.encode(one).decode() for one in found.limits[part]],
        "progressions": [one and msgspec.json.encode(one).decode() for one in compared[part]],
    }


def _arrays(rows: Floats) -> list[str]:
    """Postgres arrays as text."""
    return ["{" + ",".join(f"{value:.6g}" for value in row) + "}" for row in rows.tolist()]
