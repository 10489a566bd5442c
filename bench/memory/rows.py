"""A large memory's rows: texts put together from a few thousand, and vectors mixed from theirs.

A million texts would take the embedder eight hours. So some thousand made-up incidents are really embedded, and each row
mixes the vectors of two of them and a little noise: rows lie where texts lie, in crowds around what is often said.
"""

import random
from collections.abc import Iterator, Sequence
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
            **nothing,
        )


def pages(total: int) -> Iterator[tuple[int, int]]:
    """``(start, count)`` of the pages of ``total`` rows: a row is the same in the same page."""
    return ((start, min(PAGE, total - start)) for start in range(0, total, PAGE))


class Truth:
    """The exactly nearest of some vectors, kept up while rows come in."""

    def __init__(self, asked: Floats, sites: Sequence[int | None], k: int) -> None:
        """Args: asked: ``(q, 768)``. sites: of each, the one whose rows are compared, ``None``: all."""
        self._asked = asked
        self._sites = np.array([-1 if site is None else site for site in sites])[:, None]
        self._k = k
        self._best = np.full((len(asked), k), -np.inf, dtype=np.float32)
        self.nearest = np.full((len(asked), k), -1)

    def add(self, start: int, vectors: Floats) -> None:
        """Take up rows from ``start`` on."""
        numbers = np.arange(start, start + len(vectors))
        likeness = self._asked @ vectors.T
        likeness[(self._sites >= 0) & (numbers % SITES != self._sites)] = -np.inf
        every = np.concatenate([self._best, likeness], axis=1)
        of = np.concatenate([self.nearest, np.broadcast_to(numbers, likeness.shape)], axis=1)
        best = np.argpartition(-every, self._k - 1, axis=1)[:, : self._k]
        self._best, self.nearest = np.take_along_axis(every, best, 1), np.take_along_axis(of, best, 1)

    def recall(self, place: int, found: Sequence[int]) -> float:
        """Share of the nearest to vector ``place`` that are among the first ``k`` of ``found``."""
        right = set(self.nearest[place][np.isfinite(self._best[place])].tolist())
        return len(right & set(found[: self._k])) / len(right)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
