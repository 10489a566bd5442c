"""The demo's parts: processes, guard, lock, model choice, questions, printing. The whole runs in tests/acceptance."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from ai_gateway.kit.metrics import render_metrics
from ai_gateway.worker import RUNS
from dev.demo import guard, model, processes, questions, run, screen, services
from dev.demo.databases import own_name, place
from dev.demo.processes import DemoError, Processes, answers, choose_port, reason_in
from dev.demo.screen import Screen
from dev.postgres_host import free_port

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
TWO_GENERATIONS = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)",
]


@pytest.fixture(autouse=True)
def _nothing_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "LLM_MODEL", "HOMEPOT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Processes]:
    children = Processes(tmp_path / "logs", Screen())
    yield children
    children.stop()


@contextmanager
def ollama_with(models: list[dict[str, Any]]) -> Iterator[str]:
    """A fake that knows only what its tags are, to offer choices that no real server here has."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"version": "0.9.0"} if self.path == "/api/version" else {"models": models}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def soon(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_child_that_ends_is_named_with_its_log(children: Processes, tmp_path: Path) -> None:
    children.start("gateway", [sys.executable, "-c", "import sys; sys.exit('Error: no')"], {}, tmp_path)
    with pytest.raises(DemoError, match="the gateway ended with status 1") as caught:
        children.wait("gateway", lambda: "not yet")
    assert caught.value.log is not None
    assert caught.value.log.read_text(encoding="utf-8").strip() == "Error: no"
    children.children.clear()
    children.start("worker", SLEEP, {}, tmp_path)
    os.kill(children.children[0].process.pid, signal.SIGKILL)
    with pytest.raises(DemoError, match="the worker ended by signal SIGKILL"):
        children.wait("worker", lambda: "not yet")


def test_waiting_ends_with_the_reason_and_says_it_meanwhile(
    children: Processes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "REMIND_S", 0.1)
    with pytest.raises(DemoError, match=r"the embedder was not ready after 0 s: it loads"):
        children.wait("embedder", lambda: "it loads", timeout_s=0.5)
    assert "… waiting for the embedder: it loads" in capsys.readouterr().out


