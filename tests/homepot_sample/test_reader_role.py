import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, QueryCanceled, ReadOnlySqlTransaction

from dev.homepot.reader import ROLE, SCRIPT, create_reader
from dev.homepot.schema import create_schema, strip_to_old
from dev.postgres import EmbeddedPostgres
from dev.postgres_host import bin_path

SECRETS = [
    ("users", "hashed_password"),
    ("users", "api_key"),
    ("devices", "api_key_hash"),
    ("devices", "enrollment_token"),
    ("devices", "push_token"),
    ("device_credentials", "key_hash"),
    ("sites", "bootstrap_key_hash"),
    ("enrolment_intents", "claim_token_hash"),
    ("lifecycle_epochs", "claim_token_hash"),
]
KEPT_BACK = {
    ("api_request_logs", "ip_address"),
    ("api_request_logs", "request_size_bytes"),
    ("api_request_logs", "response_size_bytes"),
    ("api_request_logs", "user_agent"),
    ("api_request_logs", "user_id"),
    ("audit_logs", "ip_address"),
    ("audit_logs", "user_agent"),
    ("device_lifecycle_events", "idempotency_key"),
    ("enrolment_intents", "idempotency_key"),
    ("error_logs", "stack_trace"),
}
ALL_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""


@pytest.fixture
def reader(reader_url: str) -> Iterator[psycopg.Connection]:
    """The reader with its seat belt off: what is refused now, the grants refuse."""
    with psycopg.connect(reader_url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        yield connection


def tables(connection: psycopg.Connection) -> list[str]:
    return sorted({table for table, _ in connection.execute(ALL_COLUMNS).fetchall()})


def test_reader_sees_every_column_but_secrets_and_private_ones(reader: psycopg.Connection) -> None:
    seen = set()
    for table, column in reader.execute(ALL_COLUMNS).fetchall():
        query = sql.SQL("SELECT {} FROM {} LIMIT 1").format(sql.Identifier(column), sql.Identifier(table))
        try:
            reader.execute(query)
        except InsufficientPrivilege:
            continue
        seen.add((table, column))
    hidden = set(reader.execute(ALL_COLUMNS).fetchall()) - seen
    activities = {pair for pair in hidden if pair[0] == "user_activities"}
    assert len(activities) == 10
    assert hidden - activities == set(SECRETS) | KEPT_BACK


@pytest.mark.parametrize(("table", "column"), SECRETS)
def test_secrets_stay_out_of_reach(reader: psycopg.Connection, table: str, column: str) -> None:
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    for query in (
        "SELECT {column} FROM {table}",
        "SELECT * FROM {table}",
        "SELECT count(*) FROM {table} WHERE {column} LIKE 'a%'",
        "SELECT 1 FROM {table} ORDER BY {column}",
        "SELECT row_to_json(t) FROM {table} AS t",
        "COPY {table} ({column}) TO STDOUT",
    ):
        with pytest.raises(InsufficientPrivilege):
            reader.execute(sql.SQL(query).format(**names))


def test_every_write_to_every_table_fails(reader: psycopg.Connection) -> None:
    for table in tables(reader):
        row = reader.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", (table,))
        (column,) = row.fetchone() or ("",)
        names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        for query in (
            "INSERT INTO {table} DEFAULT VALUES",
            "UPDATE {table} SET {column} = {column}",
            "DELETE FROM {table}",
            "TRUNCATE {table}",
            "SELECT 1 FROM {table} FOR UPDATE",
            "LOCK TABLE {table} IN ROW EXCLUSIVE MODE",
            "CREATE INDEX ON {table} ({column})",
            "ALTER TABLE {table} ADD COLUMN x int",
            "DROP TABLE {table}",
        ):
            with pytest.raises(InsufficientPrivilege), reader.transaction():
                reader.execute(sql.SQL(query).format(**names))


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE x (a int)",
        "CREATE TEMP TABLE x (a int)",
        "CREATE SCHEMA x",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE DATABASE x",
        "CREATE ROLE x",
        "CREATE EXTENSION vector",
        "SELECT nextval('devices_id_seq')",
        "SELECT setval('devices_id_seq', 1)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY devices (id) TO PROGRAM 'cat'",
        "SELECT rolpassword FROM pg_authid",
        "SET ROLE postgres",
    ],
)
def test_reader_can_make_nothing_and_reach_nothing_else(reader: psycopg.Connection, query: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        reader.execute(query)


def test_sessions_start_with_seat_belts(reader_url: str) -> None:
    with psycopg.connect(reader_url) as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            for name in (
                "default_transaction_read_only",
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "TimeZone",
            )
        }
        assert list(settings.values()) == [("on",), ("5s",), ("500ms",), ("10s",), ("UTC",)]
        with pytest.raises(ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE x (a int)")


def test_slow_statement_ends(reader_url: str) -> None:
    with psycopg.connect(reader_url) as connection, pytest.raises(QueryCanceled):
        connection.execute("SELECT pg_sleep(30)")


def test_role_has_no_powers(sample: psycopg.Connection, reader_url: str) -> None:
    assert ROLE in reader_url
    row = sample.execute(
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolinherit,"
        " rolconnlimit FROM pg_roles WHERE rolname = %s",
        (ROLE,),
    ).fetchone()
    assert row == (True, False, False, False, False, False, False, 20)


def test_wrong_password_is_refused(server: EmbeddedPostgres, reader_url: str) -> None:
    assert reader_url
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("sample", ROLE, "guess"))


