"""The embedded Postgres: real servers on loopback."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev import postgres_host
from dev.postgres import EmbeddedPostgres, PostgresError, start

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as server:
        yield server


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def test_it_is_postgres_18_with_pgvector_in_utc(server: EmbeddedPostgres) -> None:
    url = server.create_database("homepot")
    assert str(one(url, "SHOW server_version")).startswith("18.")
    assert one(url, "SHOW timezone") == "UTC"
    assert one(url, "SHOW server_encoding") == "UTF8"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        row = connection.execute("SELECT '[1,2]'::vector <=> '[1,2]'").fetchone()
    assert row == (0.0,)


def test_a_database_is_created_once(server: EmbeddedPostgres) -> None:
    assert server.create_database('odd "name"') == server.create_database('odd "name"')
    assert one(server.url('odd "name"'), "SELECT current_database()") == 'odd "name"'


def test_it_listens_on_loopback_only_and_wants_the_password(server: EmbeddedPostgres) -> None:
    assert one(server.url(), "SHOW listen_addresses") == "127.0.0.1"
    assert one(server.url(), "SHOW unix_socket_directories") == ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(password="wrong"))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url(user="somebody"))


def test_the_password_is_private(server: EmbeddedPostgres) -> None:
    assert stat.S_IMODE((server.data_dir / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700


def test_other_roles_get_the_password_that_is_given(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'p@ss/word'")
    assert one(server.url(user="reader", password="p@ss/word"), "SELECT current_user") == "reader"


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_keeps_the_port_and_the_data(server: EmbeddedPostgres, mode: str) -> None:
    url = server.create_database("kept")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS fact (n int)")
    server.restart(mode)  # type: ignore[arg-type]
    assert server.create_database("kept") == url
    assert one(url, "SELECT count(*) FROM fact") == 0


def test_it_recovers_from_a_kill(server: EmbeddedPostgres) -> None:
    url = server.url()
    server.kill()
    assert not server.running
    server.start()
    assert server.url() == url
    assert one(url, "SELECT 1") == 1


def test_a_second_owner_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(PostgresError, match="another running process"):
        start(server.data_dir)
    with pytest.raises(PostgresError, match="already started"):
        server.start()


def test_stopping_twice_is_nothing_and_the_url_needs_a_port(tmp_path: Path) -> None:
    idle = EmbeddedPostgres(tmp_path / "idle")
    idle.stop()
    with pytest.raises(PostgresError, match="start the server first"):
        idle.url()


def test_a_server_whose_owner_was_killed_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from dev.postgres import start;"
        "print(start(Path(sys.argv[1]), durable=False).create_database('left'), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    owner = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert owner.returncode < 0
    assert one(owner.stdout.strip(), "SELECT 1") == 1
    with EmbeddedPostgres(tmp_path / "data", durable=False) as server:
        assert one(server.url("left"), "SELECT 1") == 1


def test_a_pid_file_that_names_another_process_is_no_server(tmp_path: Path) -> None:
    server = start(tmp_path / "data", durable=False)
    server.stop()
    stale = server.cluster / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{server.cluster}\n0\n1\n\n127.0.0.1\n\nready\n", encoding="ascii")
    assert not server.running
    with server:
        assert one(server.url(), "SELECT 1") == 1


def test_a_cluster_of_another_version_is_named(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.cluster.mkdir()
    (server.cluster / "PG_VERSION").write_text("16\n", encoding="ascii")
    with pytest.raises(PostgresError, match="made by Postgres 16"):
        server.start()


def test_a_lost_password_is_said(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data", durable=False) as server:
        (server.data_dir / "password").unlink()
        with pytest.raises(PostgresError, match="password is missing"):
            server.url()


def test_a_port_that_is_taken_is_said(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.postgres.ORPHAN_TIMEOUT_S", 0.5)
    with pytest.raises(PostgresError, match="could not bind"):
        start(tmp_path / "data", port=server.port, durable=False)
    monkeypatch.setattr(postgres_host, "free_port", iter([server.port, postgres_host.free_port()]).__next__)
    with EmbeddedPostgres(tmp_path / "data", durable=False) as other:
        assert other.port != server.port
