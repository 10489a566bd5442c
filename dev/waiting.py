"""Wait for a process of ours to be ready."""

import time
from collections.abc import Callable
from contextlib import suppress

import httpx

POLL_S = 0.05


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll until the condition holds; a failed connection counts as not yet. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.HTTPError):
            if condition():
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(POLL_S)
