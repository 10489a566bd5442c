"""Azure's predictive-maintenance fleet as a history: hours of errors, replacements and failures, days of readings."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq

from ai_gateway.prediction.core.types import Events, History, Kind, Readings, Role

METRICS: Final = ("volt", "rotate", "pressure", "vibration")
OPENS: Final = int(datetime(2015, 1, 1, 6, tzinfo=UTC).timestamp())
ENDS: Final = int(datetime(2016, 1, 1, 6, tzinfo=UTC).timestamp())
DAILY: Final = int(datetime(2015, 1, 2, 7, tzinfo=UTC).timestamp())
"""The first instant: the day's mean is known from 06:00 on."""
LATER: Final = int(datetime(2015, 8, 1, tzinfo=UTC).timestamp())
"""What is fitted lies before, what is scored after."""
_FILES: Final = (("errors", Role.ERROR), ("maint", Role.REPLACEMENT), ("failures", Role.FAILURE))


def load(folder: Path, *, telemetry_alone: bool = False) -> History:
    """All machines of a folder; ``telemetry_alone``: nothing but readings is known, and what failed."""
    machines = _rows(folder, "machines")
    places = {row["machineID"]: place for place, row in enumerate(machines)}
    kinds, events = _events(folder, places)
    models = ("model1", "model2", "model3", "model4")
    traits = np.array([[float(row["age"]), *(float(row["model"] == model) for model in models)] for row in machines])
    history = History(
        tuple(places),
        METRICS,
        kinds,
        ("machine_years", *models),
        _readings(folder, places),
        events,
        traits,
        np.full(len(places), OPENS),
        np.full(len(places), ENDS),
    )
    return _bare(history) if telemetry_alone else history


def _bare(history: History) -> History:
    """Failures are kept as what came, and for nothing else: their kind is not shown to the features."""
    kept = history.of_role(Role.FAILURE)
    chosen = np.isin(history.events.kind, kept)
    events = Events(
        history.events.machine[chosen],
        history.events.at[chosen],
        np.searchsorted(np.array(kept), history.events.kind[chosen]),
    )
    kinds = tuple(history.kinds[place] for place in kept)
    return history._replace(kinds=kinds, events=events, trait_names=(), traits=np.empty((len(history.machines), 0)))


def _events(folder: Path, places: dict[str, int]) -> tuple[tuple[Kind, ...], Events]:
    kinds: list[Kind] = []
    found: list[tuple[int, int, int]] = []
    for file, role in _FILES:
        rows = _rows(folder, file)
        column = {"errors": "errorID", "maint": "comp", "failures": "failure"}[file]
        names = sorted({row[column] for row in rows})
        first = len(kinds)
        kinds += [Kind(f"{name}_{role}", role, name) for name in names]
        found += [(places[row["machineID"]], _at(row["datetime"]), first + names.index(row[column])) for row in rows]
    table = np.array(found, np.int64)
    return tuple(kinds), Events(table[:, 0], table[:, 1], table[:, 2])


def _readings(folder: Path, places: dict[str, int]) -> Readings:
    table = pq.read_table(folder / "telemetry_daily_mean.parquet")
    machine = np.array([places[str(name)] for name in table["machineID"].to_pylist()], np.int64)
    at = table["window_end"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return Readings(machine, at, np.stack([table[metric].to_numpy() for metric in METRICS], axis=1).astype(float))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"PdM_{name}.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
