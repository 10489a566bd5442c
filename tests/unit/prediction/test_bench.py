"""The bench of prediction trains on one folder and scores another of the same layout."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ai_gateway.prediction.core.types import DAY, HOUR
from bench.prediction import __main__ as bench
from bench.prediction.azure import METRICS, OPENS


def engines(folder: Path, first: int, *, cut: bool = False) -> None:
    """Twelve engines whose readings rise with their age; ``cut``: as NASA's test is, some cycles before their end."""
    rng = np.random.default_rng(first)
    rows: dict[str, list[Any]] = {"unit": [], "cycle": [], "op1": [], "s1": []}
    left = []
    for unit in range(first, first + 12):
        life = int(rng.integers(60, 90))
        left.append(int(rng.integers(8, 30)) if cut else 0)
        for cycle in range(1, life - left[-1] + 1):
            values = (unit, cycle, 0.0, 5 * cycle / life + rng.normal())
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)
    folder.mkdir(parents=True)
    pq.write_table(pa.table(rows), folder / ("test_FD001.parquet" if cut else "train_FD001.parquet"))
    if cut:
        (folder / "RUL_FD001.csv").write_text("\n".join(map(str, ["RUL", *left])))


def disks(folder: Path, first: int, *, lifetimes: bool, panel: bool) -> None:
    """Sixty disks of which each sixth fails with a counter that grew."""
    rng = np.random.default_rng(first)
    failing = np.arange(60) % 6 == 0
    folder.mkdir(parents=True)
    if lifetimes:
        flag = failing.astype(np.int64)
        days = rng.uniform(100, 900, 60)
        table = {"time": days, "event": flag, "fac_rsc": flag, "fac_psc": flag}
        pq.write_table(pa.table(table), folder / "hdfail.parquet")
    if panel:
        count = np.where(failing, 40.0, 0.0)
        table = {name: count for fault in ("5", "197", "198") for name in _counter(fault)}
        table |= {"smart_9_raw": rng.uniform(1e3, 2e4, 60), "failure_next_7d": failing.astype(np.int64)}
        table |= {"risk_rank": np.arange(1.0, 61), "risk_percentile": np.arange(1.0, 61) / 60}
        names = {"serial_number": [f"disk{first + one}" for one in range(60)]}
        category = {"demo_category": ["failing" if one else "normal_sample" for one in failing]}
        pq.write_table(pa.table(names | category | table), folder / "smart_panel_2026Q1.parquet")


def _counter(fault: str) -> tuple[str, str]:
    return f"smart_{fault}_raw", f"smart_{fault}_raw_delta_7d"


def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> list[dict[str, Any]]:
    monkeypatch.setattr("sys.argv", ["bench", *words])
    bench.main()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("unit", ["cycles", "engines"])
def test_engines_of_another_folder_are_scored(
    unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engines(tmp_path / "fit" / "cmapss", 1)
    official = unit == "engines"
    engines(tmp_path / "data" / "cmapss", 101, cut=official)
    words = (str(tmp_path / "fit"), "--data", str(tmp_path / "data"))
    (found,) = lines(capsys, monkeypatch, *words)
    assert (found["set"], found["unit"]) == ("cmapss", unit)
    assert found["rmse"] < 30
    if official:
        assert found["scored"] == 12
        (tmp_path / "data" / "cmapss" / "RUL_FD001.csv").write_text("RUL\n8\n")
        with pytest.raises(ValueError, match="holds 1 lives, and 12 engines"):
            lines(capsys, monkeypatch, *words)


@pytest.mark.parametrize("layout", ["a file in each", "both in each"])
def test_disks_of_another_folder_are_scored_by_the_lifetimes_of_the_first(
    layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = layout == "both in each"
    disks(tmp_path / "fit" / "backblaze", 0, lifetimes=True, panel=beside)
    disks(tmp_path / "data" / "backblaze", 60, lifetimes=beside, panel=True)
    (found,) = lines(capsys, monkeypatch, str(tmp_path / "fit"), "--data", str(tmp_path / "data"))
    assert (found["set"], found["failing"], found["caught_at_normal_quantile"]) == ("backblaze", 10, 1.0)


def machines(folder: Path, first: int, errors: tuple[str, ...]) -> None:
    """Ten machines that fail on each twentieth day of their own; an error of the first kind announces it a day before."""
    rng = np.random.default_rng(first)
    rows: dict[str, list[tuple[Any, ...]]] = {"errors": [], "maint": [], "failures": [], "machines": []}
    for one in range(first, first + 10):
        rows["machines"].append((one, f"model{one % 4 + 1}", one % 9))
        for day in range(int(rng.integers(5, 25)), 364, 20):
            rows["errors"].append((_time(day - 1), one, errors[0]))
            rows["maint"].append((_time(day), one, "comp1"))
            rows["failures"].append((_time(day), one, "comp1"))
        rows["errors"] += [(_time(int(rng.integers(0, 360))), one, error) for error in errors[1:]]
    folder.mkdir(parents=True)
    heads = {"errors": "errorID", "maint": "comp", "failures": "failure"}
    for name, lines_ in rows.items():
        with gzip.open(folder / f"PdM_{name}.csv.gz", "wt") as file:
            head = ("datetime", "machineID", heads[name]) if name in heads else ("machineID", "model", "age")
            csv.writer(file).writerows([head, *lines_])
    days, every = np.arange(1, 365), np.arange(first, first + 10)
    ends = (OPENS + days * DAY).astype("datetime64[s]")
    table = {"machineID": np.repeat(every, len(days)), "window_end": np.tile(ends, len(every))}
    readings = {metric: rng.normal(100, 5, len(days) * len(every)) for metric in METRICS}
    pq.write_table(pa.table(table | readings), folder / "telemetry_daily_mean.parquet")


def _time(day: int) -> str:
    return datetime.fromtimestamp(OPENS + day * DAY + 3 * HOUR, UTC).replace(tzinfo=None).isoformat(" ")


def test_machines_of_another_folder_are_scored_though_it_lacks_a_kind_of_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machines(tmp_path / "fit" / "pdm", 1, ("error2", "error1"))
    machines(tmp_path / "data" / "pdm", 51, ("error2",))
    found = lines(capsys, monkeypatch, str(tmp_path / "fit"), "--data", str(tmp_path / "data"))
    day = found[0]
    assert (day["set"], day["hours"]) == ("pdm", 24.0)
    assert day["pr_auc"] > 0.9
