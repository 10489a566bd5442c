"""One thread that owns the model, and the plan of what it computes next.

There is no timer: when the model becomes free, the batcher looks at everything that waits, and cuts one batch from it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from operator import itemgetter

import numpy as np
import structlog

from embedder.errors import ModelFailedError, NotReadyError
from embedder.metrics import Metrics
from embedder.types import DIMENSION, FloatArray, TokenIds

log = structlog.get_logger(__name__)

# A context that a device fault has poisoned fails every batch after it: only a new process helps.
FATAL_FAILURES_IN_A_ROW = 3
# A batch is as slow as its longest text: a short question is never padded to more than this, or twice its length.
FREE_PADDING_TOKENS = 32


def cut(lengths: Sequence[int], anchor: int, budget: int, small: int = 0) -> range:
    """Positions of one batch in ascending `lengths`: `anchor`, and its nearest neighbours in length.

    `size * longest` stays within `budget` (padded tokens), except that the anchor alone always goes. The longest is
    at most twice the shortest, or `FREE_PADDING_TOKENS`, unless the whole batch stays within `small`.
    """
    low, high = anchor, anchor + 1
    while True:
        choices = []
        if low > 0:
            choices.append((lengths[anchor] - lengths[low - 1], low - 1, high))
        if high < len(lengths):
            choices.append((lengths[high] - lengths[anchor], low, high + 1))
        fits = [c for c in choices if _fits(lengths, c[1], c[2], budget, small)]
        if not fits:
            return range(low, high)
        _, low, high = min(fits)


def _fits(lengths: Sequence[int], low: int, high: int, budget: int, small: int) -> bool:
    shortest, longest = lengths[low], lengths[high - 1]
    tokens = (high - low) * longest
    return tokens <= budget and (tokens <= small or longest <= max(2 * shortest, FREE_PADDING_TOKENS))


class Job:
    """The texts of one request: which of them still wait, and the vectors `(n, 768)` computed so far."""

    def __init__(self, rows: Sequence[TokenIds]) -> None:
        self.rows = rows
        self.waiting = list(range(len(rows)))
        self.left = len(rows)
        self.vectors: FloatArray = np.empty((len(rows), DIMENSION), dtype=np.float32)
        self.future: Future[FloatArray] = Future()
        self.since = time.monotonic()

    def fill(self, index: int, vector: FloatArray) -> None:
        """Take the vector of one text; the last one completes the job."""
        self.vectors[index] = vector
        self.left -= 1
        if self.left == 0:
            _settle(self.future, self.vectors)

    def fail(self, error: Exception) -> None:
        """Give the whole request up."""
        _settle(self.future, error)


def _settle(future: Future[FloatArray], outcome: FloatArray | Exception) -> None:
    try:
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
    except InvalidStateError:
        return  # the client left, or another text of the request failed before


Entry = tuple[int, int, Job]  # tokens, index in the job, job
Encode = Callable[[list[TokenIds]], FloatArray]


class Batcher:
    """Runs `encode` on a thread of its own. `failure` says why it died; a dead batcher must fail `/livez`."""

    def __init__(self, encode: Encode, *, budget: int, metrics: Metrics, small: int = 0) -> None:
        """Args: budget: padded tokens of a batch. small: padded tokens that take no longer than one text."""
        self._encode = encode
        self._budget = budget
        self._small = small
        self._metrics = metrics
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._failures = 0
        self._in_hand: list[Entry] = []
        self._thread = threading.Thread(target=self._main, name="batcher", daemon=True)
        self.failure: str | None = None
        self.seconds_per_text = 0.1

    @property
    def alive(self) -> bool:
        """Whether texts that are submitted now will be computed."""
        return self.failure is None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the batch in hand, fail what waits, and end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def submit(self, rows: Sequence[TokenIds]) -> Future[FloatArray]:
        """Queue the texts of one request; cancelling the future drops those not yet computed."""
        job = Job(rows)
        with self._changed:
            if self._stopping or not self.alive:
                raise NotReadyError(self.failure or "The batcher has stopped.")
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    def _main(self) -> None:
        try:
            while batch := self._next():
                self._in_hand = batch
                self._run(batch)
                self._in_hand = []
        except Exception as error:
            log.exception("batcher_died")
            self.failure = f"The batcher died: {type(error).__name__}: {error}"
        with self._changed:
            self._stopping = True
            for job in [*self._jobs, *(job for _, _, job in self._in_hand)]:
                job.fail(NotReadyError(self.failure or "The service is shutting down."))
            self._jobs.clear()

    def _next(self) -> list[Entry]:
        """The next batch, as soon as there is one; an empty one when it is time to stop."""
        with self._changed:
            while not self._stopping:
                self._drop_finished()
                if self._jobs:
                    return self._take()
                self._changed.wait()
            return []

    def _drop_finished(self) -> None:
        """Forget requests that are answered, have failed, or whose client left."""
        dropped = sum(len(job.waiting) for job in self._jobs if job.future.cancelled())
        self._metrics.dropped.inc(dropped)
        self._jobs = deque(job for job in self._jobs if job.waiting and not job.future.done())

    def _take(self) -> list[Entry]:
        """One batch around the first waiting text of the request whose turn it is: no request starves another."""
        turn = self._jobs[0]
        self._jobs.rotate(-1)
        entries = sorted(((len(job.rows[i]), i, job) for job in self._jobs for i in job.waiting), key=itemgetter(0))
        anchor = next(k for k, (_, i, job) in enumerate(entries) if job is turn and i == turn.waiting[0])
        chosen = [entries[k] for k in cut([e[0] for e in entries], anchor, self._budget, self._small)]
        for _, index, owner in chosen:
            owner.waiting.remove(index)
        return chosen

    def _run(self, batch: list[Entry]) -> None:
        batch = [entry for entry in batch if not entry[2].future.done()]
        if not batch:
            return
        started = time.monotonic()
        try:
            vectors = self._encode([job.rows[index] for _, index, job in batch])
        except Exception as error:  # noqa: BLE001 -- whatever the model raises must not end the thread
            self._halve(batch, error)
            return
        self._failures = 0
        self._record(batch, started, time.monotonic() - started)
        for (_, index, job), vector in zip(batch, vectors, strict=True):
            job.fill(index, vector)

    def _halve(self, batch: list[Entry], error: Exception) -> None:
        """Part a batch that failed, so that one text (or a batch too large for the memory) fails alone."""
        self._metrics.batches.labels("failed").inc()
        log.warning("batch_failed", texts=len(batch), error=type(error).__name__)
        if len(batch) > 1:
            middle = len(batch) // 2
            self._run(batch[:middle])
            self._run(batch[middle:])
            return
        batch[0][2].fail(ModelFailedError(f"The model raised {type(error).__name__}."))
        self._failures += 1
        if self._failures >= FATAL_FAILURES_IN_A_ROW:
            raise error

    def _record(self, batch: list[Entry], started: float, seconds: float) -> None:
        lengths = [tokens for tokens, _, _ in batch]
        self._metrics.batch(texts=len(batch), tokens=sum(lengths), padded=len(batch) * max(lengths), seconds=seconds)
        for _, _, job in batch:
            self._metrics.queue_seconds.observe(started - job.since)
        self.seconds_per_text += 0.2 * (seconds / len(batch) - self.seconds_per_text)
