"""Sees to it that nothing of the demo outlives it, even where the demo itself is killed.

Every process of the demo carries the variable HOMEPOT_DEMO with the demo's folder. The guard is a process of its own
that waits for the demo's end (end of file on its standard input) and then ends whatever still carries the mark. It
holds the demo's lock until then, so a new demo over the same folder starts only after that.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from dev import postgres_host
from dev.ollama.models import ROOT

MARK = "HOMEPOT_DEMO"
PATIENCE_S = 8.0
LOOKS = 10
SETTLE_S = 0.2


def start(data: Path, lock: int, log: Path) -> "subprocess.Popen[bytes]":
    """Start the guard of the demo over `data`; `lock` is the descriptor of the demo's lock."""
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "dev.demo.guard", str(data)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment,
            pass_fds=(lock,),
            start_new_session=True,
        )


def sweep(data: Path) -> list[str]:
    """End the Postgres in `data` and every process with the mark of `data`; returns what there was to end.

    It looks again after whatever it ended, since a process may have started another in between.
    """
    ended = []
    postmaster = postgres_host.postmaster(data / "postgres" / "cluster")
    if postmaster is not None:
        postmaster.send_signal(signal.SIGINT)  # "fast": ends its clients' sessions and writes everything out
        ended += _finish([postmaster])
    for _ in range(LOOKS):
        left = marked(data)
        if not left:
            break
        for process in left:
            _signal(process, signal.SIGTERM)
        ended += _finish(left)
        time.sleep(SETTLE_S)  # a process in the middle of its exec shows no environment yet
    return ended


def marked(data: Path) -> list[psutil.Process]:
    """The living processes with the mark of `data`, this one and its parent not among them."""
    own = {os.getpid(), os.getppid()}
    return [process for process in psutil.process_iter() if process.pid not in own and _mark_of(process) == str(data)]


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def _finish(processes: list[psutil.Process]) -> list[str]:
    """Wait for the processes to end, and kill those that do not."""
    names = [f"{process.pid} {_name(process)}" for process in processes]
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE_S)
    return names


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "?"


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def main() -> None:
    """Wait for the demo's end, then sweep."""
    sys.stdin.buffer.read()
    for ended in sweep(Path(sys.argv[1])):
        print(f"ended {ended}", flush=True)


if __name__ == "__main__":
    main()
