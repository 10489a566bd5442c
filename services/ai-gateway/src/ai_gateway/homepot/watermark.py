"""How far HOMEPOT's rows have come: equal watermarks mean that what was read before still holds."""

from collections.abc import Container
from datetime import timedelta
from typing import Final

from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.schema import variants
from ai_gateway.homepot.store import NEWEST_CHECK_IDS
from ai_gateway.homepot.types import Digest, View
from ai_gateway.kit.clock import Clock

STREAMS: Final = ("readings", "checks", "states", "alerts", "errors", "jobs")
"""Kinds of rows that a watermark can cover, besides devices and changes of configuration, which all do."""
EDITED_IDS: Final = 500
"""How far back from the newest id a row's own words are looked at, which somebody may have edited in place."""
OPEN: Final = ("active", "acknowledged")


class RowWatermarks:
    """Reads watermarks in a caller's view."""

    def __init__(self, database: HomepotDatabase, clock: Clock, online_window_s: int) -> None:
        """Args: database: where to read. clock: now. online_window_s: as the store's."""
        self._database = database
        self._clock = clock
        self._online_window_s = online_window_s

    async def read(self, view: View, streams: Container[str]) -> str:
        """The watermark of these streams; raises ``Unavailable`` when HOMEPOT does not answer."""
        now = self._clock()
        params = {
            **view.params,
            "now": now,
            "heard_since": now - timedelta(seconds=self._online_window_s),
            "open": variants(*OPEN),
            "newest_ids": NEWEST_CHECK_IDS,
            "edited_ids": EDITED_IDS,
        }
        asked = "".join(f", {{watermark_{name}}}" for name in STREAMS if name in streams)
        return (await self._database.fetch("watermark", Digest, params, put={"streams": asked}))[0].digest
