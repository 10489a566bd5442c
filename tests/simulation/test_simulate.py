"""The simulation itself: the same arguments give the same rows, and its labels say what is really in them."""

import numpy as np
import pytest

from ai_gateway.health.catalogue import METRICS
from dev.simulation.clock import DAY_S
from dev.simulation.effects import began_at
from dev.simulation.faults import FLAP_CYCLE_S, KINDS, RECIPES
from dev.simulation.fleet import COLUMN, TYPES
from dev.simulation.simulate import Page, Simulation, simulate

STEP_S = 600.0
SIZE = {"devices": 72, "days": 6, "step_s": STEP_S, "quiet_days": 2}


class Table:
    """All rows of a run, in the order of their arrival."""

    def __init__(self, simulation: Simulation, page_s: float = 3_600.0) -> None:
        pages = list(simulation.pages(page_s))
        self.device = np.concatenate([page.readings.device for page in pages])
        self.at = np.concatenate([page.readings.at for page in pages])
        self.values = np.concatenate([page.readings.values for page in pages])
        self.checked = np.concatenate([page.checks.device for page in pages])
        self.check_at = np.concatenate([page.checks.at for page in pages])
        self.healthy = np.concatenate([page.checks.healthy for page in pages])
        self.heartbeat = pages[-1].heartbeat

    def of(self, device: int, metric: str) -> dict[float, float]:
        own = self.device == device
        return dict(zip(self.at[own].tolist(), self.values[own, COLUMN[metric]].tolist(), strict=True))


@pytest.fixture(scope="module")
def ill() -> Simulation:
    return simulate(**SIZE, seed=3, faults=KINDS)


@pytest.fixture(scope="module")
def rows(ill: Simulation) -> Table:
    return Table(ill)


@pytest.fixture(scope="module")
def healthy_rows() -> Table:
    """The same fleet and the same chance without a fault: what would have been."""
    return Table(simulate(**SIZE, seed=3))


def test_the_same_arguments_give_the_same_rows(ill: Simulation, rows: Table) -> None:
    again = simulate(**SIZE, seed=3, faults=KINDS)
    assert again.faults == ill.faults
    assert again.events == ill.events
    table = Table(again)
    np.testing.assert_array_equal(table.values, rows.values)
    np.testing.assert_array_equal(table.at, rows.at)
    assert simulate(**SIZE, seed=4, faults=KINDS).faults != ill.faults


@pytest.mark.parametrize("page_s", [60.0, 7_200.0])
def test_rows_do_not_depend_on_the_size_of_pages(ill: Simulation, rows: Table, page_s: float) -> None:
    paged = Table(ill, page_s)
    for name in ("device", "at", "values", "checked", "check_at", "healthy", "heartbeat"):
        np.testing.assert_array_equal(getattr(paged, name), getattr(rows, name))


def test_every_kind_is_there_once_on_devices_of_its_own(ill: Simulation) -> None:
    assert sorted(fault.kind for fault in ill.faults) == sorted(KINDS)
    hit = [device for fault in ill.faults for device in fault.devices]
    assert len(hit) == len(set(hit))
    for fault in ill.faults:
        recipe = RECIPES[fault.kind]
        assert ill.span[0] + 2 * DAY_S <= fault.started < fault.ended <= ill.span[1]
        assert (fault.metric, fault.category, fault.scope) == (recipe.metric, recipe.category, recipe.scope)
        first = fault.devices[0] - 1
        assert TYPES[ill.fleet.kind[first]] in recipe.types
        assert ill.fleet.site[first] + 1 == fault.site
        assert (len(fault.devices) > 1) == (fault.scope != "device")


def test_a_fleet_without_room_for_the_faults_says_so() -> None:
    with pytest.raises(ValueError, match="no room for"):
        simulate(12, 3, STEP_S, faults=KINDS, quiet_days=2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if RECIPES[kind].metric])
def test_a_fault_changes_its_metric_as_its_label_says(
    ill: Simulation, rows: Table, healthy_rows: Table, kind: str
) -> None:
    fault = next(fault for fault in ill.faults if fault.kind == kind)
    assert fault.metric
    for device in fault.devices:
        began = began_at(fault, device)
        seen, usual = rows.of(device, fault.metric), healthy_rows.of(device, fault.metric)
        gaps = {at: abs(seen[at] - usual[at]) for at in set(seen) & set(usual) if np.isfinite(seen[at] - usual[at])}
        assert not any(gap for at, gap in gaps.items() if at < began or at >= fault.ended)
        during = [gap for at, gap in gaps.items() if began <= at < fault.ended]
        assert len(during) >= 4
        assert max(during) >= 2
    assert fault.size >= 3


