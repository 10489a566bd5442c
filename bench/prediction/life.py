"""NASA's turbofan engines FD001: how many cycles are left, with an interval."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.remaining import Life, Remaining, fit_remaining, remaining
from ai_gateway.prediction.core.scores import nasa_score, rmse
from ai_gateway.prediction.core.types import DAY, Events, Flags, Floats, History, Instants, Ints, Readings

CAP: Final = 125.0
SHORTEST: Final = 7
LONGEST: Final = 145
"""Lives left that the official test has; an engine held back is asked at every cycle between them."""
FOLDS: Final = 4
_STEP: Final = 2


class Engines(NamedTuple):
    """A cycle counts as a day. ``life``: ``(n,)`` cycles left at each row, NaN where it is not known."""

    names: tuple[str, ...]
    values: Floats
    machine: Ints
    cycle: Ints
    life: Floats


def measure_life(folder: Path, scored: Path | None) -> Iterator[dict[str, Any]]:
    """Fit on a folder's engines and score another's; by default each fourth of them by a fit to the others."""
    engines = _load(folder)
    began = time.perf_counter()
    if scored is None:
        parts = []
        for fold in range(FOLDS):
            held = engines.machine % FOLDS == fold
            model = _fitted(engines, ~held)
            asked = held & (engines.life >= SHORTEST) & (engines.life <= LONGEST)
            parts.append((remaining(model, engines.values[asked]), engines.life[asked]))
        found = Life(*(np.concatenate(columns) for columns in zip(*(life for life, _ in parts), strict=True)))
        yield _judged(found, np.concatenate([actual for _, actual in parts]), time.perf_counter() - began, "cycles")
        return
    model = _fitted(engines, np.ones(len(engines.life), bool))
    spent = time.perf_counter() - began
    if (scored / "test_FD001.parquet").exists():
        test = _load(scored, "test_FD001.parquet")
        last = np.flatnonzero(np.r_[np.diff(test.machine) != 0, True])
        yield _judged(remaining(model, test.values[last]), _official(scored, len(last)), spent, "engines")
    else:
        other = _load(scored)
        rows = (other.life >= SHORTEST) & (other.life <= LONGEST)
        yield _judged(remaining(model, other.values[rows]), other.life[rows], spent, "cycles")


def _fitted(engines: Engines, mine: Flags) -> Remaining:
    taught = np.flatnonzero(mine & (engines.cycle % _STEP == 0))
    return fit_remaining(engines.names, engines.values[taught], engines.life[taught], engines.machine[taught], CAP)


def _judged(found: Life, life: Floats, spent: float, unit: str) -> dict[str, Any]:
    actual = np.minimum(life, CAP)
    figures = {
        "rmse": rmse(actual, found.expected),
        "nasa_score_per_100": 100 * nasa_score(actual, found.expected) / len(actual),
        "coverage_90": float(((actual >= found.low) & (actual <= found.high)).mean()),
        "interval_width": float((found.high - found.low).mean()),
    }
    return {"set": "cmapss", "scored": len(actual), "unit": unit, "fit_s": round(spent, 1)} | {
        key: round(value, 4) for key, value in figures.items()
    }


def _load(folder: Path, file: str = "train_FD001.parquet") -> Engines:
    table = pq.read_table(folder / file)
    metrics = tuple(name for name in table.column_names if name.startswith(("op", "s")))
    _, machine = np.unique(table["unit"].to_numpy(), return_inverse=True)
    cycle = table["cycle"].to_numpy().astype(np.int64)
    order = np.lexsort((cycle, machine))
    machine, cycle = machine[order].astype(np.int64), cycle[order]
    values = np.stack([table[metric].to_numpy().astype(float) for metric in metrics], axis=1)[order]
    engines = int(machine.max()) + 1
    longest = np.zeros(engines, np.int64)
    np.maximum.at(longest, machine, cycle)
    nothing = np.empty(0, np.int64)
    history = History(
        tuple(str(number) for number in range(engines)),
        metrics,
        (),
        (),
        Readings(machine, cycle * DAY, values),
        Events(nothing, nothing, nothing),
        np.empty((engines, 0)),
        np.zeros(engines, np.int64),
        longest * DAY,
    )
    found = features(history, Instants(machine, cycle * DAY))
    return Engines(found.names, found.values, machine, cycle, (longest[machine] - cycle).astype(float))


def _official(folder: Path, engines: int) -> Floats:
    """The true lives behind the last rows of the test engines; raises ``ValueError`` if they are not as many."""
    path = folder / "RUL_FD001.csv"
    rows = [line.split(",")[-1] for line in path.read_text().split()]
    lives = np.array([float(row) for row in rows if row.replace(".", "").isdigit()])
    if len(lives) != engines:
        raise ValueError(f"{path} holds {len(lives)} lives, and {engines} engines are to be scored")
    return lives
