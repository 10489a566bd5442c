"""What a round expects of each site: sums over its devices, from which any group of sites is told without reading devices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from ai_gateway.prediction.core.types import Floats
from ai_gateway.prediction.types import Fleet, Outlook

SUMS: Final = ("expected", "expected_squared", "low", "low_squared", "high", "high_squared")


class SiteOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``ai_site_outlooks``: by ``hours`` ahead, the sums of its devices' probabilities and of their squares."""

    site: int
    as_of: datetime
    basis: str
    devices: int
    hours: tuple[float, ...]
    expected: tuple[float, ...]
    expected_squared: tuple[float, ...]
    low: tuple[float, ...]
    low_squared: tuple[float, ...]
    high: tuple[float, ...]
    high_squared: tuple[float, ...]


class ScoreDay(msgspec.Struct, frozen=True):
    """The mean health of a day."""

    day: date
    score: float


class Sums(NamedTuple):
    """``(n,)`` each: sums of probabilities, of their squares, and the same of both ends of their intervals."""

    expected: Floats
    expected_squared: Floats
    low: Floats
    low_squared: Floats
    high: Floats
    high_squared: Floats


def site_columns(fleet: Fleet, found: Outlook) -> dict[str, list[Any]]:
    """A round's sums as columns, a place a site; each sum as a Postgres array in text."""
    sites, place = np.unique(fleet.sites, return_inverse=True)
    columns: dict[str, list[Any]] = {"site": sites.tolist(), "devices": np.bincount(place).tolist()}
    for name, values in (("expected", found.risk), ("low", found.low), ("high", found.high)):
        columns[name] = _arrays(_by_site(values, place, len(sites)))
        columns[f"{name}_squared"] = _arrays(_by_site(values**2, place, len(sites)))
    return columns


def sums_at(rows: Sequence[SiteOutlook], hours: Sequence[float]) -> Sums:
    """Of all ``rows``, which are of one round, together at each of ``hours`` ahead; straight between the points that are stored."""
    return Sums(*(_at(rows, name, hours).sum(axis=0) for name in SUMS))


def sums_by_site(rows: Sequence[SiteOutlook], hours: float) -> Sums:
    """Of each of ``rows``, which are of one round, by itself."""
    return Sums(*(_at(rows, name, (hours,))[:, 0] for name in SUMS))


def _at(rows: Sequence[SiteOutlook], name: str, hours: Sequence[float]) -> Floats:
    """``(rows, hours)``: how much each stored point counts at each time is the same for all of them."""
    if not rows:
        return np.zeros((0, len(hours)))
    ends = (0.0, *rows[0].hours)
    weights = np.stack([np.interp(hours, ends, point) for point in np.eye(len(ends))[1:]])
    found: Floats = np.array([getattr(row, name) for row in rows]) @ weights
    return found


def _by_site(values: Floats, place: Any, sites: int) -> Floats:
    found = np.zeros((sites, values.shape[1]))
    np.add.at(found, place, values)
    return found


def _arrays(rows: Floats) -> list[str]:
    return ["{" + ",".join(f"{value:.9g}" for value in row) + "}" for row in rows.tolist()]
