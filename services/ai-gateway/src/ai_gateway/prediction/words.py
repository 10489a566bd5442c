"""What a risk means, in sentences that code makes of its numbers."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from ai_gateway.health.catalogue import metric_named
from ai_gateway.prediction.types import LimitAhead, Moved, Prediction
from ai_gateway.prediction.wire import Severity

LIKELY: Final = 0.5
NOTABLE: Final = 0.2
DAY_H: Final = 24.0
NOTHING: Final = "Nothing needs to be done."
_BASIS: Final = {
    "model": "{cases} comparable cases of this fleet's own history, of which {failed} failed within a week",
    "lifetimes": "how long devices of this fleet ran without a failure ({cases} spells, {failed} ended by one), beside a"
    " stated prior of one failure in two years",
    "prior": "no more than a stated prior, one failure in two years: there is not enough history ({failed} failures)",
}


def severity(probability: float, hours: float) -> Severity:
    """Likely within a day is critical; likely at all, or notable within a day, is a warning."""
    if probability >= LIKELY and hours <= DAY_H:
        return "critical"
    return "warning" if probability >= LIKELY or (probability >= NOTABLE and hours <= DAY_H) else "info"


def reasoning(found: Prediction, place: int) -> str:
    """The risk, what it rests on, and what raised it most."""
    start = f"{percent(found.risk[place])} within {period(found.hours[place])}, by {basis_words(found)}."
    return " ".join([start, *raised_by(found.drivers), *(limit_words(one) for one in found.limits[:1])])


def basis_words(found: Prediction) -> str:
    """What a risk rests on, with the cases behind it."""
    return _BASIS[found.basis].format(cases=found.cases, failed=found.failed)


def raised_by(drivers: Sequence[Moved]) -> list[str]:
    """The two things that raised a risk most, a sentence each."""
    raising = [one for one in drivers if one.weight > 0][:2]
    return [f"Raised by: {driver_words(one)}." for one in raising]


def percent(ratio: float) -> str:
    """A ratio as a percentage."""
    return f"{ratio:.1%}"


def limit_words(limit: LimitAhead) -> str:
    """When a quantity reaches its limit."""
    metric = metric_named(limit.metric)
    soonest, latest = period(limit.low), period(limit.high) if limit.high is not None else "never"
    told = f"Its {metric.label} is at {limit.level:g} {metric.unit} and reaches {limit.limit:g} {metric.unit} in about"
    between = "" if soonest == latest else f" (between {soonest} and {latest})"
    return f"{told} {period(limit.hours)}{between}."


def action(found: Prediction, place: int) -> str:
    """What to do, by what is at stake and when."""
    near = [one for one in found.limits if one.hours <= found.hours[place]]
    if near:
        what = metric_named(near[0].metric).label
        return f"See to its {what} before {period(near[0].low)} have passed."
    level = severity(found.risk[place], found.hours[place])
    if level == "critical":
        return "Look at it now, and keep a replacement ready."
    if level == "warning":
        return f"Plan a look at it within {period(found.hours[place])}."
    return NOTHING


def see_to(found: Prediction, place: int) -> str:
    """What to see to at a visit: a limit on its way, or where what raises the risk comes from."""
    near = [one for one in found.limits if one.hours <= found.hours[place]]
    if near:
        metric = metric_named(near[0].metric)
        return f"See to its {metric.label} ({near[0].level:g} of {near[0].limit:g} {metric.unit})."
    raising = next((one for one in found.drivers if one.weight > 0), None)
    if raising is None:
        return "Look it over, and keep a replacement ready."
    return f"Look at what raises its risk: {driver_words(raising)}."


def period(hours: float) -> str:
    """Hours as a person would say them."""
    if hours < 2 * DAY_H:
        return f"{hours:.0f} hours" if round(hours) != 1 else "1 hour"
    return f"{hours / DAY_H:.0f} days"


def median_life(hours: Sequence[float], risk: Sequence[float]) -> float | None:
    """Hours at which the risk reaches one half, between the points of the curve; ``None`` if it does not."""
    before, reached = 0.0, 0.0
    for end, value in zip(hours, risk, strict=True):
        if value >= LIKELY:
            return round(before + (end - before) * (LIKELY - reached) / max(value - reached, 1e-9), 1)
        before, reached = end, value
    return None


def within(found: Prediction, hours: float) -> Prediction:
    """The same prediction for any one time up to its last, in place of its hours: straight between the curve's points."""
    return replace(
        found,
        hours=(hours,),
        risk=(between(found.hours, found.risk, hours),),
        low=(between(found.hours, found.low, hours),),
        high=(between(found.hours, found.high, hours),),
    )


def between(hours: Sequence[float], curve: Sequence[float], at: float) -> float:
    """The value of a curve from 0 through its points at any one time, straight between them, and level after the last."""
    place = bisect_left(hours, at)
    if place == len(hours) or hours[place] == at:
        return curve[min(place, len(hours) - 1)]
    since, low = (hours[place - 1], curve[place - 1]) if place else (0.0, 0.0)
    return low + (curve[place] - low) / (hours[place] - since) * (at - since)


def driver_words(one: Moved) -> str:
    """What moved a risk, with its value."""
    return one.text if one.value is None else f"{one.text} ({one.value:.3g})"
