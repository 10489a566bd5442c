"""An engine without a model, only to inject faults and to make timing exact: it speaks fixed words."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from dev.ollama.engine import Final, Piece
from dev.ollama.errors import OllamaError, RunnerDied
from dev.ollama.models import Model

WORDS = ("one ", "two ", "three")


class FakeEngine:
    """Counts a token a word. `gate` holds generations back; `dies_after` pieces it dies; `load_error` is raised."""

    def __init__(self) -> None:
        self.loads: list[tuple[str, int]] = []
        self.unloads = 0
        self.prompts: list[str | list[int]] = []
        self.samplings: list[Mapping[str, Any]] = []
        self.generating = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.dies_after: int | None = None
        self.load_error: OllamaError | None = None

    async def load(self, model: Model, num_ctx: int) -> None:
        if self.load_error is not None:
            raise self.load_error
        self.loads.append((model.name, num_ctx))

    async def unload(self) -> None:
        self.unloads += 1

    async def render(self, messages: list[dict[str, str]]) -> str:
        return "\n".join(f"{message['role']} {message['content']}" for message in messages)

    async def tokenize(self, text: str) -> list[int]:
        return list(range(len(text.split())))

    async def complete(self, prompt: str | list[int], sampling: Mapping[str, Any]) -> AsyncGenerator[Piece, None]:
        self.prompts.append(prompt)
        self.samplings.append(sampling)
        self.generating += 1
        try:
            for number, word in enumerate(WORDS):
                await self.gate.wait()
                if number == self.dies_after:
                    raise RunnerDied
                yield Piece(word)
            yield Piece("", Final(prompt_tokens=5, prompt_ms=1.5, eval_tokens=3, eval_ms=2.5, reason="stop"))
        finally:
            self.generating -= 1
