"""What the other machines of a site tell of one."""

import numpy as np

from ai_gateway.prediction.core.drivers import words
from ai_gateway.prediction.core.features import features
from ai_gateway.prediction.core.peers import peers
from ai_gateway.prediction.core.predictor import every, fit, forecast, sample
from ai_gateway.prediction.core.scores import average_precision
from ai_gateway.prediction.core.types import DAY, HOUR, Events, History, Instants, Kind, Readings, Role
from tests.unit.prediction.histories import START

KINDS = (
    Kind("trouble", Role.ERROR, "trouble"),
    Kind("breakdown", Role.FAILURE, "breakdown"),
    Kind("critical", Role.FAILURE, "critical anomaly", late=True),
)
NOTHING = np.empty(0, np.int64)


def fleet(
    groups: list[int], events: list[tuple[int, int, int]], since: list[int] | None = None, days: int = 90
) -> History:
    """Machines at sites, without readings. ``events``: machine, time, kind."""
    count = len(groups)
    machine, at, kind = np.array(events, np.int64).reshape(-1, 3).T
    return History(
        machines=tuple(map(str, range(count))),
        metrics=(),
        kinds=KINDS,
        trait_names=(),
        readings=Readings(NOTHING, NOTHING, np.empty((0, 0))),
        events=Events(machine, at, kind),
        traits=np.empty((count, 0)),
        since=np.array(since or [START] * count),
        until=np.full(count, START + days * DAY),
        groups=np.array(groups),
    )


def test_events_of_the_others_at_the_site_are_counted_for_each_of_them() -> None:
    now = START + 30 * DAY
    events = [
        (0, now - HOUR, 1),  # its own
        (1, now - HOUR, 1),
        (2, now - 3 * DAY, 1),
        (2, now - 2 * HOUR, 0),
        (1, now - HOUR, 2),  # may have turned out later
        (1, now + HOUR, 1),  # to come
        (3, now - HOUR, 1),  # elsewhere
    ]
    history = fleet([7, 7, 7, 8, -1], events)
    found = dict(peers(history, Instants(np.array([0, 3, 4]), np.full(3, now))))
    assert {name: column[0] for name, column in found.items()} == {
        "peers:failures:1": 0.5,
        "peers:failures:7": 1.0,
        "peers:troubles:1": 0.5,
        "peers:troubles:7": 0.5,
    }
    assert all(np.isnan(column[1:]).all() for column in found.values())


def test_a_device_that_came_later_is_no_peer_yet_and_without_sites_there_is_nothing() -> None:
    now = START + 30 * DAY
    history = fleet([7, 7, 7], [(1, now - HOUR, 1)], [START, START, now + DAY])
    asked = Instants(np.array([0]), np.array([now]))
    assert dict(peers(history, asked))["peers:failures:1"] == [1.0]
    assert dict(peers(history._replace(groups=None), asked)) == {}
    assert words("peers:failures:7") == "failures in 7 days at its site, for each other device"


def test_trouble_that_spreads_at_a_site_is_foreseen_by_the_others_alone() -> None:
    """Every third bad day of a site begins with one device, and the others follow on the next."""
    rng = np.random.default_rng(4)
    sites, size, days = 60, 5, 90
    events = []
    for site in range(sites):
        for day in np.flatnonzero(rng.random(days - 2) < 0.04):
            first = int(rng.integers(size))
            spreads = day % 3 == 0
            for one in range(size) if spreads else [first]:
                later = DAY * (one != first)
                events.append((site * size + one, int(START + day * DAY + later + rng.integers(DAY // 2, DAY)), 1))
    history = fleet([site for site in range(sites) for _ in range(size)], events, days=days)

    def precision(known: History) -> float:
        data = sample(known, every(known, DAY, START + days * DAY))
        late = data.instants.at >= START + 60 * DAY
        model = fit(known, data.chosen(~late, np.full(len(late), START + 60 * DAY)))
        risk = forecast(model, data.values[late]).risk[:, list(forecast(model, data.values[:1]).hours).index(24.0)]
        return average_precision(data.known.within(DAY)[late], risk)

    with_peers, without = precision(history), precision(history._replace(groups=None))
    assert "peers:failures:1" in features(history, Instants(np.array([0]), np.array([START + DAY]))).names
    assert with_peers > 2 * without
