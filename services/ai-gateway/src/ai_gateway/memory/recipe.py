"""How an incident becomes the text that is embedded and the words that are counted: the symptom first, then its kind.

Names and ids of devices stay out, so that a precedent from another device is found.
"""

import hashlib
import re
from typing import TypeVar

import msgspec

from ai_gateway.homepot.resolved import ResolvedAlert
from ai_gateway.homepot.rollbacks import RolledBack
from ai_gateway.kit.text import clean
from ai_gateway.memory.types import Incident, Told

Stored = TypeVar("Stored", bound=Incident)
RECIPE = "2"
"""Version of how texts, words and vectors are made. 2: words are counted by the gateway, those of the title more."""
SOURCE = "homepot_alert"
CHANGES = "homepot_change"
FINDINGS = "finding"
MAX_CHARS = 1500
TITLE_CHARS = 160
MAX_TITLE_CHARS = 255
MAX_NOTE_CHARS = 2000
"""Of a cause and of a resolution as much is kept as a person may tell: no index takes the words of a whole log file."""
_LINE_END = re.compile(r"[\n\r]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


def describe(title: str, description: str | None, category: str) -> str:
    """Compose the text of an incident."""
    return compose(title, description or "", f"Category: {category}.")


def compose(*parts: str) -> str:
    """The parts as sentences; at most ``MAX_CHARS`` characters, as the embedder reads about 380 tokens."""
    *first, last = [part.strip() for part in parts if part.strip()] or [""]
    ended = [part if part.endswith((".", "!", "?")) else f"{part}." for part in first]
    return " ".join([*ended, last])[:MAX_CHARS]


def split(text: str) -> tuple[str, str]:
    """A text's title and the rest: its first line or, of a single line, its first sentence; ``TITLE_CHARS`` at most."""
    text = text.strip()
    end = _LINE_END.search(text) or _SENTENCE_END.search(text)
    title = text[: end.start() if end else len(text)][:TITLE_CHARS]
    return title, text[len(title) :].strip()


def parts(incident: Told) -> tuple[str, str]:
    """An incident's title, and what else its words are counted from: the rest of the text, and what was done."""
    title, rest = split(incident.description)
    if incident.title and incident.description.startswith(incident.title):
        title, rest = incident.title, incident.description[len(incident.title) :]
    return title, "\n".join(part for part in (rest, incident.cause, incident.resolution) if part)


def storable(incident: Stored) -> Stored:
    """The incident with texts as long as memory keeps them, which has not ended before it began."""
    resolved = incident.resolved_at
    return msgspec.structs.replace(
        incident,
        title=_cut(incident.title, MAX_TITLE_CHARS),
        description=_cut(incident.description, MAX_CHARS) or "",
        cause=_cut(incident.cause, MAX_NOTE_CHARS),
        resolution=_cut(incident.resolution, MAX_NOTE_CHARS),
        resolved_at=max(resolved, incident.occurred_at) if resolved else None,
    )


def _cut(text: str | None, most: int) -> str | None:
    return None if text is None else text.replace("\x00", "")[:most]


def content_hash(incident: Incident) -> Incident:
    """The incident with the digest of what it says: whoever reads it again sees whether it changed."""
    left_out = {"source", "source_key", "content_hash", "by_hand"}
    facts = (getattr(incident, name) for name in incident.__struct_fields__ if name not in left_out)
    digest = hashlib.sha256("\x1f".join(map(str, (RECIPE, *facts))).encode()).hexdigest()
    return msgspec.structs.replace(incident, content_hash=digest)


def from_alert(alert: ResolvedAlert) -> Incident:
    """A resolved HOMEPOT alert as an incident."""
    return content_hash(
        Incident(
            source=SOURCE,
            source_key=str(alert.id),
            content_hash="",
            title=alert.title.strip(),
            description=describe(alert.title, alert.description, alert.category),
            severity=alert.severity,
            category=alert.category,
            site=alert.site,
            site_name=alert.site_name,
            device_id=alert.device_id,
            device_name=alert.device_name,
            device_type=alert.device_type,
            occurred_at=alert.at,
            resolved_at=alert.resolved_at,
            resolution=alert.resolution_notes,
        )
    )


def from_rollback(change: RolledBack) -> Incident:
    """A configuration change that was taken back: what went wrong is the symptom, the change its cause."""
    parameter = clean(change.parameter_name) or "a setting"
    old, new = _setting(change.old_value), _setting(change.new_value)
    title = clean(change.rollback_reason, TITLE_CHARS) or f"Change of {parameter} did not work"
    what = f"{parameter} was changed from {old} to {new}"
    reason = f"Reason for the change: {clean(change.change_reason)}" if change.change_reason else ""
    return content_hash(
        Incident(
            source=CHANGES,
            source_key=str(change.id),
            content_hash="",
            title=title,
            description=compose(title, what, reason, "Category: configuration."),
            severity="warning",
            category="configuration",
            site=change.site,
            site_name=change.site_name,
            device_id=change.device_id,
            device_name=change.device_name,
            device_type=change.device_type,
            occurred_at=change.at,
            resolved_at=change.resolved_at,
            cause=f"{what}.",
            resolution=f"Changed {parameter} back to {old}.",
        )
    )


def _setting(value: str | None) -> str:
    """A value of HOMEPOT's, which may be wrapped as ``{"value": 1}``, in a few words."""
    try:
        plain = msgspec.json.decode(value or "null")
    except msgspec.DecodeError:
        plain = value
    inner = plain["value"] if isinstance(plain, dict) and set(plain) == {"value"} else plain
    return (
        "nothing"
        if inner is None
        else clean(inner if isinstance(inner, str) else msgspec.json.encode(inner).decode(), 60)
    )
