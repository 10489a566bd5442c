"""``python -m bench.load``: many people at once, with a real language model: one JSON line a figure, status 1 on a 5xx.

Ten users ask steadily, a hundred questions a minute together, through HOMEPOT's own route and ours; in the middle fifty
questions come at once. The language model is a real one of 135M parameters behind Ollama's protocol (`dev.ollama`), the fleet
is the sample of the demo. Once a second the model's queue and the gateway's memory are read.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import msgspec

from bench.figures import Figure, machine, percentile
from bench.processes import GatewayProcess
from dev.homepot.fleet import create_sample
from dev.homepot.reader import TRIAL_PASSWORD, create_reader
from dev.ollama.models import SMOLLM2
from dev.ollama.process import OllamaProcess
from dev.postgres import EmbeddedPostgres

USERS: Final = 10
PER_MINUTE: Final = 100
SPIKE: Final = 50
SECONDS: Final = 120.0
SAMPLE_S: Final = 1.0
NOWHERE: Final = "http://127.0.0.1:9"
WAITING: Final = re.compile(r"^ai_llm_waiting (\S+)$", re.MULTILINE)
QUESTIONS: Final = (
    "Which devices are offline?",
    "How is the Lobby Terminal?",
    "Are there any anomalies?",
    "Which alerts are open at Harbour Mall?",
    "Compare Building A with Harbour Mall",
    "Why is the Lobby Terminal slow?",
    "Which jobs failed in the last 24 hours?",
    "Has high CPU happened before, and what helped?",
)


class Asked(msgspec.Struct, frozen=True):
    """One question: when it was asked (seconds from the start), how long it took, and how it ended.

    ``kind``: of the problem, where it was refused.
    """

    at_s: float
    ms: float
    status: int
    degraded: bool
    spike: bool
    kind: str = ""


class Load:
    """Asks, and remembers."""

    def __init__(self, client: httpx.AsyncClient, gateway: GatewayProcess) -> None:
        """Args: client: with a key. gateway: whose memory is read."""
        self._client = client
        self._gateway = gateway
        self._began = time.monotonic()
        self.asked: list[Asked] = []
        self.waiting: list[int] = []
        self.memory_mb: list[float] = []

    async def run(self, seconds: float) -> None:
        """Steady users for ``seconds``, with the spike in the middle; returns when every answer is there."""
        watching = asyncio.create_task(self._watch())
        users = [self._user(number, seconds) for number in range(USERS)]
        await asyncio.gather(*users, self._spike(seconds / 2))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    async def _user(self, number: int, seconds: float) -> None:
        """One person: asks, reads the answer, asks again when it is time."""
        pause = 60 * USERS / PER_MINUTE
        await asyncio.sleep(pause * number / USERS)
        turn = number
        while (now := time.monotonic() - self._began) < seconds:
            await self._ask(turn, spike=False)
            turn += USERS
            await asyncio.sleep(max(pause - (time.monotonic() - self._began - now), 0))

    async def _spike(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await asyncio.gather(*(self._ask(number, spike=True) for number in range(SPIKE)))

    async def _ask(self, number: int, *, spike: bool) -> None:
        began, question = time.monotonic(), QUESTIONS[number % len(QUESTIONS)]
        if number % 2:
            answer = await self._client.post("/api/ai/query", json={"question": question})
        else:
            answer = await self._client.post("/api/v1/ai/query", json={"query": question})
        ended = time.monotonic()
        body = answer.json()
        degraded = answer.is_success and body.get("degraded", False)
        kind = "" if answer.is_success else f"{answer.status_code} {body['type'].rpartition(':')[2]}"
        took = (ended - began) * 1000
        self.asked.append(Asked(began - self._began, took, answer.status_code, degraded, spike, kind))

    async def _watch(self) -> None:
        while True:
            page = (await self._client.get("/metrics")).text
            found = WAITING.search(page)
            self.waiting.append(int(float(found[1])) if found else 0)
            self.memory_mb.append(self._gateway.resident_mb)
            await asyncio.sleep(SAMPLE_S)


def figures(load: Load) -> list[Figure]:
    """What came of it."""
    statuses = Counter(str(one.status) for one in load.asked)
    failed = sum(one.status >= httpx.codes.INTERNAL_SERVER_ERROR for one in load.asked)
    kinds = Counter(one.kind for one in load.asked if one.kind)
    told = {"statuses": dict(statuses), "refusals": dict(kinds)}
    found = [Figure(name="load_5xx", value=failed, unit="answers", at_most=0, detail=told)]
    for name, spike in (("load_steady", False), ("load_spike", True)):
        chosen = [one for one in load.asked if one.spike == spike]
        found += _times(name, chosen)
    queue = {"every_s": SAMPLE_S, "over_time": load.waiting}
    found.append(Figure(name="load_queue_longest", value=max(load.waiting, default=0), unit="questions", detail=queue))
    memory = [round(one) for one in load.memory_mb]
    grown = {"first": memory[0] if memory else 0, "last": memory[-1] if memory else 0, "over_time": memory}
    found.append(Figure(name="load_memory_most", value=max(memory, default=0), unit="MB", detail=grown))
    return found


def _times(name: str, chosen: Sequence[Asked]) -> list[Figure]:
    answered = [one.ms for one in chosen if one.status == httpx.codes.OK]
    if not answered:
        return []
    detail = {
        "p50": round(percentile(answered, 50)),
        "p99": round(percentile(answered, 99)),
        "asked": len(chosen),
        "answered": len(answered),
        "refused_429": sum(one.status == httpx.codes.TOO_MANY_REQUESTS for one in chosen),
        "in_plainer_words": sum(one.degraded for one in chosen),
    }
    return [Figure(name=f"{name}_p95", value=percentile(answered, 95), unit="ms", detail=detail)]


async def measure(gateway: GatewayProcess, key: str, seconds: float) -> Load:
    """Put the load on a gateway."""
    limits = httpx.Limits(max_connections=200)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=gateway.url, headers=headers, timeout=120, limits=limits, trust_env=False
    ) as client:
        load = Load(client, gateway)
        await load.run(seconds)
    return load


def main() -> None:
    """Run it; status 1 if any answer was a 5xx."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long users ask steadily")
    options = parser.parse_args()
    print(json.dumps(machine()), flush=True)
    with TemporaryDirectory(prefix="load-") as folder:
        found = _measured(Path(folder), options.seconds)
    for figure in found:
        print(figure.line(), flush=True)
    sys.exit(any(figure.met is False for figure in found))


def _measured(folder: Path, seconds: float) -> list[Figure]:
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres, OllamaProcess() as model:
        url = postgres.create_database("homepot")
        create_sample(url, datetime.now(UTC))
        settings = {
            "HOMEPOT_DATABASE_URL": create_reader(url, TRIAL_PASSWORD),
            "DATABASE_URL": postgres.create_database("ai_gateway"),
            "EMBEDDER_URL": NOWHERE,
            "OLLAMA_HOST": model.url,
            "LLM_MODEL": SMOLLM2.name,
        }
        with GatewayProcess(settings, folder / "gateway.log") as gateway:
            gateway.wait_ready(60)
            return figures(asyncio.run(measure(gateway, gateway.create_key(), seconds)))


if __name__ == "__main__":
    main()
