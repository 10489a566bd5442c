"""One question embedded, and the embedder's memory: the figures of `bench.embedder`, with the goals."""

from collections.abc import Iterator

from bench.embedder import measure_service, texts
from bench.figures import Figure
from bench.lab import Lab

REPEATS = 50
BULK = 64
GOAL_MS = 100.0
GOAL_MB = 1200.0


def measure(lab: Lab) -> Iterator[Figure]:
    """A service of its own, over HTTP."""
    found = measure_service(lab.times(REPEATS), texts(lab.times(BULK)))
    where = {name: found[name] for name in ("device", "dtype", "threads")}
    one = {"p50": found["question_p50_ms"], **where}
    yield Figure(name="embed_question_p95", value=found["question_p95_ms"], unit="ms", at_most=GOAL_MS, detail=one)
    many = {"batch_texts": found["batch_texts"], **where}
    yield Figure(name="embed_batch", value=found["batch_texts_per_s"], unit="texts/s", detail=many)
    yield Figure(name="embedder_resident", value=float(found["resident_mb"]), unit="MB", at_most=GOAL_MB, detail=where)