def test_children_are_stopped_even_if_they_will_not(
    children: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_TIMEOUT_S", 0.5)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    children.start("stubborn", [sys.executable, "-c", stubborn], {}, tmp_path)
    children.start("obedient", SLEEP, {}, tmp_path)
    pids = [child.process.pid for child in children.children]
    log = children.children[0].log
    assert soon(lambda: log.read_text(encoding="utf-8") != "")
    children.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_what_a_probe_says() -> None:
    assert reason_in(httpx.Response(503, json={"title": "Not ready", "detail": "Loading."})) == "Loading."
    waiting = {"status": "starting", "homepot-database": "down"}
    assert reason_in(httpx.Response(503, json=waiting)) == "homepot-database down"
    assert reason_in(httpx.Response(500, text="oh\nno")) == "500 oh no"
    assert reason_in(httpx.Response(503, json=[])) == ""
    with ollama_with([]) as url:
        assert answers(url)() is None
    assert answers(url)() == "it does not answer yet"


def test_a_taken_port_is_said_and_another_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = choose_port(port, "gateway", Screen())
        assert other != port
        assert f"port {port} is taken: the gateway takes {other}" in capsys.readouterr().out
    assert choose_port(port, "gateway", Screen()) == port
    assert capsys.readouterr().out == ""


def test_two_demos_at_once_do_not_choose_one_port() -> None:
    """Before the first one's program listens there; once that demo has ended its port is free."""
    port = free_port()
    choose = f"from dev.demo.processes import choose_port, Screen; print(choose_port({port}, 'x', Screen())); input()"
    with subprocess.Popen(
        [sys.executable, "-c", choose], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline().strip() == str(port)
        assert choose_port(port, "embedder", Screen()) != port
        first.stdin.write("\n")
    assert choose_port(port, "embedder", Screen()) == port


def test_an_answer_in_place_of_a_child_that_ended_is_none(children: Processes, tmp_path: Path) -> None:
    children.start("gateway", [sys.executable, "-c", ""], {}, tmp_path)
    children.children[0].process.wait()
    with pytest.raises(DemoError, match="the gateway ended with status 0"):
        children.wait("gateway", lambda: None)


def test_the_first_round_is_found_among_the_workers_metrics() -> None:
    RUNS.labels("remember_resolved_alerts", "succeeded").inc()
    assert services.metric(render_metrics().decode(), services.FIRST_ROUND) >= 1


def test_a_sweep_ends_marked_processes_and_their_children_only(tmp_path: Path) -> None:
    own = {**os.environ, guard.MARK: str(tmp_path)}
    others = {**os.environ, guard.MARK: str(tmp_path / "other")}
    with subprocess.Popen(TWO_GENERATIONS, env=own) as parent, subprocess.Popen(SLEEP, env=others) as other:
        assert soon(lambda: len(guard.marked(tmp_path)) == 2)
        assert len(guard.sweep(tmp_path)) == 2
        assert guard.marked(tmp_path) == []
        assert other.poll() is None
        other.kill()
        parent.wait()


def test_a_sweep_ends_what_was_started_while_it_swept(tmp_path: Path) -> None:
    heir = (
        "import os, signal, subprocess, sys, time\n"
        "def end(*_): subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); os._exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    )
    own = {**os.environ, guard.MARK: str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", heir], env=own, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        assert len(guard.sweep(tmp_path)) == 2
        assert guard.marked(tmp_path) == []


def test_the_guard_outlives_a_killed_demo_and_ends_what_it_left(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    code = (
        "import os, signal, subprocess, sys; from pathlib import Path; from dev.demo import guard, run;"
        "from dev.demo.screen import Screen; data = Path(sys.argv[1]);"
        "lock = run.take_lock(data / 'lock', Screen()); guard.start(data, lock.fileno(), data / 'logs/guard.log');"
        "os.environ[guard.MARK] = str(data); left = subprocess.Popen(eval(sys.argv[2]));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), repr(TWO_GENERATIONS)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    with run.take_lock(tmp_path / "lock", Screen()):  # free only once the guard has done its work
        assert guard.marked(tmp_path) == []
    assert "ended" in (tmp_path / "logs" / "guard.log").read_text(encoding="utf-8")


def test_a_second_demo_over_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        run.take_lock(tmp_path / "lock", Screen()),
        pytest.raises(DemoError, match=rf"another demo .* is running \(process {os.getpid()}\)"),
    ):
        run.take_lock(tmp_path / "lock", Screen())


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box:1234", "http://box:1234"),
        ("http://box:1234/", "http://box:1234"),
        ("https://box/", "https://box"),
    ],
)
def test_addresses_of_ollama(address: str, url: str) -> None:
    assert model.url_of(address) == url


def test_a_server_that_is_offered_is_used(monkeypatch: pytest.MonkeyPatch, children: Processes) -> None:
    with ollama_with([{"name": "tiny:1b"}]) as url:
        monkeypatch.setenv("OLLAMA_HOST", url)
        assert model.find_server(children, Screen()) == url
        assert model.pick_model(url, Screen()).environment() == {"OLLAMA_HOST": url, "LLM_MODEL": "tiny:1b"}
    assert children.children == []
    with pytest.raises(DemoError, match="no Ollama answers"):
        model.find_server(children, Screen())
    monkeypatch.setenv("OLLAMA_HOST", "box:none")
    with pytest.raises(DemoError, match="no valid port"):
        model.find_server(children, Screen())


def test_which_model_is_taken() -> None:
    listed: list[dict[str, Any]] = [
        {"name": "nomic-embed-text"},
        {"name": "mxbai", "details": {"family": "bert"}},
        {"name": "tiny:1b"},
    ]
    assert model.choose(listed) == "tiny:1b"
    assert model.choose([*listed, {"name": "llama3.1:8b"}]) == "llama3.1:8b"
    assert model.choose(listed[:2]) is None


def test_without_a_model_the_demo_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ollama_with([]) as url:
        none = model.pick_model(url, Screen())
        assert none.environment()["LLM_ENABLED"] == "false"
        assert "has no model that writes" in capsys.readouterr().out
        model.load(none, 4096, Screen())
        monkeypatch.setenv("LLM_MODEL", "absent")
        absent = model.pick_model(url, Screen())
        assert absent.name == "absent"
        assert "which the server does not have" in capsys.readouterr().out
        model.load(absent, 4096, Screen())  # the fake has no /api/generate
        assert "absent could not be loaded" in capsys.readouterr().out
    model.load(absent, 4096, Screen())
    assert "absent could not be loaded" in capsys.readouterr().out
    with pytest.raises(DemoError, match="does not list its models"):
        model.pick_model(url, Screen())


def test_a_homepot_is_told_from_another_without_its_password() -> None:
    url = "postgresql://reader:s3cret@db.example:6432/homepot"
    assert place(url) == "db.example:6432/homepot"
    assert own_name(url) == own_name("postgresql://other@db.example:6432/homepot") != own_name("postgresql://x/homepot")
    assert re.fullmatch(r"ai_gateway_[0-9a-f]{10}", own_name(url))
    with pytest.raises(DemoError, match="HOMEPOT_DATABASE_URL is no Postgres URL"):
        place("mysql:nope")


def test_the_questions_come_from_the_ground_truth() -> None:
    offline, wrong, before = questions.sample_questions()
    assert offline.text == "Which devices at Airport Terminal 2 are offline?"
    assert offline.missing("All is well.") == ["“Arrivals Gateway”"]
    assert offline.missing("1 device:\nArrivals\n  Gateway") == []
    assert wrong.missing("Duty Free Checkout 2: memory, since firmware 2.5.0") == []
    assert before.follows
    assert before.missing("Nothing helped.") == ["one of 5 known solutions"]
    assert before.missing("known leak of the POS service in firmware 2.5.0. Restarted …") == []


def test_one_series_is_read_from_metrics() -> None:
    text = '# HELP a\na_sum 1.5\na_sum_b 2\nruns{job="x"} 3.0\n'
    assert services.metric(text, "a_sum") == 1.5
    assert services.metric(text, 'runs{job="x"}') == 3.0
    assert services.metric(text, "absent") == 0.0


def test_users_settings_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAX_EVIDENCE", raising=False)
    assert services.setting("MAX_EVIDENCE") == services.DEFAULTS["MAX_EVIDENCE"]
    monkeypatch.setenv("MAX_EVIDENCE", "7")
    assert services.setting("MAX_EVIDENCE") == "7"
    with pytest.raises(DemoError, match="run `make setup`"):
        services.program("no-such-program")


def test_an_answer_is_printed_with_evidence_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    item = {"id": "E1", "kind": "count", "text": "one \x1b[31m device", "source": "devices:1"}
    body = {
        "answer": "One device.\n- It is offline.",
        "evidence": [item] * 8,
        "degraded": False,
        "degraded_reason": None,
        "model_used": "tiny:1b",
        "response_time_ms": 2000,
    }
    Screen().answered(1, "Which?", body, gather_ms=500)
    out = capsys.readouterr().out
    assert "1. Which?" in out
    assert "   - It is offline." in out
    assert "E1 count: one \N{REPLACEMENT CHARACTER}[31m device <devices:1>" in out
    assert "… 2 more" in out
    assert "sentences by tiny:1b" in out
    assert "2.00 s: evidence 500 ms, language model 1.50 s (75%)" in out
    assert "\x1b" not in out
    degraded = {**body, "degraded": True, "degraded_reason": "the model is away"}
    assert screen.writer(degraded) == "Written by code alone: the model is away"
    assert screen.timing(0, 0) == "0.00 s: evidence 0 ms, language model 0.00 s (0%)"


def test_a_failed_step_shows_the_end_of_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"line {number}" for number in range(30)), encoding="utf-8")
    run.report(DemoError("it broke", log), Screen())
    out = capsys.readouterr().out
    assert "failed: it broke" in out
    assert [line for line in out.splitlines() if line.startswith("line")] == [f"line {n}" for n in range(10, 30)]
