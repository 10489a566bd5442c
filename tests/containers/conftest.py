"""Real images in a real engine. AI_IMAGES=VERSION tests images that are there already instead of building them."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.homepot.fleet import create_sample
from dev.homepot.reader import create_reader
from tests.containers.tools import (
    DATABASE_IMAGE,
    PYTHON_IMAGE,
    Stack,
    docker,
    free_port,
    lacking,
    lacking_compose,
    until,
)

OLLAMA_IMAGE = "homepot-ai/ollama-stand-in:test"
BUILD_S = 1800
HOMEPOT_NAME = "homepot-postgres"


@dataclass(frozen=True)
class Homepot:
    """A stand-in for HOMEPOT's Compose project: its network, and the reader's URL as seen from there."""

    network: str
    reader_url: str


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Building takes minutes on the first run: what builds gets the time for it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "version" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(3 * BUILD_S))


@pytest.fixture(scope="session")
def version() -> str:
    """Build the images of compose.yaml and return their tag."""
    if reason := lacking(PYTHON_IMAGE, DATABASE_IMAGE) or lacking_compose():
        pytest.skip(reason)
    if given := os.environ.get("AI_IMAGES"):
        return given
    for name, folder in (("gateway:test", "ai-gateway"), ("embedder:test-cpu", "embedder")):
        path = f"services/{folder}/Dockerfile"
        docker("build", "-q", "-f", path, "-t", f"homepot-ai/{name}", ".", timeout=BUILD_S)
    return "test"


@pytest.fixture(scope="session")
def ollama_image(version: str) -> str:
    """The stand-in for ollama/ollama, with a small model inside."""
    assert version
    if not os.environ.get("AI_IMAGES") or lacking(OLLAMA_IMAGE):
        docker("build", "-q", "-f", "dev/ollama/Dockerfile", "-t", OLLAMA_IMAGE, ".", timeout=BUILD_S)
    return OLLAMA_IMAGE


@pytest.fixture(scope="session")
def project() -> str:
    return f"homepot-ai-test-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def homepot(project: str, version: str) -> Iterator[Homepot]:
    """A Postgres with HOMEPOT's schema, the sample fleet as of now, and the reader role."""
    assert version
    network, container, port = f"{project}-homepot", f"{project}-{HOMEPOT_NAME}", free_port()
    password = secrets.token_hex(8)
    docker("network", "create", network)
    try:
        options = ["--network", network, "--network-alias", HOMEPOT_NAME, "-p", f"127.0.0.1:{port}:5432"]
        settings = ["-e", f"POSTGRES_PASSWORD={password}", "-e", "POSTGRES_DB=homepot_db"]
        docker("run", "-d", "--rm", "--name", container, *options, *settings, DATABASE_IMAGE)
        ready = ["exec", container, "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres", "-d", "homepot_db"]
        until(lambda: docker(*ready, check=False).returncode == 0, 60, "the start of HOMEPOT's database")
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/homepot_db"
        create_sample(url, datetime.now(UTC))
        reader = create_reader(url, secrets.token_hex(16))
        yield Homepot(network, reader.replace(f"127.0.0.1:{port}", f"{HOMEPOT_NAME}:5432"))
    finally:
        docker("rm", "-f", "-v", container, check=False)
        docker("network", "rm", network, check=False)


@pytest.fixture(scope="session")
def stack(
    project: str, version: str, ollama_image: str, homepot: Homepot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The whole of compose.yaml but Prometheus and Grafana, up and healthy, with an API key made as operators do."""
    env_file, port, prometheus_port = tmp_path_factory.mktemp("compose") / "env", free_port(), free_port()
    settings = {
        "AI_VERSION": version,
        "GATEWAY_PUBLISHED_PORT": port,
        "HOMEPOT_DATABASE_URL": homepot.reader_url,
        "HOMEPOT_NETWORK": homepot.network,
        "LLM_MODEL": "smollm2:135m",
        "LLM_NUM_CTX": 2048,
        "LLM_MAX_TOKENS": 64,
        "OLLAMA_IMAGE": ollama_image,
        "OLLAMA_MEM_LIMIT": "2g",
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "PROMETHEUS_PUBLISHED_PORT": prometheus_port,
        "WORKER_INTERVAL_S": 2,
    }
    env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    up = Stack(project, env_file, port, prometheus_port)
    try:
        up.up()
        key = up.exec("gateway", "ai-gateway", "keys", "create", "--name", "test").stdout.strip()
        yield replace(up, key=key)
    except AssertionError as error:
        logs = up.compose("--profile", "*", "logs", "--tail", "40", check=False).stdout
        raise AssertionError(f"{error}\n{logs}") from error
    finally:
        up.compose("--profile", "*", "down", "-v", "--remove-orphans", "-t", "5", check=False)
