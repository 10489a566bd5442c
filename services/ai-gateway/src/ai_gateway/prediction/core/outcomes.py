"""What came after each instant, as far as it is known: the answer that a model is fitted to and judged by."""

from typing import NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Flags, Floats, History, Instants, Ints, Role
from ai_gateway.prediction.core.windows import ordered


class Outcomes(NamedTuple):
    """What came, in seconds.

    ``after``: ``(n, kinds)`` to the next failure of each kind, infinity without one. ``left``: ``(n,)`` for which the
    machine was still watched.
    """

    after: Floats
    left: Floats

    @property
    def first(self) -> Floats:
        """``(n,)``: seconds to the next failure of any kind."""
        found: Floats = self.after.min(axis=1, initial=np.inf)
        return found

    def within(self, seconds: float) -> Flags:
        """``(n,)``: whether a failure came in that time."""
        return self.first <= seconds

    def known(self, seconds: float) -> Flags:
        """``(n,)``: whether it is known if a failure came in that time."""
        return self.left >= seconds


def outcomes(history: History, instants: Instants) -> Outcomes:
    """Of every instant, by kind of failure in the order of ``history.of_role(Role.FAILURE)``."""
    columns = [_until_next(history, instants, kind) for kind in history.of_role(Role.FAILURE)]
    after = np.stack(columns, axis=1) if columns else np.empty((len(instants.at), 0))
    left = (history.until[instants.machine] - instants.at).astype(float)
    return Outcomes(np.where(after <= left[:, None], after, np.inf), left)


def _until_next(history: History, instants: Instants, kind: int) -> Floats:
    events = history.events
    chosen = events.kind == kind
    rows = ordered(events.machine[chosen], events.at[chosen])
    place: Ints = rows.bounds(instants, None)[1]
    if not len(rows.key):
        return np.full(len(place), np.inf)
    here = np.minimum(place, len(rows.key) - 1)
    same = (place < len(rows.key)) & (rows.machine[here] == instants.machine)
    return np.where(same, rows.at[here] - instants.at, np.inf)
