"""The worker's rounds and what its probe says."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import httpx
import pytest
from prometheus_client import REGISTRY

from ai_gateway import worker as worker_module
from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.errors import Unavailable
from ai_gateway.worker import LAST_SUCCESS, Worker, create_worker_app
from tests.unit.kit.asgi import sample

JOB = "remember_resolved_alerts"


def parts(run: Callable[[], Awaitable[int]], interval_s: float = 60) -> SimpleNamespace:
    startup = SimpleNamespace(done=asyncio.Event())
    pool = SimpleNamespace(name="of-the-worker", get_stats=dict)
    return SimpleNamespace(
        settings=SimpleNamespace(worker_interval_s=interval_s),
        ingest=SimpleNamespace(run=run),
        scan=SimpleNamespace(run=job(0)),
        incident_job=SimpleNamespace(run=job(0)),
        prediction_job=SimpleNamespace(run=job(0)),
        incident_memory=SimpleNamespace(run=job(0)),
        conversations=SimpleNamespace(expire=job(0)),
        upkeep=SimpleNamespace(run=job(0)),
        memory_index=SimpleNamespace(run=job(0)),
        rollbacks=SimpleNamespace(run=job(0)),
        knowledge_index=SimpleNamespace(run=job(0)),
        findings=SimpleNamespace(run=job(0)),
        untimed=SimpleNamespace(run=job(0)),
        startup=startup,
        homepot=SimpleNamespace(pool=pool),
        pool=pool,
    )


def job(outcome: BaseException | int) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return run


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (0, "succeeded"),
        (7, "succeeded"),
        (Unavailable("database", "down"), "postponed"),
        (PartDown("embedder", "down"), "postponed"),
        (ValueError("a defect"), "failed"),
    ],
)
async def test_each_round_has_an_outcome(outcome: BaseException | int, name: str) -> None:
    before = sample("ai_worker_runs_total", task=JOB, outcome=name)
    took = sample("ai_worker_run_seconds_count", task=JOB)
    await Worker(parts(job(outcome))).round()
    assert sample("ai_worker_runs_total", task=JOB, outcome=name) == before + 1
    assert sample("ai_worker_run_seconds_count", task=JOB) == took + 1


async def test_only_a_success_moves_the_time_of_the_last_success() -> None:
    await Worker(parts(job(1))).round()
    reached = sample("ai_worker_last_success_timestamp_seconds", task=JOB)
    assert reached > 1_700_000_000
    await Worker(parts(job(PartDown("embedder", "down")))).round()
    assert sample("ai_worker_last_success_timestamp_seconds", task=JOB) == reached


async def test_a_job_that_never_succeeded_has_a_time_that_an_alert_can_see() -> None:
    LAST_SUCCESS.clear()
    await Worker(parts(job(ValueError("a defect")))).round()
    assert REGISTRY.get_sample_value("ai_worker_last_success_timestamp_seconds", {"task": JOB}) == 0


async def test_it_waits_for_the_start_then_works_round_after_round() -> None:
    rounds = asyncio.Semaphore(0)

    async def run() -> int:
        rounds.release()
        return 0

    made = parts(run, interval_s=0.001)
    worker = Worker(made)
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    assert rounds.locked()
    assert worker.alive
    made.startup.done.set()
    for _ in range(3):
        await asyncio.wait_for(rounds.acquire(), 5)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not worker.alive


@pytest.mark.parametrize(
    ("started", "running", "idle_s", "status"),
    [
        (False, False, 0, 200),  # still waiting for its databases
        (True, True, 0, 200),
        (True, True, 299, 200),
        (True, True, 301, 503),  # stuck in a round
        (True, False, 0, 503),  # its loop ended
    ],
)
async def test_the_probe_tells_whether_it_works(
    monkeypatch: pytest.MonkeyPatch, *, started: bool, running: bool, idle_s: float, status: int
) -> None:
    made = parts(job(0))
    worker = Worker(made)
    if started:
        made.startup.done.set()
    worker._task = asyncio.create_task(asyncio.sleep(60 if running else 0))
    await asyncio.sleep(0 if running else 0.001)
    beat = worker._beat
    monkeypatch.setattr(worker_module, "time", SimpleNamespace(monotonic=lambda: beat + idle_s, time=lambda: 0.0))
    transport = httpx.ASGITransport(create_worker_app(made, worker))
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        answer = await client.get("/livez")
        assert (answer.status_code, answer.text) == (status, "ok" if status == 200 else "stalled")
        page = await client.get("/metrics")
        assert page.headers["content-type"].startswith("text/plain")
        assert "ai_worker_runs_total" in page.text
    worker._task.cancel()
    await asyncio.gather(worker._task, return_exceptions=True)
