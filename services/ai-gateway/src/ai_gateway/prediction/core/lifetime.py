"""Where history is short: a Weibull law of lifetimes, and where there is none, a stated prior."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats

PRIOR_FAILURES: Final = 1.0
PRIOR_YEARS: Final = 2.0
"""What is believed of a machine about which nothing is known: a failure in two years, worth one failure of evidence."""
LEAST: Final = 5
"""Failures from which on a law is fitted."""
_YEAR_H: Final = 8766.0
PRIOR_LIFE_H: Final = PRIOR_YEARS * _YEAR_H
"""Hours that the failure which is believed in takes to come."""


class Law(NamedTuple):
    """``survival(age) = exp(-exp(traits @ weights) * (age / scale) ** shape)``; ages in hours.

    ``failures``: how many it was made of; ``spread``: standard error of the log hazard.
    """

    scale: float
    shape: float
    weights: Floats
    failures: int
    spread: float


def prior_law(failures: int = 0, hours: float = 0.0) -> Law:
    """A constant hazard: the prior's failures and years with those seen (the mean of a Gamma posterior)."""
    total = PRIOR_FAILURES + failures
    rate = total / (PRIOR_LIFE_H + hours)
    return Law(1 / rate, 1.0, np.empty(0), failures, float(1 / np.sqrt(total)))


def fit_law(age: Floats, failed: Flags, traits: Floats) -> Law:
    """Maximum likelihood with a weak pull towards a constant hazard without traits.

    Args: age: ``(n,)`` hours lived. failed: ``(n,)``, or still alive then. traits: ``(n, s)``, without NaN.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 -- 40 MB, which a gateway that never fits does without

    failures = int(failed.sum())
    if failures < LEAST:
        return prior_law(failures, float(age.sum()))
    lived = np.maximum(age, 1.0)
    begin = np.zeros(2 + traits.shape[1])
    begin[0] = np.log(lived.sum() / failures)
    found = minimize(_loss, begin, args=(np.log(lived), failed.astype(float), traits), jac=True, method="L-BFGS-B")
    scale, shape, *weights = found.x
    return Law(float(np.exp(scale)), float(np.exp(shape)), np.array(weights), failures, float(1 / np.sqrt(failures)))


def risk(law: Law, age: Floats, traits: Floats, hours: float) -> Floats:
    """``(n,)``: the probability that a machine that lived to ``age`` fails within ``hours``."""
    factor = np.exp(traits @ law.weights) if len(law.weights) else np.ones(len(age))
    lived = np.maximum(age, 0)
    exponent = factor * (((lived + hours) / law.scale) ** law.shape - (lived / law.scale) ** law.shape)
    found: Floats = -np.expm1(-exponent)
    return found


def risk_interval(law: Law, probability: Floats) -> tuple[Floats, Floats]:
    """``(n,)`` each: the ends of a 90 % interval, from the error of the log hazard."""
    hazard = -np.log1p(-np.minimum(probability, 1 - 1e-12))
    wide = np.exp(1.645 * law.spread)
    return -np.expm1(-hazard / wide), -np.expm1(-hazard * wide)


def _loss(weights: Floats, log_age: Floats, failed: Floats, traits: Floats) -> tuple[float, Floats]:
    """Negative log likelihood and its gradient, by log scale, log shape and the traits' weights."""
    shape = np.exp(weights[1])
    linear = traits @ weights[2:]
    off = log_age - weights[0]
    exponent = np.exp(np.clip(linear + shape * off, -50, 50))
    loss = exponent.sum() - (failed * (linear + shape * off + weights[1])).sum()
    loss += weights[1] ** 2 + (weights[2:] ** 2).sum() / 10
    rest = exponent - failed
    steep = np.r_[-shape * rest.sum(), (rest * shape * off).sum() - failed.sum(), traits.T @ rest]
    pull = np.r_[0.0, 2 * weights[1], weights[2:] / 5]
    return float(loss), steep + pull
