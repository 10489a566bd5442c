"""Answer one chat or generate call over raw ASGI, so that a client that leaves stops the model at once."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from litestar.types import Receive, Scope, Send

from dev.ollama.bodies import Call
from dev.ollama.engine import Final, monotonic_ns
from dev.ollama.errors import OllamaError
from dev.ollama.prompts import fit
from dev.ollama.runners import Runners


class Generation:
    """An ASGI application for one call: NDJSON lines, or one JSON document where `stream` is false."""

    def __init__(self, call: Call, runners: Runners) -> None:
        self.call = call
        self.runners = runners
        self._started_ns = monotonic_ns()
        self._headers_sent = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's shape
        """Generate until done or until the client has gone, whichever is first."""
        work = asyncio.create_task(self._answer(send))
        gone = asyncio.create_task(client_left(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            work.cancel()  # does nothing to a finished one
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def _answer(self, send: Send) -> None:
        try:
            await (self._stream(send) if self.call.stream else self._whole(send))
        except OllamaError as error:
            body = {"error": error.message}
            if self._headers_sent:
                await self._line(send, body, last=True)
            else:
                await self._document(send, error.status, body)

    async def _stream(self, send: Send) -> None:
        async with contextlib.aclosing(self._pieces()) as pieces:
            async for text, final in pieces:
                if text:
                    await self._line(send, self._chunk(text), last=False)
                if final is not None:
                    await self._line(send, self._chunk("") | final, last=True)

    async def _whole(self, send: Send) -> None:
        texts: list[str] = []
        last: dict[str, Any] = {}
        async with contextlib.aclosing(self._pieces()) as pieces:
            async for text, final in pieces:
                texts.append(text)
                last = final or last
        await self._document(send, 200, self._chunk("".join(texts)) | last)

    async def _pieces(self) -> AsyncGenerator[tuple[str, dict[str, Any] | None], None]:
        """Texts, and with the last one the closing fields."""
        call = self.call
        async with self.runners.use(call.model, call.num_ctx, call.keep_alive_s) as load_ns:
            if call.empty:
                yield "", {"done": True, "done_reason": "unload" if call.keep_alive_s == 0 else "load"}
                return
            engine = self.runners.engine
            prompt = await fit(call, engine)
            async with contextlib.aclosing(engine.complete(prompt, call.sampling)) as pieces:
                async for piece in pieces:
                    yield piece.text, None if piece.final is None else self._closing(piece.final, load_ns)

    def _chunk(self, text: str) -> dict[str, Any]:
        content = (
            {"message": {"role": "assistant", "content": text}} if self.call.kind == "chat" else {"response": text}
        )
        created_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {"model": self.call.model.name, "created_at": created_at, **content, "done": False}

    def _closing(self, final: Final, load_ns: int) -> dict[str, Any]:
        return {
            "done": True,
            "done_reason": final.reason,
            "total_duration": monotonic_ns() - self._started_ns,
            "load_duration": load_ns,
            "prompt_eval_count": final.prompt_tokens,
            "prompt_eval_duration": int(final.prompt_ms * 1e6),
            "eval_count": final.eval_tokens,
            "eval_duration": int(final.eval_ms * 1e6),
        }

    async def _line(self, send: Send, body: dict[str, Any], *, last: bool) -> None:
        if not self._headers_sent:
            await self._head(send, 200, b"application/x-ndjson")
        line = json.dumps(body, ensure_ascii=False).encode() + b"\n"
        await send({"type": "http.response.body", "body": line, "more_body": not last})

    async def _document(self, send: Send, status: int, body: dict[str, Any]) -> None:
        await self._head(send, status, b"application/json; charset=utf-8")
        content = json.dumps(body, ensure_ascii=False).encode()
        await send({"type": "http.response.body", "body": content, "more_body": False})

    async def _head(self, send: Send, status: int, content_type: bytes) -> None:
        self._headers_sent = True
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", content_type)]})


async def client_left(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
