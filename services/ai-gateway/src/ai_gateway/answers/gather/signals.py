"""Signs of trouble, device by device: readings past a limit, silence, failing checks, flapping, alerts, errors."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import msgspec

from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.vocabulary import METRICS, OUT_OF_SERVICE, Metric
from ai_gateway.homepot.scoped.checks import FailingChecks
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.readings import Reading
from ai_gateway.homepot.scoped.tallies import DeviceEvents
from ai_gateway.homepot.scoped.view import Period
from ai_gateway.kit.text import age, clean, count, number

FRESH = timedelta(minutes=15)
FLAPPING_WINDOW = timedelta(hours=1)
FLAPPING_LEAST = 4
CHECK_WINDOW = timedelta(hours=1)
FAILING_RUN = 3
FAILING_SHARE = 0.5
ERRORS_LEAST = 5
SEVERE = ("critical", "error")
MOST = 200
LIMITED = tuple(metric for metric in METRICS if metric.limit is not None)


class Signal(msgspec.Struct, frozen=True):
    """One sign of trouble of one device. ``weight``: how much it says, by which devices are ranked.

    ``words`` makes its text: hundreds of signs are ranked, of which a dozen devices' are told.
    """

    device: int
    device_id: str
    name: str
    site_name: str
    condition: str
    kind: str
    words: Callable[[], str]
    source: str
    at: datetime
    weight: float

    @property
    def text(self) -> str:
        """What it says."""
        return self.words()


async def current_signals(task: Task) -> list[Signal]:
    """What is wrong now."""
    hour = task.homepot.last(seconds=FLAPPING_WINDOW.total_seconds())
    limits = {"error_ratio" if m.column == "error_rate" else m.column: m.limit or 0.0 for m in LIMITED}
    limits["error_ratio"] /= 100  # a ratio of 0.05 is 5 %; rows that hold percentages are told apart below
    readings, silent, checks, flapping = await asyncio.gather(
        task.homepot.readings.breaches(task.question.view, limits, since=task.now - FRESH, limit=MOST),
        task.homepot.devices.states(task.question.view, conditions=["offline", "error", "warning"], limit=MOST),
        task.homepot.checks.failing(
            task.question.view, task.homepot.last(seconds=CHECK_WINDOW.total_seconds()), limit=MOST
        ),
        task.homepot.devices.flapping(task.question.view, hour, least=FLAPPING_LEAST, limit=MOST),
    )
    signals = [signal for reading in readings for signal in _from_reading(reading)]
    signals += [_from_state(device, task.now) for device in silent]
    signals += [signal for row in checks if (signal := _from_checks(row))]
    return signals + [_from_flapping(row) for row in flapping]


async def leading_signals(task: Task) -> list[Signal]:
    """What often comes before a failure: open alerts, and a burst of logged errors in the last day."""
    day: Period = task.homepot.last(days=1)
    alerts, errors = await asyncio.gather(
        task.homepot.alerts.by_device(task.question.view, limit=MOST),
        task.homepot.errors.summary(task.question.view, day, limit=MOST, least=ERRORS_LEAST, severities=SEVERE),
    )
    signals = [_from_alerts(row, task.now) for row in alerts]
    signals += [_from_errors(row) for row in errors.ranked]
    return [signal for signal in signals if signal.condition not in OUT_OF_SERVICE]


def _from_reading(reading: Reading) -> list[Signal]:
    signals = []
    for metric in LIMITED:
        value = metric_value(reading, metric)
        if value is not None and metric.limit is not None and value >= metric.limit:
            words, source = partial(_past_limit, metric, value), f"device_metrics.{metric.column}"
            signals.append(_signal(reading, metric.column, words, source, reading.at, 2.0 + value / metric.limit / 10))
    return signals


def _past_limit(metric: Metric, value: float) -> str:
    return f"{metric.label} {number(value)}{metric.unit} (limit {number(metric.limit or 0.0)}{metric.unit})"


def metric_value(reading: Reading, metric: Metric) -> float | None:
    """A reading's value in the metric's unit; error rates as percent whichever way they were written."""
    value: float | None = getattr(reading, metric.column)
    if metric.column == "error_rate" and value is not None:
        return as_percent(value, reading.error_rate_max)
    return value


def as_percent(error_rate: float, highest: float | None) -> float:
    """HOMEPOT's producers write ratios or percentages. A device that ever exceeds 1 writes percentages."""
    return error_rate if (highest or 0) > 1 else error_rate * 100


def _from_state(device: DeviceState, now: datetime) -> Signal:
    if device.condition == "offline":
        heard = device.last_heartbeat_at
        return _signal(device, "silence", lambda: _silent(heard, now), "devices.last_heartbeat_at", heard or now, 3.0)
    words, weight = f"recorded health state {device.health_state}", 3.0 if device.condition == "error" else 1.5
    return _signal(device, "health_state", lambda: words, "devices.health_state", now, weight)


def _silent(heard: datetime | None, now: datetime) -> str:
    return f"no heartbeat for {age(heard, now).replace(' ago', '')}"


def _from_checks(row: FailingChecks) -> Signal | None:
    if row.run < FAILING_RUN and row.failed < row.checks * FAILING_SHARE:
        return None
    return _signal(row, "health_checks", partial(_failing, row), "health_checks", row.latest, 2.5)


def _failing(row: FailingChecks) -> str:
    why = f', last error "{clean(row.error_message, 80)}"' if row.error_message else ""
    run = f", {row.run} in a row" if row.run > 1 else ""
    return f"{row.failed} of {row.checks} health checks failed in the last hour{run}{why}"


def _from_flapping(row: DeviceEvents) -> Signal:
    def words() -> str:
        return f"changed state {count(row.events, 'time')} in the last hour"

    return _signal(row, "flapping", words, "device_state_history", row.latest, 2.0)


def _from_alerts(row: DeviceEvents, now: datetime) -> Signal:
    def words() -> str:
        severe = f", {row.severe} critical" if row.severe else ""
        return f"{count(row.events, 'active alert')}{severe}, newest {age(row.latest, now)}"

    return _signal(row, "alerts", words, "alerts", row.latest, 1.0 + min(row.severe, 5) * 0.4)


def _from_errors(row: DeviceEvents) -> Signal:
    def words() -> str:
        return f"{count(row.events, 'error')} logged in the last 24 hours"

    return _signal(row, "errors", words, "error_logs", row.latest, 1.0 + min(row.events, 100) / 100)


def _signal(
    row: Reading | DeviceState | FailingChecks | DeviceEvents,
    kind: str,
    words: Callable[[], str],
    source: str,
    at: datetime,
    weight: float,
) -> Signal:
    return Signal(row.id, row.device_id, row.name, row.site_name, row.condition, kind, words, source, at, weight)


def prove_signal(task: Task, signal: Signal) -> tuple[str, ...]:
    """Add a sign of trouble to the evidence."""
    text = f"{title(signal.name, signal.device_id)} at {clean(signal.site_name, 80)}: {signal.text}."
    return task.findings.prove("signal", text, signal.source, at=signal.at, device_id=signal.device_id)


def by_device(signals: list[Signal]) -> list[list[Signal]]:
    """Signals grouped by device, the device with the most weight first."""
    groups: dict[str, list[Signal]] = {}
    for signal in signals:
        groups.setdefault(signal.device_id, []).append(signal)
    return sorted(groups.values(), key=lambda group: (-sum(one.weight for one in group), group[0].name))
