"""The predictor of failures: fitted on a history, calibrated on its later part, asked about a moment."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.ahead import learn_ahead
from ai_gateway.prediction.core.calibrate import Comparable, Line, calibrated, comparable, fit_line
from ai_gateway.prediction.core.drift import Reference, reference
from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.hazard import CUTS, Hazard, bands, cumulative, fit_hazard
from ai_gateway.prediction.core.outcomes import Outcomes, outcomes
from ai_gateway.prediction.core.scores import average_precision, calibration_error, log_loss
from ai_gateway.prediction.core.trees import USUAL, Shape
from ai_gateway.prediction.core.types import DAY, HOUR, Flags, Floats, History, Instants, Ints

HORIZONS: Final = (24.0, 48.0, 168.0, 720.0)
"""Hours for which a model is calibrated and judged."""
LATER: Final = 0.25
"""The share of the time, at its end, that calibrates."""


class NothingToLearnError(ValueError):
    """The history holds no failure early enough to learn from."""


class HorizonScore(NamedTuple):
    """How a model did on later time than it was fitted to. ``cases``: instants, ``failures``: those followed by one."""

    hours: float
    cases: int
    failures: int
    precision_recall: float
    calibration: float
    log_loss: float


class Calibration(NamedTuple):
    """The later cases of one horizon."""

    hours: float
    like: Comparable


class Predictor(NamedTuple):
    """``lines``: one for each stretch. ``scores``: of the model fitted to the earlier part alone, on the later part.

    ``usual``: how the features that it uses lay in the later part.
    """

    hazard: Hazard
    lines: tuple[Line, ...]
    calibrations: tuple[Calibration, ...]
    scores: tuple[HorizonScore, ...]
    usual: Reference

    @property
    def asks(self) -> tuple[str, ...]:
        """The features that it takes, in their order."""
        return self.hazard.names[: len(self.hazard.names) - len(self.hazard.ahead.names)]

    def lean(self) -> "Predictor":
        """The same, asking for those features alone that it uses."""
        hazard, kept = self.hazard.lean()
        columns = np.searchsorted(kept, self.usual.columns)
        return self._replace(hazard=hazard, usual=self.usual._replace(columns=columns))


class Forecast(NamedTuple):
    """What is ahead.

    ``hours``: ``(k,)`` ends of stretches. ``risk``: ``(n, k)`` calibrated probability of a failure up to then, never
    falling. ``by_kind``: ``(n, k, groups)`` each group's share (0-1) of the risk up to then.
    """

    hours: Floats
    risk: Floats
    by_kind: Floats


class Sample(NamedTuple):
    """Instants with what was known and what came."""

    instants: Instants
    names: tuple[str, ...]
    values: Floats
    known: Outcomes

    def chosen(self, rows: Flags, until: Ints | None = None) -> "Sample":
        """Some rows; ``until``: as if nothing after that time were known yet."""
        instants = Instants(self.instants.machine[rows], self.instants.at[rows])
        after, left = self.known.after[rows], self.known.left[rows]
        if until is not None:
            left = np.minimum(left, until[rows] - instants.at)
            after = np.where(after <= left[:, None], after, np.inf)
        return Sample(instants, self.names, self.values[rows], Outcomes(after, left))


def every(history: History, seconds: int, start: int, machines: Ints | None = None) -> Instants:
    """Instants of some machines (by default all) while they were watched, each ``seconds``, in step with ``start``."""
    chosen = np.arange(len(history.machines)) if machines is None else machines
    since, until = history.since[chosen], history.until[chosen]
    first = since + (start - since) % seconds
    count = np.maximum(-(-(until - first) // seconds), 0)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return Instants(np.repeat(chosen, count).astype(np.int64), np.repeat(first, count) + seconds * place)


def sample(history: History, instants: Instants, rhythm: float | None = None) -> Sample:
    """Features and outcomes of instants. ``rhythm``: as `features` takes it."""
    found = features(history, instants, rhythm)
    return Sample(instants, found.names, found.values, outcomes(history, instants))


def fit(
    history: History,
    data: Sample,
    *,
    cuts: Sequence[float] = CUTS,
    horizons: Sequence[float] = HORIZONS,
    step: int = DAY,
    shape: Shape = USUAL,
    seed: int = 0,
) -> Predictor:
    """Fit on all of the data; the calibration and the scores come from a fit to its earlier part.

    Args:
        history: for what is known ahead, of the machines and the time of the data.
        data: instants in step; raises ``NothingToLearnError`` without a failure in the earlier part.
        cuts: hours between which the stretches ahead lie.
        horizons: hours, each one of ``cuts``.
        step: seconds between a machine's instants.
        shape: of the boosters.
        seed: of everything drawn.
    """
    machines = np.unique(data.instants.machine)
    start, end = int(data.instants.at.min()), int(data.instants.at.max())
    border = end - int((end - start) * LATER)
    early = data.chosen(data.instants.at < border, np.full(len(data.instants.at), border))
    if not np.isfinite(early.known.after).any():
        raise NothingToLearnError("no failure in the earlier part of the history")
    ahead = learn_ahead(history, data.names, machines, border)
    trial = fit_hazard(data.names, early.values, early.known, ahead, cuts, shape, seed)
    del early  # three quarters of the data: not to be held while all of them are fitted
    late = data.chosen(data.instants.at >= border)
    usual = reference(late.values, trial.used[:0])
    tried = Predictor(trial, _lines(trial, late, step), (), (), usual)
    like = tuple(_like(tried, late, horizons, step))
    scores = tuple(judge(tried, late, horizons))
    ahead = learn_ahead(history, data.names, machines, int((data.instants.at + data.known.left).max()))
    whole = fit_hazard(data.names, data.values, data.known, ahead, cuts, shape, seed)
    return Predictor(whole, tried.lines, like, scores, reference(late.values, whole.used))


def forecast(model: Predictor, values: Floats) -> Forecast:
    """What is ahead of instants with these features."""
    risks = calibrated(model.lines, model.hazard.risks(values))
    hours = np.array(model.hazard.cuts[1:], float)
    share = np.cumsum(-np.log1p(-np.clip(risks, 0, 1 - 1e-9)), axis=1)
    total = np.maximum(share.sum(axis=2, keepdims=True), 1e-12)
    return Forecast(hours, cumulative(risks), share / total)


def judge(model: Predictor, data: Sample, horizons: Sequence[float]) -> list[HorizonScore]:
    """How a model does on data that it was not fitted to."""
    found = forecast(model, data.values)
    scores = []
    for hours in horizons:
        known = data.known.known(hours * HOUR)
        label = data.known.within(hours * HOUR)[known]
        risk = found.risk[known, int(np.searchsorted(found.hours, hours))]
        if len(label):
            quality = average_precision(label, risk), calibration_error(label, risk), log_loss(label, risk)
            scores.append(HorizonScore(hours, len(label), int(label.sum()), *quality))
    return scores


def _lines(trial: Hazard, late: Sample, step: int) -> tuple[Line, ...]:
    """A line for each stretch, the same for those of a band: what is sure of tomorrow says nothing of next week."""
    raw = 1 - np.prod(1 - trial.risks(late.values), axis=2)
    lines: list[Line] = []
    for inside in bands(trial.cuts):
        label, told = [], []
        for place, (begin, end) in enumerate(inside, len(lines)):
            live = (late.known.first > begin * HOUR) & (late.known.left >= end * HOUR)
            label.append(late.known.first[live] <= end * HOUR)
            told.append(raw[live, place])
        failed = np.concatenate(label)
        overlap = max((inside[-1][1] - inside[0][0]) * HOUR / step, 1.0)
        lines += [fit_line(failed, np.concatenate(told), overlap) if failed.any() else Line()] * len(inside)
    return tuple(lines)


def _like(tried: Predictor, late: Sample, horizons: Sequence[float], step: int) -> Iterator[Calibration]:
    found = forecast(tried, late.values)
    for hours in horizons:
        known = late.known.known(hours * HOUR)
        label = late.known.within(hours * HOUR)[known]
        told = found.risk[known, int(np.searchsorted(found.hours, hours))]
        yield Calibration(hours, comparable(label, told, max(hours * HOUR / step, 1.0)))
