"""One set through the product's engine with the defaults it ships, judged by the protocol."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.detect import SENSITIVITY, Engine
from ai_gateway.health.types import Batch
from ai_gateway.prediction.core.scores import average_precision
from bench.detection.events import pooled, tally
from bench.detection.nab import nab_score, starts_of
from bench.detection.ranking import vus_pr
from bench.detection.sets import PROTOCOLS, Series, load

CHUNK = 512
"""Rows of each device in one batch; verdicts do not depend on it."""
Floats = NDArray[np.float32]


def scored(
    series: Sequence[Series], names: Sequence[str], sensitivity: float = SENSITIVITY
) -> list[tuple[Floats, Floats]]:
    """Score ``(t,)`` and scores of the metrics ``(t, m)`` of each series, all devices of one engine."""
    engine = Engine([metric_named(name) for name in names], sensitivity=sensitivity)
    parts: list[list[tuple[Floats, Floats]]] = [[] for _ in series]
    for start in range(0, max(len(one.at) for one in series), CHUNK):
        chunk = [one.at[start : start + CHUNK] for one in series]
        batch = Batch(
            np.concatenate([np.full(len(at), k, np.int64) for k, at in enumerate(chunk)]),
            np.concatenate(chunk),
            np.concatenate([one.values[start : start + CHUNK] for one in series]),
        )
        verdicts = engine.score(batch)
        for k, part in enumerate(parts):
            mine = batch.device == k
            part.append((verdicts.score[mine], verdicts.metric_score[mine]))
    return [(np.concatenate([p[0] for p in part]), np.concatenate([p[1] for p in part])) for part in parts]


def measure(name: str, folder: Path, sensitivity: float = SENSITIVITY) -> dict[str, object]:
    """The figures of one set as the protocol asks for them, ready for JSON."""
    series = load(name, folder)
    names = [f"{name}_{number}" for number in range(series[0].values.shape[1])]
    began = time.perf_counter()
    results = scored(series, names, sensitivity)
    spent = time.perf_counter() - began
    return judged(name, series, results) | {"us_per_row": round(1e6 * spent / sum(len(one.at) for one in series), 1)}


def judged(name: str, series: Sequence[Series], results: Sequence[tuple[Floats, Floats]]) -> dict[str, object]:
    """What the verdicts are worth, but for their speed. A row that is not judged counts as 0."""
    protocol = PROTOCOLS[name]
    scores = [
        np.nan_to_num(score[one.warm_up :].astype(np.float64)) for one, (score, _) in zip(series, results, strict=True)
    ]
    labels = [one.label[one.warm_up :] for one in series]
    pairs = list(zip(labels, scores, strict=True))
    days = sum(len(one) / whole.rows_per_day for one, whole in zip(scores, series, strict=True))
    accuracy = pooled((tally(score > 1, label, protocol) for label, score in pairs), days)
    figures: dict[str, float] = {
        "f1": accuracy.f1,
        "precision": accuracy.precision,
        "recall": accuracy.recall,
        "false_alarms_per_device_day": accuracy.false_alarms_per_device_day,
        "duty": accuracy.duty,
        "delay_rows": accuracy.delay_rows,
        "auc_pr": _mean([average_precision(label > 0, score) for label, score in pairs]),
        "vus_pr": _mean([vus_pr(label, score, protocol.buffer) for label, score in pairs]),
        "cause_p1": cause_p1(series, results),
    }
    if name == "nab":
        figures["nab_score"] = nab_score(
            [
                (one.event[one.warm_up :], starts_of(score > 1, one.rows_per_day))
                for one, score in zip(series, scores, strict=True)
                if one.event is not None
            ]
        )
    return {"set": name} | {key: None if np.isnan(value) else round(value, 4) for key, value in figures.items()}


def cause_p1(series: Sequence[Series], results: Sequence[tuple[Floats, Floats]]) -> float:
    """How often the metric with the highest mean score over a segment is one that caused it; NaN where none is known."""
    right = []
    for one, (_, metric_scores) in zip(series, results, strict=True):
        for segment in one.culprits:
            rows = metric_scores[one.warm_up + segment.first : one.warm_up + segment.last + 1]
            mean = np.nan_to_num(rows).mean(axis=0)
            right.append(int(np.argmax(mean)) in segment.metrics)
    return float(np.mean(right)) if right else float("nan")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
