"""Whether a fleet still looks like the one that a model was fitted to: the population stability index of each feature."""

from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats, Ints

TENTHS: Final = np.arange(1, 10) / 10
SHIFTED: Final = 0.25
"""An index above this is a major shift by the rule of thumb (Siddiqi, 2006: Credit Risk Scorecards)."""
_LEAST_SHARE: Final = 1e-3


class Reference(NamedTuple):
    """How features lay. ``columns``: ``(k,)``. ``edges``: ``(k, 9)`` their tenths. ``share``: ``(k, 11)``, unknown last."""

    columns: Ints
    edges: Floats
    share: Floats


def reference(values: Floats, columns: Ints) -> Reference:
    """Of some columns of ``(n, f)`` features."""
    edges = np.zeros((len(columns), len(TENTHS)))
    for place, column in enumerate(columns):
        known = values[~np.isnan(values[:, column]), column]
        edges[place] = np.quantile(known, TENTHS) if len(known) else 0
    return Reference(columns, edges, _shares(values, columns, edges))


def shifted(usual: Reference, values: Floats) -> Flags:
    """``(k,)``: which features lie elsewhere now. ``values``: ``(n, f)``.

    Taken off is what chance alone does in so few rows: the index times them is nearly chi-squared, with two deviations.
    """
    rows, parts = max(len(values), 1), usual.share.shape[1]
    told = np.maximum(usual.share, _LEAST_SHARE)
    seen = (_shares(values, usual.columns, usual.edges) * rows + 0.5) / (rows + 0.5 * parts)
    index = ((seen - told) * np.log(seen / told)).sum(axis=1)
    free = parts - 1
    found: Flags = index - (free + 2 * np.sqrt(2 * free)) / rows > SHIFTED
    return found


def _shares(values: Floats, columns: Ints, edges: Floats) -> Floats:
    shares = np.zeros((len(columns), len(TENTHS) + 2))
    for place, column in enumerate(columns):
        chosen = values[:, column]
        part = np.where(np.isnan(chosen), len(TENTHS) + 1, np.searchsorted(edges[place], chosen))
        shares[place] = np.bincount(part, minlength=shares.shape[1])
    return shares / max(len(values), 1)
