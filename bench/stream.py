"""How soon a caller who streams has the evidence, while the model still has everything to write (a fake one that waits)."""

import time
from collections.abc import Iterator

import httpx

from bench.figures import Figure, percentile
from bench.lab import Lab
from bench.questions import QUESTIONS
from bench.slow_model import NAME, SlowModel

ROUNDS = 10
SECONDS = 3.0
GOAL_MS = 300.0
STREAM = {"Accept": "text/event-stream"}


def measure(lab: Lab) -> Iterator[Figure]:
    """The mix, one question after the other; the caller goes away when it has the evidence."""
    with SlowModel(SECONDS) as model:
        settings = {"LLM_ENABLED": "true", "OLLAMA_HOST": model.url, "LLM_MODEL": NAME}
        with lab.gateway(**settings) as (_, client):
            for kind, body in QUESTIONS:  # warm: connections, names, Postgres' cache
                _evidence(client, kind, body)
            rounds = lab.times(ROUNDS)
            times = [_evidence(client, kind, body) for _ in range(rounds) for kind, body in QUESTIONS]
    detail = {
        "p50": round(percentile(times, 50), 1),
        "p99": round(percentile(times, 99), 1),
        "questions": len(times),
        "devices": lab.fleet.size.devices,
    }
    yield Figure(name="stream_evidence_p95", value=percentile(times, 95), unit="ms", at_most=GOAL_MS, detail=detail)


def _evidence(client: httpx.Client, kind: str, body: dict[str, object]) -> float:
    """Milliseconds until the evidence is there."""
    started = time.perf_counter()
    with client.stream("POST", "/api/ai/query", json=body, headers=STREAM) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line == "event: evidence":
                return (time.perf_counter() - started) * 1000
    raise RuntimeError(f"{kind}: the stream ended without evidence")
