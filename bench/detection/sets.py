"""The labelled sets as they lie in a folder: Parquet files, one folder a set (its README says where it comes from)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

MONDAY: Final = 1577664000.0
"""2019-12-30 00:00 UTC: where sets without a calendar begin."""


class Culprits(msgspec.Struct, frozen=True):
    """Which metrics (columns) caused a labelled segment of rows ``first`` … ``last`` of the scored part."""

    first: int
    last: int
    metrics: frozenset[int]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One device's rows. ``at``: ``(t,)`` seconds. ``values``: ``(t, m)``. ``label``: ``(t,)`` 0 or 1. ``warm_up``: rows.

    ``event``: ``(t,)``, the number of the labelled window, -1 outside; of NAB alone.
    """

    name: str
    at: NDArray[np.float64]
    values: NDArray[np.float32]
    label: NDArray[np.int64]
    warm_up: int
    rows_per_day: float
    culprits: tuple[Culprits, ...] = ()
    event: NDArray[np.int64] | None = None


class Protocol(msgspec.Struct, frozen=True):
    """Rows: a quiet gap that ends an alarm, how long ``before`` and ``after`` an event an alarm is true, buffer of VUS."""

    gap: int
    before: int
    after: int
    buffer: int


PROTOCOLS: Final = {
    "smd": Protocol(30, 10, 10, 100),
    "asd": Protocol(6, 2, 2, 24),
    "nab": Protocol(12, 0, 0, 100),
    "skab": Protocol(60, 10, 0, 60),
}
Table = dict[str, NDArray[Any]]


def load(name: str, folder: Path) -> list[Series]:
    """The series of one of `PROTOCOLS` in ``folder``."""
    table = pq.read_table(folder / f"{name}.parquet")
    columns: Table = {column: table[column].to_numpy() for column in table.column_names}
    return list(_READERS[name](columns, folder))


def _groups(columns: Table, key: str) -> Iterator[tuple[str, Table]]:
    names = columns[key].astype(str)
    for name in sorted(set(names), key=lambda text: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", text)]):
        chosen = names == name
        yield name, {column: values[chosen] for column, values in columns.items()}


def _servers(rows_per_day: int) -> Callable[[Table, Path], Iterator[Series]]:
    """SMD and ASD: machines with metrics ``m00`` …, a training part, and the culprits of most events."""

    def read(columns: Table, folder: Path) -> Iterator[Series]:
        metrics = [column for column in columns if re.fullmatch(r"m\d+", column)]
        for name, rows in _groups(columns, "machine"):
            warm_up = int((rows["part"].astype(str) == "train").sum())
            yield Series(
                name=name,
                at=MONDAY + np.arange(len(rows["t"]), dtype=np.float64) * (86400 / rows_per_day),
                values=np.stack([rows[metric] for metric in metrics], axis=1).astype(np.float32),
                label=np.nan_to_num(rows["label"].astype(float)).astype(np.int64),
                warm_up=warm_up,
                rows_per_day=rows_per_day,
                culprits=tuple(_culprits(folder / f"interpretation_{name}.txt")),
            )

    return read


def _culprits(path: Path) -> Iterator[Culprits]:
    """Lines ``first-last:metric,metric``, metrics counted from 1."""
    for line in path.read_text().splitlines() if path.exists() else ():
        match = re.fullmatch(r"\s*(\d+)-(\d+):([\d, ]+)", line)
        if match:
            metrics = frozenset(int(number) - 1 for number in re.findall(r"\d+", match[3]))
            yield Culprits(int(match[1]), int(match[2]), metrics)


def _cloud(columns: Table, _folder: Path) -> Iterator[Series]:
    """NAB: one metric; the first 15 % of a series, at most 750 rows, are not scored."""
    for name, rows in _groups(columns, "series"):
        at = rows["timestamp"].astype("datetime64[ns]").astype(np.int64) / 1e9
        yield Series(
            name=name,
            at=at,
            values=rows["value"].astype(np.float32)[:, None],
            label=rows["label"].astype(np.int64),
            warm_up=int(min(0.15 * len(at), 750)),
            rows_per_day=float(86400 / np.median(np.diff(at))),
            event=rows["event"].astype(np.int64),
        )


def _pump(columns: Table, _folder: Path) -> Iterator[Series]:
    """SKAB: runs of a test bench; the first 400 rows of a run are free of faults."""
    metrics = [column for column in columns if column not in {"run", "datetime", "anomaly", "changepoint"}]
    for name, rows in _groups(columns, "run"):
        at = rows["datetime"].astype("datetime64[ns]").astype(np.int64) / 1e9
        order = np.argsort(at, kind="stable")
        yield Series(
            name=name,
            at=at[order],
            values=np.stack([rows[metric] for metric in metrics], axis=1).astype(np.float32)[order],
            label=np.nan_to_num(rows["anomaly"].astype(float)).astype(np.int64)[order],
            warm_up=400,
            rows_per_day=86400.0,
        )


_READERS: Final = {"smd": _servers(1440), "asd": _servers(288), "nab": _cloud, "skab": _pump}
