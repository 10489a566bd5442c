"""The language model behind Ollama: queued, bounded in time, structured output, never trusted."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import msgspec
import ollama
import stamina
from prometheus_client import Counter, Gauge, Histogram

from ai_gateway.clients.breaker import Breaker, PartDown
from ai_gateway.kit.settings import Settings

PART = "llm"

QUEUE_SECONDS = Histogram(
    "ai_llm_queue_seconds", "Time a question waited for the model.", buckets=(0.01, 0.1, 0.5, 1, 2.5, 5, 10, 20, 40)
)
FIRST_TOKEN_SECONDS = Histogram(
    "ai_llm_first_token_seconds",
    "Time from the call to the first token.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40),
)
TOKENS_PER_SECOND = Histogram(
    "ai_llm_tokens_per_second", "Speed of writing.", buckets=(1, 2, 5, 10, 20, 40, 80, 160, 320)
)
WAITING = Gauge("ai_llm_waiting", "Questions waiting for the model now.")
FAILURES = Counter("ai_llm_failures_total", "Model calls that gave no text.", ["reason"])
PROMPT_CUT = Counter("ai_llm_prompt_cut_total", "Prompts of which the model read less than was sent.")

CHARS_PER_TOKEN = 3.0
"""Characters a token holds at the least in the prompts we write; English prose has about four."""
CONNECT_TIMEOUT_S = 2.0


class ModelUnknown(Exception):  # noqa: N818 - reads as the state it reports
    """Ollama does not have the model that was asked for."""


class _NotStarted(PartDown):
    """The call failed before the model began: asking again cannot repeat anything."""


class Prompt(msgspec.Struct, frozen=True):
    """What the model gets: stable text first, so that its prefix cache serves, volatile text last."""

    system: str
    user: str
    schema: dict[str, Any]


class Completion(msgspec.Struct, frozen=True):
    """What the model wrote, and what it cost. Times in milliseconds."""

    text: str
    model: str
    prompt_tokens: int
    tokens: int
    first_token_ms: float
    total_ms: float
    finished: bool


class LanguageModel:
    """Client of Ollama through its own package."""

    def __init__(self, settings: Settings) -> None:
        """Args: settings: host, model, limits and deadlines."""
        self._settings = settings
        self.enabled = settings.llm_enabled
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
        self._client = ollama.AsyncClient(host=settings.ollama_host, timeout=timeout, trust_env=False)
        self._places = asyncio.Semaphore(settings.llm_max_concurrency)
        self._waiting = 0
        self._breaker = Breaker(PART, failures=settings.llm_breaker_failures, reset_s=settings.llm_breaker_reset_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client._client.aclose()  # noqa: SLF001 - the package offers no other way

    async def write(
        self, prompt: Prompt, *, model: str | None, deadline_s: float, hear: Callable[[str], None] | None = None
    ) -> Completion:
        """Let the model write JSON of the prompt's schema.

        Args:
            prompt: what to send.
            model: name in Ollama, or ``None`` for the configured one.
            deadline_s: the whole call, waiting included, takes at most this long.
            hear: told of the text so far whenever the model has closed a bracket.

        Raises:
            PartDown: absent, busy, late or broken; the reason says which.
            ModelUnknown: Ollama answers, but has no such model.
        """
        if not self.enabled:
            raise PartDown(PART, "it is switched off (LLM_ENABLED=false)")
        if self._breaker.is_open:
            FAILURES.labels("breaker").inc()
            raise PartDown(PART, "it failed repeatedly; the next try is in a few seconds")
        started = time.perf_counter()
        try:
            async with asyncio.timeout(deadline_s), self._place():
                QUEUE_SECONDS.observe(time.perf_counter() - started)
                async with self._breaker.guard():
                    return await self._attempt(prompt, model or self._settings.llm_model, hear)
        except TimeoutError as error:
            FAILURES.labels("deadline").inc()
            raise PartDown(PART, f"no answer within {deadline_s:.0f} s") from error

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Wait for a place at the model, not longer than allowed and not behind too many others."""
        if self._places.locked() and self._waiting >= self._settings.llm_max_queue:
            FAILURES.labels("queue_full").inc()
            raise PartDown(PART, "too many questions are waiting for it")
        self._waiting += 1
        WAITING.set(self._waiting)
        try:
            async with asyncio.timeout(self._settings.llm_queue_timeout_s):
                await self._places.acquire()
        except TimeoutError as error:
            FAILURES.labels("queue_timeout").inc()
            raise PartDown(PART, f"it was busy for {self._settings.llm_queue_timeout_s:g} s") from error
        finally:
            self._waiting -= 1
            WAITING.set(self._waiting)
        try:
            yield
        finally:
            self._places.release()

    async def _attempt(self, prompt: Prompt, model: str, hear: Callable[[str], None] | None) -> Completion:
        """Once more if, and only if, the first call failed before its first token."""
        retries = stamina.retry_context(on=_NotStarted, attempts=2, wait_initial=0.2, wait_jitter=0.2)
        async for attempt in retries:
            with attempt:
                return await self._call(prompt, model, hear)
        raise AssertionError("a retry loop ends by return or by raise")

    async def _call(self, prompt: Prompt, model: str, hear: Callable[[str], None] | None) -> Completion:
        started = time.perf_counter()
        reader = _Reader(started, hear)
        try:
            stream = await self._client.chat(
                model=model,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                stream=True,
                format=prompt.schema,
                keep_alive=self._settings.llm_keep_alive,
                options={
                    "num_ctx": self._settings.llm_num_ctx,
                    "num_predict": self._settings.llm_max_tokens,
                    "temperature": self._settings.llm_temperature,
                },
            )
            async with aclosing(stream) as chunks:  # type: ignore[type-var]
                await self._read(chunks, reader)
        except ollama.ResponseError as error:
            raise _explain(error, model, started=bool(reader.parts)) from error
        except (httpx.HTTPError, ConnectionError) as error:
            FAILURES.labels("connection").inc()
            kind = PartDown if reader.parts else _NotStarted
            raise kind(PART, "the connection to Ollama failed") from error
        except (ValueError, TypeError, AttributeError) as error:  # what the package raises over lines it cannot read
            FAILURES.labels("garbage").inc()
            raise PartDown(PART, "Ollama sent something that is not a chat answer") from error
        return reader.completion(model, _estimate(prompt))

    async def _read(self, chunks: AsyncIterator[ollama.ChatResponse], reader: "_Reader") -> None:
        while True:
            first = not reader.parts
            limit = self._settings.llm_first_token_timeout_s if first else self._settings.llm_token_timeout_s
            try:
                async with asyncio.timeout(limit):
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                FAILURES.labels("first_token" if first else "stalled").inc()
                what = "did not begin" if first else "paused"
                raise PartDown(PART, f"it {what} for {limit:g} s") from error
            if chunk is None:
                return
            reader.add(chunk)

    async def models(self) -> tuple[list[str], float]:
        """Names of the models that Ollama has, and how many milliseconds it took to say so; raises ``PartDown``."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                listed = await self._client.list()
        except (TimeoutError, httpx.HTTPError, ConnectionError, ollama.ResponseError, ValueError) as error:
            raise PartDown(PART, "Ollama does not answer") from error
        names = sorted(model.model for model in listed.models if model.model)
        return names, (time.perf_counter() - started) * 1000


class _Reader:
    """Collects a stream of chunks."""

    def __init__(self, started: float, hear: Callable[[str], None] | None) -> None:
        self.parts: list[str] = []
        self._started = started
        self._hear = hear
        self._first_token_ms = 0.0
        self._last: ollama.ChatResponse | None = None

    def add(self, chunk: ollama.ChatResponse) -> None:
        text = chunk.message.content or ""
        if not self.parts and text:
            seconds = time.perf_counter() - self._started
            self._first_token_ms = seconds * 1000
            FIRST_TOKEN_SECONDS.observe(seconds)
        if text:
            self.parts.append(text)
        if self._hear and "}" in text:
            self._hear("".join(self.parts))
        if chunk.done:
            self._last = chunk

    def completion(self, model: str, estimate: int) -> Completion:
        last = self._last
        if last is None:
            FAILURES.labels("broken_off").inc()
            raise PartDown(PART, "the model stopped in the middle")
        read, wrote = last.prompt_eval_count or 0, last.eval_count or 0
        if last.eval_duration:
            TOKENS_PER_SECOND.observe(wrote / (last.eval_duration / 1e9))
        if read and read < estimate / 2:  # far fewer tokens than the text can hold: Ollama cut the prompt
            PROMPT_CUT.inc()
        elapsed = (time.perf_counter() - self._started) * 1000
        return Completion(
            "".join(self.parts), model, read, wrote, self._first_token_ms, elapsed, last.done_reason == "stop"
        )


def _estimate(prompt: Prompt) -> int:
    """Tokens of a prompt by its length."""
    return count_tokens(prompt.system) + count_tokens(prompt.user)


def count_tokens(text: str) -> int:
    """An upper estimate of the tokens in a text, without the model's own tokenizer."""
    return int(len(text) / CHARS_PER_TOKEN) + 1


def _explain(error: ollama.ResponseError, model: str, *, started: bool) -> Exception:
    """Turn Ollama's error into ours."""
    if error.status_code == httpx.codes.NOT_FOUND:
        FAILURES.labels("model_unknown").inc()
        return ModelUnknown(f"Ollama has no model {model!r}")
    FAILURES.labels("ollama_error").inc()
    if error.status_code == httpx.codes.SERVICE_UNAVAILABLE and not started:
        return _NotStarted(PART, "Ollama is busy")
    return PartDown(PART, "Ollama reported an error")
