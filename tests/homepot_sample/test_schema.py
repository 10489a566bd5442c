import csv
from pathlib import Path

import psycopg
import pytest

from dev.homepot.schema import Variant, create_schema, schema_parts, strip_to_old

COLUMNS = """
    SELECT table_name, column_name,
        CASE WHEN udt_name = 'varchar' THEN 'varchar(' || character_maximum_length || ')' ELSE data_type END,
        udt_name, is_nullable, coalesce(column_default, ''), ordinal_position::text
    FROM information_schema.columns WHERE table_schema = 'public'
"""
KEYS = """
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'
"""


def rows_of(path: Path, *columns: str) -> set[tuple[str, ...]]:
    with path.open(newline="", encoding="utf-8") as file:
        return {tuple(row[name] for name in columns) for row in csv.DictReader(file)}


@pytest.mark.parametrize(("variant", "folder"), [("current", "schema"), ("older", "schema/older")])
def test_schema_is_homepots_own(empty_url: str, data: Path, variant: Variant, folder: str) -> None:
    create_schema(empty_url, variant)
    with psycopg.connect(empty_url) as connection:
        columns = set(connection.execute(COLUMNS).fetchall())
        keys = set(connection.execute(KEYS).fetchall())
    names = ("table", "column", "data_type", "udt", "nullable", "default", "pos")
    assert columns == rows_of(data / folder / "columns.csv", *names)
    assert keys == rows_of(data / folder / "indexes_fks.csv", "table", "name", "definition")


def test_schema_is_not_created_twice(empty_url: str) -> None:
    create_schema(empty_url)
    with pytest.raises(ValueError, match="holds HOMEPOT tables already"):
        create_schema(empty_url)


def test_parts_are_the_whole_schema() -> None:
    tables, keys = schema_parts()
    assert tables.count("CREATE TABLE") == 26
    assert "CREATE TABLE" not in keys
    assert keys.count("FOREIGN KEY") == 34


def test_stripped_schema_lacks_what_old_deployments_lack(empty_url: str) -> None:
    create_schema(empty_url)
    strip_to_old(empty_url)
    strip_to_old(empty_url)
    with psycopg.connect(empty_url) as connection:
        found = {(row[0], row[1]) for row in connection.execute(COLUMNS).fetchall()}
    tables, columns = {table for table, _ in found}, {column for _, column in found}
    gone = {"lifecycle_epochs", "device_lifecycle_events", "device_assignments", "device_credentials"}
    assert not tables & (gone | {"enrolment_intents", "tenants", "tenant_memberships"})
    assert not columns & {"lifecycle_state", "health_state", "is_simulated", "provenance", "tenant_id"}
    assert "collection_interval_seconds" not in columns
    assert ("devices", "last_heartbeat_at") in found
