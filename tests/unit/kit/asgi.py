"""A bare ASGI exchange, for tests of the edge without a server."""

from collections.abc import Iterable
from typing import Any

from prometheus_client import REGISTRY


class Exchange:
    """What a caller sends, and what it gets back."""

    def __init__(self, path: str = "/api/x", method: str = "POST", **headers: str) -> None:
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.scope: dict[str, Any] = {"type": "http", "path": path, "method": method, "headers": named}
        self.parts: list[bytes] = [b""]
        self.sent: list[dict[str, Any]] = []

    def sends(self, parts: Iterable[bytes]) -> "Exchange":
        self.parts = list(parts)
        return self

    async def receive(self) -> dict[str, Any]:
        body = self.parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.parts)}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {key.decode(): value.decode() for key, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def sample(name: str, **labels: str) -> float:
    """A metric's value now; 0 if it has no such series."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
