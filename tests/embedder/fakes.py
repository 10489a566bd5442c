"""A stand-in for the model, to inject faults and to hold the model busy. It embeds nothing: see test_model.py."""

import threading
import time

import numpy as np

from embedder.types import DIMENSION, FloatArray, ModelInfo, TokenIds

LIMIT = 16


class FakeModel:
    """A token per character; a vector that tells which text it was made from. `gate` blocks, `error` breaks it."""

    def __init__(self, *, budget: int = 64) -> None:
        self.info = ModelInfo(device="cpu", dtype="float32", threads=1, max_input_length=LIMIT, max_batch_tokens=budget)
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()
        self.error: Exception | None = None
        self.poison: int | None = None
        self.batches: list[list[TokenIds]] = []

    def tokenize(self, texts: list[str]) -> list[TokenIds]:
        return [[0, *(ord(letter) for letter in text), 2] for text in texts]

    def encode(self, rows: list[TokenIds]) -> FloatArray:
        self.busy.set()
        assert self.gate.wait(20)
        self.batches.append(rows)
        if self.error is not None or any(self.poison in row for row in rows):
            raise self.error or ArithmeticError("poison")
        return np.stack([vector_of(row) for row in rows])


def vector_of(row: TokenIds) -> FloatArray:
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[: len(row)] = np.asarray(row, dtype=np.float32)
    return vector


def until(condition: object, timeout_s: float = 10.0) -> None:
    """Wait for what another thread brings about."""
    assert callable(condition)
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)
