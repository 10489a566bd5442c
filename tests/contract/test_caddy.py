"""The rule for Caddy, in a real Caddy: HOMEPOT's AI routes reach the gateway, all else HOMEPOT's back end."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from dev.postgres_host import free_port
from dev.waiting import wait_until

RULE = Path(__file__).parents[2] / "deploy/caddy/homepot-ai.caddy"
CADDY = shutil.which("caddy")
START_S = 20.0

pytestmark = pytest.mark.skipif(CADDY is None, reason="there is no caddy on PATH (Debian: apt install caddy)")


@contextmanager
def upstream(name: str) -> Iterator[int]:
    """A server that tells its name, in two pieces; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(f"{name} ".encode())
            self.wfile.flush()
            self.wfile.write(self.path.encode())

        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[httpx.Client]:
    """HOMEPOT's site as the rule's own comment shows it, with servers of the test in place of the two names."""
    with upstream("gateway") as gateway, upstream("homepot") as homepot:
        port = free_port()
        rule = tmp_path / "homepot-ai.caddy"
        rule.write_text(RULE.read_text(encoding="utf-8").replace("ai-gateway:8000", f"127.0.0.1:{gateway}"))
        caddyfile = tmp_path / "Caddyfile"
        caddyfile.write_text(
            f"{{\n\tadmin off\n\tauto_https off\n}}\nhttp://127.0.0.1:{port} {{\n\timport {rule}\n"
            f"\treverse_proxy 127.0.0.1:{homepot}\n}}\n"
        )
        command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(caddyfile)]
        scope = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        with (
            (tmp_path / "caddy.log").open("wb") as log,
            subprocess.Popen(command, env=scope, stdout=log, stderr=log) as caddy,
        ):
            try:
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                    wait_until(lambda: _answers(client), START_S)
                    yield client
            finally:
                caddy.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").is_success
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize(
    ("method", "path", "whose"),
    [
        ("POST", "/api/v1/ai/query", "gateway"),
        ("GET", "/api/v1/ai/anomalies?limit=3", "gateway"),
        ("GET", "/api/v1/ai/insights/device/DEVICE-1", "gateway"),
        ("PUT", "/api/v1/ai/alerts/7/resolve", "homepot"),
        ("GET", "/api/v1/devices", "homepot"),
        ("GET", "/api/v1/airports", "homepot"),
        ("GET", "/", "homepot"),
    ],
)
def test_each_path_reaches_who_answers_it(site: httpx.Client, method: str, path: str, whose: str) -> None:
    answer = site.request(method, path, json={"query": "How is it?"} if method != "GET" else None)
    assert answer.text == f"{whose} {path}"
