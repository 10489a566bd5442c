"""Server-sent events: incidents and the health of sites as they change, to each client what its key may see.

Clients of one scope share one look at the database. Nothing is kept for a client but a bounded queue: one that does not keep
up is sent away, and resumes after the last event that it saw.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from prometheus_client import Counter, Gauge

from ai_gateway.access.scope import Scope, Scoping
from ai_gateway.access.types import Caller
from ai_gateway.health.reader import HealthReader
from ai_gateway.health.service import Freshness, status_of
from ai_gateway.health.wire import SiteHealthView, site_view, told
from ai_gateway.incidents.store import IncidentStore
from ai_gateway.incidents.types import Incident
from ai_gateway.incidents.wire import incident_view
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem, Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.sse import PING, encode_event

CLIENTS = Gauge("ai_event_clients", "Event streams that are open.")
SENT = Counter("ai_events_sent_total", "Events put on streams.", ["event"])
ENDED = Counter("ai_event_streams_ended_total", "Event streams that the gateway ended.", ["reason"])

PING_S = 15.0
MOST_WAITING = 256
PAGE = 200
MOST_PAGES = 5
"""A client that missed more than this many pages of changes is told to read the lists anew."""
RETRY = "retry: 5000\n\n"

Recheck = Callable[[], Awaitable[Caller]]
"""Who the client is now; raises a problem once its key has ended."""

_log = get_logger("events")


class Client:
    """One open stream. ``seen``: the newest change of an incident that it was sent; health has no numbers."""

    def __init__(self, seen: int) -> None:
        """Args: seen: where it begins."""
        self.seen = seen
        self.queue: asyncio.Queue[tuple[int, str] | None] = asyncio.Queue(MOST_WAITING)

    def fresh(self, revision: int) -> bool:
        """Whether an event is news to this client; a revision of 0 always is."""
        if 0 < revision <= self.seen:
            return False
        self.seen = max(self.seen, revision)
        return True

    def end(self) -> None:
        """Let the stream end at once."""
        with suppress(asyncio.QueueEmpty):
            while True:
                self.queue.get_nowait()
        self.queue.put_nowait(None)


class Channel:
    """The clients of one scope, and what they were told. ``position``: of the newest change of an incident."""

    def __init__(self, scope: Scope, position: int) -> None:
        """Args: scope: what its clients see. position: where it begins."""
        self.scope = scope
        self.position = position
        self.fresh: Freshness | None = None
        self.sites: dict[str, tuple[object, ...]] = {}
        self.clients: set[Client] = set()
        self.polling: asyncio.Task[None] | None = None

    def tell(self, name: str, event: str, revision: int = 0) -> None:
        """Give every client an event; one whose queue is full is sent away."""
        for client in list(self.clients):
            try:
                client.queue.put_nowait((revision, event))
                SENT.labels(name).inc()
            except asyncio.QueueFull:
                ENDED.labels("slow").inc()
                self.clients.discard(client)
                client.end()


class Events:
    """Opens streams, and looks for changes while any is open."""

    def __init__(
        self,
        scoping: Scoping,
        store: IncidentStore,
        reader: HealthReader,
        clock: Clock,
        *,
        stale_s: float,
        poll_s: float,
        max_clients: int,
    ) -> None:
        """Args: what to read from. stale_s: age of a scan that is too old. poll_s: seconds between two looks."""
        self._scoping = scoping
        self._store = store
        self._reader = reader
        self._clock = clock
        self._stale_s = stale_s
        self._poll_s = poll_s
        self._max_clients = max_clients
        self._channels: dict[frozenset[int] | None, Channel] = {}

    async def open(self, caller: Caller, after: int | None, recheck: Recheck) -> AsyncIterator[str]:
        """Begin a stream after a change that the client saw, or from now on.

        Raises:
            Problem: 503, as many streams are open as `EVENTS_MAX_CLIENTS` allows.
            Unavailable: the gateway's own database is down.
        """
        if sum(len(channel.clients) for channel in self._channels.values()) >= self._max_clients:
            detail = f"{self._max_clients} event streams are open, which is all that EVENTS_MAX_CLIENTS allows."
            raise Problem(503, detail, kind="too-many-streams", headers={"Retry-After": "30"})
        scope = await self._scoping.scope(caller)
        now = (await self._store.changed_since(None, scope.sites)).position
        channel = self._channels.get(scope.visible)
        if channel is None:
            channel = Channel(scope, now)
            await self._look_at_health(channel)
        return self._stream(channel, Client(now if after is None else min(after, now)), recheck)

    def close(self) -> None:
        """End every stream, as the gateway stops; their clients come back with the last event that they saw."""
        for channel in self._channels.values():
            for client in channel.clients:
                ENDED.labels("stop").inc()
                client.end()

    async def _stream(self, channel: Channel, client: Client, recheck: Recheck) -> AsyncIterator[str]:
        channel, scope = self._join(channel, client), channel.scope
        try:
            yield RETRY
            async for event in self._missed(scope, client):
                yield event
            async for event in self._live(scope, client, recheck):
                yield event
        finally:
            self._leave(channel, client)

    def _join(self, channel: Channel, client: Client) -> Channel:
        """Add a client to the channel of its scope, which another may have begun meanwhile."""
        channel = self._channels.setdefault(channel.scope.visible, channel)
        channel.clients.add(client)
        CLIENTS.inc()
        if channel.polling is None:
            channel.polling = asyncio.create_task(self._poll(channel))
        return channel

    def _leave(self, channel: Channel, client: Client) -> None:
        CLIENTS.dec()
        channel.clients.discard(client)
        if not channel.clients:
            self._channels.pop(channel.scope.visible, None)
            if channel.polling:
                channel.polling.cancel()

    async def _missed(self, scope: Scope, client: Client) -> AsyncIterator[str]:
        """What changed between the client's last event and now."""
        for _ in range(MOST_PAGES):
            changes = await self._store.changed_since(client.seen, scope.sites, limit=PAGE)
            for incident in changes.incidents:
                if client.fresh(incident.revision):
                    yield _incident_event(incident, scope)
            if len(changes.incidents) < PAGE:
                return
        client.seen = (await self._store.changed_since(None, scope.sites)).position
        yield encode_event("reload", {"detail": "Too much changed meanwhile: read the lists anew."}, str(client.seen))

    async def _live(self, scope: Scope, client: Client, recheck: Recheck) -> AsyncIterator[str]:
        """Events as they come, a comment when none does, until the client's key or scope is no longer what it was."""
        checked = time.monotonic()
        while True:
            event: tuple[int, str] | None = (0, PING)
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_S):
                    event = await client.queue.get()
            if event is None:
                return
            if time.monotonic() - checked >= PING_S:
                checked = time.monotonic()
                if not await self._still(scope, recheck):
                    return
            if client.fresh(event[0]):
                yield event[1]

    async def _still(self, scope: Scope, recheck: Recheck) -> bool:
        """Whether the client may still see what it saw."""
        try:
            now = await self._scoping.scope(await recheck())
        except Unavailable:
            return True  # a database that is down takes nobody's rights
        except Problem:
            ENDED.labels("key").inc()
            return False
        if now.visible != scope.visible:
            ENDED.labels("scope").inc()
            return False
        return True

    async def _poll(self, channel: Channel) -> None:
        """Look for changes until cancelled."""
        down = False
        while True:
            try:
                await self._look(channel)
                down = False
            except Unavailable as error:
                if not down:
                    _log.warning("events_postponed", reason=error.detail)
                down = True
            except Exception:  # noqa: BLE001 - one bad row must not silence every stream for good
                _log.exception("events_failed")
            await asyncio.sleep(self._poll_s)

    async def _look(self, channel: Channel) -> None:
        channel.scope = await self._scoping.renewed(channel.scope)
        await self._look_at_health(channel)
        changes = await self._store.changed_since(channel.position, channel.scope.sites, limit=PAGE)
        for incident in changes.incidents:
            channel.tell("incident", _incident_event(incident, channel.scope), incident.revision)
        channel.position = changes.position

    async def _look_at_health(self, channel: Channel) -> None:
        """Tell of sites whose health changed since the last look, a scan that became too old included."""
        rows = await self._reader.site_health(channel.scope.sites)
        fresh = Freshness.of([row.as_of for row in rows], self._clock(), self._stale_s)
        if fresh == channel.fresh:
            return
        first, channel.fresh = channel.fresh is None, fresh
        for row in rows:
            status = told(status_of(row.score), stale=fresh.stale)
            view = site_view(row, channel.scope, status, stale=fresh.stale)
            before, now = channel.sites.get(view.site_id), _essence(view)
            channel.sites[view.site_id] = now
            if not first and before != now:
                channel.tell("health", encode_event("health", view))


def _incident_event(incident: Incident, scope: Scope) -> str:
    return encode_event("incident", incident_view(incident, scope), str(incident.revision))


def _essence(site: SiteHealthView) -> tuple[object, ...]:
    """What counts as a change of a site's health: not that a scan confirmed it, nor a score's third digit."""
    score = None if site.score is None else round(site.score, 2)
    counts = (site.devices, site.healthy, site.warning, site.critical, site.unknown, site.open_anomalies)
    return (score, site.status, *counts)
