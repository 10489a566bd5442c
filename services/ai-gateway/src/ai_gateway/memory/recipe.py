"""How an incident becomes the text that is embedded: the symptom first, then its kind.

Names and ids of devices stay out, so that a precedent from another device is found.
"""

import hashlib

from ai_gateway.homepot.types import ResolvedAlert
from ai_gateway.memory.types import Incident

RECIPE = "1"
SOURCE = "homepot_alert"
MAX_CHARS = 1500


def describe(title: str, description: str | None, category: str) -> str:
    """Compose the text; at most ``MAX_CHARS`` characters, as the embedder reads about 380 tokens."""
    parts = [title.strip(), (description or "").strip(), f"Category: {category}."]
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)[:MAX_CHARS]


def from_alert(alert: ResolvedAlert) -> Incident:
    """A resolved HOMEPOT alert as an incident."""
    text = describe(alert.title, alert.description, alert.category)
    facts = (text, alert.severity, alert.resolution_notes, alert.site, alert.device_id, alert.at, alert.resolved_at)
    content = "\x1f".join(map(str, (RECIPE, *facts)))
    return Incident(
        source=SOURCE,
        source_key=str(alert.id),
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        description=text,
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
