"""A large memory's rows: texts put together from a few thousand, and vectors mixed from theirs.

A million texts would take the embedder eight hours. So some thousand made-up incidents are really embedded, and each row
mixes the vectors of two of them and a little noise: rows lie where texts lie, in crowds around what is often said.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.memory.recipe import describe
from ai_gateway.memory.types import Incident
from bench.retrieval.vectors import vectors_of

TEXTS = 3000
SITES = 1000
PAGE = 10_000
NOISE = 0.25
"""Length of the noise beside a mixture of length 1: cosine 0.97 to the mixture, as of a text with other numbers in it."""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "bench"
THINGS = {
    "receipt printer": (
        "prints blank receipts",
        "reports a paper jam",
        "is out of paper",
        "cuts receipts in the middle",
    ),
    "card reader": ("declines every card", "loses its encryption key", "times out while paying", "does not see chips"),
    "till": ("does not start", "is very slow", "freezes while scanning", "shows a blue screen", "restarts by itself"),
    "router": ("drops packets", "loses its uplink", "answers with high latency", "restarts every hour"),
    "access point": ("accepts no clients", "changes channels all the time", "has a weak signal in the back"),
    "temperature sensor": ("reports 41 degrees", "sends no readings", "jumps between two values", "reads below zero"),
    "refrigerator": ("is too warm", "alarms with an open door", "defrosts without end", "draws too much power"),
    "gateway": ("lost its certificate", "has a full disk", "uses all its memory", "runs an old firmware"),
    "scale": ("shows a wrong weight", "does not return to zero", "is not calibrated"),
    "kiosk": ("ignores touches", "has a dark screen", "hangs in the payment page", "logs out its customers"),
    "barcode scanner": ("reads codes twice", "does not wake up", "lost its pairing"),
    "server": ("has a failing disk", "has a CPU at 100 percent", "ran out of file handles", "has a clock that drifts"),
    "database": ("refuses connections", "waits for a lock", "has slow queries", "lags behind its replica"),
    "update": ("failed its checksum", "stopped half way", "was rolled back", "is pending for days"),
}
TIMES = ("since this morning", "after the update to 4.2.1", "every night at 2", "after a power cut", "at closing time")
SIGNS = ("The log says timeout 504.", "The light is red.", "Staff restarted it twice.", "Error E1042 is shown.")
CAUSES = ("A cable was loose.", "The provider works on it.", "Dust blocked the fan.", "The configuration was changed.")

Floats = NDArray[np.float32]


class Text(msgspec.Struct, frozen=True):
    """A made-up incident's title, description and category."""

    title: str
    description: str
    category: str

    @property
    def whole(self) -> str:
        """As it is embedded."""
        return describe(self.title, self.description, self.category)


def texts(count: int) -> list[Text]:
    """That many different texts, the same ones each time."""
    rng = random.Random(20)  # noqa: S311 - the same rows each time
    found: dict[str, Text] = {}
    while len(found) < count:
        thing = rng.choice(list(THINGS))
        trouble = rng.choice(THINGS[thing])
        other = rng.choice(list(THINGS))
        title = f"{thing.capitalize()} {trouble}"
        description = " ".join(
            (
                f"The {thing} {trouble} {rng.choice(TIMES)}.",
                *rng.sample(SIGNS, rng.randint(0, 2)),
                f"The {other} beside it {rng.choice(THINGS[other])}." if rng.random() < 0.5 else "",  # noqa: PLR2004
                rng.choice(CAUSES),
            )
        )
        one = Text(title, " ".join(description.split()), thing.replace(" ", "_"))
        found.setdefault(one.whole, one)
    return list(found.values())


class Rows:
    """As many rows as are asked for; those of a page are the same each time."""

    def __init__(self) -> None:
        self.texts = texts(TEXTS)
        self._base = vectors_of([one.whole for one in self.texts])

    def page(self, start: int, count: int) -> tuple[list[Incident], Floats]:
        """Rows from ``start`` on: incidents, and their vectors ``(count, 768)`` of length 1 in half precision."""
        first, second, vectors = self._mixed(start, count)
        told = [self._incident(start + n, first[n], second[n]) for n in range(count)]
        return told, vectors

    def vectors(self, start: int, count: int) -> Floats:
        """The vectors alone."""
        return self._mixed(start, count)[2]

    def _mixed(self, start: int, count: int) -> tuple[list[int], list[int], Floats]:
        rng = np.random.default_rng((start, count))
        first, second = rng.integers(0, len(self._base), (2, count))
        share = rng.uniform(0.6, 1.0, (count, 1)).astype(np.float32)
        mixed = _unit(share * self._base[first] + (1 - share) * self._base[second])
        noise = _unit(rng.standard_normal(mixed.shape, dtype=np.float32))
        vectors = _unit(mixed + NOISE * noise).astype(np.float16).astype(np.float32)
        return first.tolist(), second.tolist(), vectors

    def _incident(self, number: int, first: int, second: int) -> Incident:
        one, other = self.texts[first], self.texts[second]
        description = f"{one.description} {other.description} Ticket T-{number}."
        nothing = dict.fromkeys(("site_name", "device_id", "device_name", "resolved_at", "resolution"))
        return Incident(
            source=SOURCE,
            source_key=str(number),
            content_hash="",
            title=one.title,
            description=describe(one.title, description, one.category),
            severity="warning",
            category=one.category,
            site=number % SITES,
            device_type=one.category,
            occurred_at=BEGAN,
            by_hand=(),
            **nothing,
        )


def pages(total: int, stored: int = 0) -> Iterator[tuple[int, int]]:
    """``(start, count)`` of the pages of ``total`` rows, less those that are stored whole: a row is the same in its page."""
    first = total if stored >= total else stored // PAGE * PAGE
    return ((start, min(PAGE, total - start)) for start in range(first, total, PAGE))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
