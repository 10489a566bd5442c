"""Bring the gateway's own database up to date: plain SQL files, applied by yoyo, one replica at a time."""

import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import yoyo
import yoyo.exceptions
import yoyo.migrations

from ai_gateway.kit.logging import get_logger

LOCK_KEY = 0x686F6D65  # any constant shared by all replicas; “home”
LOCK_TIMEOUT_S = 120
MIN_PGVECTOR = (0, 8, 4)

_log = get_logger("migrations")


class MigrationError(Exception):
    """The gateway's own database cannot be brought to the version this program needs."""


def migrate(url: str, folder: Path) -> list[str]:
    """Apply every migration that is not applied yet and return their ids, in order.

    Several replicas may call this at once: an advisory lock lets one work while the others wait. It is held by a
    connection, so a replica that dies cannot leave it behind (yoyo's own lock row can; it is cleared under our lock).

    Raises:
        MigrationError: no migrations in ``folder``, pgvector missing or too old, or the lock not had in time.
        psycopg.OperationalError: the database cannot be reached.
    """
    migrations = yoyo.read_migrations(str(folder))
    if not migrations:
        raise MigrationError(f"No migrations in {folder.resolve()}; set MIGRATIONS_DIR.")
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as conn:
        _lock(conn)
        _require_pgvector(conn)
        try:
            applied = _apply(url, migrations)
        except (yoyo.exceptions.BadMigration, yoyo.exceptions.MigrationConflict) as error:
            raise MigrationError(f"The migrations in {folder.resolve()} do not fit together: {error}") from error
    _log.info("migrated", applied=applied)
    return applied


def _apply(url: str, migrations: yoyo.migrations.MigrationList) -> list[str]:
    backend = yoyo.get_backend(_for_yoyo(url))
    try:
        backend.break_lock()
        pending = backend.to_apply(migrations)
        backend.apply_migrations(pending)
        return [migration.id for migration in pending]
    finally:
        backend.connection.close()


def _lock(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while time.monotonic() < deadline:
        row = conn.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        if row and row[0]:
            return
        time.sleep(0.2)
    raise MigrationError(f"Another process has been migrating this database for over {LOCK_TIMEOUT_S} s.")


def _require_pgvector(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    row = conn.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if row is None:
        raise MigrationError("This Postgres has no pgvector extension; use the image pgvector/pgvector.")
    version = tuple(int(part) for part in str(row[0]).split("."))
    if version < MIN_PGVECTOR:
        needed = ".".join(map(str, MIN_PGVECTOR))
        raise MigrationError(f"pgvector {row[0]} is too old; {needed} or newer is needed.")


def _for_yoyo(url: str) -> str:
    """The same URL with the scheme by which yoyo picks psycopg 3."""
    parts = urlsplit(url)
    return urlunsplit(("postgresql+psycopg", *parts[1:]))
