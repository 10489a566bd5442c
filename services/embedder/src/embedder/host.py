"""Loads the model in the background, and knows whether it is loading, ready, failed or dead."""

import threading
import time
from collections.abc import Callable
from typing import Literal

import structlog

from embedder.batcher import Batcher
from embedder.errors import NotReadyError
from embedder.metrics import Metrics
from embedder.settings import Settings
from embedder.types import MODEL_ID, Model

log = structlog.get_logger(__name__)

Loader = Callable[[Settings], Model]


class ModelHost:
    """Owner of the model and its batcher from start to stop."""

    def __init__(self, settings: Settings, metrics: Metrics, load: Loader) -> None:
        self._settings = settings
        self._metrics = metrics
        self._load = load
        self._loaded: tuple[Model, Batcher] | None = None
        self._load_failure: str | None = None
        self._thread = threading.Thread(target=self._main, name="model-loader", daemon=True)

    def start(self) -> None:
        """Begin to load; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the batcher; a load in progress is abandoned (its thread is a daemon)."""
        if self._loaded is not None:
            self._loaded[1].stop()

    @property
    def state(self) -> Literal["loading", "ready", "failed"]:
        """What `/readyz` says."""
        if self.failure is not None:
            return "failed"
        return "loading" if self._loaded is None else "ready"

    @property
    def failure(self) -> str | None:
        """Why only a restart can help; None while all is well."""
        if self._load_failure is not None or self._loaded is None:
            return self._load_failure
        batcher = self._loaded[1]
        return None if batcher.alive else (batcher.failure or "The batcher has stopped.")

    @property
    def seconds_per_text(self) -> float:
        """A running mean, in seconds, of the model's time for one text."""
        return self._loaded[1].seconds_per_text if self._loaded else 0.1

    def use(self) -> tuple[Model, Batcher]:
        """The model and its batcher; raises NotReadyError."""
        if self._loaded is None or self.failure is not None:
            raise NotReadyError(self.failure or "The model is still loading.")
        return self._loaded

    def _main(self) -> None:
        started = time.monotonic()
        try:
            model = self._load(self._settings)
        except Exception as error:
            self._load_failure = f"The model could not be loaded: {error}"
            log.exception("model_load_failed")
            return
        info = model.info
        batcher = Batcher(
            model.encode, budget=info.max_batch_tokens, small=info.small_batch_tokens, metrics=self._metrics
        )
        batcher.start()
        seconds = time.monotonic() - started
        self._metrics.load_seconds.set(seconds)
        self._metrics.info.labels(MODEL_ID, info.device, info.dtype).set(1)
        self._loaded = model, batcher
        log.info("model_ready", seconds=round(seconds, 2), device=info.device, dtype=info.dtype)
