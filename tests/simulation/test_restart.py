"""Whatever cuts the stream, and whatever order devices come in, the same anomalies are told."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from ai_gateway.health.types import Anomaly, Batch
from dev.simulation.run import Health
from dev.simulation.simulate import Page, Simulation, simulate

KINDS = ("level_limit", "overheating", "error_burst", "site_latency", "flapping", "failed_checks", "silence")
PAGE_S = 1_800.0

Cut = Callable[[Health, Page, np.random.Generator], None]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(42, 2.5, 600.0, seed=8, faults=KINDS, quiet_days=1)


def run(simulation: Simulation, cut: Cut, seed: int = 0) -> set[Anomaly]:
    health, rng = Health(simulation), np.random.default_rng(seed)
    for page in simulation.pages(PAGE_S):
        cut(health, page, rng)
    return {essence(anomaly) for anomaly in health.anomalies.values()}


def essence(anomaly: Anomaly) -> Anomaly:
    """How long a silence is borne is learnt of the times of scans, of which a restart takes one: it is left out."""
    if anomaly.kind != "silence":
        return anomaly
    return msgspec.structs.replace(anomaly, score=0.0, severity="", value=None, expected=None, upper=None)


def whole(health: Health, page: Page, _rng: np.random.Generator) -> None:
    health.feed(page)


@pytest.fixture(scope="module")
def told(simulation: Simulation) -> set[Anomaly]:
    return run(simulation, whole)


def some(readings: Batch, rows: slice | np.ndarray) -> Batch:
    return Batch(readings.device[rows], readings.at[rows], readings.values[rows])


def test_there_is_something_to_tell(simulation: Simulation, told: set[Anomaly]) -> None:
    assert {"flapping", "checks", "silence"} < {anomaly.kind for anomaly in told}
    hit = {device for fault in simulation.faults for device in fault.devices}
    assert len(hit & {anomaly.device for anomaly in told}) > 0.8 * len(hit)


def test_batches_may_be_cut_at_any_row(simulation: Simulation, told: set[Anomaly]) -> None:
    def cut(health: Health, page: Page, rng: np.random.Generator) -> None:
        health.enter(page)
        count = len(page.readings.at)
        cuts = np.sort(rng.integers(0, count + 1, 3))
        for begin, end in zip([0, *cuts], [*cuts, count], strict=True):
            health.read(some(page.readings, slice(begin, end)), page.until)
        health.end(page)

    assert run(simulation, cut, 1) == told


def test_a_restart_at_any_row_changes_nothing(simulation: Simulation, told: set[Anomaly]) -> None:
    def cut(health: Health, page: Page, rng: np.random.Generator) -> None:
        health.enter(page)
        place = int(rng.integers(0, len(page.readings.at) + 1))
        health.read(some(page.readings, slice(0, place)), page.until)
        if rng.random() < 0.2:
            health.restart()
        health.read(some(page.readings, slice(place, None)), page.until)
        health.end(page)
        if rng.random() < 0.1:
            health.restart()

    assert run(simulation, cut, 3) == told


def test_the_order_of_devices_does_not_matter(simulation: Simulation, told: set[Anomaly]) -> None:
    def shuffled(health: Health, page: Page, rng: np.random.Generator) -> None:
        rank = rng.permutation(len(simulation.fleet.device) + 1)
        order = np.argsort(rank[page.readings.device], kind="stable")
        health.feed(page._replace(readings=some(page.readings, order)))

    assert run(simulation, shuffled, 5) == told
