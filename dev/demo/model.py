"""Which language model the demo uses: the machine's own Ollama where there is one, else the stand-in."""

import os
import sys
from typing import Any, NamedTuple

import httpx

from dev.demo.processes import DemoError, Processes, choose_port
from dev.demo.screen import Screen
from dev.ollama import models
from dev.ollama.server import parse_address

DEFAULT_PORT = 11434
PREFERRED = "llama3.1:8b"
LOAD_TIMEOUT_S = 300.0


class Model(NamedTuple):
    """A server's URL, and the name of the model to use or None where it has none."""

    url: str
    name: str | None

    def environment(self) -> dict[str, str]:
        """The gateway's settings for it."""
        if self.name is None:
            return {"OLLAMA_HOST": self.url, "LLM_ENABLED": "false"}
        return {"OLLAMA_HOST": self.url, "LLM_MODEL": self.name}


def find_server(processes: Processes, screen: Screen) -> str:
    """The URL of OLLAMA_HOST, of an Ollama on the default port, or of a stand-in that is being started for it."""
    asked = os.environ.get("OLLAMA_HOST", "").strip()
    url = url_of(asked)
    version = version_of(url)
    if version is not None:
        screen.step(f"language model: the {_product(version)} at {url}")
        return url
    if asked:
        raise DemoError(f"OLLAMA_HOST is {asked}, but no Ollama answers at {url}: start it, or unset OLLAMA_HOST")
    return _start_stand_in(processes, screen)


def url_of(address: str) -> str:
    """The http URL that an OLLAMA_HOST value means; an empty one means this machine's default port."""
    if address.startswith("https://"):
        return address.rstrip("/")
    try:
        host, port = parse_address(address)
    except ValueError as error:
        raise DemoError(str(error)) from error
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"


def version_of(url: str) -> str | None:
    """The version that an Ollama at `url` states, or None where none answers."""
    try:
        body = httpx.get(f"{url}/api/version", timeout=3, trust_env=False).raise_for_status().json()
        return str(body["version"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _product(version: str) -> str:
    return "Ollama stand-in" if "stand-in" in version else f"Ollama {version}"


def _start_stand_in(processes: Processes, screen: Screen) -> str:
    if not models.present():
        raise DemoError(f"there is no language model in {models.folder()}: run `make models`")
    port = choose_port(DEFAULT_PORT, "model server", screen)
    command = [sys.executable, "-m", "dev.ollama", "serve", "--host", "127.0.0.1", "--port", str(port)]
    processes.start("model", command, {}, models.ROOT)
    return f"http://127.0.0.1:{port}"


def pick_model(url: str, screen: Screen) -> Model:
    """LLM_MODEL if it is set, else a model that the server has; says so where there is none."""
    try:
        listed = httpx.get(f"{url}/api/tags", timeout=10, trust_env=False).raise_for_status().json()["models"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise DemoError(f"the model server at {url} does not list its models: {error}") from error
    name = os.environ.get("LLM_MODEL") or choose(listed)
    if name is None:
        screen.step(f"the Ollama at {url} has no model that writes: going on without one (`ollama pull {PREFERRED}`)")
    elif name.removesuffix(":latest") not in {one["name"].removesuffix(":latest") for one in listed}:
        screen.step(f"LLM_MODEL is {name}, which the server does not have: answers will be code's alone")
    return Model(url, name)


def choose(listed: list[dict[str, Any]]) -> str | None:
    """The gateway's default model if the server has it, else the first listed that is no embedding model."""
    names = [str(one["name"]) for one in listed if not _embeds(one)]
    return PREFERRED if PREFERRED in names else next(iter(names), None)


def _embeds(listed: dict[str, Any]) -> bool:
    family = str((listed.get("details") or {}).get("family", ""))
    return "bert" in family or "embed" in str(listed["name"])


def load(model: Model, num_ctx: int, screen: Screen) -> None:
    """Have the server load the model with the gateway's window, so that the first question need not wait for it."""
    if model.name is None:
        return
    body = {"model": model.name, "stream": False, "keep_alive": "30m", "options": {"num_ctx": num_ctx}}
    try:
        response = httpx.post(f"{model.url}/api/generate", json=body, timeout=LOAD_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as error:
        screen.step(f"{model.name} could not be loaded ({error!r}): answers may be code's alone")
        return
    if response.is_error:
        screen.step(f"{model.name} could not be loaded ({response.text.strip()[:200]}): answers will be code's alone")
    else:
        screen.step(f"language model ready ({model.name})")
