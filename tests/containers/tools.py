"""The Docker and Compose command lines, as an operator would call them."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PYTHON_IMAGE = "python:3.11-slim-bookworm"
DATABASE_IMAGE = "pgvector/pgvector:pg18"
PROMETHEUS_IMAGE = "prom/prometheus:latest"


def environment() -> dict[str, str]:
    """What Docker needs of this process's environment: its settings must not get in."""
    return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"} or name.startswith("DOCKER")}


def docker(*arguments: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run `docker ...` without this process's settings."""
    result = subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    if check and result.returncode:
        raise AssertionError(f"docker {' '.join(arguments)}: {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result


@cache
def lacking(*images: str) -> str:
    """Why tests with these images cannot run here; empty if they can."""
    if not shutil.which("docker"):
        return "Docker is not installed"
    if docker("info", check=False).returncode:
        return "no Docker engine answers"
    absent = [image for image in images if docker("image", "inspect", image, check=False).returncode]
    return f"these images are absent: {', '.join(absent)}; pull them first" if absent else ""


@cache
def lacking_compose() -> str:
    """Why Compose files cannot be read here; empty if they can."""
    if not shutil.which("docker") or docker("compose", "version", check=False).returncode:
        return "Docker Compose is not installed"
    return ""


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait for a true result of `condition` and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(1)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


@dataclass(frozen=True)
class Stack:
    """A Compose project of its own name, settings and ports."""

    project: str
    env_file: Path
    port: int
    prometheus_port: int
    key: str = ""

    def compose(self, *arguments: str, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `docker compose ...` on this project."""
        options = ["compose", "-p", self.project, "--env-file", str(self.env_file)]
        return docker(*options, *arguments, check=check, timeout=timeout)

    def up(self, profile: str = "", *services: str) -> None:
        """Bring the core services and those of the profile up, or only the services named, until they are healthy."""
        chosen = ["--profile", profile] if profile else []
        self.compose(*chosen, "up", "-d", "--no-build", "--wait", "--wait-timeout", "180", *services)

    def exec(self, service: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in a service's container."""
        return self.compose("exec", "-T", service, *command, check=check, timeout=60)

    def follow(self, commands: str, folder: Path) -> None:
        """Run commands as a document has them, in a folder where they may write, on this project."""
        options = [
            "-p",
            self.project,
            "--env-file",
            self.env_file,
            "--project-directory",
            ROOT,
            "-f",
            ROOT / "compose.yaml",
        ]
        compose = shlex.join(["docker", "compose", *map(str, options)])
        script = re.sub(r"^docker compose ", f"{compose} ", commands, flags=re.MULTILINE)
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert result.returncode == 0, f"{script}\n{result.stdout}\n{result.stderr}"

    def inspect(self, service: str) -> dict[str, Any]:
        """What `docker inspect` says of the service's container."""
        container = self.compose("ps", "-q", "-a", service).stdout.strip()
        found: list[dict[str, Any]] = json.loads(docker("inspect", container).stdout)
        return found[0]

    def services(self) -> list[str]:
        """The names of the services that run."""
        return sorted(self.compose("ps", "--services").stdout.split())

    def ask(self, question: str) -> dict[str, Any]:
        """The gateway's answer."""
        return self._call("POST", "/api/ai/query", {"question": question})

    def status(self) -> dict[str, Any]:
        """The gateway's status."""
        return self._call("GET", "/api/ai/status")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False) as client:
            response = client.request(method, path, json=body, headers=headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer
