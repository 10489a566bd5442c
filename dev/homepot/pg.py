"""The few Postgres helpers that the loaders share."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection]:
    """One transaction with the session's time zone set to UTC, as naive and aware times meet in HOMEPOT's tables."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        yield connection


def copy_rows(connection: psycopg.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Load `rows` (values in the order of `columns`) by COPY and return their number."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_dicts(connection: psycopg.Connection, table: str, rows: Sequence[dict[str, Any]]) -> int:
    """Load dictionaries that all have the keys of the first one."""
    if not rows:
        return 0
    columns = list(rows[0])
    return copy_rows(connection, table, columns, ([row[name] for name in columns] for row in rows))


def as_json(value: Any) -> str:
    """JSON text for a `json` column; None becomes JSON null, which HOMEPOT writes where SQL NULL is meant."""
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def without_foreign_keys(connection: psycopg.Connection) -> Iterator[None]:
    """Skip foreign key checks in this transaction (superuser only): devices and epochs refer to each other."""
    connection.execute("SET LOCAL session_replication_role = replica")
    yield
    connection.execute("SET LOCAL session_replication_role = origin")


def set_sequences(connection: psycopg.Connection) -> None:
    """Move every id sequence past the newest id of its table."""
    found = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_default LIKE 'nextval(%'"
    ).fetchall()
    for table, column in found:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({}), 0) + 1, false) FROM {}").format(
                sql.Identifier(column), sql.Identifier(table)
            ),
            (table, column),
        )
