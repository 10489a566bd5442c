"""A new model from the fleet's own history, and whether it replaces the one in use."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.ahead import rhythm
from ai_gateway.prediction.core.features import Features
from ai_gateway.prediction.core.hazard import CUTS
from ai_gateway.prediction.core.predictor import (
    HORIZONS,
    LATER,
    HorizonScore,
    Predictor,
    Sample,
    every,
    fit,
    judge,
    sample,
)
from ai_gateway.prediction.core.types import DAY, History, Ints, Role
from ai_gateway.prediction.outlook import aligned
from ai_gateway.prediction.types import LEAST_DAYS, LEAST_FAILURES, Fleet

MOST_INSTANTS: Final = 200_000
"""Instants that a model is made of, at most: whole devices are drawn."""
JUDGED_H: Final = 168.0
"""The horizon by whose log loss models are compared."""


class Trained(NamedTuple):
    """A model with what it was made of. ``rivals``: scores of the model in use on the same rows.

    ``aged``: its scores on the time after its own training alone.
    """

    model: Predictor
    since: int
    until: int
    devices: int
    failures: int
    better: bool
    reason: str
    rivals: tuple[HorizonScore, ...]
    aged: tuple[HorizonScore, ...] = ()


def enough(fleet: Fleet) -> str | None:
    """Why no model can be trained; ``None`` if one can."""
    failures = int(np.isin(fleet.history.events.kind, fleet.history.of_role(Role.FAILURE)).sum())
    if failures < LEAST_FAILURES:
        return f"{failures} failures are on record, and {LEAST_FAILURES} are needed"
    days = float((fleet.history.until - fleet.history.since).max()) / DAY
    return None if days >= LEAST_DAYS else f"{days:.0f} days are on record, and {LEAST_DAYS:.0f} are needed"


def train(fleet: Fleet, active: Predictor | None, *, learnt: int | None = None, seed: int = 0) -> Trained:
    """Fit, and compare with the model in use on the later part of the time; takes minutes, so call it in a thread.

    ``learnt``: seconds since 1970 up to which the model in use knew the history. Raises ``NothingToLearnError`` if the earlier part of the history holds no failure.
    """
    history = fleet.history
    until = int(history.until.max())
    chosen = every(history, DAY, until, _drawn(history, seed))
    data = sample(history, chosen, rhythm(history, np.unique(chosen.machine), until))
    model = fit(history, data, cuts=CUTS, horizons=HORIZONS, step=DAY, seed=seed)
    rivals: tuple[HorizonScore, ...] = ()
    aged: tuple[HorizonScore, ...] = ()
    if active is not None:
        rivals = tuple(judge(active, _seen(active, _later(data)), HORIZONS))
        since = data.chosen(data.instants.at >= learnt) if learnt is not None else None
        aged = tuple(judge(active, _seen(active, since), HORIZONS)) if since is not None else ()
    better, reason = _better(model.scores, rivals)
    failures = int(np.isin(history.events.kind, history.of_role(Role.FAILURE)).sum())
    return Trained(
        model,
        int(data.instants.at.min()),
        until,
        len(np.unique(data.instants.machine)),
        failures,
        better,
        reason,
        rivals,
        aged,
    )


def _drawn(history: History, seed: int) -> Ints:
    """As many machines as fit with all their instants, ascending."""
    instants = ((history.until - history.since) // DAY).sum()
    share = min(MOST_INSTANTS / max(int(instants), 1), 1.0)
    found: Ints = np.flatnonzero(np.random.default_rng(seed).random(len(history.machines)) < share)
    return found


def _later(data: Sample) -> Sample:
    """The rows that the new model is judged by."""
    start, end = int(data.instants.at.min()), int(data.instants.at.max())
    return data.chosen(data.instants.at >= end - int((end - start) * LATER))


def _seen(active: Predictor, data: Sample) -> Sample:
    """The same rows as the model in use sees them."""
    return data._replace(values=aligned(Features(data.names, data.values), active))


def _better(new: tuple[HorizonScore, ...], old: tuple[HorizonScore, ...]) -> tuple[bool, str]:
    """The new model was fitted before those rows, the old one perhaps not: in doubt the old one stays."""
    mine = next((score for score in new if score.hours == JUDGED_H), None)
    theirs = next((score for score in old if score.hours == JUDGED_H), None)
    if mine is None or not mine.failures:
        return False, "no failure came in the later part of the history, so nothing says how good it is"
    chance = mine.failures / mine.cases
    blind = -(chance * np.log(chance) + (1 - chance) * np.log(1 - chance)) if 0 < chance < 1 else 0.0
    if mine.log_loss >= blind:
        return False, f"log loss {mine.log_loss:.4f} is no better than that of the base rate, {blind:.4f}"
    if theirs is not None and mine.log_loss > theirs.log_loss:
        return (
            False,
            f"log loss {mine.log_loss:.4f} on later data is worse than {theirs.log_loss:.4f} of the model in use",
        )
    return True, f"log loss {mine.log_loss:.4f} on later data, base rate {blind:.4f}"
