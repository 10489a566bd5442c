"""Queries on databases that lack columns or tables."""

import re
from pathlib import Path

import pytest

from ai_gateway.homepot import catalogue
from ai_gateway.homepot.catalogue import Catalogue
from ai_gateway.homepot.schema import ADJUST, SCHEMA, variants
from ai_gateway.homepot.scoped.alerts import alert_filters
from ai_gateway.homepot.scoped.view import Period

WHOLE = [(table, column) for table, columns in SCHEMA.items() for column in columns]


def without(*gaps: str) -> Catalogue:
    return Catalogue((table, column) for table, column in WHOLE if not {table, f"{table}.{column}"} & set(gaps))


def test_a_whole_database_misses_nothing() -> None:
    catalogue = Catalogue(WHOLE)
    assert catalogue.missing == []
    assert all(catalogue.has(table) for table in SCHEMA)
    text = catalogue.render("SELECT d.id FROM {devices} AS d")
    assert "NULL::" not in text
    assert "FROM public.devices) AS d" in text


def test_columns_and_tables_that_nobody_asked_for_do_no_harm() -> None:
    assert Catalogue([*WHOLE, ("devices", "api_key_hash"), ("users", "hashed_password")]).missing == []


@pytest.mark.parametrize(("table", "column"), WHOLE)
def test_any_missing_column_becomes_a_typed_null(table: str, column: str) -> None:
    catalogue = without(f"{table}.{column}")
    assert catalogue.missing == [f"{table}.{column}"]
    text = catalogue.render(f"{{{table}}}")
    assert f"NULL::{SCHEMA[table][column]}" in text
    assert text.count(f'AS "{column}"') == 1
    assert text.count(" AS ") == len(SCHEMA[table])


@pytest.mark.parametrize("table", SCHEMA)
def test_a_missing_table_has_every_column_and_no_rows(table: str) -> None:
    catalogue = without(table)
    assert catalogue.missing == [table]
    assert not catalogue.has(table)
    text = catalogue.render(f"{{{table}}}")
    assert text.endswith("WHERE false)")
    assert "FROM" not in text
    assert [name for name in SCHEMA[table] if f'AS "{name}"' not in text] == []


def test_an_empty_database_is_told_table_by_table() -> None:
    assert Catalogue([]).missing == sorted(SCHEMA)


def test_the_fleet_stands_on_the_same_sources() -> None:
    text = without("devices.lifecycle_state", "sites.lifecycle_state").render("SELECT f.id FROM {fleet} AS f")
    assert "{" not in text
    assert "COALESCE(lower(NULL::text), 'active')" in text


def test_what_is_for_the_eye_alone_is_not_sent() -> None:
    text = without().render("-- why\nSELECT d.id  -- a key\nFROM {devices} AS d\n    WHERE d.name = 'a b'")
    assert text.startswith("SELECT d.id FROM (SELECT")
    assert text.endswith(" AS d WHERE d.name = 'a b'")


def test_no_query_holds_text_that_looks_like_a_comment_or_an_indent() -> None:
    for path in Path(catalogue.__file__).with_name("sql").glob("*.sql"):
        for literal in re.findall(r"'[^'\n]*'", re.sub(r"(?m)(^|  )-- .*$", "", path.read_text())):
            assert "--" not in literal, path.name
            assert "  " not in literal, path.name


def test_an_unknown_placeholder_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Catalogue(WHOLE).render("SELECT * FROM {nothing_of_that_name}")


def test_no_column_that_holds_a_secret_is_wanted() -> None:
    words = ("hash", "token", "password", "secret", "api_key")
    assert [column for _, column in WHOLE if any(word in column for word in words)] == []
    assert set(SCHEMA["users"]) == {"id", "email", "is_active", "is_admin"}


def test_every_adjustment_is_of_a_wanted_column() -> None:
    assert set(ADJUST) <= set(WHOLE)


def test_spellings() -> None:
    assert variants("active") == ["active", "ACTIVE", "Active"]
    assert alert_filters(statuses=("resolved",))["statuses"] == ["resolved", "RESOLVED", "Resolved"]
    assert alert_filters()["severities"] is None


def test_a_period_has_two_ends() -> None:
    period = Period("a", "b")
    assert (period.since, period.until) == ("a", "b")
