"""A large fleet a part at a time: what is worked out of one machine needs no other's rows, and memory stays bounded."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ai_gateway.prediction.core.types import Events, History, Instants, Ints, Readings


class Portion(NamedTuple):
    """Some machines' history, numbered from 0, with the instants that are theirs, which stood at ``places``."""

    places: Ints
    history: History
    instants: Instants


def portions(history: History, instants: Instants, machines: int) -> Iterator[Portion]:
    """All instants, those of so many machines at a time."""
    count = len(history.machines)
    if count <= machines:
        yield Portion(np.arange(len(instants.at)), history, instants)
        return
    edges = np.arange(0, count + machines, machines)
    readings, events, asked = (_sorted(rows.machine, edges) for rows in (history.readings, history.events, instants))
    for part, low in enumerate(edges[:-1]):
        high = min(int(low) + machines, count)
        rows, happened, places = (order[ends[part] : ends[part + 1]] for order, ends in (readings, events, asked))
        mine = history._replace(
            machines=history.machines[low:high],
            readings=Readings(
                history.readings.machine[rows] - low, history.readings.at[rows], history.readings.values[rows]
            ),
            events=Events(
                history.events.machine[happened] - low, history.events.at[happened], history.events.kind[happened]
            ),
            traits=history.traits[low:high],
            since=history.since[low:high],
            until=history.until[low:high],
        )
        yield Portion(places, mine, Instants(instants.machine[places] - low, instants.at[places]))


def _sorted(machine: Ints, edges: Ints) -> tuple[Ints, Ints]:
    """Where the rows of each machine stand, and where in that the portions begin."""
    order = np.argsort(machine, kind="stable")
    return order, np.searchsorted(machine[order], edges)
