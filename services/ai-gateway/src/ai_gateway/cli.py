"""``ai-gateway``: the commands of the gateway's image."""

import asyncio
import contextlib
import errno
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, TypeVar

import click
import psycopg
import pydantic
import uvicorn
from pydantic_settings import SettingsError

from ai_gateway import __version__
from ai_gateway.access.store import KeyStore
from ai_gateway.access.types import DEFAULT_PERMISSIONS, PERMISSIONS, ApiKey, Permission
from ai_gateway.app import with_edge
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.embedder import Embedder
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.names import NameReader
from ai_gateway.homepot.role import WritableRoleError
from ai_gateway.kit.clock import rfc3339, system_clock
from ai_gateway.kit.collector import keep_for_good
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import configure_logging, get_logger
from ai_gateway.kit.migrations import MigrationError, migrate
from ai_gateway.kit.server import Server
from ai_gateway.kit.settings import SECRETS_DIR, Settings, load_settings
from ai_gateway.memory.records import RecordStore
from ai_gateway.memory.store import MemoryStore
from ai_gateway.memory.transfer import BadLineError, read_lines, write_lines
from ai_gateway.wiring import Parts, create_own_pool
from ai_gateway.worker import Worker, create_worker_app

T = TypeVar("T")
STARTUP_FAILURE = 3
"""As uvicorn ends where it cannot take its port."""
GRACE_S = 10
KEEP_ALIVE_S = 75
"""An idle connection is kept so long: longer than clients and proxies keep theirs, else one is closed under a request."""
MOST_GRACE_H = 8760
MAX_WORD_CHARS = 100


class Word(click.ParamType[str]):
    """A text that stands in one line of `keys list` and can be told from others there."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Raises ``BadParameter`` for a text that is blank, too long or cannot be printed."""
        if not value.strip() or not value.isprintable() or len(value) > MAX_WORD_CHARS:
            self.fail(f"use 1 to {MAX_WORD_CHARS} printable characters, not all blank.", param, ctx)
        return value


class Commands(click.Group):
    """Commands of which one that the machine does not let read or write ends with a line that says why."""

    def invoke(self, ctx: click.Context) -> object:
        """Raises ``ClickException`` in place of ``OSError``; whoever reads no further, as ``head``, is told nothing."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(__version__)
def main() -> None:
    """HOMEPOT AI gateway."""


@main.command("serve")
def serve_command() -> None:
    """Run the web gateway."""
    settings = _settings()
    configure_logging(settings.log_level, settings.log_format)
    asyncio.run(_refuse_writable_role(settings))
    parts = Parts(settings, system_clock)
    edge = with_edge(parts)
    config = uvicorn.Config(
        edge,
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    keep_for_good()
    server = Server(config, edge.stop, parts.events.close)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


@main.command("worker")
def worker_command() -> None:
    """Run the periodic jobs."""
    settings = _settings()
    configure_logging(settings.log_level, settings.log_format)
    asyncio.run(_work(settings))


@main.command("migrate")
def migrate_command() -> None:
    """Bring the gateway's own database up to date; serve and worker do so too."""
    settings = _settings()
    configure_logging("warning", settings.log_format, sys.stderr)
    with _told():
        applied = migrate(settings.database_url.get_secret_value(), settings.migrations_dir)
    click.echo(f"applied: {', '.join(applied) or 'nothing to do'}")


@main.group("keys")
def keys_group() -> None:
    """API keys of the programs that may call."""


@keys_group.command("create")
@click.option("--name", type=Word(), required=True, help="Which program uses the key.")
@click.option(
    "--site",
    "sites",
    type=Word(),
    multiple=True,
    help="Public id of a site the key may see; repeat it. Default: every site.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(PERMISSIONS),
    default=DEFAULT_PERMISSIONS,
    help="What the key may do; repeat it. Default: read and operate.",
)
@click.option("--for-users", is_flag=True, help="Every request must name its HOMEPOT user in X-Homepot-User.")
def create_key(name: str, sites: tuple[str, ...], scopes: tuple[Permission, ...], *, for_users: bool) -> None:
    """Make a key and print it; it cannot be shown again."""
    click.echo(_with_keys(lambda keys: keys.create(name, sites or None, scopes, for_users=for_users)))
    if sites and (unknown := _unknown(sites)):
        click.echo(f"HOMEPOT has no site {', '.join(unknown)} now: the key sees nothing there.", err=True)


