"""What incidents are worth on simulated fleets: faults found, missed and rightly told by kind, and false incidents.

The stages are the product's own with the defaults it ships, in memory (`dev.simulation`); docs/simulation.md says what the
faults are, and what counts.
"""

from collections import Counter
from collections.abc import Iterator
from statistics import median
from typing import Final

from bench.figures import Figure
from bench.lab import Lab
from dev.simulation.clock import DAY_S
from dev.simulation.faults import KINDS
from dev.simulation.find import find
from dev.simulation.run import DEFAULTS, Health
from dev.simulation.score import Found, Outcome, compare
from dev.simulation.simulate import Simulation, simulate

STEP_S: Final = 300.0
PAGE_S: Final = 600.0
DAYS: Final = 14.0
ILL_DEVICES: Final = 320
OF_A_KIND: Final = 4
QUIET_DEVICES: Final = 1_000
SEED: Final = 826_114
"""None that tests or tuning used."""


def measure(lab: Lab) -> Iterator[Figure]:
    """An ill fleet with the same number of faults of each kind, then a fleet without any."""
    share = OF_A_KIND if lab.quick else 1
    ill = simulate(ILL_DEVICES // share, DAYS, STEP_S, SEED, KINDS * (OF_A_KIND // share))
    health = watched(ill)
    score = compare(ill.faults, find(ill, health))
    for kind in KINDS:
        yield of_kind(kind, [outcome for outcome in score.outcomes if outcome.fault.kind == kind])
    yield Figure(
        name="incidents_right",
        value=sum(outcome.right for outcome in score.outcomes) / len(score.outcomes),
        unit="ratio",
        at_least=1.0,
        detail={"faults": len(score.outcomes), "found": sum(outcome.found for outcome in score.outcomes)},
    )
    yield false_rate("incidents_false_besides_faults", ill, score.false, at_most=None)
    quiet = simulate(QUIET_DEVICES // (10 if lab.quick else 1), DAYS, STEP_S, SEED + 1)
    yield false_rate(
        "incidents_false_quiet_fleet", quiet, find(quiet, watched(quiet)), at_most=DEFAULTS.health_sensitivity
    )


def watched(simulation: Simulation) -> Health:
    """The health stage after all pages."""
    health = Health(simulation)
    for page in simulation.pages(PAGE_S):
        health.feed(page)
    return health


def of_kind(kind: str, outcomes: list[Outcome]) -> Figure:
    """The share of a kind's faults with exactly one incident that tells everything rightly, and what went wrong."""
    found = [outcome for outcome in outcomes if outcome.found]
    delays = [outcome.delay_s / 60 for outcome in found if outcome.delay_s is not None]
    detail = {
        "faults": len(outcomes),
        "found": len(found),
        "more_than_once": sum(outcome.incidents > 1 for outcome in found),
        **{f"wrong_{part}": sum(not getattr(outcome, part) for outcome in found) for part in PARTS},
        "delay_minutes": round(median(delays), 1) if delays else None,
        "least_size": min(outcome.fault.size for outcome in outcomes),
    }
    right = sum(outcome.right for outcome in outcomes) / len(outcomes)
    return Figure(name=f"incidents_right.{kind}", value=right, unit="ratio", at_least=1.0, detail=detail)


PARTS: Final = ("devices", "metric", "category", "cause")


def false_rate(
    name: str, simulation: Simulation, false: list[Found] | tuple[Found, ...], *, at_most: float | None
) -> Figure:
    """False incidents per device and week."""
    weeks = len(simulation.fleet.device) * (simulation.span[1] - simulation.span[0]) / (7 * DAY_S)
    kinds = Counter(f"{one.kind} {one.metric or ''}".strip() for one in false)
    detail = {"incidents": len(false), "device_weeks": round(weeks), "most": dict(kinds.most_common(5))}
    return Figure(name=name, value=len(false) / weeks, unit="per device-week", at_most=at_most, detail=detail)
