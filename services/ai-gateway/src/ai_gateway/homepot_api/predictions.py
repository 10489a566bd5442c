"""HOMEPOT's predictions of failures, read from the worker's last round."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ai_gateway.access.types import Caller
from ai_gateway.health.service import status_of
from ai_gateway.health.wire import told
from ai_gateway.homepot_api.types import AtRiskDevices, FailurePrediction, HomepotForecast, RiskFactor, RiskLevel
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.queries import Page
from ai_gateway.kit.text import count, number
from ai_gateway.prediction.service import UNSEEN, PredictionService
from ai_gateway.prediction.types import HOURS, LimitAhead, Prediction
from ai_gateway.prediction.words import NOTHING, action, driver_words, limit_words, median_life, period, within

WINDOW_H: Final = 24
"""HOMEPOT's window where none is asked for."""
LEAST: Final[dict[RiskLevel, float]] = {"critical": 0.8, "high": 0.5, "medium": 0.2, "low": 0.0}
"""The least probability (ratio 0-1) of each level, the worst first."""
MOST: Final = 100
CONCERNS: Final = 5
DIGITS: Final = 4
SILENT: Final = "The worker has told no risk of late: see that it runs."


class FailurePredictions:
    """Reads risks for callers. Every method raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, service: PredictionService, clock: Clock) -> None:
        """Args: service: the stored risks. clock: now."""
        self._service = service
        self._clock = clock

    async def device(self, caller: Caller, key: str, hours: int) -> FailurePrediction:
        """A device's risk within ``hours``; raises a 404 problem for a device that is not known to the caller."""
        seen = await self._service.seen(caller, key)
        if seen.found is None or seen.detail:
            return _unknown(seen.device.device_id, seen.detail or UNSEEN)
        return _prediction(seen.device.device_id, seen.found, hours)

    async def at_risk(self, caller: Caller, site_id: str | None, least: RiskLevel) -> AtRiskDevices:
        """The riskiest devices, at most ``MOST``; ``Unavailable`` where no round says that the others are not at risk."""
        risky = await self._service.risky(caller, site_id, float(WINDOW_H), LEAST[least], Page(MOST, 0))
        if risky.stale:
            raise Unavailable("prediction", SILENT, retry_after_s=60)
        return AtRiskDevices(
            site_id=site_id,
            min_risk_level=least,
            at_risk_count=risky.count,
            devices=[_prediction(ref.device_id, found, WINDOW_H) for ref, found in risky.rows],
            generated_at=self._clock(),
        )

    async def forecast(self, caller: Caller, site_id: str | None, hours: int) -> HomepotForecast:
        """What is expected within ``hours``; ``Unavailable`` where no round of late tells it."""
        ahead = await self._service.levels(caller, site_id, float(hours), sorted(LEAST.values())[1:])
        end = next(end for end in HOURS if end >= hours)
        risky = await self._service.risky(caller, site_id, end, LEAST["medium"], Page(CONCERNS, 0))
        if risky.stale:
            raise Unavailable("prediction", SILENT, retry_after_s=60)
        total, healthy = sum(ahead.devices), ahead.devices[0]
        score = 1 - ahead.failing / total if total else None
        concerns = [_prediction(ref.device_id, found, hours) for ref, found in risky.rows]
        return HomepotForecast(
            site_id=site_id,
            forecast_hours=hours,
            overall_health_score=None if score is None else round(100 * score, 2),
            forecast_status=told(status_of(score), stale=False),
            forecast_message=_message(total, total - healthy, ahead.failing, hours),
            total_devices=total,
            healthy_devices=healthy,
            at_risk_devices=total - healthy,
            risk_distribution=dict(zip(reversed(LEAST), ahead.devices, strict=True)),
            top_concerns=[one for one in concerns if one.risk_level != "low"],
            generated_at=self._clock(),
        )

    async def work(self) -> bool:
        """Whether a round was told of late."""
        try:
            return await self._service.current()
        except Unavailable:
            return False


def _prediction(device_id: str, found: Prediction, hours: int) -> FailurePrediction:
    then = within(found, hours)
    said = action(then, 0)
    return FailurePrediction(
        device_id=device_id,
        failure_probability=round(then.risk[0], DIGITS),
        risk_level=_level(then.risk[0]),
        prediction_window_hours=hours,
        confidence=None if found.basis == "prior" else round(1 - (then.high[0] - then.low[0]), DIGITS),
        risk_factors=_factors(found, hours),
        recommendations=[] if said == NOTHING else [said],
        prediction_timestamp=found.as_of,
        predicted_failure_time=_half_failed(found),
    )


def _message(total: int, at_risk: int, failing: float, hours: int) -> str:
    if not total:
        return "No device is watched here, so nothing can be foreseen."
    expected = f"{number(round(failing, 1))} of {count(total, 'device')} expected to fail within {period(hours)}"
    return f"{expected}; {at_risk or 'none'} at risk (a probability of {LEAST['medium']:g} or more)."


def _unknown(device_id: str, reason: str) -> FailurePrediction:
    return FailurePrediction(device_id=device_id, failure_probability=None, risk_level="unknown", error=reason)


def _level(ratio: float) -> RiskLevel:
    return next(level for level, least in LEAST.items() if ratio >= least)


def _factors(found: Prediction, hours: int) -> list[RiskFactor]:
    raising = sorted((one for one in found.drivers if one.weight > 0), key=lambda one: -one.weight)
    signs = [RiskFactor(type="sign", name=driver_words(one), severity=_level(one.weight)) for one in raising]
    return signs + _limits(found.limits, hours)


def _limits(limits: Sequence[LimitAhead], hours: int) -> list[RiskFactor]:
    """A limit that is reached within the window weighs more than one that may be, or comes later."""
    levels: list[RiskLevel] = [
        "high" if one.hours <= hours else "medium" if one.low <= hours else "low" for one in limits
    ]
    return [
        RiskFactor(type="limit", name=limit_words(one), severity=level)
        for one, level in zip(limits, levels, strict=True)
    ]


def _half_failed(found: Prediction) -> datetime | None:
    hours = median_life(found.hours, found.risk)
    return None if hours is None else found.as_of + timedelta(hours=hours)
