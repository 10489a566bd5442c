"""The demo from start to end: bring everything up, ask, stay, and stop it all whatever happens."""

import fcntl
import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import httpx
import psycopg

from dev import postgres_host
from dev.demo import guard
from dev.demo.databases import Databases, LiveSample, open_databases, start_postgres
from dev.demo.model import find_server, load, pick_model
from dev.demo.processes import DemoError, Processes, answers
from dev.demo.questions import GENERAL, ask_all, sample_questions
from dev.demo.screen import Screen
from dev.demo.services import Services, setting
from dev.postgres import EmbeddedPostgres, PostgresError

LOCK_PATIENCE_S = 30.0
TAIL_LINES = 20
WATCH_S = 0.5


def run(data: Path, *, once: bool) -> int:
    """Run the demo over the folder `data`; returns the exit status."""
    screen = Screen()
    demo = Demo(data.expanduser().resolve(), screen)
    try:
        faults = demo.go(once=once)
    except DemoError as error:
        report(error, screen)
        return 1
    except (OSError, psycopg.Error, httpx.HTTPError) as error:
        report(DemoError(f"{type(error).__name__}: {error}"), screen)
        return 1
    except KeyboardInterrupt as error:
        return 0 if demo.up else 128 + int(error.args[0] if error.args else 2)
    finally:
        with suppress(OSError):  # a closed terminal takes no more lines
            screen.step("stopping everything")
        demo.stop()
    return 1 if faults else 0


def report(error: DemoError, screen: Screen) -> None:
    """Say what failed, with the end of its log."""
    with suppress(OSError):
        screen.step(f"failed: {error}")
        if error.log is not None:
            tail = postgres_host.tail(error.log, TAIL_LINES)
            screen.say(f"\nThe last lines of {error.log}:\n{tail or '(it is empty)'}\n")


class Demo:
    """Everything that runs; `stop` may be called at any point."""

    def __init__(self, data: Path, screen: Screen) -> None:
        self.up = False
        self._data = data
        self._screen = screen
        self._processes = Processes(data / "logs", screen)
        self._services = Services(data, self._processes, screen)
        self._lock: IO[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._live: LiveSample | None = None

    def go(self, *, once: bool) -> list[str]:
        """Bring all up, ask, and unless `once` stay until a signal; returns what is wrong with the answers."""
        self._own()
        databases, key = self._bring_up()
        self._services.wait_for_memory(sample=databases.sample_url is not None)
        questions = sample_questions() if databases.sample_url else GENERAL
        try:
            faults = ask_all(self._services, questions, self._screen)
        except httpx.HTTPError as error:
            self._processes.check()
            raise DemoError(f"the gateway did not answer: {error!r}", self._services.gateway_log) from error
        for fault in faults:
            self._screen.say(f"\nWRONG: {fault}")
        self.up = True
        if not once:
            self._screen.say(invitation(self._services, key))
            self._watch()
        return faults

    def _own(self) -> None:
        """One demo a folder: take its lock, hand it to the guard too, and end what a killed demo left."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(self._data / "lock", self._screen)
        os.environ[guard.MARK] = str(self._data)
        for ended in guard.sweep(self._data):
            self._screen.step(f"ended what an earlier demo left: {ended}")
        self._guard = guard.start(self._data, self._lock.fileno(), self._processes.logs / "guard.log")

    def _bring_up(self) -> tuple[Databases, str]:
        """Start the slow ones first, and wait for each when it is needed; returns an API key too."""
        services, screen = self._services, self._screen
        services.start_embedder()
        server = find_server(self._processes, screen)
        self._postgres = start_postgres(self._data, screen)
        databases = open_databases(self._postgres, screen)
        if databases.sample_url:
            self._live = LiveSample(databases.sample_url)
        self._processes.wait("model", answers(f"{server}/api/version"))
        model = pick_model(server, screen)
        services.start_gateway(databases, model)
        load(model, int(setting("LLM_NUM_CTX")), screen)
        services.wait_for_gateway()
        key = services.create_key()
        services.wait_for_embedder()
        services.start_worker()
        services.wait_for_worker()
        return databases, key

    def _watch(self) -> None:
        """Stay until a signal; raises DemoError when something dies."""
        while True:
            self._processes.check()
            if self._postgres is not None and not self._postgres.running:
                raise DemoError("Postgres ended", self._postgres.log)
            if self._live is not None and not self._live.alive:
                raise DemoError("the sample's ticker ended, so its devices would fall silent")
            time.sleep(WATCH_S)

    def stop(self) -> None:
        """End every process, then let the guard look for what is left."""
        if self._live is not None:
            self._live.stop()
        self._processes.stop()
        self._services.client.close()
        if self._postgres is not None:
            with suppress(PostgresError):  # the guard sees to it
                self._postgres.stop()
        if self._guard is not None:
            self._guard.communicate()
        if self._lock is not None:
            self._lock.close()


def take_lock(path: Path, screen: Screen) -> IO[str]:
    """The demo's lock; the guard of an earlier demo may still need it for some seconds. Raises DemoError."""
    lock = path.open("a+", encoding="ascii")
    deadline, said = time.monotonic() + LOCK_PATIENCE_S, False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            if time.monotonic() > deadline or (owner and Path(f"/proc/{owner}").exists()):
                lock.close()
                raise DemoError(f"another demo over {path.parent} is running (process {owner}): end it first") from None
        if not said:
            screen.step("an earlier demo is still ending")
            said = True
        time.sleep(0.2)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def invitation(services: Services, key: str) -> str:
    """What to do with a running demo."""
    body = json.dumps({"question": "Which devices need attention first?"})
    return f"""
Everything is up:

  gateway     {services.url}
  docs        {services.url}/docs
  metrics     {services.url}/metrics (gateway), {services.worker_url}/metrics (worker), {services.embedder_url}/metrics
  API key     {key}

  curl -s {services.url}/api/ai/query -H 'Authorization: Bearer {key}' \\
    -H 'Content-Type: application/json' -d '{body}'

Ctrl-C stops everything."""
