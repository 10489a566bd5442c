"""Which failures are worth another try, and how long to wait before it."""

import msgspec

from homepot_ai_client.errors import BusyError, GatewayError, UnreachableError


class NotConnectedError(UnreachableError):
    """No connection came about, so the gateway never saw the request."""


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``attempts`` tries. A refusal (429, 503) waits for its ``Retry-After``, anything else ``first_wait_s``, doubled.

    No wait is longer than ``longest_wait_s``: a gateway that wants more is left alone, and the failure told at once. Only
    what cannot have had an effect is tried again: refusals, and requests that found no connection; reads also after
    a connection that broke. A stream is never tried again once its first event is there.
    """

    attempts: int = 3
    first_wait_s: float = 0.5
    longest_wait_s: float = 10.0

    def wait_s(self, error: GatewayError, attempt: int, *, reads: bool) -> float | None:
        """Seconds until the next try after the failed ``attempt`` (from 1), or ``None`` to give up."""
        if attempt >= self.attempts:
            return None
        if isinstance(error, BusyError):
            wait = error.retry_after_s if error.retry_after_s is not None else self._doubled(attempt)
            return wait if wait <= self.longest_wait_s else None
        if isinstance(error, NotConnectedError) or (reads and isinstance(error, UnreachableError)):
            return min(self._doubled(attempt), self.longest_wait_s)
        return None

    def _doubled(self, attempt: int) -> float:
        return float(self.first_wait_s * 2 ** (attempt - 1))


class Attempts:
    """Counts the tries of one request, and decides after each failure. ``over``: it has begun to be answered."""

    def __init__(self, retries: Retries, *, reads: bool) -> None:
        """Args: retries: the rules. reads: whether sending it twice does what sending it once does."""
        self._retries = retries
        self._reads = reads
        self._made = 0
        self.over = False

    def wait_after(self, error: GatewayError) -> float:
        """Seconds until the next try; raises ``error`` where there is none."""
        self._made += 1
        wait = None if self.over else self._retries.wait_s(error, self._made, reads=self._reads)
        if wait is None:
            raise error
        return wait
