"""Azure's fleet: the probability of a failure within a day, two days, a week; with all that is known, and telemetry alone."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ai_gateway.prediction.core.ahead import rhythm
from ai_gateway.prediction.core.predictor import Predictor, Sample, every, fit, forecast, sample
from ai_gateway.prediction.core.scores import average_precision, best_threshold, calibration_error
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, History, Instants, Role
from bench.prediction.azure import DAILY, LATER, load

CUTS: Final = tuple(range(0, 169, 24))
HORIZONS: Final = (24.0, 48.0, 168.0)
MONTH_D: Final = 30.4


def measure_failures(folder: Path, scored: Path | None) -> Iterator[dict[str, Any]]:
    """Fit before August, score from then on: other machines of the folder (every second one), or of another folder."""
    for name, alone in (("pdm", False), ("pdm_telemetry_alone", True)):
        history = load(folder, telemetry_alone=alone)
        instants = every(history, DAY, DAILY)
        taught = np.arange(0, len(history.machines), 1 if scored else 2)
        pace = rhythm(history, taught, LATER)
        everything = _asked(history, instants, pace)
        machine, at = instants
        mine = (at < LATER) & np.isin(machine, taught)
        began = time.perf_counter()
        model = fit(
            history,
            everything.chosen(mine, np.full(len(at), LATER)),
            cuts=CUTS,
            horizons=HORIZONS,
        )
        spent = time.perf_counter() - began
        if scored:
            other = load(scored, telemetry_alone=alone)
            later = _asked(other, every(other, DAY, DAILY), pace)
            rest = later.chosen(later.instants.at >= LATER)
            yield from _judged(name, model, rest, everything.chosen(mine), spent)
        else:
            rest = everything.chosen((at >= LATER) & ~np.isin(machine, taught))
            yield from _judged(name, model, rest, everything.chosen(mine), spent)


def _asked(history: History, instants: Instants, pace: float | None) -> Sample:
    """Daily instants; failures are what is predicted, and no feature (each is also a replacement where those are known)."""
    data = sample(history, instants, pace)
    failures = {history.kinds[place].name for place in history.of_role(Role.FAILURE)}
    kept = [place for place, name in enumerate(data.names) if name.split(":")[0] not in failures]
    return data._replace(names=tuple(data.names[place] for place in kept), values=data.values[:, kept])


def _judged(name: str, model: Predictor, rest: Sample, fitted: Sample, spent: float) -> Iterator[dict[str, Any]]:
    found, own = forecast(model, rest.values), forecast(model, fitted.values)
    for hours in HORIZONS:
        place = int(np.searchsorted(found.hours, hours))
        known = rest.known.known(hours * HOUR)
        label = rest.known.within(hours * HOUR)[known]
        risk = found.risk[known, place]
        threshold = best_threshold(fitted.known.within(hours * HOUR), own.risk[:, place])
        low, high, _, _ = next(one.like for one in model.calibrations if one.hours == hours).interval(risk)
        figures = {
            "base_rate": float(label.mean()),
            "pr_auc": average_precision(label, risk),
            "ece": calibration_error(label, risk),
            "interval_width": float((high - low).mean()),
            **_alarms(rest.chosen(known), risk >= threshold, hours),
        }
        yield {"set": name, "hours": hours, "instants": len(label), "fit_s": round(spent, 1)} | {
            key: round(value, 4) for key, value in figures.items()
        }


def _alarms(data: Sample, alarm: Flags, hours: float) -> dict[str, float]:
    """Alarms by instant, and failures by event: caught if an alarm stood in the hours before; lead from the first one."""
    label = data.known.within(hours * HOUR)
    true = (alarm & label).sum()
    machine, at = data.instants
    due = at + data.known.first
    leads: list[float] = []
    failures = 0
    for one in np.unique(machine[label]):
        for moment in np.unique(due[(machine == one) & label]):
            before = (machine == one) & (at < moment) & (at >= moment - hours * HOUR)
            failures += 1
            leads += [(moment - at[before & alarm].min()) / HOUR] if (before & alarm).any() else []
    wrong = alarm & ~label
    started = wrong & ~(np.r_[False, wrong[:-1]] & np.r_[False, machine[1:] == machine[:-1]])
    months = len(label) / MONTH_D
    return {
        "precision": float(true / max(alarm.sum(), 1)),
        "recall": float(true / max(label.sum(), 1)),
        "failures": float(failures),
        "caught": len(leads) / max(failures, 1),
        "lead_h": float(np.median(leads)) if leads else 0.0,
        "false_alarms_per_machine_month": float(started.sum() / max(months, 1e-9)),
    }
