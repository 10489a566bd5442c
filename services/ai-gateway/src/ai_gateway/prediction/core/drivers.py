"""Which features moved a prediction, in words of the field."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.hazard import Hazard, stretches
from ai_gateway.prediction.core.types import Floats

MOST: Final = 5
_FIGURES: Final = {
    "last": "newest {subject} against its usual level",
    "base": "usual level of {subject}",
    "spread": "how much {subject} varies",
    "mean": "mean {subject} of {days} days",
    "change": "{subject} of {days} days against its usual level",
    "slope": "daily change of {subject} over {days} days",
    "high": "highest {subject} of {days} days against its usual level",
    "low": "lowest {subject} of {days} days against its usual level",
    "before": "{subject} {days} days before, against its usual level",
    "drift": "{subject} against its first days",
    "excursion": "hours since {subject} was last unusual",
    "since": "hours since the last {subject}",
    "count": "number of {subject} in {days} days",
    "age": "hours that {subject} will have run",
    "trait": "{subject}",
    "due": "hours until the next usual visit",
    "echo": "how likely a usual visit falls on that day",
    "onset": "hours since {subject} became unusual",
    "hours": "how far ahead it is",
}


class Driver(NamedTuple):
    """``name``: of the feature. ``value``: what it was, NaN unknown. ``weight``: its part (-1 … 1) of all that moved."""

    name: str
    text: str
    value: float
    weight: float


def drivers(model: Hazard, features: Floats, hours: float) -> list[Driver]:
    """What moved the risk up to ``hours`` of one instant, ``(f,)``, most first."""
    values = features[None, :]
    moved = np.zeros(len(model.names))
    seen = np.full(len(model.names), np.nan)
    seen[: len(features)] = features
    for begin, end in stretches(model.cuts):
        if begin < hours:
            inputs = np.concatenate([values, model.ahead.values(values, begin, end)], axis=1)
            seen[len(features) :] = np.where(begin == 0, inputs[0, len(features) :], seen[len(features) :])
            for booster in model.band(begin):
                chosen = inputs[:, booster.columns]
                parts = np.mean([trees.contributions(chosen)[0] for trees in booster.trees], axis=0)
                moved[booster.columns] += parts * booster.probability(inputs)[0]
    total = max(float(np.abs(moved).sum()), 1e-12)
    first = [place for place in np.argsort(-np.abs(moved)) if moved[place] and model.names[place] != "lead:hours"]
    return [
        Driver(model.names[place], words(model.names[place]), float(seen[place]), float(moved[place] / total))
        for place in first[:MOST]
    ]


def words(name: str) -> str:
    """A feature's name as a person would say it."""
    subject, figure, *days = name.split(":")
    return _FIGURES[figure].format(subject=subject.replace("_", " "), days=days[0] if days else "")
