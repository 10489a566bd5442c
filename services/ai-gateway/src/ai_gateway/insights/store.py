"""The only place with SQL about insights. What it reads is the worker's: days, hours, anomalies, incidents, health and risks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.kit.db import Pool, connection, fetch_all
from ai_gateway.kit.sql import load_sql

PACKAGE: Final = "ai_gateway.insights"
PART: Final = "database"
DOWN: Final = "The gateway's own database does not answer, so nothing can be told of a site's past."
MOST_LIKE: Final = 51
"""The site and so many like it."""
_MEAN: Final = (
    "string_agg(float4send(COALESCE({0}.total[{1}] / nullif({0}.samples[{1}], 0), 'NaN')::real), ''::bytea) AS m{1}"
)

Floats = NDArray[np.float64]
Sites = tuple[int, ...] | None


class LikeSite(msgspec.Struct, frozen=True):
    """A site as of the last scan and round, and the incidents of the period. ``failures``: expected in a week, if told."""

    site: int
    devices: int
    score: float | None
    open_anomalies: int
    incidents: int
    failures: float | None


class Losses(msgspec.Struct, frozen=True):
    """Anomalies that were on, and seconds in which devices were silent, all devices together."""

    anomalies: int
    silent_s: float


class InsightStore:
    """Every read raises ``Unavailable`` while the database does not answer."""

    def __init__(self, pool: Pool) -> None:
        """Args: pool: own database."""
        self._pool = pool

    async def metrics(self) -> dict[str, int]:
        """The places of metrics in arrays, counted from 1."""
        rows = await self._run(load_sql("ai_gateway.health", "metric_names"), {})
        return {row["name"]: place for place, row in enumerate(rows, start=1)}

    async def day_means(
        self, devices: Sequence[int], places: Sequence[int], since: datetime, until: datetime
    ) -> Floats:
        """``(devices, metrics, days)``: means of the whole days between two midnights; NaN was not measured.

        ``places``: of the metrics, as `metrics` has them. The devices are those of a caller's site.
        """
        first = int(since.timestamp()) // 86_400
        found = np.full((len(devices), len(places), (until - since).days), np.nan)
        row = await self._packed("day_means", "d", places, devices=list(devices), since=since, until=until)
        order = np.argsort(devices)
        at = order[np.searchsorted(np.array(devices), np.array(row["devices"], np.int64), sorter=order)]
        days = np.array(row["days"], np.int64) - first
        for number, column in enumerate(_columns(row, places)):
            found[at, number, days] = column
        return found

    async def around(
        self, sites: Sites, stretches: Sequence[tuple[int, datetime]], places: Sequence[int], hours: int
    ) -> Floats:
        """``(stretches, hours, metrics)``: hourly means; a stretch is a device and when it begins, on the hour."""
        found = np.full((len(stretches), hours, len(places)), np.nan)
        asked = {
            "sites": None if sites is None else list(sites),
            "numbers": list(range(len(stretches))),
            "devices": [device for device, _ in stretches],
            "sinces": [since for _, since in stretches],
        }
        row = await self._packed("around", "h", places, **asked, hours=hours)
        numbers, at = np.array(row["numbers"], np.int64), np.array(row["places"], np.int64)
        for number, column in enumerate(_columns(row, places)):
            found[numbers, at, number] = column
        return found

    async def like_sites(
        self, sites: Sites, site: int, since: datetime, until: datetime, *, place: int, fresh_s: float
    ) -> list[LikeSite]:
        """The site first, then those like it; empty before its first scan.

        ``place``: of the horizon in a risk's curve, from 1. ``fresh_s``: older risks do not count.
        """
        asked = {"sites": None if sites is None else list(sites), "site": site, "since": since, "until": until}
        more = {"place": place, "fresh": until - timedelta(seconds=fresh_s), "limit": MOST_LIKE}
        return msgspec.convert(await self._run(load_sql(PACKAGE, "like_sites"), {**asked, **more}), list[LikeSite])

    async def losses(self, site: int, since: datetime, until: datetime) -> Losses:
        """What a site went through."""
        params = {"sites": [site], "since": since, "until": until}
        return msgspec.convert((await self._run(load_sql(PACKAGE, "losses"), params))[0], Losses)

    async def _packed(self, query: str, table: str, places: Sequence[int], **params: Any) -> dict[str, Any]:
        means = ", ".join(_MEAN.format(table, place) for place in places) or "NULL AS nothing"
        return (await self._run(load_sql(PACKAGE, query).replace("{means}", means), params))[0]

    async def _run(self, text: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn:
            return await fetch_all(conn, text, params)


def _columns(row: Mapping[str, Any], places: Sequence[int]) -> list[Floats]:
    return [np.frombuffer(row[f"m{place}"] or b"", ">f4").astype(float) for place in places]
