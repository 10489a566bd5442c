"""An entry of a Chroma collection as an incident: what programs call its fields, and where it happened."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ai_gateway.homepot.directory import Names
from ai_gateway.memory.categories import categorise
from ai_gateway.memory.recipe import describe, split
from ai_gateway.memory.types import Incident

SOURCE: Final = "chroma"
KNOWN: Final = ("device_patterns", "incident_history", "device_logs")
"""Collections that are looked for where none is named: the first design's two, and HOMEPOT's own."""
MOST_CHARS: Final = 2000
MOST_WORD_CHARS: Final = 60
MOST_KEY_CHARS: Final = 400
MIN_NAME: Final = 3
"""Characters of a device's name from which it is looked for in the text."""
EARLIEST: Final = 1e8
"""Seconds since 1970 from which a number is a moment: of 1973."""
MILLISECONDS: Final = 1e11
"""Numbers from here on count milliseconds since 1970, not seconds."""
_ANALYSIS: Final = re.compile(r"\AAnalysis for \S+?:\s*")
_OCCURRED: Final = ("occurred_at", "timestamp", "detected_at", "created_at", "date", "time")
_RESOLVED: Final = ("resolved_at", "resolution_time", "closed_at")
_RESOLUTION: Final = ("resolution", "resolution_notes", "solution", "fix", "action_taken")
_CAUSE: Final = ("cause", "root_cause")
_CATEGORY: Final = ("category", "incident_type", "pattern_type", "type")
_HELPED: Final = ("helped", "resolution_successful", "successful", "effective")
_SITE: Final = ("site_id", "site")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an entry. ``dated``: it told its time. ``lost_site``: a site that it names and HOMEPOT does not have."""

    incident: Incident
    dated: bool
    lost_site: str | None


class Refused(Exception):  # noqa: N818 - says what happened to the entry
    """An entry is no incident; the message says why."""


class Place(msgspec.Struct, frozen=True):
    """Where entries happened. ``names``: HOMEPOT's. ``sites``: the other program's name of a site to HOMEPOT's public id.

    ``default``: HOMEPOT's public id of the site of entries that name none. ``dated``: when entries without a time occurred.
    """

    names: Names
    dated: datetime
    sites: Mapping[str, str] = {}
    default: str | None = None

    def unknown(self) -> list[str]:
        """Public ids that were given and that HOMEPOT does not have."""
        given = {*self.sites.values(), *((self.default,) if self.default else ())}
        return sorted(one for one in given if one.upper() not in self.names.site_by_key)


def read_entry(collection: str, key: str, text: str | None, metadata: Mapping[str, Any], place: Place) -> Entry:
    """Understand an entry; raises `Refused`.

    The incident's content hash covers what the entry says and where, not its key: two with one hash tell the same.
    """
    if metadata.get("is_anomaly") is False:
        raise Refused("it says that nothing was wrong")
    told = {name: _plain(value) for name, value in metadata.items() if value not in (None, "")}
    title, rest = split(_said(text, told))
    category = _word(told, _CATEGORY) or categorise(title, ())
    occurred, resolved = _moment(told, _OCCURRED), _moment(told, _RESOLVED)
    if occurred and resolved and resolved < occurred:
        raise Refused("it was resolved before it occurred")
    where, lost = _where(told, place)
    facts: dict[str, Any] = {
        "title": title,
        "description": describe(title, rest, category),
        "severity": _word(told, ("severity",)) or "warning",
        "category": category,
        **where,
        "occurred_at": occurred or resolved,
        "resolved_at": resolved,
        "cause": _text(told, _CAUSE),
        "resolution": _text(told, _RESOLUTION),
        "helped": next((told[name] for name in _HELPED if isinstance(told.get(name), bool)), None),
    }
    digest = hashlib.sha256("\x1f".join(map(str, facts.values())).encode()).hexdigest()
    facts["occurred_at"] = facts["occurred_at"] or place.dated
    found = Incident(source=SOURCE, source_key=_key(collection, key), content_hash=digest, **facts)
    return Entry(incident=found, dated=bool(occurred or resolved), lost_site=lost)


def _key(collection: str, key: str) -> str:
    """A key at the source; of a very long id, which no index of Postgres takes, its digest."""
    own = key if len(key) <= MOST_KEY_CHARS else hashlib.sha256(key.encode()).hexdigest()
    return f"{collection}/{own}"


def _said(text: str | None, told: Mapping[str, Any]) -> str:
    """What an entry says, without the name of its device, so that a precedent from another device is found."""
    if text is None:
        raise Refused("it has no document")
    said = _ANALYSIS.sub("", _plain(text).strip())
    for name in ("device_id", "device_name"):
        if len(known := str(told.get(name, ""))) >= MIN_NAME:
            said = re.sub(rf"(?<!\w)(?:[Tt]he\s+)?{re.escape(known)}(?!\w)", "the device", said)
    if not said.strip():
        raise Refused("its document is empty")
    return said.strip()


def _where(told: Mapping[str, Any], place: Place) -> tuple[dict[str, Any], str | None]:
    """Device and site, as HOMEPOT has them where it knows them; and a site that it does not know."""
    device = place.names.device_by_key.get(str(told.get("device_id", "")).upper())
    named = next((str(told[name]) for name in _SITE if name in told), None)
    key = place.sites.get(named, named) if named is not None else place.default
    site = place.names.site_by_key.get((key or "").upper())
    if device is not None:  # HOMEPOT knows where its device is, wherever it was when this was written
        site = place.names.site_by_id.get(device.site_id, site)
    where = {
        "device_id": device.device_id if device else _text(told, ("device_id",)),
        "device_name": device.name if device else _text(told, ("device_name",)),
        "device_type": device.device_type if device else _word(told, ("device_type",)),
        "site": site.id if site else None,
        "site_name": site.name if site else named,
    }
    return where, named if site is None else None


def _moment(told: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    """The first of these times: ISO 8601, or seconds or milliseconds since 1970; without a zone it is UTC."""
    name, value = next(((name, told[name]) for name in names if name in told and not _counts(told[name])), ("", None))
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return datetime.fromtimestamp(value / 1000 if value >= MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise Refused(f"its {name} is no time") from None


def _counts(value: Any) -> bool:
    """Whether a number is how long something took, or how many, and no moment: ``resolution_time`` may be 45 minutes."""
    return isinstance(value, int | float) and value < EARLIEST


def _text(told: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that has words."""
    texts = (str(told[name]).strip()[:MOST_CHARS] for name in names if name in told)
    return next((text for text in texts if text), None)


def _word(told: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    found = _text(told, names)
    return found.lower()[:MOST_WORD_CHARS] if found else None


def _plain(value: Any) -> Any:
    """Without NUL, which Postgres cannot keep."""
    return value.replace("\x00", "") if isinstance(value, str) else value
