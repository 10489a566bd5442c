"""How fast the answer cache answers a question that was asked before, on data that has not changed since."""

import time
from collections.abc import Iterator

import httpx

from bench.figures import Figure, percentile
from bench.lab import Lab
from bench.questions import QUESTIONS

ROUNDS = 20
GOAL_MS = 20.0


def measure(lab: Lab) -> Iterator[Figure]:
    """The mix once to fill the cache, then again and again; an answer that did not come from the cache is a failure."""
    with lab.gateway(ANSWER_CACHE_TTL_S=300) as (_, client):
        for kind, body in QUESTIONS:
            _ask(client, kind, body)
        rounds = lab.times(ROUNDS)
        times = {kind: [_ask(client, kind, body, again=True) for _ in range(rounds)] for kind, body in QUESTIONS}
    every = [one for kind in times.values() for one in kind]
    slowest = max(times, key=lambda kind: percentile(times[kind], 95))
    detail = {
        "p50": round(percentile(every, 50), 1),
        "p99": round(percentile(every, 99), 1),
        "slowest_kind": slowest,
        "slowest_kind_p95": round(percentile(times[slowest], 95), 1),
        "questions": len(every),
        "devices": lab.fleet.size.devices,
    }
    yield Figure(name="cached_p95", value=percentile(every, 95), unit="ms", at_most=GOAL_MS, detail=detail)


def _ask(client: httpx.Client, kind: str, body: dict[str, object], *, again: bool = False) -> float:
    started = time.perf_counter()
    answer = client.post("/api/ai/query", json=body)
    elapsed = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.OK or (again and not answer.json()["cached"]):
        raise RuntimeError(f"{kind}: {answer.text[:500]}")
    return elapsed
