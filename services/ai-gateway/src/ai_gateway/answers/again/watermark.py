"""How far the data behind an answer has come: an answer serves again only while this is unchanged."""

import asyncio
from typing import Final

import msgspec

from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.question import Question
from ai_gateway.homepot.digest import Digest
from ai_gateway.homepot.scoped.watermark import STREAMS, RowWatermarks
from ai_gateway.kit.db import Pool, connection, fetch_all
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.sql import load_sql

PACKAGE: Final = "ai_gateway.answers"
PATIENCE_S: Final = 1.0
OWN: Final = "own"
"""What the worker and users of the gateway write."""
EVERYTHING: Final = frozenset({*STREAMS, OWN})
RESTS_ON: Final[dict[Intent, frozenset[str]]] = {
    Intent.STATUS: frozenset({OWN}),
    Intent.ALERTS: frozenset({"alerts"}),
    Intent.INCIDENTS: frozenset({"alerts", OWN}),
    Intent.ANOMALIES: frozenset({"readings", "checks", "states", OWN}),
    Intent.AT_RISK: frozenset({"readings", "checks", "states", "alerts", "errors", OWN}),
    Intent.METRICS: frozenset({"readings", OWN}),
    Intent.SIMILAR: frozenset({"alerts", OWN}),
    Intent.JOBS: frozenset({"jobs"}),
    Intent.CHANGES: frozenset({OWN}),
    Intent.ERRORS: frozenset({"errors"}),
    Intent.CHECKS: frozenset({"checks"}),
    Intent.UNKNOWN: frozenset(),
}
"""The streams of rows that an intent is answered from, besides devices and changes; one that is missing here, from all."""


class Watermarks:
    """Reads watermarks: one query in each database."""

    def __init__(self, rows: RowWatermarks, pool: Pool) -> None:
        """Args: rows: HOMEPOT's. pool: the gateway's own database."""
        self._rows = rows
        self._pool = pool

    async def read(self, question: Question) -> str | None:
        """The watermark of the data that this question is answered from; ``None`` if it cannot be read in time."""
        named = question.intent is Intent.STATUS and question.devices  # what is wrong with them is told, too
        streams = EVERYTHING if named else RESTS_ON.get(question.intent, EVERYTHING)
        try:
            async with asyncio.timeout(PATIENCE_S):
                parts = await asyncio.gather(self._rows.read(question.view, streams), self._own(streams))
        except (TimeoutError, Unavailable):
            return None
        return "|".join(parts)

    async def _own(self, streams: frozenset[str]) -> str:
        if OWN not in streams:
            return ""
        async with connection(self._pool, part="database", detail="The watermark cannot be read.") as conn:
            rows = await fetch_all(conn, load_sql(PACKAGE, "watermark"))
        return msgspec.convert(rows[0], Digest).digest
