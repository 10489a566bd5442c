"""Who may enter: a bound on the texts that are admitted and not yet answered."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from embedder.errors import QueueFullError

MAX_RETRY_AFTER_S = 60


class Admission:
    """Counts texts in progress. It is used from the event loop alone, so it needs no lock."""

    def __init__(self, *, max_texts: int, seconds_per_text: Callable[[], float]) -> None:
        self._max_texts = max_texts
        self._seconds_per_text = seconds_per_text
        self.held = 0

    @contextmanager
    def admit(self, texts: int) -> Iterator[None]:
        """Hold a place for each text while the block runs; raises `QueueFullError` with the wait it estimates."""
        if self.held + texts > self._max_texts:
            raise QueueFullError(
                f"{self.held} texts wait already and at most {self._max_texts} may; this request brings {texts}.",
                retry_after_s=self._retry_after_s(),
            )
        self.held += texts
        try:
            yield
        finally:
            self.held -= texts

    def _retry_after_s(self) -> int:
        return max(1, min(MAX_RETRY_AFTER_S, math.ceil(self.held * self._seconds_per_text())))
