"""Every kind of fault becomes exactly one incident that says the right device, metric, category and cause."""

import pytest

from ai_gateway.health.detect import SENSITIVITY
from dev.simulation.clock import DAY_S
from dev.simulation.faults import KINDS
from dev.simulation.find import find
from dev.simulation.run import Health
from dev.simulation.score import Outcome, compare
from dev.simulation.simulate import Simulation, simulate

SUDDEN = ("level_limit", "overheating", "error_burst", "site_latency", "flapping", "failed_checks", "silence")
LEARNT = tuple(kind for kind in KINDS if kind not in SUDDEN)


def judged(simulation: Simulation, page_s: float) -> dict[str, Outcome]:
    health = Health(simulation)
    for page in simulation.pages(page_s):
        health.feed(page)
    score = compare(simulation.faults, find(simulation, health))
    return {outcome.fault.kind: outcome for outcome in score.outcomes}


@pytest.fixture(scope="module")
def sudden() -> dict[str, Outcome]:
    """Faults that a day of history is enough for, with scans every ten minutes."""
    return judged(simulate(48, 3, 600.0, seed=11, faults=SUDDEN, quiet_days=1), 600.0)


@pytest.fixture(scope="module")
def learnt() -> dict[str, Outcome]:
    """Faults that only those see who know the device's week."""
    return judged(simulate(54, 10.5, 600.0, seed=12, faults=LEARNT, quiet_days=7), 3_600.0)


@pytest.mark.parametrize("kind", SUDDEN)
def test_a_fault_of_any_device_is_one_incident(sudden: dict[str, Outcome], kind: str) -> None:
    assert sudden[kind].right, sudden[kind]


@pytest.mark.parametrize("kind", LEARNT)
def test_a_fault_of_a_device_that_is_known_is_one_incident(learnt: dict[str, Outcome], kind: str) -> None:
    assert learnt[kind].right, learnt[kind]


def test_a_quiet_fleet_raises_fewer_false_incidents_than_are_accepted() -> None:
    simulation = simulate(48, 4, 600.0, seed=13)
    health = Health(simulation)
    for page in simulation.pages(1_800.0):
        health.feed(page)
    weeks = len(simulation.fleet.device) * (simulation.span[1] - simulation.span[0]) / (7 * DAY_S)
    assert len(find(simulation, health)) / weeks <= SENSITIVITY
