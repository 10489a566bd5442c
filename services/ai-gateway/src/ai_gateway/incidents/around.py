"""What is known around trouble: what was done to its devices and to whom else, how many devices there are, how metrics rose."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ai_gateway.health.reader import HealthReader
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.history import History, RecordedChange
from ai_gateway.incidents.cause import Same, same
from ai_gateway.incidents.correlate import AFTER_CHANGE, DeviceChange, Facts
from ai_gateway.incidents.course import LABELS, Course, course_of
from ai_gateway.incidents.derive import Context
from ai_gateway.incidents.lifecycle import leading
from ai_gateway.incidents.plausible import shareable
from ai_gateway.incidents.types import Member

MOST_CHANGES: Final = 20_000
COURSE_BACK: Final = timedelta(hours=48)


class Around(NamedTuple):
    """What was looked up for some devices. ``facts`` are for finding groups, ``context`` for telling why."""

    facts: Facts
    context: Context


class Surroundings:
    """Looks things up in HOMEPOT and in the hourly readings. All raise ``Unavailable``."""

    def __init__(self, history: History, directory: Directory, health: HealthReader) -> None:
        """Args: history: what was done. directory: which sites are one operator's. health: hourly readings."""
        self._history = history
        self._directory = directory
        self._health = health

    async def changes(self, members: Iterable[Member], now: datetime) -> dict[int, list[RecordedChange]]:
        """What was done to the members' devices, by device, each from a day before its earliest on."""
        since: dict[int, datetime] = {}
        for member in members:
            if member.device is not None:
                begin = member.started_at - AFTER_CHANGE
                since[member.device] = min(since.get(member.device, begin), begin)
        found: dict[int, list[RecordedChange]] = defaultdict(list)
        for change in await self._history.device_changes(since, now, MOST_CHANGES):
            found[change.device].append(change)
        return found

    async def keys(self, changes: Mapping[int, Sequence[RecordedChange]]) -> dict[int, list[DeviceChange]]:
        """Those changes that several devices may have in common, by device; only devices of one operator share a key."""
        names = await self._directory.names()
        return {
            device: [DeviceChange(_key(change, names), change.at) for change in done if shareable(change)]
            for device, done in changes.items()
        }

    async def around(
        self,
        members: Sequence[Member],
        changes: Mapping[int, Sequence[RecordedChange]],
        keys: Mapping[int, Sequence[DeviceChange]],
        now: datetime,
    ) -> Around:
        """Everything that the rules ask of these members, whose changes are given."""
        sites = sorted({member.site for member in members})
        reach = await self._reach(sites, changes, now)
        facts = Facts(
            in_service=await self._history.devices_in_service(sites),
            changes=keys,
            reach={key: reach.get(what, 0) for key, what in await self._named(changes)},
        )
        return Around(facts, Context(changes, reach, keys, {}))

    async def courses(self, groups: Iterable[Sequence[Member]]) -> dict[int, Course]:
        """How the leading metric of each group of one device rose, where it did so steadily."""
        found: dict[int, Course] = {}
        for members in groups:
            lead = leading(members)
            if lead.device is None or lead.metric not in LABELS or len({member.device for member in members}) > 1:
                continue
            until = max(member.last_at for member in members)
            hours = await self._health.reading_hours(
                None, lead.metric, until - COURSE_BACK, until, devices=[lead.device]
            )
            means = [(hour.hour, hour.total / hour.samples) for hour in hours if hour.samples]
            if course := course_of(lead.metric, means):
                found[lead.device] = course
        return found

    async def _reach(
        self, sites: Sequence[int], changes: Mapping[int, Sequence[RecordedChange]], now: datetime
    ) -> dict[Same, int]:
        """How many devices had the same done, in all sites of these sites' operators."""
        done = [change for found in changes.values() for change in found]
        if not done:
            return {}
        names = await self._directory.names()
        everywhere = sorted({other for site in sites for other in sites_of_operator(site, names)})
        since: dict[str, datetime] = {}
        for change in done:
            since[change.name] = min(since.get(change.name, change.at), change.at)
        found: dict[Same, int] = defaultdict(int)
        for row in await self._history.change_reach(since, everywhere, now):
            found[row.what, row.name, row.value] += row.devices
        return found

    async def _named(self, changes: Mapping[int, Sequence[RecordedChange]]) -> set[tuple[str, Same]]:
        names = await self._directory.names()
        return {
            (_key(change, names), same(change)) for done in changes.values() for change in done if shareable(change)
        }


def sites_of_operator(site: int, names: Names) -> tuple[int, ...]:
    """All sites of the tenant whose site this is: what happens there may be one incident, and be told of another."""
    operator = _operator(site, names)
    return tuple(sorted({site, *(other for other in names.site_by_id if _operator(other, names) == operator)}))


def _operator(site: int, names: Names) -> str:
    """Whose site it is; one without a tenant stands alone."""
    known = names.site_by_id.get(site)
    return f"tenant {known.tenant_id}" if known and known.tenant_id is not None else f"site {site}"


def _key(change: RecordedChange, names: Names) -> str:
    return "|".join((_operator(change.site, names), change.what, change.name.lower(), change.value or ""))
