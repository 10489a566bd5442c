"""How likely a job succeeds, from how others ended. Pure functions.

Cases are sorted into rings around the job, from all of the caller's sites to the one device, each without those of the next.
A Beta distribution goes inwards through them: what the wider rings say counts for at most `STRENGTH` cases in the narrower
one (the usual hierarchical Beta-binomial with a fixed strength; Gelman et al., Bayesian Data Analysis, section 5.3). So few cases of a
device are broadened by those of its type and site, and many speak for themselves.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from ai_gateway.kit.beta import quantile

STRENGTH: Final = 10.0
PRIOR: Final = 0.5
"""Jeffreys' prior of the widest ring: half a success and half a failure."""
TAIL: Final = 0.05
"""Left out on either side: an interval holds 90 %."""
EDGE: Final = 1e-6


class Cases(NamedTuple):
    """Jobs that ended, of which some succeeded."""

    jobs: int
    succeeded: int

    @property
    def failed(self) -> int:
        """The others."""
        return self.jobs - self.succeeded

    def less(self, other: "Cases") -> "Cases":
        """Without those of a narrower ring."""
        return Cases(self.jobs - other.jobs, self.succeeded - other.succeeded)

    def plus(self, other: "Cases") -> "Cases":
        """Both."""
        return Cases(self.jobs + other.jobs, self.succeeded + other.succeeded)


class Beta(NamedTuple):
    """What is believed of a probability: so many successes and failures."""

    successes: float
    failures: float

    @property
    def mean(self) -> float:
        """Ratio 0-1."""
        return self.successes / (self.successes + self.failures)

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90 %."""
        return quantile(TAIL, *self), quantile(1 - TAIL, *self)

    def told(self, cases: Cases) -> "Beta":
        """The belief about a narrower ring: this one, held as loosely as `STRENGTH` cases, and that ring's cases."""
        held = min(STRENGTH, self.successes + self.failures)
        return Beta(self.mean * held + cases.succeeded, (1 - self.mean) * held + cases.failed)


class Chance(NamedTuple):
    """A probability with its 90 % interval, ratio 0-1."""

    probability: float
    low: float
    high: float

    def shifted(self, by: float) -> "Chance":
        """With the log odds of all three moved."""
        return Chance(*(1 / (1 + math.exp(-(_log_odds(end) + by))) for end in self))


def beliefs(rings: Sequence[Cases]) -> list[Beta]:
    """What is believed after each ring, from the widest inwards; ``rings``: each without the cases of the next."""
    belief = Beta(PRIOR + rings[0].succeeded, PRIOR + rings[0].failed)
    found = [belief]
    for cases in rings[1:]:
        belief = belief.told(cases)
        found.append(belief)
    return found


def chance(belief: Beta) -> Chance:
    """As a probability with its interval."""
    return Chance(belief.mean, *belief.interval)


def pull(cases: Cases) -> float:
    """How much cases count against the wider rings, ratio 0-1."""
    return cases.jobs / (cases.jobs + STRENGTH)


def shift(within: Beta, cases: Cases) -> tuple[float, float]:
    """What a circumstance changes: the share of success under it (ratio 0-1), and by how much it moves the log odds.

    ``within``: what is believed whatever the circumstance. ``cases``: those under it.
    """
    under = within.told(cases).mean
    return under, _log_odds(under) - _log_odds(within.mean)


def _log_odds(ratio: float) -> float:
    safe = min(max(ratio, EDGE), 1 - EDGE)
    return math.log(safe / (1 - safe))
