"""Which anomalies and alerts are the same trouble: links between members, and the groups that they make.

Pure, and the same whatever the order of the members or the cut of batches: every rule looks at what stays as it is (device,
symptom, start) or only becomes known once (end), links only join, and what was joined before stays joined. So members may
come one at a time, each with those near it, and end in the groups that all of them together make.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from ai_gateway.incidents.category import symptom_of
from ai_gateway.incidents.types import Member

NAMESPACE: Final = UUID("5d0f6f0e-3c0b-5f0a-9a1c-1d1f4c1f7f11")
AT_ONCE: Final = timedelta(minutes=10)
"""Devices of a site that begin to suffer within this time suffer from one thing."""
AFTER_CHANGE: Final = timedelta(hours=24)
"""Trouble that begins this long after a change may come from it."""
ATTRACTS: Final = timedelta(hours=6)
"""Trouble that has lasted longer is not joined by other symptoms of the device that begin later."""
FAR: Final = datetime.max.replace(tzinfo=UTC)
SLOW: Final = frozenset({"disk_percent", "memory_percent", "temperature_celsius"})
"""Metrics that take hours to move: such trouble pauses for hours and is still the same."""
SLOW_FACTOR: Final = 12
LEAST_DEVICES: Final = 3
LEAST_SHARE: Final = 0.1


class Rules(NamedTuple):
    """``gap``: other trouble of a device that begins within this time belongs together.

    ``reopen``: the same trouble that returns within this time is the same; of a slow metric, within a multiple of it.
    """

    gap: timedelta
    reopen: timedelta

    @property
    def longest(self) -> timedelta:
        """How long after its end anything may still be joined."""
        return max(self.gap, self.reopen * SLOW_FACTOR)


class DeviceChange(NamedTuple):
    """A change that a device had. ``key`` is the same for all devices of an operator that had the same one."""

    key: str
    at: datetime


class Facts(NamedTuple):
    """What is known besides the members.

    ``in_service``: devices in service by site. ``changes``: of each device, those shortly before its trouble. ``reach``: how
    many devices had the change with that key.
    """

    in_service: Mapping[int, int]
    changes: Mapping[int, Sequence[DeviceChange]]
    reach: Mapping[str, int]


class Group(NamedTuple):
    """Members that are one trouble, the earliest first. ``change``: the key of the change that several devices share."""

    members: tuple[Member, ...]
    change: str | None


def order(member: Member) -> tuple[datetime, bool, int, str, str, int]:
    """Members in the order of time; ties are broken by what a member is, never by when it came."""
    alert = member.source == "alert"
    return (member.started_at, alert, member.device or 0, member.kind, member.metric or "", member.id if alert else 0)


def identity(first: Member) -> UUID:
    """The id of the incident whose earliest member this is."""
    if first.source == "alert":
        return uuid5(NAMESPACE, f"alert\x1f{first.id}")
    parts = (first.device, first.kind, first.metric or "", first.started_at.timestamp())
    return uuid5(NAMESPACE, "\x1f".join(map(str, parts)))


def enough(devices: int) -> int:
    """How many of so many devices must suffer before it is more than chance: a tenth, at least three, or all of two."""
    return max(2, min(devices, max(LEAST_DEVICES, ceil(devices * LEAST_SHARE))))


def follows(started: datetime, changed: datetime) -> bool:
    """Whether trouble that began then may come from what was done at ``changed``."""
    return timedelta() <= started - changed <= AFTER_CHANGE


def symptom(member: Member) -> str:
    """By what the trouble of two devices is the same."""
    return symptom_of(member.kind, member.metric, member.category)


def correlate(members: Iterable[Member], facts: Facts, rules: Rules) -> list[Group]:
    """All groups of ``members``, in the order of their first members.

    Members that have an incident already stay with those that have the same one.
    """
    listed = sorted(members, key=order)
    joined = _Joined(len(listed))
    places: dict[UUID, int] = {}
    for place, member in enumerate(listed):
        if member.incident is not None:
            joined.join(place, places.setdefault(member.incident, place))
    for one, other in (*_of_devices(listed, rules), *_of_sites(listed, facts, rules), *_of_site_alerts(listed, rules)):
        joined.join(one, other)
    changed: dict[int, str] = {}
    for key, found in _after_changes(listed, facts):
        for one, other in pairwise(found):
            joined.join(one, other)
        changed |= dict.fromkeys(found, key)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(listed)):
        groups[joined.root(place)].append(place)
    return [
        Group(tuple(listed[place] for place in found), min((changed[p] for p in found if p in changed), default=None))
        for found in groups.values()
    ]


class _Joined:
    """Disjoint sets of places (union by the smaller root, path halving)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first


