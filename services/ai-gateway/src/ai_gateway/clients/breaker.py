"""Stop asking a part that keeps failing, so that callers do not wait for it in vain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from circuitbreaker import CircuitBreaker
from prometheus_client import Gauge

BREAKER_OPEN = Gauge("ai_breaker_open", "1 while a circuit breaker refuses calls.", ["part"])


class PartDown(Exception):  # noqa: N818 - reads as the state it reports
    """A part cannot help now. ``reason`` is safe to show to the caller."""

    def __init__(self, part: str, reason: str) -> None:
        """Args: part: which. reason: why, in words of the field."""
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.reason = reason


class Breaker:
    """Opens after some failures in a row, lets one try through when its time is over."""

    def __init__(self, part: str, *, failures: int, reset_s: float) -> None:
        """Args: part: name in metrics. failures: in a row, to open. reset_s: seconds until the next try."""
        self.part = part
        self._circuit = CircuitBreaker(
            failure_threshold=failures, recovery_timeout=reset_s, expected_exception=PartDown, name=part
        )
        self._trying = False
        BREAKER_OPEN.labels(part).set(0)

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        return bool(self._circuit.opened)

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Refuse with ``PartDown`` while open; else run the body and count a ``PartDown`` from it as a failure."""
        trial = self._circuit.state == "half_open"
        if self.is_open or (trial and self._trying):
            raise PartDown(self.part, "it failed repeatedly; the next try is in a few seconds")
        self._trying = trial
        try:
            yield
            self._circuit.reset()
        except PartDown as failure:
            # Only a failure of the part counts: a caller who gives up proves nothing about it.
            self._circuit.__exit__(type(failure), failure, None)
            raise
        finally:
            if trial:
                self._trying = False
            BREAKER_OPEN.labels(self.part).set(int(self.is_open))
