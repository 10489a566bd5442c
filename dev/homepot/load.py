"""Loads a folder of CSV files, one a table, into a HOMEPOT-shaped database with its times moved to the present."""

from csv import reader
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from dev.homepot.pg import connect, set_sequences, without_foreign_keys
from dev.homepot.schema import ensure_schema

Anchor = Literal["rows", "telemetry"]

PLANS = {"expires_at", "scheduled_at"}  # deadlines lie ahead of their rows: they move along, but say nothing of "now"
TELEMETRY = (
    ("alerts", "timestamp"),
    ("device_metrics", "timestamp"),
    ("devices", "last_heartbeat_at"),
    ("health_checks", "timestamp"),
)


@dataclass(frozen=True)
class Column:
    """One column of a target table, as information_schema describes it."""

    name: str
    type: str
    required: bool

    @property
    def is_time(self) -> bool:
        """Whether the column holds points in time (not times of day)."""
        return self.type.startswith("timestamp")


@dataclass(frozen=True)
class Source:
    """One CSV file and the table it belongs to."""

    table: str
    path: Path
    header: list[str]
    columns: dict[str, Column]

    @property
    def stage(self) -> str:
        """The name of the temporary table that holds the rows as they came."""
        return f"stage_{self.table}"

    @property
    def times(self) -> list[str]:
        """The columns that hold points in time."""
        return [name for name in self.header if self.columns[name].is_time]


@dataclass(frozen=True)
class Loaded:
    """What was loaded: rows by table, and the offset that was added to every point in time."""

    rows: dict[str, int]
    offset: timedelta


def load_csv(url: str, folder: Path, now: datetime | None = None, *, anchor: Anchor = "rows") -> Loaded:
    """Load every `<table>.csv` of `folder`, creating the schema if missing.

    All points in time move by one offset. With anchor "rows" the newest row time of any table becomes `now`; with
    "telemetry" the newest of device_metrics, health_checks, alerts and devices.last_heartbeat_at does, so that the
    fleet looks alive even where logs went on later. Times inside JSON stay. Required columns that the files leave out
    (password and key hashes) get made-up values. Raises ValueError for a file that fits no table.
    """
    now = now or datetime.now(UTC)
    with connect(url) as connection:
        ensure_schema(connection)
        sources = [_source(connection, path) for path in sorted(folder.glob("*.csv"))]
        if not sources:
            raise ValueError(f"{folder} holds no .csv file")
        for source in sources:
            _stage(connection, source)
        newest = _newest(connection, sources, anchor)
        offset = now - newest if newest else timedelta()
        with without_foreign_keys(connection):
            rows = {source.table: _insert(connection, source, offset) for source in sources}
        set_sequences(connection)
    return Loaded(rows, offset)


def _source(connection: psycopg.Connection, path: Path) -> Source:
    with path.open(newline="", encoding="utf-8") as file:
        header = next(reader(file), [])
    found = connection.execute(
        "SELECT column_name, data_type, is_nullable = 'NO' AND column_default IS NULL"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
        (path.stem,),
    ).fetchall()
    columns = {name: Column(name, kind, required) for name, kind, required in found}
    if not columns:
        raise ValueError(f"{path.name}: HOMEPOT has no table of that name")
    if unknown := sorted(set(header) - set(columns)):
        raise ValueError(f"{path.name}: the table has no column {', '.join(unknown)}")
    return Source(path.stem, path, header, columns)


def _stage(connection: psycopg.Connection, source: Source) -> None:
    """Copy the file as it is: Postgres reads CSV itself, so empty and missing stay apart."""
    table = sql.Identifier(source.stage)
    names = sql.SQL(", ").join(map(sql.Identifier, source.header))
    connection.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            table, names, sql.Identifier(source.table)
        )
    )
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true)").format(table)
    with connection.cursor().copy(statement) as copy, source.path.open("rb") as file:
        while block := file.read(1 << 20):
            copy.write(block)


def _newest(connection: psycopg.Connection, sources: list[Source], anchor: Anchor) -> datetime | None:
    """The newest time (UTC) of the columns that count for `anchor`."""
    times = [
        time
        for source in sources
        for name in source.times
        if name not in PLANS and (anchor == "rows" or (source.table, name) in TELEMETRY)
        if (time := _newest_of(connection, source.stage, name)) is not None
    ]
    return max(times, default=None)


def _newest_of(connection: psycopg.Connection, table: str, column: str) -> datetime | None:
    """The session's time zone is UTC, so a naive column becomes the UTC time it means."""
    query = sql.SQL("SELECT max({})::timestamptz FROM {}").format(sql.Identifier(column), sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _insert(connection: psycopg.Connection, source: Source, offset: timedelta) -> int:
    made_up = [c.name for c in source.columns.values() if c.required and c.name not in source.header]
    names = [*source.header, *made_up]
    values = [_value(source.columns[name], offset) for name in source.header]
    values += [sql.SQL("'made-up-' || md5(stage::text)") for _ in made_up]
    cursor = connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} AS stage").format(
            sql.Identifier(source.table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(values),
            sql.Identifier(source.stage),
        )
    )
    return cursor.rowcount


def _value(column: Column, offset: timedelta) -> sql.Composable:
    name = sql.Identifier(column.name)
    return sql.SQL("{} + {}").format(name, sql.Literal(offset)) if column.is_time else name