def _by(listed: Sequence[Member], key: Callable[[Member], Hashable | None]) -> Iterator[list[int]]:
    """Places of the members with the same key, in their order; those whose key is ``None`` are left out."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for place, member in enumerate(listed):
        if (value := key(member)) is not None:
            found[value].append(place)
    yield from found.values()


def _of_devices(listed: Sequence[Member], rules: Rules) -> Iterator[tuple[int, int]]:
    """One device: the same symptom while it is on or soon after, another one while the trouble is young or soon after.

    What reaches furthest stands for all: two that reach a third one reach each other.
    """
    for places in _by(listed, lambda member: member.device):
        furthest: dict[str | None, tuple[datetime, int]] = {}
        for place in places:
            member = listed[place]
            for kind, reach in ((None, _reach_of_any(member, rules)), (symptom(member), _reach_of_same(member, rules))):
                if kind in furthest and member.started_at <= furthest[kind][0]:
                    yield furthest[kind][1], place
                furthest[kind] = max(furthest.get(kind, (reach, place)), (reach, place))


def _end(member: Member) -> datetime:
    return FAR if member.ended_at is None else max(member.ended_at, member.started_at)


def _reach_of_same(member: Member, rules: Rules) -> datetime:
    """Until when the same symptom of the device belongs to this member."""
    end = _end(member)
    pause = rules.reopen * SLOW_FACTOR if member.metric in SLOW else rules.reopen
    return end if end == FAR else end + max(rules.gap, pause)


def _reach_of_any(member: Member, rules: Rules) -> datetime:
    """Until when any symptom of the device belongs to this member."""
    return min(_end(member), member.started_at + ATTRACTS) + rules.gap


def _of_sites(listed: Sequence[Member], facts: Facts, rules: Rules) -> Iterator[tuple[int, int]]:
    """Several devices of one site that begin to suffer from the same at once, and those that follow meanwhile."""
    for places in _by(listed, lambda member: None if member.device is None else (member.site, symptom(member))):
        at_once = list(_at_once(listed, places, enough(facts.in_service.get(listed[places[0]].site, 0))))
        yield from at_once
        core = sorted({place for pair in at_once for place in pair})
        reach, furthest = datetime.min.replace(tzinfo=UTC), -1
        for place in places if core else ():
            started = listed[place].started_at
            if started <= reach:
                yield furthest, place
            following = bisect_right(core, place)
            if following < len(core) and listed[core[following]].started_at <= started + rules.gap:
                yield place, core[following]
            if core[following - 1] == place:
                reach, furthest = max((reach, furthest), (_reach_of_any(listed[place], rules), place))


def _at_once(listed: Sequence[Member], places: Sequence[int], need: int) -> Iterator[tuple[int, int]]:
    """Of ``places`` with one symptom, those of at least ``need`` devices that begin within `AT_ONCE`."""
    starts = [listed[place].started_at for place in places]
    for index, start in enumerate(starts):
        window = places[bisect_left(starts, start - AT_ONCE) : index + 1]
        if len({listed[place].device for place in window}) >= need:
            yield from pairwise(window)


def _of_site_alerts(listed: Sequence[Member], rules: Rules) -> Iterator[tuple[int, int]]:
    """An alert that names a site and no device belongs to what begins there about then, if it is about the same."""
    for places in _by(listed, lambda member: (member.site, member.category)):
        alerts = [place for place in places if listed[place].device is None]
        for first, second in (sorted((alert, place)) for alert in alerts for place in places):
            if listed[second].started_at <= _reach_of_any(listed[first], rules):
                yield first, second


def _after_changes(listed: Sequence[Member], facts: Facts) -> Iterator[tuple[str, list[int]]]:
    """Several devices with the same symptom, each after the same change, at any site: the change's key, and the places."""
    found: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
    for place, member in enumerate(listed):
        for change in facts.changes.get(member.device, ()) if member.device is not None else ():
            if follows(member.started_at, change.at):
                found[change.key, symptom(member)][place] = None
    for (key, _), places in found.items():
        devices = {listed[place].device for place in places}
        if len(devices) >= enough(facts.reach.get(key, len(devices))):
            yield key, list(places)
