"""What this HOMEPOT database really has: looked up once, and turned into sub-selects of one uniform shape.

A query says ``FROM {devices} AS d``; ``{devices}`` becomes a sub-select with every column of ``SCHEMA``, whatever the
database's age: a missing column is NULL, a missing table has no rows. Postgres folds such sub-selects into the query,
so indexes serve as before. ``{fleet}`` stands for the devices in the caller's view (``sql/fleet.sql``); the other
`FRAGMENTS` are files of their names too. ``{untimed_<table>}``: the rows that all others leave out.
"""

import re
from collections.abc import Iterable

from ai_gateway.homepot.schema import HAPPENED, IMPOSSIBLE_TIME, POSSIBLE_TIME, SCHEMA, adjusted
from ai_gateway.kit.db import Connection, fetch_all
from ai_gateway.kit.sql import load_sql

FRAGMENTS = (
    "fleet",
    "members",
    "words",
    "well",
    "labels",
    "in_view",
    "alerts_in_view",
    "errors_logged",
    "device_changes_made",
    "jobs_ended",
    "new_value",
    "served",
    "watermark_readings",
    "watermark_checks",
    "watermark_states",
    "watermark_alerts",
    "watermark_errors",
    "watermark_jobs",
    "scope",
    "value",
    "temperature",
)
"""Text that several queries share, or that one holds where it is asked for. Some hold others, so the order matters."""
_COMMENT = re.compile(r"--.*")
_SPACE = re.compile(r"\s+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

_COLUMNS = """
SELECT table_name, column_name
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY(%(tables)s)
"""


class Catalogue:
    """The tables and columns that the reader may see."""

    def __init__(self, columns: Iterable[tuple[str, str]]) -> None:
        """Args: columns: pairs of table and column, as visible to this role."""
        present: dict[str, set[str]] = {}
        for table, column in columns:
            present.setdefault(table, set()).add(column)
        self._present = present
        self._sources = {table: self._source(table) for table in SCHEMA}
        self._sources |= {f"untimed_{table}": self._untimed(table, column) for table, column in HAPPENED.items()}
        self._rendered: dict[str, str] = {}

    @property
    def missing(self) -> list[str]:
        """Wanted but not there: ``table`` or ``table.column``, sorted."""
        gaps = [table for table in SCHEMA if table not in self._present]
        gaps += [
            f"{table}.{column}"
            for table, columns in SCHEMA.items()
            if table in self._present
            for column in columns
            if column not in self._present[table]
        ]
        return sorted(gaps)

    def has(self, table: str) -> bool:
        """Whether the table is there and readable."""
        return table in self._present

    def render(self, query: str) -> str:
        """Put the sub-selects in place of ``{table}``, and leave out what is for the eye: short queries are sent faster.

        Raises:
            KeyError: SCHEMA lacks the table.
        """
        if query not in self._rendered:
            whole = query
            for fragment in FRAGMENTS:
                whole = whole.replace(f"{{{fragment}}}", load_sql("ai_gateway.homepot", fragment))
            whole = _PLACEHOLDER.sub(lambda found: self._sources[found[1]], whole)
            self._rendered[query] = _SPACE.sub(" ", _COMMENT.sub("", whole)).strip()
        return self._rendered[query]

    def _source(self, table: str) -> str:
        there = self._present.get(table)
        columns = ", ".join(self._column(table, name, kind, there or set()) for name, kind in SCHEMA[table].items())
        if not there:
            return f"(SELECT {columns} WHERE false)"
        happened = HAPPENED.get(table, "")
        where = f" WHERE {POSSIBLE_TIME.format(_quoted(happened))}" if happened in there else ""
        return f"(SELECT {columns} FROM public.{table}{where})"  # noqa: S608 - names of SCHEMA

    def _untimed(self, table: str, column: str) -> str:
        """The rows that `_source` leaves out."""
        if column not in self._present.get(table, ()):
            return "(SELECT 1 WHERE false)"
        return f"(SELECT 1 FROM public.{table} WHERE {IMPOSSIBLE_TIME.format(_quoted(column))})"  # noqa: S608 - names of SCHEMA

    @staticmethod
    def _column(table: str, name: str, kind: str, there: set[str]) -> str:
        plain = _quoted(name) if name in there else f"NULL::{kind}"
        return f"{adjusted(table, name, plain)} AS {_quoted(name)}"


def _quoted(column: str) -> str:
    return f'"{column}"'


async def read_catalogue(conn: Connection) -> Catalogue:
    """Look at the database. ``information_schema`` shows only what this role may read, which is what counts."""
    rows = await fetch_all(conn, _COLUMNS, {"tables": list(SCHEMA)})
    return Catalogue((row["table_name"], row["column_name"]) for row in rows)
