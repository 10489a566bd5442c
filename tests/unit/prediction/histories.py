"""Small made-up fleets for the predictor's tests."""

import numpy as np

from ai_gateway.prediction.core.types import DAY, HOUR, Events, History, Kind, Readings, Role

KINDS = (
    Kind("fault", Role.ERROR, "fault"),
    Kind("part", Role.REPLACEMENT, "part"),
    Kind("breakdown", Role.FAILURE, "breakdown"),
)
START = 1_600_000_000 // DAY * DAY


def announced(machines: int = 40, days: int = 90, seed: int = 0) -> History:
    """Breakdowns come out of the blue at random; two of three have faults and heat in the day before."""
    rng = np.random.default_rng(seed)
    machine, at, kind = [], [], []
    heat = rng.normal(40, 1, (machines, days))
    for one in range(machines):
        for day in np.flatnonzero(rng.random(days) < 0.04):
            signs = rng.random() < 2 / 3 and day > 0
            if signs:
                heat[one, day - 1] += 8
            moments = [(START + day * DAY - 5 * HOUR, 0)] * int(signs) + [(START + day * DAY + 3 * HOUR, 2)]
            moments += [(START + day * DAY + 5 * HOUR, 1)]
            for moment, which in moments:
                machine.append(one)
                at.append(moment)
                kind.append(which)
    rows = np.repeat(np.arange(machines), days)
    times = np.tile(START + np.arange(days) * DAY + 20 * HOUR, machines)
    return History(
        machines=tuple(f"m{one}" for one in range(machines)),
        metrics=("heat",),
        kinds=KINDS,
        trait_names=("years",),
        readings=Readings(rows, times, heat.reshape(-1, 1)),
        events=Events(np.array(machine), np.array(at), np.array(kind)),
        traits=rng.integers(1, 9, (machines, 1)).astype(float),
        since=np.full(machines, START),
        until=np.full(machines, START + days * DAY),
    )


def visited(machines: int = 40, rounds: int = 12, rhythm: int = 10, seed: int = 0) -> History:
    """Breakdowns fall on a machine's visits, which nobody recorded, after a day of heat; on other days heat means nothing."""
    rng = np.random.default_rng(seed)
    days = rounds * rhythm
    heat = rng.normal(40, 1, (machines, days))
    heat[rng.random((machines, days)) < 0.06] += 10
    visits = rng.integers(0, rhythm, (machines, 1)) + rhythm * np.arange(rounds)
    machine, place = np.nonzero((rng.random(visits.shape) < 0.4) & (visits > 0))
    day = visits[machine, place]
    heat[machine, day - 1] = rng.normal(50, 1, len(day))
    rows = np.repeat(np.arange(machines), days)
    return announced(machines, days)._replace(
        readings=Readings(rows, np.tile(START + (np.arange(days) + 1) * DAY, machines), heat.reshape(-1, 1)),
        kinds=KINDS[2:],
        events=Events(machine, START + (day + 1) * DAY, np.zeros(len(day), np.int64)),
    )


def truncated(history: History, until: int) -> History:
    """As the same database looked at that time."""
    readings, events = history.readings, history.events
    old, known = readings.at <= until, events.at <= until
    return history._replace(
        readings=Readings(readings.machine[old], readings.at[old], readings.values[old]),
        events=Events(events.machine[known], events.at[known], events.kind[known]),
        until=np.minimum(history.until, until),
    )
