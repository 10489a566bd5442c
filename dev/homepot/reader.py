"""Creates HOMEPOT's reader role from the very file that operators run, for the demo and the tests."""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROLE = "homepot_ai_reader"
TRIAL_PASSWORD = "reader-of-a-throw-away-server"  # noqa: S105 - of servers that live for minutes, on loopback
"""A role belongs to a server, not to a database: whoever shares a throw-away server must use the same password."""
SCRIPT = Path(__file__).parents[2] / "deploy" / "homepot" / "reader_role.sql"


def create_reader(url: str, password: str) -> str:
    """Create or renew the reader role in the database of `url` (a superuser's) and return the reader's URL.

    The server gets a SCRAM verifier, never the password. Raises ValueError for an empty password.
    """
    if not password:
        raise ValueError("the reader role needs a password")
    with psycopg.connect(url, autocommit=True) as connection:
        verifier = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()
        connection.execute(_script(connection, verifier).encode())
    return _reader_url(url, password)


def _script(connection: psycopg.Connection, verifier: str) -> str:
    """The script as psql would send it: its own commands taken out, its one variable quoted and filled in."""
    lines = [line for line in SCRIPT.read_text(encoding="utf-8").splitlines() if not line.startswith("\\")]
    return "\n".join(lines).replace(":'reader_password'", sql.Literal(verifier).as_string(connection))


def _reader_url(url: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{ROLE}:{quote(password, safe='')}@{host}"))