def test_script_takes_back_what_was_granted_by_hand(sample_url: str, reader_url: str) -> None:
    with psycopg.connect(sample_url, autocommit=True) as owner:
        owner.execute(f"GRANT SELECT ON users TO {ROLE}")
        owner.execute(f"GRANT UPDATE (name) ON devices TO {ROLE}")
    create_reader(sample_url, "a p@ss/word's")
    with psycopg.connect(reader_url, autocommit=True) as reader:
        reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(InsufficientPrivilege):
            reader.execute("SELECT hashed_password FROM users")
        with pytest.raises(InsufficientPrivilege):
            reader.execute("UPDATE devices SET name = name")


def test_member_of_another_role_is_refused(sample_url: str, reader_url: str) -> None:
    assert reader_url
    with psycopg.connect(sample_url, autocommit=True) as owner:
        owner.execute(f"GRANT pg_read_all_data TO {ROLE}")
        with pytest.raises(psycopg.errors.RaiseException, match="member of another role"):
            create_reader(sample_url, "a p@ss/word's")
        owner.execute(f"REVOKE pg_read_all_data FROM {ROLE}")
    create_reader(sample_url, "a p@ss/word's")


def test_empty_password_is_refused(sample_url: str) -> None:
    with pytest.raises(ValueError, match="needs a password"):
        create_reader(sample_url, "")


def psql(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(bin_path() / "psql"), url, "--no-psqlrc", *arguments, "-f", str(SCRIPT)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_operator_runs_it_by_psql_on_an_old_database(server: EmbeddedPostgres, reader_url: str, empty_url: str) -> None:
    assert reader_url
    create_schema(empty_url)
    strip_to_old(empty_url)
    result = psql(empty_url, "-v", "reader_password=a p@ss/word's")
    assert result.returncode == 0, result.stderr
    assert "this HOMEPOT has no table tenants" in result.stderr
    assert (
        "this HOMEPOT has no devices.(lifecycle_state, health_state, lifecycle_epoch_id, is_simulated)" in result.stderr
    )
    with psycopg.connect(server.url(empty_url.rpartition("/")[2], ROLE, "a p@ss/word's")) as reader:
        assert reader.execute("SELECT count(id) FROM devices").fetchone() == (0,)


def test_psql_without_a_password_changes_nothing(empty_url: str) -> None:
    create_schema(empty_url)
    result = psql(empty_url)
    assert result.returncode != 0
    with psycopg.connect(empty_url) as owner:
        row = owner.execute("SELECT has_table_privilege(%s, 'health_checks', 'SELECT')", (ROLE,)).fetchone()
    assert row == (False,)


def test_migrated_schema_is_granted_too(server: EmbeddedPostgres, reader_url: str, empty_url: str) -> None:
    assert reader_url
    create_schema(empty_url, "older")
    create_reader(empty_url, "a p@ss/word's")
    with psycopg.connect(server.url(empty_url.rpartition("/")[2], ROLE, "a p@ss/word's")) as reader:
        assert reader.execute("SELECT count(health_state) FROM devices").fetchone() == (0,)
