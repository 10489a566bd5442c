"""HOMEPOT's database of an evaluation: the fleet, a case's own rows, and the truth that its SQL tells."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from dev.evals.cases import Case, CaseError
from dev.evals.checks import Truth
from dev.homepot.pg import as_json, connect

_OFFSET = re.compile(r"^([+-]?\d+(?:\.\d+)?)([smhdw])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COLUMNS = """
SELECT column_name, data_type, column_default IS NULL AS bare
FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
"""


def moment(value: Any, now: datetime) -> Any:
    """``-10m`` is ten minutes before ``now`` (units s, m, h, d, w); any other value is itself."""
    found = _OFFSET.match(value) if isinstance(value, str) else None
    return now + timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else value


@contextmanager
def case_rows(url: str, case: Case, now: datetime) -> Iterator[None]:
    """Put a case's rows into the database (superuser's ``url``), and take them out again.

    Raises:
        CaseError: a row fits no table, or breaks one of its rules.
    """
    ids: dict[str, list[Any]] = {}
    try:
        with connect(url) as connection:
            for table, rows in case.rows.items():
                ids[table] = [_insert(connection, table, row, now) for row in rows]
    except (psycopg.Error, CaseError) as error:
        raise CaseError(f"{case.name}: its rows do not fit: {error}") from error
    try:
        yield
    finally:
        _remove(url, ids)


def _insert(connection: psycopg.Connection, table: str, row: dict[str, Any], now: datetime) -> Any:
    """Insert one row and return its id. A naive column gets the UTC time, as HOMEPOT's own do."""
    columns = {name: (kind, bare) for name, kind, bare in connection.execute(_COLUMNS, (table,)).fetchall()}
    if not columns:
        raise CaseError(f"HOMEPOT has no table {table}")
    if unknown := sorted(set(row) - set(columns)):
        raise CaseError(f"table {table} has no column {', '.join(unknown)}")
    values = {name: _value(value, columns[name][0], now) for name, value in row.items()}
    if "id" not in row and columns.get("id", ("", False))[1]:
        values["id"] = _next_id(connection, table)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    inserted = connection.execute(statement, list(values.values())).fetchone()
    return inserted[0] if inserted else None


def _value(value: Any, kind: str, now: datetime) -> Any:
    if kind in {"json", "jsonb"}:
        return as_json(value)
    return moment(value, now) if kind.startswith("timestamp") else value


def _next_id(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT coalesce(max(id), 0) + 1 FROM {}").format(sql.Identifier(table))
    ).fetchone()
    return int(row[0]) if row else 1


def _remove(url: str, ids: dict[str, list[Any]]) -> None:
    with connect(url) as connection:
        for table, gone in reversed(ids.items()):
            connection.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(sql.Identifier(table)), (gone,))


def read_truth(url: str, case: Case, now: datetime) -> Truth:
    """Run a case's SQL, in which ``{now}`` stands for the present moment; it only reads.

    Raises:
        CaseError: a query fails, or gives no value.
    """
    expect = case.expect
    numbers_sql = [expect.numbers_sql] if isinstance(expect.numbers_sql, str) else expect.numbers_sql
    try:
        with connect(url) as connection:
            connection.read_only = True
            devices = expect.devices_sql and _rows(connection, expect.devices_sql, now)
            numbers = [value for query in numbers_sql for row in _rows(connection, query, now) for value in row]
            said = _rows(connection, expect.answer_has_sql, now) if expect.answer_has_sql else []
            unsaid = _rows(connection, expect.answer_lacks_sql, now) if expect.answer_lacks_sql else []
    except psycopg.Error as error:
        raise CaseError(f"{case.name}: its SQL fails: {error}") from error
    if None in numbers or (expect.answer_has_sql and not said) or (numbers_sql and not numbers):
        raise CaseError(f"{case.name}: its SQL gives no value to expect")
    return Truth(
        [str(row[0]) for row in devices] if devices is not None else None,
        [float(value) for value in numbers],
        [str(row[0]) for row in said],
        [str(row[0]) for row in unsaid],
    )


def _rows(connection: psycopg.Connection, query: str, now: datetime) -> list[tuple[Any, ...]]:
    literal = sql.Literal(now).as_string(connection)
    return connection.execute(query.replace("{now}", literal).encode()).fetchall()
