"""Incidents as memory keeps and recalls them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

import msgspec

from ai_gateway.kit.text import NOT_BLANK

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=NOT_BLANK)]
"""What names a source, or an incident there."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident says. ``description`` is the text that is embedded; ``title`` its first part, if it has one."""

    description: str
    title: str | None = None
    cause: str | None = None
    resolution: str | None = None


Tellable = Literal["cause", "helped", "resolution", "resolved_at"]
"""What a person may say of a remembered incident later."""


class Incident(Told, frozen=True, kw_only=True):
    """An incident to remember. ``by_hand``: what a person said of it, which its source does not take back."""

    source: str
    source_key: str
    content_hash: str
    severity: str
    category: str
    site: int | None
    site_name: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    helped: bool | None = None
    by_hand: tuple[Tellable, ...] = ()


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether somebody found an incident useful. ``owner``: a HOMEPOT user's email, or a key's name."""

    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    useful: bool
    at: datetime


class Carried(Incident, frozen=True, kw_only=True):
    """An incident with what people found of it, to carry elsewhere."""

    votes: tuple[Vote, ...] | msgspec.UnsetType = msgspec.UNSET


class Deleted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That somebody deleted the incident of a source, which is not to come back."""

    source: Word
    source_key: Word
    deleted_at: datetime


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which incidents may be recalled; ``None`` admits all. ``since`` and ``until``: when they occurred."""

    categories: tuple[str, ...] | None = None
    device_types: tuple[str, ...] | None = None
    severities: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


ANY = Filters()


class Repeated(msgspec.Struct, frozen=True):
    """What incidents say that are nearly identical: each holds all of these words, and ``most`` in all at most."""

    words: tuple[str, ...]
    most: int


class Recalled(Told, frozen=True, kw_only=True):
    """A past incident like the one asked about.

    ``similarity``: cosine of the two texts, 1 is the same; NULL if only words could be compared. ``similarity_score``:
    the probability (0-1) that a person would call both the same problem. ``shared_words``: what both texts say, rarest
    first. ``count``: how many nearly identical incidents this one, the best of them, stands for.
    """

    id: int
    source: str
    source_key: str
    severity: str
    category: str
    site: int | None
    site_name: str | None
    device_id: str | None
    device_name: str | None
    device_type: str | None
    occurred_at: datetime
    resolved_at: datetime | None
    helped: bool | None
    votes: int = 0
    similarity: float | None = None
    similarity_score: float = 0.0
    shared_words: tuple[str, ...] = ()
    count: int = 1


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that may be recalled.

    ``wording``: BM25 against the question's words, 0 or more. ``crowd`` and ``word_crowd``: how alike the ten texts
    nearest to it are, by meaning and by words; NULL: not measured yet.
    """

    incident: Recalled
    wording: float
    crowd: float | None
    word_crowd: float | None


class WordCounts(msgspec.Struct, frozen=True):
    """In how many of ``total`` remembered texts each word stands; a word that is missing stands in none."""

    total: int
    documents: dict[str, int]


class Outdated(msgspec.Struct, frozen=True, kw_only=True):
    """A remembered incident that another recipe or model composed. ``updated_at``: tells whether it changed since."""

    id: int
    updated_at: datetime
    incident: Incident


class Recall(msgspec.Struct, frozen=True):
    """The incidents found, best first; none: nothing like it before.

    ``by_words``: the embedder was down, so words were compared instead of meanings.
    """

    incidents: list[Recalled]
    by_words: bool = False


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """A passage of a runbook or manual. ``relevance``: 0-1, made of the same likenesses as ``similarity_score``."""

    id: int
    file: str
    section: str
    text: str
    relevance: float


class Shelf(Protocol):
    """Whoever finds passages of knowledge for some sites (``None``: all), best first."""

    async def find(self, text: str, sites: Sequence[int] | None, k: int) -> list[Excerpt]:
        """At most ``k`` passages like ``text``; raises ``Unavailable``."""
        ...


class MemoryOverview(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller's sites have in memory.

    ``counted``: of how many of them, the newest, everything else tells: all, but where there are more than 100,000;
    ``incidents`` is the planner's estimate then. ``to_renew``: incidents that wait for the worker, to be embedded or composed anew; they are found all the same.
    """

    incidents: int
    counted: int
    with_resolution: int
    helped: int
    did_not_help: int
    to_renew: int
    oldest: datetime | None
    newest: datetime | None
    by_category: dict[str, int]
    by_source: dict[str, int]


class MemoryStatistics(msgspec.Struct, frozen=True):
    """How much is remembered: about how many, where there are more than 100,000."""

    incidents: int
    bytes: int
    newest: datetime | None


class IndexState(msgspec.Struct, frozen=True, kw_only=True):
    """Of the index over vectors. ``rows``: remembered incidents, about. ``built``: 0 to 1, while it is being built.

    ``present`` and not ``valid``: it is being built, or a build was interrupted. ``in_sight``: how many rows it should keep
    in sight, once that is measured.
    """

    rows: int
    present: bool
    valid: bool
    built: float
    in_sight: int | None = None
