"""What the worker would have stored, written straight into the gateway's own database."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

LOBBY, LOBBY_SITE = 1, 1
"""HOMEPOT's integers of the Lobby Terminal and of Building A, of the tenant Brightwater."""
JSON = {"cause", "explained", "parts", "similar_incidents"}
AIRPORT_SITE = 3
"""Of the tenant Northline."""


class Scan:
    """Rows as of `now`."""

    def __init__(self, url: str, now: datetime) -> None:
        self.url = url
        self.now = now

    def _run(self, query: str, values: dict[str, Any]) -> Any:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchone()[0] if cursor.description else None

    def _insert(self, table: str, returning: str | None, **values: Any) -> Any:
        columns, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        tail = f" RETURNING {returning}" if returning else ""
        shown = {name: json.dumps(one) if name in JSON else one for name, one in values.items()}
        query = f"INSERT INTO {table} ({columns}) VALUES ({places}){tail}"  # noqa: S608 - the names are these tests'
        return self._run(query, shown)

    def metrics(self, *names: str) -> None:
        for place, name in enumerate(names, start=1):
            self._insert("ai_metrics", None, position=place, name=name)

    def site(self, site: int, *, age_s: float = 30, score: float | None = 0.9, **counts: int) -> None:
        values = {
            "devices": 10,
            "healthy": 10,
            "warning": 0,
            "critical": 0,
            "unknown": 0,
            "open_anomalies": 0,
            **counts,
        }
        as_of = self.now - timedelta(seconds=age_s)
        self._run("DELETE FROM ai_site_health WHERE site = %(site)s", {"site": site})
        self._insert("ai_site_health", None, site=site, as_of=as_of, score=score, **values)

    def device(
        self, device: int, site: int, *, score: float | None = 0.9, status: str = "healthy", **more: Any
    ) -> None:
        parts = [{"name": "CPU", "kind": "anomaly", "weight": 0.4, "text": "CPU 97 % (expected 20 to 45 %)"}]
        values = {"parts": [] if status == "healthy" else parts, **more}
        self._insert("ai_device_health", None, device=device, site=site, score=score, status=status, **values)

    def anomaly(self, device: int, site: int, *, minutes_ago: float = 30, **changes: Any) -> int:
        started = self.now - timedelta(minutes=minutes_ago)
        explained = {"metric": "cpu_percent", "value": 97.2, "expected": 30, "lower": 20, "upper": 45, "score": 3.5}
        values = {
            "kind": "deviation",
            "metric": "cpu_percent",
            "started_at": started,
            "last_at": self.now,
            "ended_at": None,
            "severity": "critical",
            "score": 3.5,
            "value": 97.2,
            "expected": 30.0,
            "lower": 20.0,
            "upper": 45.0,
            "explained": [explained],
        }
        return int(self._insert("ai_anomaly_logs", "id", device=device, site=site, **{**values, **changes}))

    def precedent(self, site: int, **changes: Any) -> int:
        values = {
            "source": "homepot_alert",
            "source_key": str(uuid4()),
            "content_hash": "x",
            "description": "High CPU on a till",
            "severity": "critical",
            "category": "hardware",
            "site_name": "Building A",
            "device_id": "DEVICE-OLD",
            "device_name": "Checkout 1",
            "occurred_at": self.now - timedelta(days=40),
            "resolved_at": self.now - timedelta(days=39),
            "resolution": "Rolled the update back.",
            "embedding_model": "m",
            "embedding": str([1.0] + [0.0] * 767),
        }
        return int(self._insert("ai_incident_patterns", "id", site=site, **{**values, **changes}))

    def incident(
        self, site: int, devices: tuple[int, ...] | dict[int, int], *, minutes_ago: float = 30, **changes: Any
    ) -> UUID:
        """`devices`: of that site, or each with its own."""
        number = changes.pop("id", uuid4())
        values = {
            "status": "open",
            "severity": "critical",
            "category": "performance",
            "kind": "deviation",
            "metric": "cpu_percent",
            "title": "CPU of Lobby Terminal far above what is usual",
            "scope": "device",
            "opened_at": self.now - timedelta(minutes=minutes_ago),
            "last_at": self.now,
            "fingerprint": "f",
            "revision": self.revision(),
        }
        sites = sorted({site, *devices.values()} if isinstance(devices, dict) else {site})
        self._insert("ai_incidents", None, id=number, site=site, sites=sites, **{**values, **changes})
        for device in devices:
            of = devices[device] if isinstance(devices, dict) else site
            self._insert("ai_incident_devices", None, incident=number, device=device, site=of)
        return number

    def forget(self, incident: UUID, device: int) -> None:
        """Take a device out of an incident."""
        query = "DELETE FROM ai_incident_devices WHERE incident = %(incident)s AND device = %(device)s"
        self._run(query, {"incident": incident, "device": device})

    def revision(self) -> int:
        return int(self._run("SELECT nextval('ai_incident_revisions')", {}))

    def change(self, incident: UUID, **values: Any) -> None:
        """As the worker would: with the next revision."""
        changes = {**values, "revision": self.revision()}
        told = ", ".join(f"{name} = %({name})s" for name in changes)
        query = f"UPDATE ai_incidents SET {told} WHERE id = %(id)s"  # noqa: S608 - the names are these tests'
        self._run(query, {**changes, "id": incident})

    def hour(
        self,
        device: int,
        site: int,
        hours_ago: float,
        *,
        samples: int = 60,
        mean: float = 20.0,
        latest: tuple[float, ...] = (),
    ) -> None:
        """One hour of the first metric; `latest`: the newest value of each."""
        hour = self.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
        values = {
            "samples": [samples],
            "total": [samples * mean],
            "low": [mean - 5],
            "high": [mean + 5],
            "latest": list(latest) or [mean],
        }
        self._run(
            "INSERT INTO ai_reading_hours (hour, device, site, samples, total, low, high, latest, latest_at)"
            " VALUES (%(hour)s, %(device)s, %(site)s, %(samples)s, %(total)s, %(low)s, %(high)s, %(latest)s, %(hour)s)",
            {"hour": hour, "device": device, "site": site, **values},
        )
