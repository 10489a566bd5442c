"""The demo's child processes: each in a session of its own with a log, watched, and ended together."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from dev import postgres_host
from dev.demo.screen import Screen

READY_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 12.0
POLL_S = 0.15
REMIND_S = 10.0

Probe = Callable[[], str | None]


class DemoError(RuntimeError):
    """A step failed; the message says which and why, `log` is the log to look at."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


class Child(NamedTuple):
    """One process and where it writes."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path


class Processes:
    """Starts, watches and stops the children."""

    def __init__(self, logs: Path, screen: Screen) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.children: list[Child] = []
        self._screen = screen

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Start `command` in `folder`; its output goes to `<name>.log`, which starts empty."""
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self.children.append(Child(name, process, log))

    def check(self) -> None:
        """Raise DemoError if a child has ended."""
        for child in self.children:
            status = child.process.poll()
            if status is not None:
                raise DemoError(f"the {child.name} ended {_ending(status)}", child.log)

    def wait(self, name: str, probe: Probe, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until `probe` returns None; it says what is missing else. Raises DemoError for a late or dead child."""
        deadline, remind = time.monotonic() + timeout_s, time.monotonic() + REMIND_S
        self.check()  # what answers in place of a child that ended is somebody else's
        while (missing := probe()) is not None:
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(
                    f"the {name} was not ready after {timeout_s:.0f} s: {missing}", self.logs / f"{name}.log"
                )
            if time.monotonic() > remind:
                remind += REMIND_S
                self._screen.step(f"… waiting for the {name}: {missing}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Ask every child to end, the newest first, wait, and kill what does not."""
        for child in reversed(self.children):
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in reversed(self.children):
            try:
                child.process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                _signal_group(child, signal.SIGKILL)
                child.process.wait()
        self.children.clear()


def answers(url: str) -> Probe:
    """A probe for a URL that answers 200 when ready, and says what is missing otherwise."""

    def probe() -> str | None:
        try:
            response = httpx.get(url, timeout=5, trust_env=False)
        except httpx.HTTPError:
            return "it does not answer yet"
        return None if response.is_success else reason_in(response)

    return probe


def reason_in(response: httpx.Response) -> str:
    """Why a probe was refused: a problem document's detail, the parts that a gateway waits for, or the text."""
    try:
        body = dict(response.json())
    except (ValueError, TypeError):
        return f"{response.status_code} {' '.join(response.text.split())[:300]}"
    parts = [f"{name} {value}" for name, value in body.items() if name != "status"]
    return str(body.get("detail") or "; ".join(parts))[:300]


def choose_port(wanted: int, name: str, screen: Screen) -> int:
    """`wanted` if it is free on loopback and no other demo has chosen it, else another one, and says so."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", wanted))
            _claim(wanted)
            return wanted
    port = postgres_host.free_port()
    _claim(port)
    screen.step(f"port {wanted} is taken: the {name} takes {port}")
    return port


def _claim(port: int) -> None:
    """Have a port as long as this process lives, whenever its program comes to listen there; raises OSError if a demo has it.

    A name in Linux's own list of sockets is taken by one process at a time, and is free again however that one ends.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0homepot-ai-demo-port-{port}")
    except OSError:
        claim.close()
        raise
    claim.detach()  # it stays open until the process ends


def _signal_group(child: Child, number: signal.Signals) -> None:
    """Signal a child and its own children; a child that was waited for has no group to be found by any more."""
    if child.process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, number)


def _ending(status: int) -> str:
    return f"by signal {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
