"""How far HOMEPOT's rows have come: equal watermarks mean that what was read before still holds."""

from collections.abc import Container
from typing import Final

from ai_gateway.homepot.digest import Digest
from ai_gateway.homepot.schema import variants
from ai_gateway.homepot.scoped.checks import NEWEST_CHECK_IDS
from ai_gateway.homepot.scoped.view import ScopedReader, View

STREAMS: Final = ("readings", "checks", "states", "alerts", "errors", "jobs")
"""Kinds of rows that a watermark can cover, besides devices and changes of configuration, which all do."""
EDITED_IDS: Final = 500
"""How far back from the newest id a row's own words are looked at, which somebody may have edited in place."""
OPEN: Final = ("active", "acknowledged")


class RowWatermarks(ScopedReader):
    """Reads watermarks."""

    async def read(self, view: View, streams: Container[str]) -> str:
        """The watermark of these streams."""
        asked = "".join(f", {{watermark_{name}}}" for name in STREAMS if name in streams)
        bounds = {"open": variants(*OPEN), "newest_ids": NEWEST_CHECK_IDS, "edited_ids": EDITED_IDS}
        return (await self._one("watermark", Digest, view, None, {"streams": asked}, **bounds)).digest