def test_what_no_fault_touches_is_as_it_would_be_without_faults(
    ill: Simulation, rows: Table, healthy_rows: Table
) -> None:
    hit = [device for fault in ill.faults for device in fault.devices]
    spared, usual = ~np.isin(rows.device, hit), ~np.isin(healthy_rows.device, hit)
    np.testing.assert_array_equal(rows.values[spared], healthy_rows.values[usual])
    np.testing.assert_array_equal(rows.at[spared], healthy_rows.at[usual])


def test_a_till_works_as_much_as_it_sells(ill: Simulation, healthy_rows: Table) -> None:
    for index in ill.fleet.of_type("pos_terminal")[:10]:
        own = healthy_rows.values[healthy_rows.device == index + 1]
        sold, cpu = own[:, COLUMN["transaction_count"]], own[:, COLUMN["cpu_percent"]]
        known = np.isfinite(sold) & np.isfinite(cpu)
        assert np.corrcoef(sold[known], cpu[known])[0, 1] > 0.75
        day = sold[known & (own[:, COLUMN["transaction_count"]] > 0)]
        assert day.std() > 0.3 * day.mean()


def test_values_are_possible_and_some_are_missing(rows: Table) -> None:
    for column, metric in enumerate(METRICS):
        known = rows.values[np.isfinite(rows.values[:, column]), column]
        assert len(known)
        assert metric.low is None or known.min() >= metric.low
        assert metric.high is None or known.max() <= metric.high
    till_rows = rows.values[np.isfinite(rows.values[:, COLUMN["transaction_count"]])]
    assert 0.001 < np.isnan(till_rows[:, COLUMN["cpu_percent"]]).mean() < 0.02


def test_some_rows_come_late_some_out_of_order_and_some_never(ill: Simulation, rows: Table) -> None:
    backwards = sum((np.diff(rows.at[rows.device == device]) < 0).sum() for device in ill.fleet.device)
    assert 0 < backwards < 0.02 * len(rows.at)
    steady = ill.fleet.device[~ill.fleet.powers_down]
    due = len(steady) * SIZE["days"] * DAY_S / STEP_S
    assert 0.97 < np.isin(rows.device, steady).sum() / due < 0.998


def test_a_silent_device_is_not_heard_and_its_heartbeat_stands_still(ill: Simulation) -> None:
    fault = next(fault for fault in ill.faults if fault.kind == "silence")
    (device,) = fault.devices
    pages: list[Page] = [page for page in ill.pages(600.0) if fault.started + 600 < page.until <= fault.ended]
    assert {page.heartbeat[device - 1] for page in pages} == {pages[0].heartbeat[device - 1]}
    assert fault.started - 31 <= pages[0].heartbeat[device - 1] <= fault.started
    assert not any((page.checks.device == device).any() for page in pages)


def test_a_flapping_device_goes_away_and_comes_back(ill: Simulation) -> None:
    fault = next(fault for fault in ill.faults if fault.kind == "flapping")
    states = [
        row for row in ill.events.states if row.device in fault.devices and fault.started <= row.at <= fault.ended
    ]
    assert len(states) >= 2 * int((fault.ended - fault.started) / FLAP_CYCLE_S)
    assert {row.after for row in states} == {"online", "offline"}


def test_failing_checks_fail_during_the_fault(ill: Simulation, rows: Table) -> None:
    fault = next(fault for fault in ill.faults if fault.kind == "failed_checks")
    own = np.isin(rows.checked, fault.devices)
    on = own & (rows.check_at >= fault.started) & (rows.check_at < fault.ended)
    assert on.sum() >= 8
    assert not rows.healthy[on].any()
    assert rows.healthy[~on].mean() > 0.99


def test_a_roll_out_is_on_record_before_its_trouble_and_nothing_else_is(ill: Simulation) -> None:
    for fault in ill.faults:
        near = [
            change
            for change in ill.events.changes
            if change.device in fault.devices and fault.started - DAY_S < change.at < fault.ended
        ]
        assert set(near) == set(fault.changes)
        for device in fault.devices if fault.scope == "change" else ():
            (change,) = [change for change in near if change.device == device]
            assert 0 < began_at(fault, device) - change.at < 3_600


def test_a_store_that_closes_switches_off_what_it_may(ill: Simulation, rows: Table) -> None:
    fleet = ill.fleet
    off = fleet.device[fleet.powers_down]
    at_night = (rows.at % DAY_S < 3 * 3_600) & np.isin(rows.device, off)
    assert len(off)
    assert not at_night.any()
    assert sum(row.reason == "Heartbeat received" and row.device == off[0] for row in ill.events.states) >= 4
