"""Ask questions without pause while something breaks, and judge every answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx

OFFLINE = "Which devices are offline?"
SIMILAR = "Has high CPU happened before, and what helped?"
HEALS_WITHIN_S = 20.0

ClientFactory = Callable[..., Awaitable[httpx.AsyncClient]]
"""The fixture `client_for`."""


def report(text: str) -> None:
    """Tell a measured time; `pytest -s` shows it."""
    print(text)  # noqa: T201 - the figure is worth a line


class Answer(NamedTuple):
    """What came back. ``seconds``: how long it took."""

    status: int
    kind: str
    body: dict[str, Any]
    seconds: float

    @property
    def is_problem(self) -> bool:
        """A clear refusal. Crowds are told 429; who does so for a database that is down misleads the caller."""
        return self.status == 503 and self.kind == "application/problem+json" and bool(self.body["detail"])


async def ask(client: httpx.AsyncClient, question: str = OFFLINE, **fields: object) -> Answer:
    started = time.perf_counter()
    answer = await client.post("/api/ai/query", json={"question": question, **fields})
    seconds = time.perf_counter() - started
    return Answer(answer.status_code, answer.headers["content-type"], answer.json(), seconds)


async def ask_while(
    client: httpx.AsyncClient, breaking: Callable[[], Awaitable[None]], *questions: str, askers: int = 4
) -> list[Answer]:
    """Several askers, each with the next question as soon as it has an answer, until ``breaking`` is through."""
    answers: list[Answer] = []
    questions = questions or (OFFLINE,)
    over = asyncio.Event()

    async def asker(question: str) -> None:
        while not over.is_set():
            answers.append(await ask(client, question))

    asking = [asyncio.create_task(asker(questions[number % len(questions)])) for number in range(askers)]
    await asyncio.sleep(0.3)
    try:
        await breaking()
    finally:
        over.set()
    await asyncio.gather(*asking)
    return answers


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = HEALS_WITHIN_S) -> float:
    """Poll until a condition holds; returns after how many seconds it did."""
    started = time.monotonic()
    while not await condition():
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"not within {seconds} s")
        await asyncio.sleep(0.2)
    return time.monotonic() - started


async def part_state(client: httpx.AsyncClient, name: str) -> str:
    body = (await client.get("/api/ai/status")).json()
    return next((part["state"] for part in body.get("parts", []) if part["name"] == name), "unknown")
