"""How a machine's peers fare: what failed and what went wrong lately among the others of its group, such as a site."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ai_gateway.prediction.core.types import DAY, Floats, History, Instants, Role
from ai_gateway.prediction.core.windows import ordered

DAYS: Final = (1, 7)
"""Windows of the recent past."""
FIGURES: Final = {Role.FAILURE: "failures", Role.ERROR: "troubles"}


def peers(history: History, instants: Instants) -> Iterator[tuple[str, Floats]]:
    """Events of the group's other machines at or before each instant, per machine of them; NaN for one that is alone.

    Peers are those that were watched by then. What may turn out only later to have been a failure does not count.
    """
    if history.groups is None:
        return
    group = history.groups[instants.machine]
    asked = Instants(group, instants.at)
    there = ordered(history.groups, history.since).counts(asked, None)
    others = np.where((there > 1) & (group >= 0), there - 1, np.nan)
    for role, figure in FIGURES.items():
        kinds = [place for place in history.of_role(role) if not history.kinds[place].late]
        chosen = np.isin(history.events.kind, kinds)
        machine, at = history.events.machine[chosen], history.events.at[chosen]
        own, whole = ordered(machine, at), ordered(history.groups[machine], at)
        for days in DAYS:
            count = whole.counts(asked, days * DAY) - own.counts(instants, days * DAY)
            yield f"peers:{figure}:{days}", count / others
