"""The worker: periodic jobs, each written as “everything since the watermark”, so that a missed round loses nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from litestar import Litestar, MediaType, Response, route
from prometheus_client import Counter, Gauge, Histogram

from ai_gateway.clients.breaker import PartDown
from ai_gateway.kit.db import report_pool
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.metrics import METRICS_CONTENT_TYPE, render_metrics
from ai_gateway.status.routes import PROBED_BY
from ai_gateway.wiring import Parts

RUNS = Counter("ai_worker_runs_total", "Rounds of a job by outcome.", ["task", "outcome"])
RUN_SECONDS = Histogram(
    "ai_worker_run_seconds", "Time of one round of a job.", ["task"], buckets=(0.1, 0.5, 1, 5, 15, 60, 300)
)
LAST_SUCCESS = Gauge("ai_worker_last_success_timestamp_seconds", "When the job last succeeded.", ["task"])
STALLED_ROUNDS = 5

Job = Callable[[], Awaitable[int]]

_log = get_logger("worker")


class Worker:
    """Runs every job once an interval, one after the other. A job that fails is tried again in the next round.

    Two workers may run at once: jobs store their results with their watermark in one transaction and every row is
    unique, so the second finds nothing left to do.
    """

    def __init__(self, parts: Parts) -> None:
        """Args: parts: what the jobs need."""
        self._parts = parts
        self._interval = parts.settings.worker_interval_s
        self._jobs: dict[str, Job] = {
            "scan_health": parts.scan.run,
            "follow_incidents": parts.incident_job.run,
            "predict_failures": parts.prediction_job.run,
            "forget_old_conversations": parts.conversations.expire,
            "remember_resolved_alerts": parts.ingest.run,
            "remember_rolled_back_changes": parts.rollbacks.run,
            "remember_incidents": parts.incident_memory.run,
            "tend_memory": parts.upkeep.run,
            "tend_memory_index": parts.memory_index.run,
            "index_knowledge": parts.knowledge_index.run,
            "count_untimed_rows": parts.untimed.run,
            "remember_findings": parts.findings.run,
        }
        for name in self._jobs:
            LAST_SUCCESS.labels(name)  # a series from the start: an alert must see what never succeeded
        self._beat = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the loop runs and is not stuck."""
        running = self._task is not None and not self._task.done()
        return running and time.monotonic() - self._beat < max(self._interval * STALLED_ROUNDS, 300)

    async def run(self) -> None:
        """Work until cancelled."""
        self._task = asyncio.current_task()
        await self._parts.startup.done.wait()
        while True:
            self._beat = time.monotonic()
            await self.round()
            await asyncio.sleep(self._interval)

    async def round(self) -> None:
        """Run every job once."""
        for name, job in self._jobs.items():
            with RUN_SECONDS.labels(name).time():
                RUNS.labels(name, await self._outcome(name, job)).inc()

    async def _outcome(self, name: str, job: Job) -> str:
        try:
            await job()
        except (Problem, PartDown) as error:
            _log.warning("job_postponed", job=name, reason=str(error))
            return "postponed"
        except Exception:  # noqa: BLE001 - one job must not end the others
            _log.exception("job_failed", job=name)
            return "failed"
        LAST_SUCCESS.labels(name).set(time.time())
        return "succeeded"


def create_worker_app(parts: Parts, worker: Worker) -> Litestar:
    """The worker's own small web server: alive, and its metrics."""

    @route("/livez", http_method=PROBED_BY, media_type=MediaType.TEXT)
    async def livez() -> Response[str]:
        waiting = not parts.startup.done.is_set()
        return Response(
            "ok" if worker.alive or waiting else "stalled", status_code=200 if worker.alive or waiting else 503
        )

    @route("/metrics", http_method=PROBED_BY, media_type=MediaType.TEXT)
    async def metrics() -> Response[bytes]:
        for pool in (parts.homepot.pool, parts.pool):
            report_pool(pool)
        return Response(render_metrics(), headers={"Content-Type": METRICS_CONTENT_TYPE})

    return Litestar([livez, metrics], openapi_config=None, logging_config=None)
