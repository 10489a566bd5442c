"""A large fleet a part at a time: what is worked out of one machine needs no other's rows, and memory stays bounded.

What concerns its peers is worked out of the whole fleet (`peers`), so a portion knows no groups.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Events, History, Instants, Ints


class Portion(NamedTuple):
    """Some machines' history, numbered from 0, with the instants that are theirs, which stood at ``places``."""

    places: Ints
    history: History
    instants: Instants


def portions(history: History, instants: Instants, machines: int) -> list[Callable[[], Portion]]:
    """All instants, those of so many machines at a time; a portion is made when it is called for, by any thread."""
    asked = np.unique(instants.machine)
    if len(history.machines) <= machines:
        return [partial(Portion, np.arange(len(instants.at)), history, instants)]
    events, instants_order = (np.argsort(rows.machine, kind="stable") for rows in (history.events, instants))
    sorted_ = history._replace(events=Events(*(column[events] for column in history.events)))
    chunks = np.split(asked, range(machines, len(asked), machines))
    return [partial(_portion, sorted_, instants, instants_order, chunk) for chunk in chunks]


def _portion(history: History, instants: Instants, order: Ints, chosen: Ints) -> Portion:
    """``history``: with its events in the order of machines. ``order``: that of the instants. ``chosen``: machines."""
    events, first = history.events, chosen[0]
    rows = slice(*np.searchsorted(events.machine, (first, chosen[-1] + 1)))
    near = Events(*(column[rows] for column in events))
    kept = np.isin(near.machine, chosen)
    asked = instants.machine[order]
    places = order[slice(*np.searchsorted(asked, (first, chosen[-1] + 1)))]
    mine = history._replace(
        machines=tuple(history.machines[place] for place in chosen.tolist()),
        readings=history.readings.of(chosen),
        events=Events(np.searchsorted(chosen, near.machine[kept]), near.at[kept], near.kind[kept]),
        traits=history.traits[chosen],
        since=history.since[chosen],
        until=history.until[chosen],
        groups=None,
    )
    return Portion(places, mine, Instants(np.searchsorted(chosen, instants.machine[places]), instants.at[places]))
