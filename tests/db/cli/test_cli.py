"""The commands, as an operator runs them."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
import structlog
from click.testing import CliRunner, Result

from ai_gateway import __version__, cli
from ai_gateway.cli import main
from ai_gateway.kit.server import Server
from dev.postgres_host import free_port
from dev.waiting import wait_until
from tests.conftest import ROOT

Environment = dict[str, str]


@pytest.fixture
def environment(homepot_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """The variables of a working installation; no developer's .env is near."""
    monkeypatch.chdir(tmp_path)
    return {
        "HOMEPOT_DATABASE_URL": homepot_url,
        "DATABASE_URL": database_url,
        "MIGRATIONS_DIR": str(ROOT / "migrations"),
        "EMBEDDER_URL": "http://127.0.0.1:9",
        "LLM_ENABLED": "false",
    }


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """The commands configure logging for their whole process, which here is the tests' own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def run(environment: Environment, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--name", ""),
        ("create", "--name", " "),
        ("create", "--name", "two\nlines"),
        ("create", "--name", "\udcff"),
        ("create", "--name", "x" * 101),
        ("create", "--name", "till", "--site", ""),
        ("rotate", "1", "--grace-hours", "nan"),
        ("rotate", "1", "--grace-hours", "inf"),
        ("rotate", "1", "--grace-hours", "1e8"),
        ("rotate", "1", "--grace-hours", "-1"),
    ],
)
def test_what_no_key_can_be_is_refused_with_the_reason(environment: Environment, arguments: tuple[str, ...]) -> None:
    refused = run(environment, "keys", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"Invalid value for '{arguments[-2]}'" in refused.stderr or f"for {arguments[-2]}:" in refused.stderr


def test_a_key_is_made_printed_alone_and_listed(environment: Environment) -> None:
    made = run(environment, "keys", "create", "--name", "homepot backend")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key.startswith("hpai_")
    assert "\n" not in key
    listed = run(environment, "keys", "list").stdout.strip().split("\t")
    assert listed == [
        "1",
        "homepot backend",
        f"{key[:9]}…",
        "all sites",
        "read,operate",
        "for itself",
        "last used never",
        "active",
    ]


def test_a_key_for_some_sites(environment: Environment) -> None:
    made = run(environment, "keys", "create", "--name", "shop", "--site", "SITE-A", "--site", "SITE-B")
    assert made.stderr == "HOMEPOT has no site SITE-A, SITE-B now: the key sees nothing there.\n"
    assert "\tSITE-A,SITE-B\t" in run(environment, "keys", "list").stdout


def test_a_key_for_a_site_that_homepot_has_or_cannot_tell_now(environment: Environment) -> None:
    away = {**environment, "HOMEPOT_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    for settings, site in ((environment, "site-et59-and6"), (away, "SITE-A")):
        made = run(settings, "keys", "create", "--name", "shop", "--site", site)
        assert (made.exit_code, made.stderr) == (0, "")


def test_a_key_is_revoked_once(environment: Environment) -> None:
    run(environment, "keys", "create", "--name", "old")
    assert run(environment, "keys", "revoke", "1").stdout == "revoked 1\n"
    assert "\trevoked 20" in run(environment, "keys", "list").stdout
    again = run(environment, "keys", "revoke", "1")
    assert again.exit_code == 1
    assert again.stderr == "Error: There is no active key 1.\n"


def test_a_key_needs_a_name(environment: Environment) -> None:
    assert run(environment, "keys", "create").exit_code == 2


def test_an_empty_list_is_empty(environment: Environment) -> None:
    assert run(environment, "keys", "list").stdout == ""


def test_migrate_says_what_it_did(environment: Environment) -> None:
    assert run(environment, "migrate").stdout == "applied: nothing to do\n"
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("DROP SCHEMA public CASCADE")
        owner.execute("CREATE SCHEMA public")
    files = sorted(path.stem for path in (ROOT / "migrations").glob("*.sql"))
    assert run(environment, "migrate").stdout == f"applied: {', '.join(files)}\n"


@pytest.mark.parametrize("command", [["migrate"], ["keys", "list"]])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MIGRATIONS_DIR": "nowhere"}, "No migrations in"),
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"},
            "Error: The gateway's own database (DATABASE_URL) does not answer: connection",
        ),
    ],
)
def test_what_fails_is_one_message_without_a_trace(
    environment: Environment, command: list[str], change: Environment, message: str
) -> None:
    result = run({**environment, **change}, *command)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["migrate"], ["keys", "list"]])
def test_missing_settings_are_named(environment: Environment, command: list[str]) -> None:
    del environment["DATABASE_URL"]
    result = run({**environment, "LLM_NUM_CTX": "many"}, *command)
    assert result.exit_code == 1
    assert "Settings are missing or wrong:" in result.stderr
    assert "DATABASE_URL: Field required" in result.stderr
    assert "LLM_NUM_CTX: Input should be a valid integer" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("QUERY_DEADLINE_S", "inf", "QUERY_DEADLINE_S: Input should be a finite number"),
        ("COST_RATES", '{"visit": NaN}', "COST_RATES.visit: Input should be a finite number"),
        ("LLM_MAX_TOKENS", "4096", "LLM_MAX_TOKENS must be at most half of LLM_NUM_CTX"),
        ("HEALTH_LIMITS", "cpu=90", "HEALTH_LIMITS: is no JSON: Expecting value"),
        ("DATABASE_URL", "ai_gateway", "DATABASE_URL: is no Postgres URL"),
        ("OLLAMA_HOST", "ftp://ollama", "OLLAMA_HOST: must be http://host:port"),
    ],
)
def test_a_wrong_setting_is_named_as_it_is_set(environment: Environment, name: str, text: str, line: str) -> None:
    result = run({**environment, name: text}, "keys", "list")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: Settings are missing or wrong:\n{line}")


def test_settings_in_another_encoding_are_named(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=info", encoding="utf-16")
    result = run(environment, "keys", "list")
    assert result.exit_code == 1
    assert ".env, or a file in /run/secrets, is not UTF-8" in result.stderr
    assert "Traceback" not in result.output


def remember(environment: Environment) -> None:
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as own:
        own.execute(
            "INSERT INTO ai_incident_patterns (source, source_key, content_hash, description, severity, category, occurred_at,"
            " embedding_model) VALUES ('test', '1', '', 'The till is slow.', 'warning', 'other', now(), '')"
        )


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("nowhere/memory.jsonl", "Could not open file 'nowhere/memory.jsonl': No such file or directory"),
        (".", "Could not open file '.': Is a directory"),
        ("/dev/full", "[Errno 28] No space left on device"),
    ],
)
def test_an_export_that_cannot_be_written_is_one_line(environment: Environment, file: str, reason: str) -> None:
    run(environment, "migrate")
    remember(environment)
    failed = run(environment, "memory", "export", file)
    assert (failed.exit_code, failed.stdout, failed.stderr) == (1, "", f"Error: {reason}\n")


def test_an_import_without_the_embedder_is_one_line(environment: Environment, tmp_path: Path) -> None:
    run(environment, "migrate")
    remember(environment)
    run(environment, "memory", "export", "memory.jsonl")
    lines = (tmp_path / "memory.jsonl").read_text(encoding="utf-8").replace("slow", "hot")
    (tmp_path / "memory.jsonl").write_text(lines, encoding="utf-8")
    failed = run(environment, "memory", "import", "memory.jsonl")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: The embedder (EMBEDDER_URL) does not answer: ")
    assert failed.stderr.count("\n") == 1


def test_an_export_of_nothing_is_an_empty_file(environment: Environment, tmp_path: Path) -> None:
    done = run(environment, "memory", "export", "memory.jsonl")
    assert (done.exit_code, done.stderr) == (0, "exported 0\n")
    assert (tmp_path / "memory.jsonl").read_bytes() == b""


@pytest.mark.parametrize(("output", "status"), [("/dev/full", 1), (os.devnull, 0)])
def test_output_that_cannot_be_written_is_one_line(environment: Environment, output: str, status: int) -> None:
    run(environment, "keys", "create", "--name", "till")
    command = [sys.executable, "-c", "from ai_gateway.cli import main; main()", "keys", "list"]
    with Path(output).open("w", encoding="utf-8") as out:
        done = subprocess.run(
            command, env={**os.environ, **environment}, stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (status, "Error: [Errno 28] No space left on device\n" * status)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_role_that_can_write_is_refused(environment: Environment, homepot_admin_url: str, command: str) -> None:
    result = run({**environment, "HOMEPOT_DATABASE_URL": homepot_admin_url}, command)
    assert result.exit_code == 1
    assert "Error: The role in HOMEPOT_DATABASE_URL can superuser" in result.stderr


def test_serve_starts_without_homepot_and_says_so(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    served = []

    def serve(server: Server) -> None:
        served.append(server.config)
        server.started = True

    monkeypatch.setattr(Server, "run", serve)
    away = {**environment, "HOMEPOT_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "GATEWAY_PORT": "1234"}
    result = run(away, "serve")
    assert result.exit_code == 0, result.output
    assert "starting_without_homepot" in [json.loads(line)["event"] for line in result.output.splitlines()]
    (config,) = served
    assert (config.host, config.port, config.access_log) == ("0.0.0.0", 1234, False)


def test_version_and_help(environment: Environment) -> None:
    assert __version__ in run(environment, "--version").stdout
    for command in ([], ["serve"], ["worker"], ["migrate"], ["keys"], ["keys", "create"]):
        assert run(environment, *command, "--help").exit_code == 0


@pytest.mark.parametrize(("command", "variable"), [("serve", "GATEWAY_PORT"), ("worker", "WORKER_METRICS_PORT")])
def test_the_program_runs_and_stops_when_told(environment: Environment, command: str, variable: str) -> None:
    port = free_port()
    settings = {**os.environ, **environment, variable: str(port), "GATEWAY_HOST": "127.0.0.1"}
    code = "from ai_gateway.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, command], env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/livez", trust_env=False).text == "ok", 30)
        if command == "serve":
            wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success, 30)
        assert "ai_" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    finally:
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert time.monotonic() - started < 30
    assert "Traceback" not in output
    assert '"event": "ready"' in output or command == "worker"


def test_an_open_stream_of_events_does_not_hold_up_a_restart(environment: Environment) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    key = run(environment, "keys", "create", "--name", "wall display").stdout.strip()
    settings = {**os.environ, **environment, "GATEWAY_PORT": str(port), "GATEWAY_HOST": "127.0.0.1"}
    code = "from ai_gateway.cli import main; main()"
    command = [sys.executable, "-c", code, "serve"]
    with subprocess.Popen(
        command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            wait_until(lambda: httpx.get(f"{url}/readyz", trust_env=False).is_success, 30)
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.stream("GET", f"{url}/api/ai/events", headers=headers, trust_env=False, timeout=30) as stream:
                chunks = stream.iter_text()
                assert next(chunks).startswith("retry:")
                started = time.monotonic()
                process.send_signal(signal.SIGTERM)
                for _ in chunks:
                    pass
            output, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert time.monotonic() - started < cli.GRACE_S / 2
    assert "Traceback" not in output


def test_a_question_that_a_stop_cuts_off_is_told_to_come_back(environment: Environment) -> None:
    """Its model takes longer than the grace: here one that never says a word."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    key = run(environment, "keys", "create", "--name", "till").stdout.strip()
    with socket.create_server(("127.0.0.1", 0)) as model, ThreadPoolExecutor(1) as caller:
        settings = {**os.environ, **environment, "GATEWAY_PORT": str(port), "GATEWAY_HOST": "127.0.0.1"}
        settings |= {"LLM_ENABLED": "true", "OLLAMA_HOST": f"http://127.0.0.1:{model.getsockname()[1]}"}
        command = [sys.executable, "-c", "from ai_gateway.cli import main; main()", "serve"]
        with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: httpx.get(f"{url}/readyz", trust_env=False).is_success, 30)
                asking = caller.submit(
                    httpx.post,
                    f"{url}/api/ai/query",
                    headers={"Authorization": f"Bearer {key}"},
                    json={"question": "Which devices are offline?"},
                    timeout=60,
                    trust_env=False,
                )
                model.settimeout(30)
                with model.accept()[0]:
                    process.send_signal(signal.SIGTERM)
                    answer = asking.result()
                process.wait(30)
            finally:
                process.kill()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:homepot-ai:problem:stopping")
    assert int(answer.headers["retry-after"]) > 0


def test_a_key_is_rotated_and_its_permissions_are_listed(environment: Environment) -> None:
    run(environment, "keys", "create", "--name", "backend", "--scope", "read", "--scope", "reports", "--for-users")
    rotated = run(environment, "keys", "rotate", "1", "--grace-hours", "2")
    assert rotated.exit_code == 0, rotated.output
    assert rotated.stdout.startswith("hpai_")
    listed = run(environment, "keys", "list").stdout.splitlines()
    assert all("read,reports\tfor users" in line for line in listed)
    assert "until " in listed[0]
    assert listed[1].endswith("active")
    assert run(environment, "keys", "rotate", "9").exit_code == 1
    assert run(environment, "keys", "create", "--name", "x", "--scope", "everything").exit_code == 2
