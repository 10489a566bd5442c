"""The job that follows incidents: new anomalies and alerts are grouped, what has an incident is followed to its end."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram

from ai_gateway.homepot.history import SETTLED, AlertState, History, NewAlert
from ai_gateway.incidents.around import Surroundings
from ai_gateway.incidents.category import BY_ALERT_SEVERITY, read_alert
from ai_gateway.incidents.correlate import AFTER_CHANGE, Group, Rules, correlate
from ai_gateway.incidents.derive import Derived, derive
from ai_gateway.incidents.lifecycle import QUIET
from ai_gateway.incidents.store import DOWN, PART
from ai_gateway.incidents.types import Member
from ai_gateway.incidents.writing import Writing
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.db import Pool, connection
from ai_gateway.kit.logging import get_logger

JOB: Final = "follow_incidents"
PAGE: Final = 1_000
ALERTS_AGAIN: Final = 200
"""Ids behind the newest alert that are asked for again: rows become visible in another order than they are numbered."""
RECENT: Final = timedelta(hours=24)
"""Alerts that were settled before anybody here saw them are part of history if they are older."""

OPENED = Counter("ai_incidents_opened_total", "Incidents opened.", ["category", "severity"])
RESOLVED = Counter(
    "ai_incidents_resolved_total", "Incidents resolved by the end of their trouble.", ["category", "severity"]
)
REOPENED = Counter("ai_incidents_reopened_total", "Incidents whose trouble came back.", ["category", "severity"])
OPEN = Gauge("ai_incidents_open", "Unresolved incidents.", ["severity"])
DELAY = Histogram(
    "ai_incident_delay_seconds",
    "Time from the detection of an anomaly to its incident.",
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 1800),
)

_log = get_logger("incidents")


class _Done(NamedTuple):
    """One step: what was stored, when its new anomalies had been detected, and whether there is more."""

    derived: Sequence[Derived] = ()
    detected: Sequence[datetime] = ()
    more: bool = False


class IncidentJob:
    """Each step is one transaction: several workers may run, and one that ends anywhere goes on from there."""

    def __init__(
        self,
        pool: Pool,
        history: History,
        surroundings: Surroundings,
        clock: Clock,
        rules: Rules,
        *,
        keep: timedelta,
        page: int = PAGE,
    ) -> None:
        """Make the job.

        Args:
            pool: own database.
            history: HOMEPOT's alerts.
            surroundings: what else is known around trouble.
            clock: now.
            rules: how far apart trouble may be and still be the same.
            keep: how long incidents are kept after their end.
            page: most anomalies, alerts or incidents of one step.
        """
        self._pool = pool
        self._history = history
        self._surroundings = surroundings
        self._clock = clock
        self._rules = rules
        self._keep = keep
        self._page = page

    async def run(self) -> int:
        """Bring incidents up to date; returns how many were stored anew or changed.

        Raises:
            Unavailable: a database is down.
        """
        stored = 0
        for step in (self._take_new, self._follow_alerts, self._follow_members):
            more = True
            while more:
                done = await step()
                more = done.more
                stored += len(done.derived)
                self._report(done)
        async with self._writing() as writing:
            await writing.touch()
            await writing.drop_old(self._clock() - self._keep, self._page)
            counts = await writing.open_counts()
        for severity in ("critical", "warning", "info"):
            OPEN.labels(severity).set(counts.get(severity, 0))
        return stored

    async def _take_new(self) -> _Done:
        """Find the incidents of the next page of anomalies and alerts."""
        async with self._writing() as writing:
            if not await writing.lock():
                return _Done()
            anomalies, detected = await writing.new_anomalies(self._page)
            position = int((await writing.position(JOB)).get("alert", 0))
            rows = await self._history.new_alerts(
                max(0, position - ALERTS_AGAIN), self._clock() - RECENT, self._page + ALERTS_AGAIN
            )
            alerts = await self._alerts(writing, rows)
            derived = await self._place(writing, [*anomalies, *alerts]) if anomalies or alerts else []
            if rows and rows[-1].id > position:
                await writing.move(JOB, {"alert": rows[-1].id})
            more = len(anomalies) == self._page or len(rows) == self._page + ALERTS_AGAIN
            return _Done(derived, detected, more)

    async def _alerts(self, writing: Writing, rows: Sequence[NewAlert]) -> list[Member]:
        known = await writing.known_alerts([row.id for row in rows])
        now = self._clock()
        return [alert_member(row, now) for row in rows if row.id not in known and _counts(row) and row.site is not None]

    async def _place(self, writing: Writing, new: Sequence[Member]) -> list[Derived]:
        """Group new members with those near them, and derive the incidents that change by it."""
        now = self._clock()
        changes = await self._surroundings.changes(new, now)
        keys = await self._surroundings.keys(changes)
        begin = min(member.started_at for member in new)
        near = await writing.near(
            {member.site for member in new},
            begin - self._rules.longest,
            {change.key for found in keys.values() for change in found},
            begin - AFTER_CHANGE,
        )
        members = [*new, *await writing.members(near)]
        missing = [member for member in members if member.device not in changes]
        changes = {**await self._surroundings.changes(missing, now), **changes}
        keys = await self._surroundings.keys(changes)
        around = await self._surroundings.around(members, changes, keys, now)
        groups = [group for group in correlate(members, around.facts, self._rules) if _changed(group)]
        context = around.context._replace(courses=await self._surroundings.courses(one.members for one in groups))
        held = await writing.held({id_ for group in groups for id_ in _incidents(group)})
        derived = [
            derive(group.members, group.change, [held[id_] for id_ in _incidents(group)], context, now)
            for group in groups
        ]
        await writing.put(derived)
        return derived

    async def _follow_alerts(self) -> _Done:
        """See what became of HOMEPOT's alerts."""
        after, more = 0, True
        async with self._writing() as writing:
            if not await writing.lock():
                return _Done()
            now = self._clock()
            while more:
                ids = await writing.open_alerts(after, self._page)
                states = {state.id: state for state in await self._history.alert_states(ids)} if ids else {}
                await writing.update_alerts([alert_row(id_, states.get(id_), now) for id_ in ids], now)
                after, more = ids[-1] if ids else after, len(ids) == self._page
        return _Done()

    async def _follow_members(self) -> _Done:
        """Derive anew the next page of incidents whose members changed or are over."""
        async with self._writing() as writing:
            if not await writing.lock():
                return _Done()
            now = self._clock()
            due = await writing.due(now - QUIET, self._page)
            if not due:
                return _Done()
            found: dict[UUID, list[Member]] = defaultdict(list)
            for member in await writing.members(due):
                if member.incident is not None:
                    found[member.incident].append(member)
            members = [member for group in found.values() for member in group]
            changes = await self._surroundings.changes(members, now)
            keys = await self._surroundings.keys(changes)
            context = (await self._surroundings.around(members, changes, keys, now)).context
            context = context._replace(courses=await self._surroundings.courses(found.values()))
            held = await writing.held(found)
            derived = [derive(group, None, [held[id_]], context, now) for id_, group in found.items()]
            await writing.put(derived)
            return _Done(derived, more=len(due) == self._page)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Writing]:
        async with connection(self._pool, part=PART, detail=DOWN) as conn, conn.transaction():
            yield Writing(conn)

    def _report(self, done: _Done) -> None:
        now = self._clock()
        for at in done.detected:
            DELAY.observe(max(0.0, (now - at).total_seconds()))
        for one in done.derived:
            labels = (one.row["category"], one.row["severity"])
            if one.before is None:
                OPENED.labels(*labels).inc()
                _log.info(
                    "incident_opened",
                    id=str(one.id),
                    category=one.row["category"],
                    severity=one.row["severity"],
                    scope=one.row["scope"],
                )
            elif one.row["reopened"] > one.before.reopened:
                REOPENED.labels(*labels).inc()
            if one.row["status"] == "resolved" and (one.before is None or one.before.status != "resolved"):
                RESOLVED.labels(*labels).inc()