@keys_group.command("list")
def list_keys() -> None:
    """Show every key's name, sites, permissions, and when it was last used."""
    for key in _with_keys(lambda keys: keys.all()):
        used = f"last used {rfc3339(key.last_used_at)}" if key.last_used_at else "last used never"
        whose = "for users" if key.for_users else "for itself"
        parts = [str(key.id), key.name, f"{key.hint}…", ",".join(key.sites or ["all sites"]), ",".join(key.scopes)]
        click.echo("\t".join([*parts, whose, used, _key_state(key)]))


@keys_group.command("rotate")
@click.argument("key_id", type=int)
@click.option(
    "--grace-hours", type=click.FloatRange(min=0), default=24.0, show_default=True, help="How long the old key lasts."
)
def rotate_key(key_id: int, grace_hours: float) -> None:
    """Make a key like an active one and print it; the old one ends after a while."""
    if not grace_hours <= MOST_GRACE_H:  # nor is NaN, which a range lets through
        raise click.BadParameter(f"use at most {MOST_GRACE_H}, a year.", param_hint="--grace-hours")
    key = _with_keys(lambda keys: keys.rotate(key_id, timedelta(hours=grace_hours)))
    if key is None:
        raise click.ClickException(f"There is no active key {key_id}.")
    click.echo(key)


@keys_group.command("revoke")
@click.argument("key_id", type=int)
def revoke_key(key_id: int) -> None:
    """End a key by its number in `keys list`."""
    if not _with_keys(lambda keys: keys.revoke(key_id)):
        raise click.ClickException(f"There is no active key {key_id}.")
    click.echo(f"revoked {key_id}")


@main.group("memory")
def memory_group() -> None:
    """What is remembered, as lines of JSON."""


@memory_group.command("export")
@click.argument("file", type=click.File("wb"))
def export_memory(file: IO[bytes]) -> None:
    """Write every remembered incident to a file (- for standard output), one a line, without its vector.

    With what people found of it; and that which somebody deleted, a line each.
    """
    click.echo(f"exported {_with_pool(lambda pool, _: write_lines(RecordStore(pool).export(), file))}", err=True)


@memory_group.command("import")
@click.argument("file", type=click.File("rb"))
def import_memory(file: IO[bytes]) -> None:
    """Remember the incidents of a file (- for standard input) that `export` wrote, each once; run it again to go on."""
    done = _with_pool(lambda pool, embedder: read_lines(file, MemoryStore(pool), embedder))
    left_out = f", {done.forgotten} left out as somebody deleted them" if done.forgotten else ""
    deleted = f", {done.deleted} deleted as they were where the file is from" if done.deleted else ""
    click.echo(f"imported {done.stored}, {done.same} were there already{left_out}{deleted}", err=True)


@main.command("import-chroma")
@click.argument("url")
@click.option("--collection", "collections", multiple=True, help="Which; repeat it. Default: the known ones there.")
@click.option("--site", "default", help="Public id of the site of entries that name no place.")
@click.option(
    "--map-site", "sites", multiple=True, metavar="NAME=ID", help="Chroma's name of a site, and its public id."
)
@click.option("--dated", type=click.DateTime(), help="When entries without a time occurred, in UTC. Default: now.")
@click.option("--tenant", default="default_tenant", show_default=True, help="Chroma's tenant.")
@click.option("--database", default="default_database", show_default=True, help="Chroma's database.")
@click.option("--dry-run", is_flag=True, help="Only say what would be imported.")
def import_chroma(
    url: str,
    collections: tuple[str, ...],
    default: str | None,
    sites: tuple[str, ...],
    dated: datetime | None,
    tenant: str,
    database: str,
    *,
    dry_run: bool,
) -> None:
    """Remember what lies in the Chroma server at URL, each entry once; run it again to go on after an interruption."""
    from ai_gateway.memory import importing  # noqa: PLC0415 - loads chromadb, which no other command needs

    pairs = [pair.partition("=") for pair in sites]
    if any(not name or not site for name, _, site in pairs):
        raise click.UsageError("Write --map-site NAME=ID: the name in Chroma, and HOMEPOT's public id.")
    settings = _settings()

    async def run(pool: Pool, embedder: Embedder) -> list[importing.Report]:
        place = importing.Place(
            names=await _names(settings),
            dated=dated.replace(tzinfo=UTC) if dated else system_clock(),
            sites={name: site for name, _, site in pairs},
            default=default,
        )
        async with importing.chroma(url, tenant, database) as reader:
            job = importing.ChromaImport(reader, MemoryStore(pool), embedder, place, dry_run=dry_run)
            return await job.run(collections)

    try:
        reports = _with_pool(run)
    except importing.ImportSourceError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(importing.told(report, dry_run=dry_run) for report in reports))


