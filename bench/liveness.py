"""How fast ``/livez`` answers while questions wait for a slow model (a fake one: `bench.slow_model`)."""

import asyncio
import time
from collections.abc import Iterator

import httpx

from bench.figures import Figure, percentile
from bench.lab import Lab
from bench.slow_model import NAME, SlowModel

WAITING = 20
CALLS = 100
SECONDS = 3.0
GOAL_MS = 50.0
QUESTION = {"question": "Which devices are offline?"}


def measure(lab: Lab) -> Iterator[Figure]:
    """One call after the other, on a connection of its own, while the questions wait."""
    with SlowModel(SECONDS) as model:
        settings = {"LLM_ENABLED": "true", "OLLAMA_HOST": model.url, "LLM_MODEL": NAME, "LLM_MAX_QUEUE": WAITING}
        with lab.gateway(**settings, LLM_QUEUE_TIMEOUT_S=SECONDS * 3) as (_, client):
            url, authorization = str(client.base_url), client.headers["Authorization"]
            times, waited = asyncio.run(_call_while_waiting(url, authorization, CALLS))
    detail = {
        "p50": round(percentile(times, 50), 1),
        "p99": round(percentile(times, 99), 1),
        "calls": len(times),
        "questions_waiting": waited,
    }
    yield Figure(name="livez_while_model_is_slow_worst", value=max(times), unit="ms", at_most=GOAL_MS, detail=detail)


async def _call_while_waiting(url: str, authorization: str, calls: int) -> tuple[list[float], int]:
    """Milliseconds of each call, and how many questions were still unanswered after the last one."""
    headers = {"Authorization": authorization}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        asked = [asyncio.create_task(client.post("/api/ai/query", json=QUESTION)) for _ in range(WAITING)]
        await asyncio.sleep(1.0)  # every question has its facts and waits for the model
        times = []
        async with httpx.AsyncClient(base_url=url, trust_env=False) as prober:
            for _ in range(calls):
                started = time.perf_counter()
                (await prober.get("/livez")).raise_for_status()
                times.append((time.perf_counter() - started) * 1000)
        waiting = sum(not task.done() for task in asked)
        for answer in await asyncio.gather(*asked):
            answer.raise_for_status()
    return times, waiting
