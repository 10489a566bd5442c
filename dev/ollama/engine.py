"""The language model itself: starts the runner process, renders and counts prompts, generates."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, NamedTuple, Protocol

import httpx

from dev.ollama.errors import OllamaError, RunnerDied
from dev.ollama.models import ROOT, Model

# Ollama shifts a full context; llama.cpp refuses a prompt that fills it. Room behind num_ctx keeps such prompts going.
HEADROOM = 512
LOAD_TIMEOUT_S = 120.0


class Final(NamedTuple):
    """What the model counted: tokens, milliseconds, and why it stopped (`stop` or `length`)."""

    prompt_tokens: int
    prompt_ms: float
    eval_tokens: int
    eval_ms: float
    reason: str


class Piece(NamedTuple):
    """Some text of the answer; the last piece carries `final`."""

    text: str
    final: Final | None = None


class Engine(Protocol):
    """One loaded model at a time."""

    async def load(self, model: Model, num_ctx: int) -> None:
        """Have `model` ready with a context of `num_ctx` tokens; does nothing where it already is."""

    async def unload(self) -> None:
        """Give the memory back."""

    async def render(self, messages: list[dict[str, str]]) -> str:
        """The messages as the model's own chat template words them."""

    async def tokenize(self, text: str) -> list[int]:
        """Token ids of `text`, special tokens included."""

    def complete(self, prompt: str | list[int], sampling: Mapping[str, Any]) -> AsyncGenerator[Piece, None]:
        """Generate; closing the iterator stops the generation. Raises RunnerDied."""


class LlamaEngine:
    """llama.cpp in a child process."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._loaded: tuple[str, int] | None = None
        self._client: httpx.AsyncClient | None = None

    @property
    def pid(self) -> int | None:
        """The runner's process id, where one is alive."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process and alive else None

    async def load(self, model: Model, num_ctx: int) -> None:
        """Start a runner for this model and context, unless the living one is just that."""
        if self.pid is not None and self._loaded == (model.name, num_ctx):
            return
        await self.unload()
        try:
            await self._start(model, num_ctx)
        except BaseException:
            await self.unload()
            raise
        self._loaded = (model.name, num_ctx)

    async def _start(self, model: Model, num_ctx: int) -> None:
        command = ["-m", "dev.ollama.runner", "--model", str(model.path), "--num-ctx", str(num_ctx + HEADROOM)]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=pipe, stdout=pipe, cwd=ROOT
        )
        self._client = httpx.AsyncClient(
            base_url=await self._announced_url(),
            timeout=None,  # noqa: S113 - the caller's patience ends a generation: its disconnect closes the stream
            headers={"Connection": "close"},  # llama.cpp drops kept-alive connections now and then
            trust_env=False,
        )

    async def _announced_url(self) -> str:
        process = self._process
        assert process is not None  # noqa: S101 - load() has just made it
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                while line := await process.stdout.readline():
                    with contextlib.suppress(ValueError):
                        return str(json.loads(line)["url"])
        except TimeoutError:
            raise OllamaError(500, f"timed out waiting for the runner to start after {LOAD_TIMEOUT_S:.0f} s") from None
        status = await process.wait()
        raise OllamaError(500, f"llama runner process has terminated: exit status {status}")

    async def unload(self) -> None:
        """End the runner."""
        process, client = self._process, self._client
        self._process = self._client = self._loaded = None
        if client is not None:
            await client.aclose()
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def render(self, messages: list[dict[str, str]]) -> str:
        """Apply the chat template that the GGUF carries."""
        return str((await self._post("/apply-template", {"messages": messages}))["prompt"])

    async def tokenize(self, text: str) -> list[int]:
        """Count as generation will."""
        body = {"content": text, "add_special": True, "parse_special": True}
        return list((await self._post("/tokenize", body))["tokens"])

    async def complete(self, prompt: str | list[int], sampling: Mapping[str, Any]) -> AsyncGenerator[Piece, None]:
        """Stream a completion; the closed connection is what stops llama.cpp."""
        body = {"prompt": prompt, "stream": True, "cache_prompt": True, **sampling}
        ended = False
        try:
            async with self._runner.stream("POST", "/completion", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise refusal(await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        piece = parse_piece(json.loads(line.removeprefix("data: ")))
                        ended = piece.final is not None
                        yield piece
        except httpx.TransportError:
            raise self._lost() from None
        if not ended:
            raise self._lost()

    def _lost(self) -> RunnerDied:
        """Forget the runner, so that the next call starts another even before the kernel reports this one's end."""
        self._loaded = None
        return RunnerDied()

    @property
    def _runner(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RunnerDied
        return self._client

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = await self._runner.post(path, json=body)
        except httpx.TransportError:
            raise self._lost() from None
        if response.status_code != httpx.codes.OK:
            raise refusal(response.content)
        return dict(response.json())


def parse_piece(event: Mapping[str, Any]) -> Piece:
    """One server-sent event of llama.cpp's `/completion`."""
    if "error" in event:
        raise refusal(json.dumps(event).encode())
    text = str(event.get("content", ""))
    if not event.get("stop"):
        return Piece(text)
    timings = event["timings"]
    reason = "length" if event.get("stop_type") == "limit" else "stop"
    final = Final(
        prompt_tokens=int(event["tokens_evaluated"]),
        prompt_ms=float(timings["prompt_ms"]),
        eval_tokens=int(event["tokens_predicted"]),
        eval_ms=float(timings["predicted_ms"]),
        reason=reason,
    )
    return Piece(text, final)


def refusal(body: bytes) -> OllamaError:
    """llama.cpp's `{"error": {"code", "message"}}` as the client shall see it."""
    try:
        error = json.loads(body)["error"]
        return OllamaError(int(error.get("code", 500)), str(error.get("message", error)))
    except (ValueError, KeyError, AttributeError, TypeError):
        return OllamaError(500, body.decode(errors="replace"))


def monotonic_ns() -> int:
    """The clock of every duration on the wire."""
    return time.monotonic_ns()
