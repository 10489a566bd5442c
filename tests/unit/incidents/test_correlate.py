"""Which members are the same trouble, whatever their order and however they are cut into batches."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from ai_gateway.incidents.correlate import DeviceChange, Facts, Group, correlate, enough, identity
from ai_gateway.incidents.types import Member
from tests.unit.incidents.conftest import RULES, alert, anomaly, at

NOTHING = Facts({}, {}, {})
TEN = Facts({1: 10, 2: 10, 3: 10}, {}, {})


def groups(members: Sequence[Member], facts: Facts = TEN) -> list[list[int]]:
    """Ids of the members of each group, in order."""
    return [[member.id for member in group.members] for group in correlate(members, facts, RULES)]


def together(*members: Member, facts: Facts = TEN) -> bool:
    return len(groups(members, facts)) == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        # Another symptom of the device: within half an hour of a beginning, or of an end that is near it.
        (anomaly(11, 0, 5), anomaly(11, 35, metric="error_rate"), True),
        (anomaly(11, 0, 5), anomaly(11, 36, metric="error_rate"), False),
        (anomaly(11, 0), anomaly(11, 6 * 60 + 30, metric="error_rate"), True),
        (anomaly(11, 0), anomaly(11, 6 * 60 + 31, metric="error_rate"), False),
        (anomaly(11, 0, 600), anomaly(11, 500, metric="error_rate"), False),
        # The same symptom: while it is on, or within two hours of its end.
        (anomaly(11, 0), anomaly(11, 40_000), True),
        (anomaly(11, 0, 600), anomaly(11, 720), True),
        (anomaly(11, 0, 600), anomaly(11, 721), False),
        # A disk fills slowly: what pauses for a day is the same.
        (anomaly(11, 0, 60, "disk_percent"), anomaly(11, 25 * 60, metric="disk_percent"), True),
        (anomaly(11, 0, 60, "disk_percent"), anomaly(11, 25 * 60 + 1, metric="disk_percent"), False),
        # Another detector of the same metric is the same symptom; silence and latency are both connectivity.
        (anomaly(11, 0, 60), anomaly(11, 179, kind="season"), True),
        (anomaly(11, 0, 60, None), anomaly(11, 179, metric="network_latency_ms"), True),
        # Fewer sales and less money are one symptom.
        (anomaly(11, 0, 60, "transaction_volume"), anomaly(11, 179, metric="transaction_count"), True),
        # Another device is another trouble, and so is an alert of it.
        (anomaly(11, 0), anomaly(12, 0), False),
        (anomaly(11, 0), alert(1, 12, 0), False),
        # An alert belongs to the device's anomaly, before or after it.
        (anomaly(11, 5), alert(1, 11, 0), True),
        (anomaly(11, 0), alert(1, 11, 100), True),
        (alert(1, 11, 0), alert(2, 11, 3000), True),
        (alert(1, 11, 0, 10), alert(2, 11, 131), False),
    ],
)
def test_one_device(first: Member, second: Member, *, same: bool) -> None:
    assert together(first, second) == same
    assert together(second, first) == same


@pytest.mark.parametrize(
    ("devices", "needed"), [(0, 2), (1, 2), (2, 2), (3, 3), (9, 3), (30, 3), (31, 4), (100, 10), (1000, 100)]
)
def test_how_many_devices_are_more_than_chance(devices: int, needed: int) -> None:
    assert enough(devices) == needed


def test_devices_of_a_site_that_begin_at_once_are_one_trouble() -> None:
    three = [anomaly(11, 0), anomaly(12, 4), anomaly(13, 10)]
    assert together(*three)
    assert not together(*three[:2])
    assert not together(three[0], three[1], anomaly(13, 11))
    assert not together(three[0], three[1], anomaly(21, 5))
    assert not together(three[0], three[1], anomaly(13, 5, metric="memory_percent"))


def test_a_site_of_two_devices_needs_both() -> None:
    assert together(anomaly(11, 0, None, None), anomaly(12, 1, None, None), facts=Facts({1: 2}, {}, {}))


def test_of_a_large_site_a_tenth_must_suffer() -> None:
    facts = Facts({1: 50}, {}, {})
    assert not together(*(anomaly(10 + n, 0) for n in range(4)), facts=facts)
    assert together(*(anomaly(10 + n, 0) for n in range(5)), facts=facts)


def test_one_device_three_times_is_no_site() -> None:
    assert len(groups([anomaly(11, 0, 1), anomaly(11, 2, 3), anomaly(11, 4), anomaly(12, 4)])) == 2


def test_who_follows_while_the_site_suffers_belongs_to_it() -> None:
    site = [anomaly(11, 0, 60), anomaly(12, 1, 60), anomaly(13, 2, 60)]
    assert together(*site, anomaly(14, 90))
    assert not together(*site, anomaly(14, 91))
    assert together(*site, anomaly(14, -30, 50))
    assert not together(*site, anomaly(14, -31, 50))


def test_a_site_brings_what_else_its_devices_have() -> None:
    site = [anomaly(11, 0), anomaly(12, 1), anomaly(13, 2)]
    assert together(*site, anomaly(12, 20, metric="error_rate"), alert(1, 13, 25))


def test_an_alert_of_the_site_belongs_to_what_it_is_about() -> None:
    latency = [anomaly(11, 0, metric="network_latency_ms")]
    about = {"kind": "limit", "metric": "network_latency_ms", "category": "connectivity"}
    assert together(*latency, alert(1, None, 20, **about))
    assert together(*latency, alert(1, None, -30, **about))
    assert not together(*latency, alert(1, None, 20))
    assert not together(anomaly(21, 0, metric="network_latency_ms"), alert(1, None, 20, **about))


def rolled_out(*devices: int, minutes: float = -10, reach: int | None = None) -> Facts:
    change = DeviceChange("tenant 1|set|firmware_version|2.5.0", at(minutes))
    return Facts({}, {device: [change] for device in devices}, {change.key: reach or len(devices)})


def test_devices_of_several_sites_after_the_same_change_are_one_trouble() -> None:
    five = [anomaly(10 * n, 20 * n) for n in range(1, 6)]
    facts = rolled_out(10, 20, 30, 40, 50)
    assert together(*five, facts=facts)
    (group,) = correlate(five, facts, RULES)
    assert group.change == "tenant 1|set|firmware_version|2.5.0"
    assert len(groups(five, NOTHING)) == 5


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (rolled_out(10, 20, 30, 40, minutes=300), "it came afterwards"),
        (rolled_out(10, 20, 30, 40, minutes=-25 * 60), "it was long before"),
        (rolled_out(10, 20, 30, 40, reach=100), "nearly all that had it are well"),
        (rolled_out(10, 20, reach=3), "two of three are too few"),
    ],
)
def test_a_change_that_does_not_tell_them_apart_joins_nothing(facts: Facts, why: str) -> None:
    assert len(groups([anomaly(10 * n, 20 * n) for n in range(1, 5)], facts)) == 4, why


def test_another_symptom_after_the_change_is_another_trouble() -> None:
    members = [anomaly(10, 0), anomaly(20, 0), anomaly(30, 0, metric="memory_percent"), anomaly(40, 0, None, None)]
    assert len(groups(members, rolled_out(10, 20, 30, 40))) == 4


def test_the_id_is_that_of_the_earliest_and_stays_when_later_ones_join() -> None:
    first, second, other = anomaly(11, 0), anomaly(11, 10, metric="error_rate"), alert(7, 11, 0)
    (alone,) = correlate([first], TEN, RULES)
    (grown,) = correlate([other, second, first], TEN, RULES)
    assert identity(alone.members[0]) == identity(grown.members[0]) == identity(anomaly(11, 0, 99, score=9.0))
    assert len({identity(one) for one in (first, second, other, anomaly(12, 0), anomaly(11, 0, kind="limit"))}) == 5


def test_what_was_joined_stays_joined() -> None:
    one, other = anomaly(11, 0, 1), anomaly(11, 500, 501)
    known = identity(one)
    assert groups([msgspec.structs.replace(member, incident=known) for member in (one, other)]) == [[one.id, other.id]]


def random_members(draw: random.Random, count: int) -> list[Member]:
    """Members of three sites over a few hours, with ends, alerts of devices and of a site."""
    members = []
    for number in range(count):
        start = round(draw.uniform(0, 600))
        end = draw.choice([None, start + draw.randint(0, 120)])
        device = draw.choice([11, 12, 13, 14, 21, 22, 23, 31])
        if draw.random() < 0.25:
            members.append(alert(number, draw.choice([None, device]), start, end))
        else:
            metric = draw.choice(["cpu_percent", "error_rate", "network_latency_ms", None])
            members.append(anomaly(device, start, end, metric))
    return list({(one.source, one.id, one.metric): one for one in members}.values())


def in_batches(members: Sequence[Member], facts: Facts, draw: random.Random) -> dict[tuple[str, int, str | None], str]:
    """Feed the members as a worker would: each batch with all that is known, which keeps the incident it got."""
    left, known = list(members), []
    while left:
        size = draw.randint(1, 5)
        batch, left = left[:size], left[size:]
        found = correlate([*known, *batch], facts, RULES)
        known = [
            msgspec.structs.replace(member, incident=identity(group.members[0]))
            for group in found
            for member in group.members
        ]
    return {(one.source, one.id, one.metric): str(one.incident) for one in known}


def ids(found: Sequence[Group]) -> dict[tuple[str, int, str | None], str]:
    return {
        (one.source, one.id, one.metric): str(identity(group.members[0])) for group in found for one in group.members
    }


@pytest.mark.parametrize("seed", range(40))
def test_neither_the_order_nor_the_cut_of_batches_changes_anything(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test's dice
    members = random_members(draw, draw.choice([5, 20, 60]))
    change = DeviceChange("tenant 1|set|a|b", at(draw.uniform(0, 300)))
    facts = Facts({1: 4, 2: 3, 3: 1}, {device: [change] for device in (11, 21, 31)}, {change.key: 3})
    whole = ids(correlate(members, facts, RULES))
    assert len(set(whole.values())) > 1 or len(members) == 5
    for _ in range(4):
        draw.shuffle(members)
        assert ids(correlate(members, facts, RULES)) == whole
        assert in_batches(members, facts, draw) == whole


def as_it_happens(members: Sequence[Member], facts: Facts, step: int) -> dict[tuple[str, int, str | None], str]:
    """What a worker sees that looks every `step` minutes: what has begun, with the ends that have come."""
    incidents: dict[tuple[str, int, str | None], UUID] = {}
    for minutes in range(0, 800 + step, step):
        seen = [
            msgspec.structs.replace(
                one,
                ended_at=one.ended_at if one.ended_at and one.ended_at <= at(minutes) else None,
                incident=incidents.get((one.source, one.id, one.metric)),
            )
            for one in members
            if one.started_at <= at(minutes)
        ]
        for group in correlate(seen, facts, RULES):
            for one in group.members:
                incidents[one.source, one.id, one.metric] = identity(group.members[0])
    return {key: str(value) for key, value in incidents.items()}


@pytest.mark.parametrize("seed", range(10))
def test_seen_every_few_minutes_or_only_once_afterwards_it_is_the_same(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a test's dice
    members = random_members(draw, 40)
    assert as_it_happens(members, TEN, 7) == as_it_happens(members, TEN, 400) == ids(correlate(members, TEN, RULES))


def test_a_device_with_very_many_open_alerts_costs_little_more_than_its_members() -> None:
    members = [alert(number, 11, number) for number in range(5_000)]
    (group,) = correlate(members, TEN, RULES)
    assert len(group.members) == 5_000
    assert group.members[0].started_at - group.members[-1].started_at == timedelta(minutes=-4_999)
