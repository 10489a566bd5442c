"""Run the application on a socket of its own."""

import os
import socket
from ipaddress import ip_address

import uvicorn

from dev.ollama.app import create_app
from dev.ollama.engine import LlamaEngine
from dev.ollama.runners import DEFAULT_MAX_QUEUE

DEFAULT_ADDRESS = ("127.0.0.1", 11434)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of an OLLAMA_HOST value: `host`, `host:port`, `:port`, or an http URL."""
    text = text.strip().removeprefix("http://").rstrip("/")
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "")
    if port and not port.isdigit():
        raise ValueError(f"OLLAMA_HOST has no valid port: {text!r}")
    return host or DEFAULT_ADDRESS[0], int(port) if port else DEFAULT_ADDRESS[1]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def max_queue() -> int:
    """How many calls may wait: OLLAMA_MAX_QUEUE, or Ollama's 512."""
    return int(os.environ.get("OLLAMA_MAX_QUEUE") or DEFAULT_MAX_QUEUE)


def serve(host: str, port: int) -> None:
    """Serve until interrupted; the first line on standard output is the URL (port 0 takes a free one)."""
    app = create_app(LlamaEngine(), max_queue=max_queue(), local_only=is_loopback(host))
    listener = socket.create_server((host, port), backlog=128)
    print(f"http://{host}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        headers=[("Server", "homepot-dev-ollama")],
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])
