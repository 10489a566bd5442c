"""Which devices are compared, and which past failures are kept of site, tenant and fleet."""

import numpy as np
import pytest

from ai_gateway.prediction.alike import KEPT, progressions
from ai_gateway.prediction.core.types import DAY, Events, Floats, History, Kind, Readings, Role
from ai_gateway.prediction.fleet import FAILURES, sign_name
from ai_gateway.prediction.outlook import WEEK
from ai_gateway.prediction.types import HOURS, Fleet, Outlook
from tests.unit.prediction.histories import START

DAYS, FAILED, NOW_FILLING = 90, 30, 30
END = START + DAYS * DAY
SIGN = Kind(sign_name("limit", "disk_percent"), Role.ERROR, "disk percent trouble")
CRITICAL = [kind.name for kind in FAILURES].index("critical")


def filled() -> Fleet:
    """Thirty devices whose disks filled at different times, one that fills now, and thirty that do not.

    Three in a row share a site, and ten a tenant.
    """
    rng = np.random.default_rng(1)
    devices = FAILED + 31
    values = rng.normal(50, 0.3, (DAYS, devices))
    ends = [*(rng.integers(50, 75, FAILED)), DAYS + 2]
    for device, end in enumerate(ends):
        day = np.arange(DAYS)
        values[:, device] += np.where((day >= end - 14) & (day < end), 2.5 * (day - end + 14), 0)
    of, at = np.arange(FAILED), START + DAY * np.array(ends[:FAILED])
    history = History(
        machines=tuple(map(str, range(devices))),
        metrics=("disk_percent",),
        kinds=(*FAILURES, SIGN),
        trait_names=(),
        readings=Readings(
            np.tile(np.arange(devices), DAYS),
            START + DAY * np.repeat(np.arange(1, DAYS + 1), devices),
            values.reshape(-1, 1),
        ),
        events=Events(
            np.r_[of, of, 40],
            np.r_[at, at, END - DAY],
            np.r_[np.full(FAILED, CRITICAL), np.full(FAILED + 1, len(FAILURES))],
        ),
        traits=np.empty((devices, 0)),
        since=np.full(devices, START),
        until=np.full(devices, END),
    )
    sites = np.arange(devices) // 3
    sites[NOW_FILLING] = 0
    tenants = tuple(1 if device < 10 or device == NOW_FILLING else 2 for device in range(devices))
    return Fleet(history, 100 + np.arange(devices), sites, (), tenants)


def told(basis: str, risk: Floats) -> Outlook:
    every = np.zeros((len(risk), len(HOURS)))
    every[:, WEEK] = risk
    counts = np.zeros(len(risk), np.int64)
    return Outlook(basis, None, every, every, every, counts, counts, [()] * len(risk), [()] * len(risk))


def test_the_likest_of_the_site_the_tenant_and_the_fleet_are_kept() -> None:
    fleet = filled()
    found = progressions(fleet, told("model", np.zeros(len(fleet.devices))), END)[NOW_FILLING]
    assert found is not None
    assert found.unusual
    kept = [one.device - 100 for one in found.past]
    assert len(kept) == len(set(kept)) <= 3 * KEPT
    assert {0, 1, 2} <= set(kept)
    assert sum(device < 10 for device in kept) >= KEPT
    similar = [one.similarity for one in found.past]
    assert similar == sorted(similar, reverse=True)
    first = found.past[0]
    assert (first.kind, first.metric, first.site) == ("critical", "disk_percent", (first.device - 100) // 3)
    assert first.alike[0].name == "disk_percent"


@pytest.mark.parametrize(("basis", "compared"), [("model", 7), ("prior", 40)])
def test_the_riskiest_are_compared_or_those_with_most_signs(basis: str, compared: int) -> None:
    fleet = filled()
    risk = np.zeros(len(fleet.devices))
    risk[7] = 0.9
    found = progressions(fleet, told(basis, risk), END, most=1)
    assert [place for place, one in enumerate(found) if one is not None] == [compared]


def test_without_tenants_site_and_fleet_are_left() -> None:
    fleet = filled()._replace(tenants=())
    found = progressions(fleet, told("prior", np.zeros(len(fleet.devices))), END)[NOW_FILLING]
    assert found is not None
    assert KEPT <= len(found.past) <= 2 * KEPT
