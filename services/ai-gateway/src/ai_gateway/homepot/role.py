"""Refuse to run with a role that could change HOMEPOT's data."""

from ai_gateway.kit.db import Connection, fetch_all
from ai_gateway.kit.errors import Problem

_POWERS = """
SELECT 'superuser' AS power FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'create tables in schema public' WHERE has_schema_privilege('public', 'CREATE')
UNION ALL
SELECT 'create schemas' WHERE has_database_privilege(current_database(), 'CREATE')
UNION ALL
SELECT 'create temporary tables' WHERE has_database_privilege(current_database(), 'TEMP')
UNION ALL
(
    SELECT 'write table ' || c.relname
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE
        n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'f')
        AND (
            has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege(c.oid, 'INSERT, UPDATE')
        )
    ORDER BY c.relname
)
"""

_SECRETS = """
SELECT c.relname || '.' || a.attname AS secret
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE
    n.nspname = 'public' AND c.relkind IN ('r', 'p')
    AND (
        a.attname LIKE '%%\\_hash' OR a.attname LIKE '%%\\_token'
        OR a.attname IN ('hashed_password', 'api_key')
    )
    AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1
"""


class WritableRoleError(Problem):
    """The HOMEPOT role can write; create the reader with deploy/homepot/reader_role.sql."""

    def __init__(self, powers: list[str]) -> None:
        """Args: powers: what the role can do."""
        shown = ", ".join(powers[:5]) + (f" and {len(powers) - 5} more" if len(powers) > 5 else "")  # noqa: PLR2004
        super().__init__(
            503,
            f"The role in HOMEPOT_DATABASE_URL can {shown}. Create the read-only role with "
            "deploy/homepot/reader_role.sql, or set HOMEPOT_ALLOW_WRITABLE_ROLE=true for a trial.",
            kind="homepot-role-can-write",
        )


async def writing_powers(conn: Connection) -> list[str]:
    """What this role could change; empty for a proper reader."""
    return [row["power"] for row in await fetch_all(conn, _POWERS)]


async def readable_secrets(conn: Connection) -> list[str]:
    """Credential, hash and token columns that this role can read; empty for a proper reader."""
    return [row["secret"] for row in await fetch_all(conn, _SECRETS)]
