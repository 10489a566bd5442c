"""Query parameters that several routes take."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from ai_gateway.kit.errors import Problem

MOST_OFFSET = 10_000
"""How far pages reach: whoever wants more narrows the question."""

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Most entries of the page.")]
Offset = Annotated[int, QueryParameter(ge=0, le=MOST_OFFSET, description="How many entries to skip.")]
Since = Annotated[datetime | None, QueryParameter(description="RFC 3339; a time without a zone is UTC.")]


class Page(msgspec.Struct, frozen=True):
    """A part of a list."""

    limit: int
    offset: int


def page_asked(limit: Limit = 50, offset: Offset = 0) -> Page:
    """The part of a list that a request asks for."""
    return Page(limit, offset)


PAGE: Final = {"page": Provide(page_asked, sync_to_thread=False)}
"""Gives a route the parameter ``page``."""


def parameters(handler: BaseRouteHandler) -> dict[str, FieldDefinition]:
    """What a route takes, those of `Page` and its like in their place."""
    given = handler.resolve_dependencies()
    own = handler.parsed_fn_signature.parameters.items()
    parts = [given[name].parsed_fn_signature.parameters if name in given else {name: one} for name, one in own]
    return {name: one for part in parts for name, one in part.items()}


async def known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar guard: a parameter that the route does not have is refused, as a mistyped filter would be no filter.

    So is one that comes twice where the route takes one value: the other would be no filter either.
    """
    taken = parameters(handler)
    known = taken.keys() - {"request", "data"} - set(connection.path_params)
    unknown = sorted(set(connection.query_params) - known)
    if unknown:
        detail = f"Leave out {', '.join(unknown)}; this route knows {', '.join(sorted(known)) or 'no parameters'}."
        raise Problem(400, detail, kind="bad-request")
    twice = sorted(
        name
        for name in connection.query_params
        if len(connection.query_params.getall(name)) > 1 and not _several(taken[name])
    )
    if twice:
        raise Problem(400, f"Send {', '.join(twice)} once: this route takes one value of it.", kind="bad-request")


def _several(parameter: FieldDefinition) -> bool:
    """Whether it takes a list, which may be left out."""
    return any(one.is_non_string_collection for one in (parameter, *parameter.inner_types))


def aware(moment: datetime | None) -> datetime | None:
    """The same moment in UTC, which is meant where no zone is told.

    Of the first and last day of the calendar some moments have no date in UTC, and Postgres would keep what Python cannot read:
    they are its first and its last moment.
    """
    if moment is None or moment.tzinfo is None:
        return None if moment is None else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if moment.year == 1 else datetime.max.replace(tzinfo=UTC)
