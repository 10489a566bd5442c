"""Migrations: once, in order, also when several processes begin at the same moment."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ai_gateway.kit import migrations
from ai_gateway.kit.migrations import LOCK_KEY, MigrationError, migrate
from dev.postgres import EmbeddedPostgres
from tests.conftest import ROOT

FOLDER = ROOT / "migrations"
TABLES = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'ai\\_%'"


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    with postgres.passing_database() as url:
        yield url


def ids() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(TABLES).fetchone()[0]


def test_they_are_applied_in_order_and_only_once(empty_url: str) -> None:
    assert migrate(empty_url, FOLDER) == ids()
    assert migrate(empty_url, FOLDER) == []
    assert tables(empty_url) == sum(
        path.read_text(encoding="utf-8").count("CREATE TABLE ai_") for path in FOLDER.glob("*.sql")
    )


def test_several_threads_at_once_apply_each_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda _: migrate(empty_url, FOLDER), range(4)))
    assert sorted(applied, key=len) == [[], [], [], ids()]


def test_two_processes_at_once_apply_each_once(empty_url: str) -> None:
    code = "import sys; from pathlib import Path; from ai_gateway.kit.migrations import migrate; print(len(migrate(sys.argv[1], Path(sys.argv[2]))))"
    command = [sys.executable, "-c", code, empty_url, str(FOLDER)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [int(process.communicate(timeout=60)[0].splitlines()[-1]) for process in both]
    assert sorted(counts) == [0, len(ids())]


def migrate_before(last: Path, url: str, folder: Path) -> None:
    """A database as it was before a migration; `folder` holds those that it has."""
    for file in FOLDER.glob("*.sql"):
        if file.name < last.name:
            shutil.copy(file, folder)
    migrate(url, folder)


def test_keys_that_could_note_what_was_done_still_can(empty_url: str, tmp_path: Path) -> None:
    operators = FOLDER / "0025_operators_permission.sql"
    migrate_before(operators, empty_url, tmp_path)
    with psycopg.connect(empty_url) as connection:
        insert = "INSERT INTO ai_api_keys (name, key_hash, hint, scopes) VALUES (%s, %s, 'x', %s)"
        for name, scopes in (("till", ["read"]), ("report", ["reports"]), ("chief", ["read", "admin"])):
            connection.execute(insert, (name, name.encode(), scopes))
    shutil.copy(operators, tmp_path)
    migrate(empty_url, tmp_path)
    with psycopg.connect(empty_url) as connection:
        found = dict(connection.execute("SELECT name, scopes FROM ai_api_keys").fetchall())
    assert found == {"till": ["read", "operate"], "report": ["reports"], "chief": ["read", "admin", "operate"]}


def test_notes_that_were_kept_whole_are_as_long_as_new_ones(empty_url: str, tmp_path: Path) -> None:
    bounded = FOLDER / "0036_notes_bounded.sql"
    migrate_before(bounded, empty_url, tmp_path)
    log = "rebooted " * 100_000
    with psycopg.connect(empty_url) as connection:
        for number, said in enumerate((log, "Blew the dust out.", None), 1):
            names = {"id": f"00000000-0000-0000-0000-00000000000{number}", "alert": number, "said": said}
            connection.execute(
                "INSERT INTO ai_incidents (id, status, severity, category, kind, title, scope, site, sites, opened_at, last_at,"
                " resolution, revision) VALUES (%(id)s, 'resolved', 'info', '', '', '', 'device', 1, '{1}', now(), now(), %(said)s, 1)",
                names,
            )
            connection.execute(
                "INSERT INTO ai_incident_alerts (alert, incident, site, kind, category, severity, title, status, at, notes)"
                " VALUES (%(alert)s, %(id)s, 1, '', '', 'info', '', 'resolved', now(), %(said)s)",
                names,
            )
    shutil.copy(bounded, tmp_path)
    assert migrate(empty_url, tmp_path) == [bounded.stem]
    with psycopg.connect(empty_url) as connection:
        kept = connection.execute(
            "SELECT notes, resolution FROM ai_incident_alerts JOIN ai_incidents ON id = incident ORDER BY alert"
        )
        assert kept.fetchall() == [(log[:2000], log[:2000]), ("Blew the dust out.",) * 2, (None, None)]


def test_a_lock_that_a_dead_process_left_is_no_obstacle(empty_url: str) -> None:
    migrate(empty_url, FOLDER)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 4242)")
    assert migrate(empty_url, FOLDER) == []


def test_a_lock_that_a_living_process_holds_is_waited_for(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT_S", 0.3)
    with psycopg.connect(empty_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        with pytest.raises(MigrationError, match="Another process"):
            migrate(empty_url, FOLDER)
    assert tables(empty_url) == 0


def test_a_broken_migration_changes_nothing_and_is_told(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE ai_good (a int);", encoding="utf-8")
    (tmp_path / "0002_bad.sql").write_text(
        "-- depends: 0001_good\nCREATE TABLE ai_half (a int);\nCREATE TABEL oops (a int);", encoding="utf-8"
    )
    for _ in range(2):
        with pytest.raises((MigrationError, psycopg.Error)):
            migrate(empty_url, tmp_path)
        assert tables(empty_url) == 1
    (tmp_path / "0002_bad.sql").write_text("-- depends: 0001_good\nCREATE TABLE ai_half (a int);", encoding="utf-8")
    assert migrate(empty_url, tmp_path) == ["0002_bad"]


def test_a_migration_that_depends_on_nothing_known_is_told(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_lost.sql").write_text("-- depends: 0000_never\nCREATE TABLE ai_x (a int);", encoding="utf-8")
    with pytest.raises(MigrationError, match=r"do not fit together.*0001_lost"):
        migrate(empty_url, tmp_path)


def test_a_server_that_is_down_is_an_operational_error() -> None:
    with pytest.raises(psycopg.OperationalError):
        migrate("postgresql://nobody@127.0.0.1:9/none", FOLDER)


def test_the_dimensions_of_a_vector_are_the_models(empty_url: str) -> None:
    migrate(empty_url, FOLDER)
    with psycopg.connect(empty_url) as connection, pytest.raises(psycopg.errors.DataException, match="768"):
        connection.execute(
            "INSERT INTO ai_incident_patterns (source, source_key, content_hash, description, severity, category,"
            " occurred_at, embedding_model, embedding) VALUES ('t', '1', 'h', 'd', 's', 'c', now(), 'm', '[1,2,3]')"
        )