def _counts(row: NewAlert) -> bool:
    """Whether an alert is trouble: of something that is meant to work, and not waved aside."""
    return row.served and (row.of_site or row.device is not None) and row.status != "ignored"


def alert_member(row: NewAlert, now: datetime) -> Member:
    """An alert of a known site as a member; one dated in the future began now."""
    kind, metric, category = read_alert(row.title, row.category)
    at = min(row.at, now)
    return Member(
        source="alert",
        id=row.id,
        device=row.device,
        site=row.site or 0,
        kind=kind,
        metric=metric,
        category=category,
        severity=BY_ALERT_SEVERITY.get(row.severity, "warning"),
        started_at=at,
        last_at=at,
        ended_at=max(row.resolved_at or at, at) if row.status in SETTLED else None,
        text=row.title,
        status=row.status,
        acknowledged_at=now if row.status == "acknowledged" else None,
        notes=row.notes,
    )


def alert_row(id_: int, state: AlertState | None, now: datetime) -> dict[str, object]:
    """What to note of an alert: one that is gone, waved aside, or of a device that is out of service is over."""
    if state is None:
        return {"id": id_, "status": "gone", "ended_at": now, "notes": None}
    over = state.status in SETTLED or not state.served
    return {
        "id": id_,
        "status": state.status,
        "ended_at": (state.resolved_at or now) if over else None,
        "notes": state.notes,
    }


def _incidents(group: Group) -> list[UUID]:
    """The incidents that its members belong to."""
    return sorted({member.incident for member in group.members if member.incident is not None})


def _changed(group: Group) -> bool:
    """Whether a group is not just an incident as it was."""
    return len(_incidents(group)) > 1 or any(member.incident is None for member in group.members)
