"""Azure's fleet: the probability of a failure within a day, two days, a week; with all that is known, and telemetry alone."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.ahead import rhythm
from ai_gateway.prediction.core.features import Features
from ai_gateway.prediction.core.predictor import Predictor, Sample, every, fit, forecast, sample
from ai_gateway.prediction.core.scores import average_precision, best_threshold, calibration_error
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Ints, Role
from ai_gateway.prediction.outlook import aligned
from bench.prediction.azure import DAILY, LATER, load

CUTS: Final = tuple(range(0, 169, 24))
HORIZONS: Final = (24.0, 48.0, 168.0)
MONTH_D: Final = 30.4
FOLDS: Final = 3


class Judged(NamedTuple):
    """``risk``, ``alarm``, ``width`` of the interval: ``(n,)``, of the rows of ``rest``. ``spent``: seconds of the fit."""

    rest: Sample
    risk: Floats
    alarm: Flags
    width: Floats
    spent: float


def measure_failures(folder: Path, scored: Path | None) -> Iterator[dict[str, Any]]:
    """Fit before August, score from then on: each third of the machines by a fit to the others, or another folder's."""
    for name, alone in (("pdm", False), ("pdm_telemetry_alone", True)):
        history = load(folder, telemetry_alone=alone)
        machines = np.arange(len(history.machines))
        if scored:
            parts = [_judged(history, machines, load(scored, telemetry_alone=alone), None)]
        else:
            parts = [_judged(history, machines[machines % FOLDS != fold], history, fold) for fold in range(FOLDS)]
        for place, hours in enumerate(HORIZONS):
            yield {"set": name} | _told([part[place] for part in parts], hours)


def _judged(history: History, taught: Ints, other: History, fold: int | None) -> list[Judged]:
    """What a model of some machines says of others later, by horizon; ``fold``: which machines are scored, or all."""
    pace = rhythm(history, taught, LATER)
    everything = _asked(history, pace)
    machine, at = everything.instants
    fitted = everything.chosen((at < LATER) & np.isin(machine, taught), np.full(len(at), LATER))
    began = time.perf_counter()
    model = fit(history, fitted, cuts=CUTS, horizons=HORIZONS)
    spent = time.perf_counter() - began
    later = everything if other is history else _seen(_asked(other, pace), model)
    machine, at = later.instants
    rest = later.chosen((at >= LATER) & ((machine % FOLDS == fold) if fold is not None else True))
    found, own = forecast(model, rest.values), forecast(model, fitted.values)
    parts = []
    for hours in HORIZONS:
        place = int(np.searchsorted(found.hours, hours))
        known = rest.known.known(hours * HOUR)
        risk = found.risk[known, place]
        threshold = best_threshold(fitted.known.within(hours * HOUR), own.risk[:, place])
        low, high, _, _ = next(one.like for one in model.calibrations if one.hours == hours).interval(risk)
        parts.append(Judged(rest.chosen(known), risk, risk >= threshold, high - low, spent))
    return parts


def _asked(history: History, pace: float | None) -> Sample:
    """Daily instants; failures are what is predicted, and no feature (each is also a replacement where those are known)."""
    data = sample(history, every(history, DAY, DAILY), pace)
    failures = {history.kinds[place].name for place in history.of_role(Role.FAILURE)}
    kept = [place for place, name in enumerate(data.names) if name.split(":")[0] not in failures]
    return data._replace(names=tuple(data.names[place] for place in kept), values=data.values[:, kept])


def _seen(data: Sample, model: Predictor) -> Sample:
    """As the model knows it: another folder may lack a kind of event, or have one more."""
    return data._replace(names=model.asks, values=aligned(Features(data.names, data.values), model))


def _told(parts: list[Judged], hours: float) -> dict[str, Any]:
    label = np.concatenate([part.rest.known.within(hours * HOUR) for part in parts])
    risk = np.concatenate([part.risk for part in parts])
    figures = {
        "base_rate": float(label.mean()),
        "pr_auc": average_precision(label, risk),
        "ece": calibration_error(label, risk),
        "interval_width": float(np.concatenate([part.width for part in parts]).mean()),
        **_alarms(parts, hours),
    }
    spent = sum(part.spent for part in parts)
    return {"hours": hours, "instants": len(label), "fit_s": round(spent, 1)} | {
        key: round(value, 4) for key, value in figures.items()
    }


def _alarms(parts: list[Judged], hours: float) -> dict[str, float]:
    """Alarms by instant, and failures by event: caught if an alarm stood in the hours before; lead from the first one."""
    true = alarms = instants = failing = started = failures = 0
    leads: list[float] = []
    for part in parts:
        label, alarm = part.rest.known.within(hours * HOUR), part.alarm
        machine, at = part.rest.instants
        due = at + part.rest.known.first
        for one in np.unique(machine[label]):
            for moment in np.unique(due[(machine == one) & label]):
                before = (machine == one) & (at < moment) & (at >= moment - hours * HOUR)
                failures += 1
                leads += [(moment - at[before & alarm].min()) / HOUR] if (before & alarm).any() else []
        wrong = alarm & ~label
        started += int((wrong & ~(np.r_[False, wrong[:-1]] & np.r_[False, machine[1:] == machine[:-1]])).sum())
        true, alarms = true + int((alarm & label).sum()), alarms + int(alarm.sum())
        instants, failing = instants + len(label), failing + int(label.sum())
    return {
        "precision": true / max(alarms, 1),
        "recall": true / max(failing, 1),
        "failures": float(failures),
        "caught": len(leads) / max(failures, 1),
        "lead_h": float(np.median(leads)) if leads else 0.0,
        "false_alarms_per_machine_month": started / max(instants / MONTH_D, 1e-9),
    }
