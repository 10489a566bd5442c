"""`python -m dev.ollama`: fetch a model, serve, and the few client commands that containers call."""

import argparse
import os
import sys
from collections.abc import Sequence

import httpx

from dev.downloads import DownloadError
from dev.ollama import models, server


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    chosen = parser().parse_args(arguments)
    commands = {"fetch": fetch, "serve": serve, "list": list_models, "pull": pull}
    try:
        return commands[chosen.command](chosen)
    except httpx.TransportError:
        print("Error: could not connect to ollama server, run 'ollama serve' to start it", file=sys.stderr)
    except (DownloadError, ValueError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m dev.ollama", description="A stand-in for Ollama, for development.")
    commands = top.add_subparsers(dest="command", required=True)
    add = commands.add_parser("fetch", help="download a model into .cache/models and check it")
    add.add_argument("--model", choices=sorted(models.CATALOGUE), default="smollm2")
    add = commands.add_parser("serve", help="serve the models that are there")
    add.add_argument("--host", help="address to listen on (OLLAMA_HOST, or 127.0.0.1)")
    add.add_argument("--port", type=int, help="port to listen on, 0 for a free one (OLLAMA_HOST, or 11434)")
    add.add_argument("--model", choices=sorted(models.CATALOGUE), help="fail unless this model is there")
    commands.add_parser("list", help="list the models of the running server")
    add = commands.add_parser("pull", help="succeed if the running server has the model")
    add.add_argument("name")
    return top


def fetch(chosen: argparse.Namespace) -> int:
    """Download one model."""
    model = models.CATALOGUE[chosen.model]
    fresh = models.fetch(model)
    print(f"{model.name}: {'fetched' if fresh else 'already there'}, checksum right: {model.path}")
    return 0


def serve(chosen: argparse.Namespace) -> int:
    """Serve; one model at least must be there."""
    wanted = [models.CATALOGUE[chosen.model]] if chosen.model else list(models.CATALOGUE.values())
    if not any(model.present for model in wanted):
        key = chosen.model or "smollm2"
        raise FileNotFoundError(f"no model in {models.folder()}: run `python -m dev.ollama fetch --model {key}`")
    host, port = server.parse_address(os.environ.get("OLLAMA_HOST", ""))
    server.serve(chosen.host or host, port if chosen.port is None else chosen.port)
    return 0


def list_models(_: argparse.Namespace) -> int:
    """Print the running server's models, one a line."""
    entries = client().get("/api/tags").raise_for_status().json()["models"]
    print(f"{'NAME':<24}{'ID':<16}{'SIZE':>8}")
    for entry in entries:
        print(f"{entry['name']:<24}{entry['digest'][:12]:<16}{entry['size'] // 1_000_000:>5} MB")
    return 0


def pull(chosen: argparse.Namespace) -> int:
    """Ask the running server for a model; it has it or it refuses."""
    response = client().post("/api/pull", json={"model": chosen.name})
    if response.is_error:
        print(f"Error: {response.json()['error']}", file=sys.stderr)
        return 1
    print("success")
    return 0


def client() -> httpx.Client:
    """A client of the server at OLLAMA_HOST."""
    host, port = server.parse_address(os.environ.get("OLLAMA_HOST", ""))
    reachable = "127.0.0.1" if host == "0.0.0.0" else host
    return httpx.Client(base_url=f"http://{reachable}:{port}", timeout=10, trust_env=False)


if __name__ == "__main__":
    sys.exit(main())
