"""The project's own services as the demo runs them: the embedder, the gateway and the worker, on loopback."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from dev.demo.databases import Databases
from dev.demo.model import Model
from dev.demo.processes import DemoError, Processes, answers, choose_port
from dev.demo.screen import Screen
from dev.ollama.models import ROOT

GATEWAY_PORT, EMBEDDER_PORT, WORKER_PORT = 8000, 8001, 8002
MEMORY_TIMEOUT_S = 180.0
OWN_MEMORY_TIMEOUT_S = 30.0
KEY_NAME = "demo"
FIRST_ROUND = 'ai_worker_runs_total{outcome="succeeded",task="remember_resolved_alerts"}'
"""As the worker's page of metrics has it, once a round has looked through HOMEPOT's resolved alerts."""
NUM_CTX = "4096"
# A laptop without a GPU may read a prompt for a minute. The user's own values go first.
DEFAULTS = {
    "LLM_NUM_CTX": NUM_CTX,
    "LLM_FIRST_TOKEN_TIMEOUT_S": "60",
    "LLM_TOKEN_TIMEOUT_S": "20",
    "QUERY_DEADLINE_S": "100",
    "EMBEDDER_TIMEOUT_S": "20",
    "MAX_EVIDENCE": "20",
    "LOG_FORMAT": "console",
}


class Services:
    """Starts the services one by one; `url` is the gateway's."""

    def __init__(self, data: Path, processes: Processes, screen: Screen) -> None:
        self.url = ""
        self.worker_url = ""
        self.embedder_url = ""
        self.client = httpx.Client(timeout=float(setting("QUERY_DEADLINE_S")) + 20, trust_env=False)
        self.gateway_log = processes.logs / "gateway.log"
        self._data = data
        self._processes = processes
        self._screen = screen
        self._environment: dict[str, str] = {}

    def start_embedder(self) -> None:
        """Start it; its model loads while other steps go on."""
        self._screen.step("starting the embedder; its model loads while the databases come up")
        port = choose_port(EMBEDDER_PORT, "embedder", self._screen)
        self.embedder_url = f"http://127.0.0.1:{port}"
        environment = {
            "EMBEDDER_HOST": "127.0.0.1",
            "EMBEDDER_PORT": str(port),
            "EMBEDDER_MODEL_DIR": os.environ.get("EMBEDDER_MODEL_DIR") or str(ROOT / ".cache/models/all-mpnet-base-v2"),
            "EMBEDDER_SHUTDOWN_GRACE_S": "3",
        }
        self._processes.start("embedder", [program("embedder"), "serve"], environment, self._data)

    def wait_for_embedder(self) -> None:
        """Wait until its model answers."""
        self._processes.wait("embedder", answers(f"{self.embedder_url}/readyz"))
        info = self.client.get(f"{self.embedder_url}/info").json()
        self._screen.step(f"embedder ready ({Path(info['model_id']).name}, {info['device']})")

    def start_gateway(self, databases: Databases, model: Model) -> None:
        """Start the gateway; it waits for nothing."""
        port = choose_port(GATEWAY_PORT, "gateway", self._screen)
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **{name: setting(name) for name in DEFAULTS},
            **model.environment(),
            "HOMEPOT_DATABASE_URL": databases.homepot_url,
            "DATABASE_URL": databases.own_url,
            "MIGRATIONS_DIR": str(ROOT / "migrations"),
            "EMBEDDER_URL": self.embedder_url,
            "GATEWAY_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "WORKER_INTERVAL_S": "5",
        }
        self._processes.start("gateway", [program("ai-gateway"), "serve"], self._environment, self._data)

    def start_worker(self) -> None:
        """Start the worker; the embedder should be ready, or its first round is for nothing."""
        port = choose_port(WORKER_PORT, "worker", self._screen)
        self.worker_url = f"http://127.0.0.1:{port}"
        environment = {**self._environment, "WORKER_METRICS_PORT": str(port)}
        self._processes.start("worker", [program("ai-gateway"), "worker"], environment, self._data)

    def wait_for_gateway(self) -> None:
        """Wait until it can answer questions."""
        self._processes.wait("gateway", answers(f"{self.url}/readyz"))
        self._screen.step(f"gateway ready at {self.url}")

    def wait_for_worker(self) -> None:
        """Wait until it is alive."""
        self._processes.wait("worker", answers(f"{self.worker_url}/livez"))
        self._screen.step("worker ready")

    def create_key(self) -> str:
        """A new API key, which `client` sends from now on; those of earlier demos are revoked."""
        for line in self._keys("list").splitlines():
            number, name, *_, state = line.split("\t")
            if name == KEY_NAME and state == "active":
                self._keys("revoke", number)
        key = self._keys("create", "--name", KEY_NAME)
        self.client.headers["Authorization"] = f"Bearer {key}"
        self._screen.step("API key made")
        return key

    def _keys(self, *arguments: str) -> str:
        result = subprocess.run(
            [program("ai-gateway"), "keys", *arguments],
            cwd=self._data,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise DemoError(f"`ai-gateway keys {arguments[0]}` failed: {result.stderr.strip()}")
        return result.stdout.strip()

    def wait_for_memory(self, *, sample: bool) -> None:
        """Wait until the worker remembers resolved alerts. A HOMEPOT of the user's may have none, or very many."""
        if sample:
            self._processes.wait("worker", self._remembering, MEMORY_TIMEOUT_S)
        else:
            self._wait_a_while()
        self._screen.step(f"worker has remembered {self.status()['total_embeddings'] or 0} past incidents")

    def _wait_a_while(self) -> None:
        try:
            self._processes.wait("worker", self._first_round, OWN_MEMORY_TIMEOUT_S)
        except DemoError:
            self._processes.check()
            self._screen.step("the worker goes on remembering resolved alerts while questions are asked")

    def status(self) -> dict[str, Any]:
        """The body of `/api/ai/status`."""
        body: dict[str, Any] = self.client.get(f"{self.url}/api/ai/status").raise_for_status().json()
        return body

    def _remembering(self) -> str | None:
        return None if self.status()["total_embeddings"] else "it has remembered no resolved alert yet"

    def _first_round(self) -> str | None:
        done = metric(self.client.get(f"{self.worker_url}/metrics").text, FIRST_ROUND)
        return None if done else "its first round is not through"


def setting(name: str) -> str:
    """The user's value of a setting, or the demo's."""
    return os.environ.get(name) or DEFAULTS[name]


def program(name: str) -> str:
    """The path of a command of this environment. Raises DemoError where it is not installed."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise DemoError(f"{path} is missing: run `make setup`")
    return str(path)


def metric(text: str, series: str) -> float:
    """The value of one series in Prometheus' text format, 0.0 where it is absent."""
    for line in text.splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    return 0.0
