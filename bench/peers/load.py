"""Many callers at once, and what they got."""

import asyncio
import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import reduce

import httpx
import msgspec
from tokenizers import Tokenizer

from bench.figures import percentile
from bench.peers.servers import Peer, Wire
from bench.processes import EMBEDDING_MODEL

SHORTEST, LONGEST = 5, 300
PARTS = (
    "temperature above threshold", "no heartbeat since midnight", "disk almost full", "restarted twice",
    "network loss 12 %", "payment service answers HTTP/504", "certificate expires tomorrow", "fan speed 0 rpm",
)  # fmt: skip
TIMEOUT_S = 120


class Load(msgspec.Struct):
    """What one server did under one load. ``seconds``: of each answer; ``lost``: requests without vectors."""

    clients: int
    took_s: float = 0.0
    seconds: list[float] = []
    lost: int = 0

    @property
    def texts_per_s(self) -> float:
        """Answers a second; a request holds one text."""
        return len(self.seconds) / self.took_s

    @property
    def p95_ms(self) -> float:
        """Of the answers' time."""
        return percentile(self.seconds, 95) * 1000

    def add(self, other: "Load") -> None:
        """Take another round into account."""
        self.took_s += other.took_s
        self.seconds += other.seconds
        self.lost += other.lost

    def beside(self, other: "Load") -> "Load":
        """Both as one load that was put on at the same time."""
        took_s = max(self.took_s, other.took_s)
        return Load(self.clients + other.clients, took_s, self.seconds + other.seconds, self.lost + other.lost)


def mixed_texts(count: int, seed: int = 1) -> list[str]:
    """Different made-up incident texts of 5 to 300 tokens, short ones more often: lengths are even on a logarithmic scale."""
    chance = random.Random(seed)  # noqa: S311 -- no secret
    tokenizer = Tokenizer.from_file(str(EMBEDDING_MODEL / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = []
    for number in range(count):
        wanted = round(SHORTEST * (LONGEST / SHORTEST) ** chance.random())
        words = f"pos-{number}: {'; '.join(chance.choice(PARTS) for _ in range(wanted))}"
        spans = tokenizer.encode(words, add_special_tokens=False).offsets
        texts.append(words[: spans[min(wanted, len(spans)) - 3][1]])
    return texts


class Callers:
    """Clients in as many processes as a quarter of the CPUs: one process alone is slower than a server on a GPU."""

    def __init__(self) -> None:
        self._processes = max((os.cpu_count() or 1) // 4, 1)
        self._pool = ProcessPoolExecutor(self._processes) if self._processes > 1 else None

    def load(self, peer: Peer, texts: Sequence[str], clients: int, seconds: float) -> Load:
        """What `clients` at once got."""
        if self._pool is None or clients == 1:
            return one_process(peer.wire, texts, clients, seconds)
        shares = [len(range(at, clients, self._processes)) for at in range(min(clients, self._processes))]
        parts = [self._pool.submit(one_process, peer.wire, texts, share, seconds) for share in shares]
        return reduce(Load.beside, (part.result() for part in parts))


def one_process(wire: Wire, texts: Sequence[str], clients: int, seconds: float) -> Load:
    """`load` from code that is not asynchronous."""
    return asyncio.run(load(wire, texts, clients, seconds))


async def load(wire: Wire, texts: Sequence[str], clients: int, seconds: float) -> Load:
    """Each client asks for one text after another, until the time is over; then the last answers are awaited."""
    result = Load(clients)
    began = time.perf_counter()
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=wire.url, timeout=TIMEOUT_S, limits=limits, trust_env=False) as client:

        async def ask(first: int) -> None:
            number = first
            while time.perf_counter() - began < seconds:
                await _one(client, wire, texts[number % len(texts)], result)
                number += clients

        await asyncio.gather(*(ask(first) for first in range(clients)))
    result.took_s = time.perf_counter() - began
    return result


async def _one(client: httpx.AsyncClient, wire: Wire, text: str, result: Load) -> None:
    started = time.perf_counter()
    try:
        answer = await client.post(wire.path, json=wire.body([text]))
        answer.raise_for_status()
    except httpx.HTTPError:
        result.lost += 1
    else:
        result.seconds.append(time.perf_counter() - started)
