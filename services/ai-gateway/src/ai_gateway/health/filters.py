"""What narrows a list of anomalies or incidents, and the query parameters that say it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar.di import Provide
from litestar.params import QueryParameter

from ai_gateway.kit.queries import Since, aware

Severity = Literal["info", "warning", "critical"]
SiteId = Annotated[
    str | None, QueryParameter(max_length=100, description="One site: its public id or HOMEPOT's integer.")
]
DeviceId = Annotated[
    str | None, QueryParameter(max_length=100, description="One device: its public id or HOMEPOT's integer.")
]
Severities = Annotated[list[Severity] | None, QueryParameter(description="Only these; repeat it for several.")]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which ones. Ids are public or HOMEPOT's integers; ``since``: those that were on at that time or later."""

    site_id: str | None = None
    device_id: str | None = None
    severities: Sequence[str] | None = None
    since: datetime | None = None


EVERYWHERE: Final = Where()


def where_asked(
    site_id: SiteId = None, device_id: DeviceId = None, severity: Severities = None, since: Since = None
) -> Where:
    """What a request narrows a list to."""
    return Where(site_id=site_id, device_id=device_id, severities=severity, since=aware(since))


WHERE: Final = {"where": Provide(where_asked, sync_to_thread=False)}
"""Gives a route the parameter ``where``."""
