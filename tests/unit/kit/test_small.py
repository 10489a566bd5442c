"""Clock, SQL files, the pool's report, and migrations before they reach a database."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from ai_gateway.kit import migrations
from ai_gateway.kit.clock import rfc3339, system_clock
from ai_gateway.kit.db import create_pool, report_pool
from ai_gateway.kit.metrics import render_metrics
from ai_gateway.kit.migrations import MigrationError, migrate
from ai_gateway.kit.sql import load_sql
from tests.unit.kit.asgi import sample

UNREACHABLE = "postgresql://nobody@127.0.0.1:9/none"


def test_the_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T23:00:00Z"),
    ],
)
def test_times_are_written_in_utc_to_the_second(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


def test_sql_is_loaded_by_name() -> None:
    assert "FROM ai_api_keys" in load_sql("ai_gateway.access", "list_keys")
    with pytest.raises(FileNotFoundError):
        load_sql("ai_gateway.access", "no_such_query")


def test_every_sql_file_is_used_and_loads() -> None:
    source = Path(migrations.__file__).parents[1]
    for path in source.glob("*/sql/*.sql"):
        stage = path.parents[1].name
        assert load_sql(f"ai_gateway.{stage}", path.stem).strip()
        code = "\n".join(file.read_text(encoding="utf-8") for file in (source / stage).rglob("*.py"))
        assert f'"{path.stem}"' in code, f"{path} is used by nothing"


async def test_a_pools_state_becomes_metrics() -> None:
    pool = create_pool(UNREACHABLE, name="of-a-test", max_size=3, statement_timeout_ms=100)
    report_pool(pool)
    assert sample("ai_db_pool_connections", pool="of-a-test", state="total") == pool.get_stats()["pool_size"]
    assert b'ai_db_pool_connections{pool="of-a-test",state="waiting"} 0.0' in render_metrics()


@pytest.mark.parametrize("make", [lambda _: None, lambda folder: (folder / "notes.txt").write_text("no migration")])
def test_a_folder_without_migrations_is_told_before_anything_is_touched(tmp_path: Path, make: object) -> None:
    make(tmp_path)
    with pytest.raises(MigrationError, match="set MIGRATIONS_DIR"):
        migrate(UNREACHABLE, tmp_path)
    with pytest.raises(MigrationError, match="No migrations in"):
        migrate(UNREACHABLE, tmp_path / "not there")


class Answers:
    """A connection that gives every query the same row."""

    def __init__(self, row: tuple[object, ...] | None) -> None:
        self.row = row

    def execute(self, *_: object) -> SimpleNamespace:
        return SimpleNamespace(fetchone=lambda: self.row)


@pytest.mark.parametrize("version", ["0.8.4", "0.8.10", "0.9.0", "1.0"])
def test_a_new_enough_pgvector_is_taken(version: str) -> None:
    migrations._require_pgvector(Answers((version,)))


@pytest.mark.parametrize(
    ("row", "message"),
    [(("0.8.3",), "0.8.3 is too old; 0.8.4"), (("0.7",), "0.7 is too old"), (None, "has no pgvector")],
)
def test_an_old_or_missing_pgvector_is_refused(row: tuple[object, ...] | None, message: str) -> None:
    with pytest.raises(MigrationError, match=message):
        migrations._require_pgvector(Answers(row))


def test_a_lock_that_is_never_free_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT_S", 0)
    with pytest.raises(MigrationError, match="Another process has been migrating"):
        migrations._lock(Answers((False,)))
