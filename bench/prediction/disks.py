"""Real disks: which fail within a week, by the lifetimes of others and what their counters say."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from ai_gateway.prediction.core.counters import evidence
from ai_gateway.prediction.core.lifetime import Law, fit_law, risk
from ai_gateway.prediction.core.types import Floats

BUDGET: Final = 0.01
"""The share of disks that may be alarmed."""
WEEK_H: Final = 168.0
FAULTS: Final = (("smart_5", "fac_rsc"), ("smart_197", "fac_psc"), ("smart_198", "fac_psc"))
"""Counters of the panel, and the flag of the lifetimes that says the same at baseline."""


def measure_disks(folder: Path, scored: Path | None) -> Iterator[dict[str, Any]]:
    """Lifetimes are fitted on one folder; the panel, a case-control sample, is scored and never fitted to."""
    began = time.perf_counter()
    law = _law(folder if (folder / "hdfail.parquet").exists() else scored or folder)
    spent = time.perf_counter() - began
    panel = pq.read_table((scored or folder) / "smart_panel_2026Q1.parquet")
    columns = {name: np.array(panel[name].to_pylist(), dtype=object) for name in panel.column_names}
    names, drive = np.unique(columns["serial_number"].astype(str), return_inverse=True)
    worst = np.full(len(names), -np.inf)
    np.maximum.at(worst, drive, _scores(law, columns))
    failing = np.zeros(len(names), bool)
    np.logical_or.at(failing, drive, _numbers(columns["failure_next_7d"]) > 0)
    yield {"set": "backblaze", "hours": WEEK_H, "fit_s": round(spent, 1), "failing": int(failing.sum())} | {
        key: round(value, 4) for key, value in _caught(columns, drive, worst, failing).items()
    }


def _law(folder: Path) -> Law:
    table = pq.read_table(folder / "hdfail.parquet")
    age, failed = table["time"].to_numpy() * 24, table["event"].to_numpy() > 0
    traits = np.stack([table[name].to_numpy().astype(float) for name in ("fac_rsc", "fac_psc")], axis=1)
    return fit_law(age.astype(float), failed, traits)


def _scores(law: Law, columns: dict[str, Any]) -> Floats:
    """``(n,)``: log of the risk of a week by age and flags, and what the counters' sizes and growth add."""
    counts = np.stack([_numbers(columns[f"{name}_raw"]) for name, _ in FAULTS], axis=1)
    grown = np.stack([_numbers(columns[f"{name}_raw_delta_7d"]) for name, _ in FAULTS], axis=1)
    flags = np.stack([counts[:, 0] > 0, (counts[:, 1] > 0) | (counts[:, 2] > 0)], axis=1).astype(float)
    usual = risk(law, _numbers(columns["smart_9_raw"]), flags, WEEK_H)
    return np.log(usual) + evidence(counts, grown)


def _caught(columns: dict[str, Any], drive: Any, worst: Floats, failing: Any) -> dict[str, float]:
    """The sampled normal disks stand for the whole fleet; hard negatives and failing ones for themselves."""
    population = float(np.max(_numbers(columns["risk_rank"]) / np.maximum(_numbers(columns["risk_percentile"]), 1e-9)))
    sampled = np.zeros(len(worst), bool)
    np.logical_or.at(sampled, drive, columns["demo_category"].astype(str) == "normal_sample")
    weight = np.where(sampled, (population - (~sampled).sum()) / max(sampled.sum(), 1), 1.0)
    order = np.argsort(-worst, kind="stable")
    alarmed = np.cumsum(weight[order]) <= BUDGET * population
    among = np.quantile(worst[sampled], 1 - BUDGET)
    return {
        "population": population,
        "caught_of_weighted_fleet": float(failing[order[alarmed]].sum() / max(failing.sum(), 1)),
        "caught_at_normal_quantile": float((worst[failing] > among).mean()),
    }


def _numbers(column: Any) -> Floats:
    return np.array([0.0 if value is None else float(value) for value in column])
