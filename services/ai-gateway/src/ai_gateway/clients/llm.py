"""The language model behind Ollama: queued, bounded in time, structured output, never trusted."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import httpx
import msgspec
import ollama
import stamina
from prometheus_client import Counter, Gauge, Histogram

from ai_gateway.clients.breaker import Breaker, PartDown
from ai_gateway.clients.tokens import TokenCounter, count_tokens
from ai_gateway.kit.fair import LineFull, Places
from ai_gateway.kit.logging import get_logger
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
PROMPT_UNDERCOUNTED = Counter("ai_llm_prompt_undercounted_total", "Prompts that had more tokens than were counted.")

CONNECT_TIMEOUT_S = 2.0
CUT_SHARE = 0.5
"""A model that read less than this share of the estimate, which is at most about twice too high, did not read all."""
MOST_COUNTERS = 64

_log = get_logger("llm")


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
    """What the model wrote, and what it cost. Times in milliseconds. ``cut``: it read less than it was sent."""

    text: str
    model: str
    prompt_tokens: int
    tokens: int
    first_token_ms: float
    total_ms: float
    finished: bool
    cut: bool = False


class LanguageModel:
    """Client of Ollama through its own package."""

    def __init__(self, settings: Settings) -> None:
        """Args: settings: host, model, limits and deadlines."""
        self._settings = settings
        self.enabled = settings.llm_enabled
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
        self._client = ollama.AsyncClient(host=settings.ollama_host, timeout=timeout, trust_env=False)
        self._places = Places(settings.llm_max_concurrency, settings.llm_max_queue)
        WAITING.set_function(lambda: self._places.waiting)
        self._counters: dict[str, TokenCounter] = {}
        self._breaker = Breaker(PART, failures=settings.llm_breaker_failures, reset_s=settings.llm_breaker_reset_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client._client.aclose()  # noqa: SLF001 - the package offers no other way

    def counter(self, model: str | None) -> TokenCounter:
        """Counts tokens for a model, named as in `write`."""
        if len(self._counters) >= MOST_COUNTERS:
            self._counters.clear()
        return self._counters.setdefault(self._settings.model_named(model), TokenCounter())

    def refuse_if_down(self) -> None:
        """Raise ``PartDown`` where no call would be tried, which spares whoever would write the prompt."""
        if not self.enabled:
            raise PartDown(PART, "it is switched off (LLM_ENABLED=false)")
        if self._breaker.is_open:
            FAILURES.labels("breaker").inc()
            raise PartDown(PART, "it failed repeatedly; the next try is in a few seconds")

    async def write(
        self,
        prompt: Prompt,
        *,
        model: str | None,
        deadline_s: float,
        hear: Callable[[str], None] | None = None,
        owner: str = "",
    ) -> Completion:
        """Let the model write JSON of the prompt's schema.

        Args:
            prompt: what to send.
            model: ``fast``, ``balanced``, ``accurate``, a name in Ollama, or ``None`` for the configured one.
            deadline_s: the whole call, waiting included, takes at most this long.
            hear: told of the text so far whenever the model has closed a bracket.
            owner: whose question it is: those who wait are served owner by owner in turn.

        Raises:
            PartDown: absent, busy, late or broken; the reason says which.
            ModelUnknown: Ollama answers, but has no such model.
        """
        self.refuse_if_down()
        started = time.perf_counter()
        try:
            async with asyncio.timeout(deadline_s), self._place(owner):
                QUEUE_SECONDS.observe(time.perf_counter() - started)
                async with self._breaker.guard():
                    return await self._attempt(prompt, self._settings.model_named(model), hear)
        except TimeoutError as error:
            FAILURES.labels("deadline").inc()
            raise PartDown(PART, f"no answer within {deadline_s:.0f} s") from error

    @asynccontextmanager
    async def _place(self, owner: str) -> AsyncIterator[None]:
        """Wait for a place at the model, not longer than allowed and not behind too many others."""
        limit = self._settings.llm_queue_timeout_s
        async with AsyncExitStack() as held:
            try:
                await held.enter_async_context(self._places.take(owner, limit))
            except LineFull as error:
                FAILURES.labels("queue_full").inc()
                raise PartDown(PART, "too many questions are waiting for it") from error
            except TimeoutError as error:
                FAILURES.labels("queue_timeout").inc()
                raise PartDown(PART, f"it was busy for {limit:g} s") from error
            yield

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
        completion = reader.completion(model, _estimate(prompt))
        self._compare(prompt, completion)
        return completion

    def _compare(self, prompt: Prompt, completion: Completion) -> None:
        """Hold what was counted against what the model says it read, and count better the next time."""
        read, counter = completion.prompt_tokens, self.counter(completion.model)
        if not read or completion.cut:
            return
        if read > counter.count(prompt.system) + counter.count(prompt.user):
            PROMPT_UNDERCOUNTED.inc()
            _log.warning("prompt_undercounted", model=completion.model, read=read, estimate=_estimate(prompt))
        counter.learn(_estimate(prompt), read)

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
        cut = 0 < read < estimate * CUT_SHARE  # far fewer tokens than the text can hold
        if cut:
            PROMPT_CUT.inc()
            _log.warning("prompt_cut", model=model, read=read, estimate=estimate)
        elapsed = (time.perf_counter() - self._started) * 1000
        return Completion(
            "".join(self.parts), model, read, wrote, self._first_token_ms, elapsed, last.done_reason == "stop", cut
        )


def _estimate(prompt: Prompt) -> int:
    """Tokens of a prompt by its characters."""
    return count_tokens(prompt.system) + count_tokens(prompt.user)


def _explain(error: ollama.ResponseError, model: str, *, started: bool) -> Exception:
    """Turn Ollama's error into ours."""
    if error.status_code == httpx.codes.NOT_FOUND:
        FAILURES.labels("model_unknown").inc()
        return ModelUnknown(f"Ollama has no model {model!r}")
    FAILURES.labels("ollama_error").inc()
    if error.status_code == httpx.codes.SERVICE_UNAVAILABLE and not started:
        return _NotStarted(PART, "Ollama is busy")
    return PartDown(PART, "Ollama reported an error")
