"""HOMEPOT's schema on an empty database: as its backend creates it today, as migrated, or as an old deployment."""

from pathlib import Path
from typing import Literal

import psycopg

from dev.homepot.pg import connect

HERE = Path(__file__).parent

Variant = Literal["current", "older"]


def create_schema(url: str, variant: Variant = "current") -> None:
    """Create every table, key and index; raises ValueError where HOMEPOT tables exist already."""
    script = HERE / ("schema.sql" if variant == "current" else "schema_older.sql")
    with connect(url) as connection:
        if has_schema(connection):
            raise ValueError("this database holds HOMEPOT tables already: give an empty one")
        connection.execute(script.read_bytes())


def ensure_schema(connection: psycopg.Connection) -> None:
    """Create the current schema where it is missing."""
    if not has_schema(connection):
        connection.execute((HERE / "schema.sql").read_bytes())


def schema_parts() -> tuple[str, str]:
    """The current schema as two scripts: the tables, then their indexes and foreign keys (faster after loading)."""
    statements = (HERE / "schema.sql").read_text(encoding="utf-8").split(";\n")
    tables = [text for text in statements if "CREATE TABLE" in text]
    keys = [text for text in statements if text.strip() and "CREATE TABLE" not in text]
    return ";\n".join(tables), ";\n".join(keys)


def has_schema(connection: psycopg.Connection) -> bool:
    """Whether the table `devices` exists."""
    row = connection.execute("SELECT to_regclass('public.devices') IS NOT NULL").fetchone()
    return bool(row and row[0])


def strip_to_old(url: str) -> None:
    """Drop the tables and columns that a deployment of before mid-2026 lacks."""
    with connect(url) as connection:
        connection.execute((HERE / "schema_strip.sql").read_bytes())
