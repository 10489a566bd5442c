"""A site beside those of the caller's sites that are like it. Pure functions."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, Literal

from ai_gateway.insights.store import LikeSite
from ai_gateway.insights.wire import LikeSites, MeasureView

LEAST_SITES: Final = 3
DIGITS: Final = 4
Measure = Literal["health_score", "open_anomalies_per_device", "incidents_per_device", "failures_expected_per_device"]
MEASURES: Final[tuple[tuple[Measure, Callable[[LikeSite], float | None], bool], ...]] = (
    ("health_score", lambda site: site.score, False),
    ("open_anomalies_per_device", lambda site: site.open_anomalies / site.devices, True),
    ("incidents_per_device", lambda site: site.incidents / site.devices, True),
    (
        "failures_expected_per_device",
        lambda site: None if site.failures is None else site.failures / site.devices,
        True,
    ),
)
"""Each with whether more of it is worse."""
UNSCANNED: Final = "The worker has not looked at this site yet, so there is nothing to compare."
TOO_FEW: Final = (
    "Fewer than 3 other sites in view have half to twice as many devices, so there is nothing to compare with."
)


def compared(found: Sequence[LikeSite]) -> LikeSites:
    """``found``: the site first, then those like it."""
    if not found:
        return LikeSites(0, [], UNSCANNED)
    mine, others = found[0], found[1:]
    if len(others) < LEAST_SITES:
        return LikeSites(len(others), [], TOO_FEW)
    measures = [
        _measure(name, of(mine), [of(site) for site in others], more_is_worse=worse) for name, of, worse in MEASURES
    ]
    return LikeSites(len(others), [one for one in measures if one], None)


def _measure(
    name: Measure, value: float | None, others: Sequence[float | None], *, more_is_worse: bool
) -> MeasureView | None:
    known = [one for one in others if one is not None]
    if value is None or len(known) < LEAST_SITES:
        return None
    better = sum(one < value if more_is_worse else one > value for one in known)
    shown = round(value, DIGITS), round(median(known), DIGITS)
    return MeasureView(measure=name, value=shown[0], median=shown[1], worse_than=better, sites=len(known))
