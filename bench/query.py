"""Everything of ``POST /api/ai/query`` but the model and the embedder, and the memory that the gateway takes."""

import asyncio
import time
from collections.abc import Iterator

import httpx

from bench.figures import Figure, percentile
from bench.lab import Lab
from bench.questions import QUESTIONS

ROUNDS = 20
CLIENTS = 4
GOAL_MS = 50.0
GOAL_MB = 200.0

Times = dict[str, list[float]]


def measure(lab: Lab) -> Iterator[Figure]:
    """The mix one after the other, then from four clients at once, then resident memory after all of it."""
    yield Figure(name="query_hours_made", value=lab.scan_seconds, unit="s", detail={"rows": lab.fleet.size.metric_rows})
    with lab.gateway() as (gateway, client):
        for kind, body in QUESTIONS:  # warm: connections, names, Postgres' cache
            _ask(client, kind, body)
        rounds = lab.times(ROUNDS)
        alone = {kind: [_ask(client, kind, body) for _ in range(rounds)] for kind, body in QUESTIONS}
        yield from _figures("query", alone, lab)
        together = asyncio.run(_together(str(client.base_url), client.headers["Authorization"], rounds))
        yield from _figures("query_4_clients", together, lab)
        detail = {"after_questions": 2 * rounds * len(QUESTIONS)}
        yield Figure(name="gateway_resident", value=gateway.resident_mb, unit="MB", at_most=GOAL_MB, detail=detail)


def _ask(client: httpx.Client, kind: str, body: dict[str, object]) -> float:
    started = time.perf_counter()
    answer = client.post("/api/ai/query", json=body)
    elapsed = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{kind}: {answer.text}")
    return elapsed


async def _together(url: str, authorization: str, rounds: int) -> Times:
    """The same questions from several clients, each of which starts elsewhere in the list."""
    times: Times = {kind: [] for kind, _ in QUESTIONS}

    async def one_client(number: int) -> None:
        headers = {"Authorization": authorization}
        offset = number * len(QUESTIONS) // CLIENTS
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            for _ in range(max(rounds // CLIENTS, 1)):
                for kind, body in (*QUESTIONS[offset:], *QUESTIONS[:offset]):
                    started = time.perf_counter()
                    (await client.post("/api/ai/query", json=body)).raise_for_status()
                    times[kind].append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(one_client(number) for number in range(CLIENTS)))
    return times


def _figures(name: str, times: Times, lab: Lab) -> Iterator[Figure]:
    """The percentiles of the whole mix, and every kind's p95."""
    every = [one for kind in times.values() for one in kind]
    size = lab.fleet.size
    detail = {
        "p50": round(percentile(every, 50), 1),
        "p99": round(percentile(every, 99), 1),
        "worst": round(max(every), 1),
        "questions": len(every),
        "kinds": len(times),
        "devices": size.devices,
        "metric_rows": size.metric_rows,
    }
    yield Figure(name=f"{name}_p95", value=percentile(every, 95), unit="ms", at_most=GOAL_MS, detail=detail)
    for kind, one in times.items():
        extra = {"p50": round(percentile(one, 50), 1)}
        yield Figure(name=f"{name}_p95.{kind}", value=percentile(one, 95), unit="ms", detail=extra)
