"""Past failures whose last days looked like a device's last days now, as a caller may see them, with what was done then."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import BY_NAME, metric_named
from ai_gateway.health.wire import device_ref
from ai_gateway.kit.text import capital, clean, count, listing, number
from ai_gateway.prediction.core.shapes import WINDOW
from ai_gateway.prediction.fleet import FAILURES, HAPPENINGS
from ai_gateway.prediction.store import PredictionReader
from ai_gateway.prediction.types import EXPLAINED, Done, MovedAlike, PastFailure, Prediction
from ai_gateway.prediction.wire import MovedAlikeView, SimilarFailure, SimilarProgressions
from ai_gateway.prediction.words import period

SHOWN: Final = 5
NOT_COMPARED: Final = (
    f"Its last days were not compared with past failures: only the {EXPLAINED} devices at most risk are."
)
AS_USUAL: Final = f"Nothing in its last {WINDOW} days is unusual enough to be compared with what was before failures."
NONE_LIKE_IT: Final = (
    "Its last days are unusual, but nothing like this was before a failure in view, or it is as common without one."
)
_LABELS: Final = {kind.name: kind.label for kind in (*FAILURES, *HAPPENINGS)}


class Precedent(NamedTuple):
    """A past failure in view, and what was done about it, if that is on record."""

    failure: PastFailure
    done: Done | None


class Precedents:
    """Reads them. Raises ``Unavailable`` while the gateway's own database is down."""

    def __init__(self, reader: PredictionReader) -> None:
        """Args: reader: own database."""
        self._reader = reader

    async def of(self, scope: Scope, found: Prediction | None) -> list[Precedent]:
        """At most `SHOWN`, the likest first; of devices that the caller sees now."""
        past = found.progressions.past if found and found.progressions else ()
        seen = [(one, device) for one in past if (device := scope.device(str(one.device)))][:SHOWN]
        failures = [one for one, _ in seen]
        done = await self._reader.done_about(scope.sites, failures, [device.device_id for _, device in seen])
        return [Precedent(one, done.get(place)) for place, one in enumerate(failures)]

    async def told(self, scope: Scope, found: Prediction | None) -> SimilarProgressions:
        """The same as it is sent."""
        past = await self.of(scope, found)
        if past:
            detail = f"{count(len(past), 'past failure')} in view began as its last {WINDOW} days look."
            return SimilarProgressions("found", detail, [_view(scope, one) for one in past])
        looked = found.progressions if found else None
        if looked is None:
            return SimilarProgressions("not_compared", NOT_COMPARED, [])
        if not looked.unusual:
            return SimilarProgressions("as_usual", AS_USUAL, [])
        return SimilarProgressions("none_like_it", NONE_LIKE_IT, [])


def _view(scope: Scope, one: Precedent) -> SimilarFailure:
    failure, done = one
    return SimilarFailure(
        device=device_ref(failure.device, scope),
        failed_at=failure.at,
        kind=failure.kind,
        metric=failure.metric,
        similarity=failure.similarity,
        hours_before=failure.before_h,
        alike=[MovedAlikeView(each.name, alike_words(each), each.share, each.now, each.then) for each in failure.alike],
        done=done,
        text=" ".join([f"{capital(progression_words(failure))}.", *done_words(done)]),
    )


def progression_words(failure: PastFailure) -> str:
    """What failed when, how long after it looked like this, and in what it was alike."""
    what = _LABELS.get(failure.kind, failure.kind.replace("_", " "))
    of = f" of its {metric_named(failure.metric).label}" if failure.metric else ""
    alike = listing(alike_words(each) for each in failure.alike)
    after = f"{period(failure.before_h)} after days like these"
    return f"{what}{of} on {failure.at:%Y-%m-%d}, {after} (likeness {failure.similarity:.2f}: {alike})"


def alike_words(one: MovedAlike) -> str:
    """What moved alike, as it stands and stood."""
    if one.event:
        name = one.name.removesuffix("_trouble")
        label = f"anomalies of {metric_named(name).label}" if name in BY_NAME else metric_named(name).label
        return f"{_LABELS.get(one.name, label)} {_figure(one.now)} in a week, then {_figure(one.then)}"
    metric = metric_named(one.name)
    return f"{metric.label} at {_figure(one.now, metric.unit)}, then {_figure(one.then, metric.unit)}"


def done_words(done: Done | None) -> Sequence[str]:
    """What was done, in the words of whoever noted it, and whether it helped."""
    if done is None or not (done.resolution or done.cause):
        return ()
    helped = {True: " It helped.", False: " It did not help.", None: ""}[done.helped]
    said = [f'The cause was noted as "{clean(done.cause)}".'] if done.cause else []
    return [*said, f'What was done: "{clean(done.resolution)}".{helped}'] if done.resolution else said


def _figure(value: float | None, unit: str = "") -> str:
    return "an unknown level" if value is None else f"{number(value)} {unit}".strip()
