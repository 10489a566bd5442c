"""Whether a fleet's history tells its devices apart, and who stands out where it does not. Pure.

A model tells each device's risk from its own signs. Lifetimes and the prior are base rates: what most devices share singles
out nobody, however high it is.
"""

from collections.abc import Sequence
from statistics import median
from typing import Final

from ai_gateway.kit.text import count
from ai_gateway.prediction.types import LEAST_DAYS, LEAST_FAILURES, Prediction
from ai_gateway.prediction.words import between

TOO_SHORT: Final = (
    "There is not enough history to tell devices apart: {seen}, and a model of this fleet takes"
    f" {LEAST_FAILURES} failures and {LEAST_DAYS:.0f} days."
)


def standing_out(found: Sequence[Prediction], hours: float, least: float) -> list[Prediction]:
    """Of devices in view those to name: with that risk within ``hours`` by a model; else those apart from the others.

    Apart is who has a limit ahead by then, or that risk and an interval above the middle of all.
    """
    if not found:
        return []
    likely = [one for one in found if between(one.hours, one.risk, hours) >= least]
    if found[0].basis == "model":
        return likely
    middle = median(between(one.hours, one.risk, hours) for one in found)
    apart = {one.device for one in likely if between(one.hours, one.low, hours) > middle}
    return [one for one in found if one.device in apart or limit_near(one, hours)]


def limit_near(found: Prediction, hours: float) -> bool:
    """Whether a quantity is expected to reach its limit within ``hours``."""
    return any(limit.hours <= hours for limit in found.limits)


def too_short(basis: str | None, failed: int, days: int | None) -> str | None:
    """Why nobody is told apart; ``None`` where a model tells. ``days``: that are on record, if that is known."""
    if basis is None or basis == "model":
        return None
    seen = f"{count(failed, 'failure')} in {count(days, 'day')}" if days else count(failed, "failure")
    return TOO_SHORT.format(seen=f"{seen} {'is' if failed == 1 else 'are'} on record")
