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
    "failures": "failures in {days} days at its site, for each other device",
    "troubles": "signs of trouble in {days} days at its site, for each other device",
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


def drivers(model: Hazard, features: Floats, hours: float) -> list[list[Driver]]:
    """What moved the risk up to ``hours`` of each instant, ``(n, f)``, most first."""
    moved = np.zeros((len(features), len(model.names)))
    seen = np.full(moved.shape, np.nan)
    seen[:, : features.shape[1]] = features
    for begin, end in stretches(model.cuts):
        if begin < hours:
            inputs = np.concatenate([features, model.ahead.values(features, begin, end)], axis=1)
            if begin == 0:
                seen[:, features.shape[1] :] = inputs[:, features.shape[1] :]
            for booster in model.band(begin):
                chosen = inputs[:, booster.columns]
                parts = np.mean([trees.contributions(chosen) for trees in booster.trees], axis=0)
                moved[:, booster.columns] += parts * booster.probability(inputs)[:, None]
    return [_most(model.names, *row) for row in zip(seen, moved, strict=True)]


def _most(names: tuple[str, ...], seen: Floats, moved: Floats) -> list[Driver]:
    total = max(float(np.abs(moved).sum()), 1e-12)
    first = [place for place in np.argsort(-np.abs(moved)) if moved[place] and names[place] != "lead:hours"]
    return [
        Driver(names[place], words(names[place]), float(seen[place]), float(moved[place] / total))
        for place in first[:MOST]
    ]


def words(name: str) -> str:
    """A feature's name as a person would say it."""
    subject, figure, *days = name.split(":")
    return _FIGURES[figure].format(subject=subject.replace("_", " "), days=days[0] if days else "")