def _unknown(sites: tuple[str, ...]) -> list[str]:
    """Those that HOMEPOT has not; none while it does not answer."""
    try:
        known = asyncio.run(_names(_settings())).site_by_key
    except Problem:
        return []
    return [site for site in sites if site.upper() not in known]


async def _names(settings: Settings) -> Names:
    """HOMEPOT's devices and sites."""
    homepot = HomepotDatabase(settings)
    await homepot.open()
    try:
        return await Directory(NameReader(homepot), 0).names()
    finally:
        await homepot.close()


def _key_state(key: ApiKey) -> str:
    if key.revoked_at:
        return f"revoked {rfc3339(key.revoked_at)}"
    return f"until {rfc3339(key.expires_at)}" if key.expires_at else "active"


def _settings() -> Settings:
    """Read the settings, or say in one line each what is wrong."""
    try:
        return load_settings()
    except pydantic.ValidationError as error:
        lines = [_wrong(one["loc"], one["msg"]) for one in error.errors()]
        cause: Exception = error
    except UnicodeDecodeError as error:
        lines, cause = [f".env, or a file in {SECRETS_DIR}, is not UTF-8: {error}"], error
    except SettingsError as error:
        named = re.search(r'field "(\w+)"', str(error))
        lines, cause = [_wrong((named[1],) if named else (), f"is no JSON: {error.__cause__ or error}")], error
    raise click.ClickException("Settings are missing or wrong:\n" + "\n".join(lines)) from cause


def _wrong(place: tuple[int | str, ...], reason: str) -> str:
    """What is wrong with one setting, named as it is set; a reason that lies in several names them itself."""
    name = ".".join([str(part).upper() if at == 0 else str(part) for at, part in enumerate(place)])
    return ": ".join([*filter(None, [name]), reason.removeprefix("Value error, ")])


def _with_keys(action: Callable[[KeyStore], Awaitable[T]]) -> T:
    return _with_pool(lambda pool, _: action(KeyStore(pool, system_clock, 0)))


def _with_pool(action: Callable[[Pool, Embedder], Awaitable[T]]) -> T:
    """Do something with the gateway's own database, once it is migrated, and the embedder."""
    settings = _settings()
    configure_logging("error", settings.log_format, sys.stderr)

    async def run() -> T:
        await asyncio.to_thread(migrate, settings.database_url.get_secret_value(), settings.migrations_dir)
        pool = create_own_pool(settings)
        await pool.open(wait=False)
        embedder = Embedder(settings)
        try:
            return await action(pool, embedder)
        finally:
            await embedder.close()
            await pool.close()

    with _told():
        return asyncio.run(run())


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is expected to fail ends a command with its reason."""
    try:
        yield
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(f"The gateway's own database (DATABASE_URL) does not answer: {reason}") from error
    except PartDown as error:
        setting = f"{error.part}_URL".upper()
        raise click.ClickException(f"The {error.part} ({setting}) does not answer: {error.reason}") from error
    except (Problem, BadLineError, MigrationError, psycopg.Error) as error:
        raise click.ClickException(str(error)) from error


async def _refuse_writable_role(settings: Settings) -> None:
    """Stop before the first request if HOMEPOT answers and the role can write; a database that is down may come later."""
    homepot = HomepotDatabase(settings)
    await homepot.open()
    try:
        await homepot.catalogue()
    except WritableRoleError as error:
        raise click.ClickException(error.detail) from error
    except Problem:
        get_logger("startup").warning("starting_without_homepot")
    finally:
        await homepot.close()


async def _work(settings: Settings) -> None:
    await _refuse_writable_role(settings)
    parts = Parts(settings)
    worker = Worker(parts)
    app = create_worker_app(parts, worker)
    keep_for_good()
    config = uvicorn.Config(
        app,
        host=settings.gateway_host,
        port=settings.worker_metrics_port,
        log_config=None,
        access_log=False,
    )
    async with parts.running():
        working = asyncio.create_task(worker.run())
        try:
            await uvicorn.Server(config).serve()  # returns on SIGINT and SIGTERM
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
