"""A FAKE of Ollama that injects faults: it runs no model, and says only what a test tells it to.

It speaks real HTTP over a real socket, so that the client's own connection handling, timeouts and cancellation are what
is tested. The protocol itself is tested against a real model elsewhere (tests/contract).
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final, Self

STALL: Final = "stall"
"""Write nothing more until the client goes away."""
CUT: Final = "cut"
"""Close the connection in the middle of the answer."""

Step = bytes | str


def line(**fields: Any) -> bytes:
    """One line of Ollama's streamed answer."""
    return json.dumps({"model": "fake", "created_at": "2026-01-01T00:00:00Z", **fields}).encode() + b"\n"


def token(text: str) -> bytes:
    """A piece of text."""
    return line(message={"role": "assistant", "content": text}, done=False)


def done(*, prompt_eval_count: int = 900, reason: str = "stop") -> bytes:
    """The last line."""
    return line(
        message={"role": "assistant", "content": ""},
        done=True,
        done_reason=reason,
        prompt_eval_count=prompt_eval_count,
        eval_count=2,
        eval_duration=1_000_000_000,
    )


class Answer:
    """What one call gets: a status, then steps."""

    def __init__(self, *steps: Step, status: int = 200) -> None:
        self.steps = steps
        self.status = status


GOOD: Final = Answer(token('{"sentences"'), token(": []}"), done())


def error(status: int, message: str) -> Answer:
    """An error as Ollama sends it before any text."""
    return Answer(json.dumps({"error": message}).encode(), status=status)


class FakeOllama:
    """Gives each call the next answer of its script; the last one repeats."""

    def __init__(self) -> None:
        self.script: list[Answer] = [GOOD]
        self.requests: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self.called = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def will(self, *answers: Answer) -> None:
        """Set the script."""
        self.script = list(answers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next((int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.startswith(b"content-length")), 0)
        body = await reader.readexactly(length)
        self.requests.append(json.loads(body) if body else {})
        self.called.set()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        writer.write(f"HTTP/1.1 {answer.status} X\r\ncontent-type: application/x-ndjson\r\n".encode())
        writer.write(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n")
        await self._play(answer.steps, reader, writer)

    async def _play(self, steps: Sequence[Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in steps:
            if step == STALL:
                await writer.drain()
                await reader.read()  # returns when the client closes its side
                self.gone.set()
                return
            if step == CUT:
                await writer.drain()
                return
            assert isinstance(step, bytes)
            writer.write(f"{len(step):x}\r\n".encode() + step + b"\r\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
