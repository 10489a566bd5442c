"""`python -m dev.demo` itself: everything real, and nothing left behind however it ends."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import httpx
import psutil
import pytest

from dev import postgres_host
from dev.demo import guard
from dev.demo.run import take_lock
from dev.demo.screen import Screen
from dev.homepot.fleet import create_sample
from dev.ollama.models import SMOLLM2
from dev.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
EMBEDDING = ROOT / ".cache" / "models" / "all-mpnet-base-v2" / "model.safetensors"
OWN_HOMEPOT = bool(os.environ.get("HOMEPOT_DATABASE_URL"))
FULL_RUN_S = 600

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(FULL_RUN_S),
    pytest.mark.skipif(not (SMOLLM2.present and EMBEDDING.exists()), reason="no models: run `make models`"),
]


class Run:
    """One run of the demo; `wait_for` and `end` return what it printed so far."""

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dev.demo", "--data", str(data), *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.output += line
                self._changed.notify_all()

    def wait_for(self, text: str, timeout_s: float = 240) -> str:
        with self._changed:
            ended = lambda: text in self.output or not self._reader.is_alive()  # noqa: E731
            while not self._changed.wait_for(ended, 1):
                timeout_s -= 1
                assert timeout_s > 0, self.output
        assert text in self.output, self.output
        return self.output

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    def end(self, number: signal.Signals | None = None, timeout_s: float = 300) -> tuple[int, str]:
        if number is not None:
            self.process.send_signal(number)
        status = self.process.wait(timeout_s)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status, self.output


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One folder for every run of this module, as a user has: later runs find what earlier ones left."""
    with tempfile.TemporaryDirectory(prefix="homepot-demo-") as folder:
        data = Path(folder).resolve()
        yield data
        guard.sweep(data)


def left(data: Path) -> list[psutil.Process]:
    postmaster = postgres_host.postmaster(data / "postgres" / "cluster")
    return [*guard.marked(data), *([postmaster] if postmaster else [])]


def test_once_brings_all_up_asks_and_leaves_nothing(data: Path) -> None:
    with Run(data, "--once") as run:
        status, out = run.end()
    assert status == 0, out
    for step in (
        "Postgres 18 with pgvector ready",
        "embedder ready (all-mpnet-base-v2",
        "gateway ready",
        "worker ready",
    ):
        assert step in out
    assert len(re.findall(r"^   \d+\.\d\d s: evidence \d+ ms, language model ", out, re.MULTILINE)) == 3
    assert left(data) == []
    if not OWN_HOMEPOT:
        assert "sample fleet ready (48 devices at 5 sites" in out
        remembered = re.search(r"worker has remembered (\d+) past incidents", out)
        assert remembered
        assert int(remembered[1]) >= 44  # the resolved alerts, and incidents of its own that ended by then


def test_it_stays_up_and_an_interrupt_ends_it(data: Path) -> None:
    fresh = not (data / "postgres" / "cluster").exists()
    with Run(data, LLM_MAX_TOKENS="32") as run:  # what the model says is not the point here
        out = run.wait_for("Ctrl-C stops everything")
        check_that_it_serves(out)
        assert len(left(data)) >= 4
        code, out = run.end(signal.SIGINT)
    assert code == 0, out
    assert ("(new data directory)" in out) == fresh  # data is kept
    assert left(data) == []


def check_that_it_serves(out: str) -> None:
    url = re.search(r"gateway +(http://\S+)", out)
    key = re.search(r"API key +(hpai_\S+)", out)
    assert url is not None
    assert key is not None
    headers = {"Authorization": f"Bearer {key[1]}"}
    status = httpx.get(f"{url[1]}/api/ai/status", headers=headers, timeout=30, trust_env=False).json()
    assert {part["name"]: part["state"] for part in status["parts"]} == {
        "homepot-database": "ok",
        "database": "ok",
        "embedder": "ok",
        "llm": "ok",
    }
    assert httpx.get(f"{url[1]}/docs", timeout=30, trust_env=False).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_leaves_nothing(data: Path, number: signal.Signals) -> None:
    with Run(data) as run:
        run.wait_for("Postgres 18 with pgvector ready")
        code, out = run.end(number)
    assert code == 128 + number, out
    assert left(data) == []


def test_a_killed_demo_leaves_nothing(data: Path) -> None:
    with Run(data) as run:
        run.wait_for("Postgres 18 with pgvector ready")
        assert left(data)
        assert run.end(signal.SIGKILL)[0] == -signal.SIGKILL
    with take_lock(data / "lock", Screen()):  # the guard holds it until it is done
        assert left(data) == []


def test_a_child_that_dies_is_named_and_all_is_stopped(data: Path) -> None:
    with Run(data) as run:
        run.wait_for("Postgres 18 with pgvector ready")
        embedder = next(process for process in guard.marked(data) if "embedder" in " ".join(process.cmdline()))
        embedder.kill()
        code, out = run.end()
    assert code == 1
    assert "failed: the embedder ended by signal SIGKILL" in out
    assert "embedder.log" in out
    assert left(data) == []


def test_a_role_that_can_write_is_refused_in_the_gateways_words(data: Path, tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "homepot", durable=False) as homepot:
        url = homepot.create_database("homepot")
        create_sample(url, datetime.now(UTC))
        with Run(data, "--once", HOMEPOT_DATABASE_URL=url) as run:
            code, out = run.end()
    assert code == 1
    assert "the gateway ended with status 1" in out
    assert "deploy/homepot/reader_role.sql" in out
    assert left(data) == []
