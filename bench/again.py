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
    """The mix once to fill the cache, then again and again.

    Questions that ask memory are left out: without the embedder their answers lack a part, and are not kept.
    """
    with lab.gateway(ANSWER_CACHE_TTL_S=300) as (_, client):
        whole = [(kind, body) for kind, body in QUESTIONS if "embedder" not in _ask(client, kind, body)[1]]
        rounds = lab.times(ROUNDS)
        times = {kind: [_again(client, kind, body) for _ in range(rounds)] for kind, body in whole}
    every = [one for kind in times.values() for one in kind]
    slowest = max(times, key=lambda kind: percentile(times[kind], 95))
    detail = {
        "p50": round(percentile(every, 50), 1),
        "p99": round(percentile(every, 99), 1),
        "slowest_kind": slowest,
        "slowest_kind_p95": round(percentile(times[slowest], 95), 1),
        "questions": len(every),
        "kinds": len(times),
        "devices": lab.fleet.size.devices,
    }
    yield Figure(name="cached_p95", value=percentile(every, 95), unit="ms", at_most=GOAL_MS, detail=detail)


def _ask(client: httpx.Client, kind: str, body: dict[str, object]) -> tuple[float, str, bool]:
    """Milliseconds, what the answer lacks, and whether it came from the cache."""
    started = time.perf_counter()
    answer = client.post("/api/ai/query", json=body)
    elapsed = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{kind}: {answer.text[:500]}")
    told = answer.json()
    return elapsed, told["degraded_reason"] or "", told["cached"]


def _again(client: httpx.Client, kind: str, body: dict[str, object]) -> float:
    elapsed, _, cached = _ask(client, kind, body)
    if not cached:
        raise RuntimeError(f"{kind}: this answer did not come from the cache")
    return elapsed
