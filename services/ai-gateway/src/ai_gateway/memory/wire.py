"""What the routes about memory take and send: public ids and names in place of HOMEPOT's integers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ai_gateway.access.scope import Scope
from ai_gateway.kit.text import NOT_BLANK
from ai_gateway.memory.types import Excerpt, Recall, Recalled

Category = Literal[
    "temperature",
    "connectivity",
    "power",
    "performance",
    "storage",
    "application",
    "security",
    "configuration",
]
Severity = Literal["info", "warning", "critical"]
Id = str | int
MAX_TEXT_CHARS = 2000
MAX_TITLE_CHARS = 200
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT_CHARS, pattern=NOT_BLANK)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TITLE_CHARS, pattern=NOT_BLANK)]
Kinds = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=100)]], msgspec.Meta(min_length=1, max_length=50)
]


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for: symptoms in plain words. The first line or sentence weighs most."""

    text: Text
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
    site_id: Id | None = None
    categories: Kinds | None = None
    device_types: Kinds | None = None
    severities: Kinds | None = None
    since: datetime | None = None
    until: datetime | None = None


class RecordRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An incident to remember. Without ``category`` the gateway chooses one; without ``occurred_at`` it is now."""

    title: Title
    description: Text | None = None
    severity: Severity = "warning"
    category: Category | None = None
    site_id: Id | None = None
    device_id: Id | None = None
    occurred_at: datetime | None = None
    resolved_at: datetime | None = None
    cause: Text | None = None
    resolution: Text | None = None
    helped: bool | None = None


class ResolutionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed; a field that is left out stays as it is, and ``null`` empties it."""

    resolution: Text | msgspec.UnsetType | None = msgspec.UNSET
    cause: Text | msgspec.UnsetType | None = msgspec.UNSET
    helped: bool | msgspec.UnsetType | None = msgspec.UNSET
    resolved_at: datetime | msgspec.UnsetType | None = msgspec.UNSET


class FeedbackRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a remembered incident was useful where it was shown."""

    useful: bool


class RememberedView(msgspec.Struct, frozen=True, kw_only=True):
    """A remembered incident. ``source``: where it is from. ``duration_min``: minutes until it was resolved."""

    id: int
    source: str
    title: str | None
    description: str
    severity: str
    category: str
    site_id: str | None
    site_name: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    duration_min: float | None
    cause: str | None
    resolution: str | None
    helped: bool | None


class Hit(RememberedView, frozen=True, kw_only=True):
    """A past incident like the text.

    ``similarity_score``: probability (0-1) that a person would call both the same problem. ``meaning``: cosine of the two
    texts, ``null`` if only words were compared. ``shared_words``: what both say, rarest first. ``count``: how many nearly
    identical incidents it stands for.
    """

    similarity_score: float
    meaning: float | None
    shared_words: tuple[str, ...]
    count: int


class KnowledgeHit(msgspec.Struct, frozen=True, kw_only=True):
    """A passage of a runbook or manual. ``file``: tenant's folder and path. ``section``: heading, row, event or page.

    ``relevance``: 0-1, comparable among passages, no calibrated probability.
    """

    file: str
    section: str
    text: str
    relevance: float


class SearchResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Past incidents and passages of runbooks, best first; no incident: nothing like it happened before."""

    incidents: list[Hit]
    knowledge: list[KnowledgeHit]
    degraded: bool
    degraded_reason: str | None


def remembered_view(incident: Recalled, scope: Scope) -> RememberedView:
    """As a caller sees it."""
    return RememberedView(**_facts(incident, scope))


def search_response(recall: Recall, knowledge: Sequence[Excerpt], scope: Scope) -> SearchResponse:
    """What was found, as a caller sees it."""
    hits = [
        Hit(
            **_facts(one, scope),
            similarity_score=round(one.similarity_score, 4),
            meaning=None if one.similarity is None else round(one.similarity, 4),
            shared_words=one.shared_words,
            count=one.count,
        )
        for one in recall.incidents
    ]
    reason = "the embedder is down, so past incidents were found by words, not by meaning" if recall.by_words else None
    passages = [
        KnowledgeHit(file=one.file, section=one.section, text=one.text, relevance=one.relevance) for one in knowledge
    ]
    return SearchResponse(incidents=hits, knowledge=passages, degraded=recall.by_words, degraded_reason=reason)


def _facts(incident: Recalled, scope: Scope) -> dict[str, Any]:
    site = scope.names.site_by_id.get(incident.site) if incident.site is not None else None
    took = incident.resolved_at - incident.occurred_at if incident.resolved_at else None
    own = {name: getattr(incident, name) for name in RememberedView.__struct_fields__ if hasattr(incident, name)}
    return {
        **own,
        "site_id": site.site_id if site else None,
        "duration_min": round(took.total_seconds() / 60, 1) if took else None,
    }
