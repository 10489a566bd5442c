"""Two months of a healthy sample fleet, as the worker keeps them, with changes of configuration that did nothing and errors by chance."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import psycopg

from dev.homepot.pg import as_json
from dev.homepot.sample.events import BACKGROUND
from dev.simulation.fleet import METRICS, TYPES, Fleet, make_fleet
from dev.simulation.simulate import Simulation

DAYS = 66
"""30 days are looked back from each of 30 days, and hours before them, for the first one's changes."""
STEP_S = 1800.0
CHANGES_A_MONTH = 3
"""Of each device; a site as a whole has as many."""
ERRORS_A_DAY = 0.15
BURSTS_A_MONTH = 0.5
"""Of each device, with some ten errors within the hour: errors seldom come alone."""
PARAMETERS = ("screen_timeout_s", "sync_interval_s", "log_level", "cache_mb", "language", "receipt_footer")


class Device(NamedTuple):
    """One in service: HOMEPOT's integer, public id and type, and its site's integer and public id."""

    id: int
    device_id: str
    type: str
    site: int
    site_id: str


def devices_of(homepot_url: str) -> list[Device]:
    """Those in service."""
    query = """
        SELECT d.id, d.device_id, d.device_type, s.id, s.site_id FROM devices AS d JOIN sites AS s ON s.id = d.site_id
        WHERE d.is_active AND d.lifecycle_state IN ('active', 'pending') AND s.is_active ORDER BY d.id
    """
    with psycopg.connect(homepot_url) as homepot:
        return [Device(*row) for row in homepot.execute(query)]


def fleet_of(devices: list[Device], seed: int) -> Fleet:
    """A simulated one with a device of the same type, where there is one, for each; its sites are the sample's."""
    made = make_fleet(len(devices), STEP_S, seed)
    left = list(range(len(devices)))
    order = []
    for device in devices:
        fits = [at for at in left if TYPES[made.kind[at]] == device.type] or left
        order.append(fits[0])
        left.remove(fits[0])
    sites = sorted({device.site for device in devices})
    taken = np.array(order)
    chosen = {name: getattr(made, name)[taken] for name in made._fields if name not in {"sites", "device", "site"}}
    return made._replace(**chosen, site=np.array([sites.index(device.site) for device in devices]))


def hours_of(devices: list[Device], end: datetime, seed: int) -> np.ndarray:
    """``(devices, hours, metrics, 2)``: samples and sums of every whole hour up to ``end``, which is on the hour."""
    begin = end - timedelta(days=DAYS)
    span = (begin.timestamp(), end.timestamp())
    found = np.zeros((len(devices), DAYS * 24, len(METRICS), 2))
    for page in Simulation(fleet_of(devices, seed), span, STEP_S, [], seed).pages(6 * 3600):
        rows = page.readings
        hour = ((rows.at - span[0]) // 3600).astype(int)
        inside = (hour >= 0) & (hour < found.shape[1])
        known = np.isfinite(rows.values) & inside[:, None]
        at = (rows.device - 1, np.clip(hour, 0, found.shape[1] - 1))
        np.add.at(found[..., 0], at, known)
        np.add.at(found[..., 1], at, np.where(known, rows.values, 0))
    return found


def keep(own_url: str, devices: list[Device], end: datetime, hours: np.ndarray, last: int = DAYS) -> None:
    """Write days, and the hours of the ``last`` ones, as the worker does."""
    begin = end - timedelta(days=DAYS)
    with psycopg.connect(own_url) as own, own.cursor() as cursor:
        cursor.execute("DELETE FROM ai_reading_hours")
        cursor.execute("DELETE FROM ai_reading_days")
        cursor.executemany(
            "INSERT INTO ai_metrics (position, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            list(enumerate(METRICS, start=1)),
        )
        columns = "hour, device, site, samples, total, low, high, latest, latest_at"
        with cursor.copy(f"COPY ai_reading_hours ({columns}) FROM STDIN") as copy:
            for number, device in enumerate(devices):
                for hour in range(hours.shape[1] - 24 * last, hours.shape[1]):
                    samples, total = hours[number, hour, :, 0], hours[number, hour, :, 1]
                    if samples.any():
                        mean = (total / np.maximum(samples, 1)).tolist()
                        at = begin + timedelta(hours=hour)
                        copy.write_row(
                            (at, device.id, device.site, samples.astype(int).tolist(), total.tolist(), *[mean] * 3, at)
                        )
        with cursor.copy("COPY ai_reading_days (day, device, samples, total) FROM STDIN") as copy:
            first = begin.replace(hour=0) + timedelta(days=1)
            skip = int((first - begin).total_seconds() // 3600)
            for number, device in enumerate(devices):
                for day in range((hours.shape[1] - skip) // 24):
                    of_day = hours[number, skip + 24 * day : skip + 24 * (day + 1)].sum(axis=0)
                    at = first + timedelta(days=day)
                    copy.write_row((at, device.id, of_day[:, 0].astype(int).tolist(), of_day[:, 1].tolist()))


def chance_errors(devices: list[Device], end: datetime, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Rows of error_logs: single ones and bursts, of any kind on any device."""
    for device in devices:
        for seconds in rng.uniform(0, DAYS * 86_400, rng.poisson(ERRORS_A_DAY * DAYS)):
            yield error(device, end - timedelta(seconds=float(seconds)), int(rng.integers(len(BACKGROUND))))
        for seconds in rng.uniform(0, DAYS * 86_400, rng.poisson(BURSTS_A_MONTH * DAYS / 30)):
            kind, many = int(rng.integers(len(BACKGROUND))), rng.uniform(0, 3000, 1 + rng.poisson(9))
            yield from (error(device, end - timedelta(seconds=float(seconds + one)), kind) for one in many)


def error(device: Device, at: datetime, kind: int) -> tuple[object, ...]:
    """One row of error_logs."""
    category, severity, code, message = BACKGROUND[kind]
    return at.replace(tzinfo=None), category, severity, code, message, as_json({"device_id": device.device_id})


def idle_changes(devices: list[Device], end: datetime, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Rows of configuration_history: by day, at whole and half hours, of devices and of sites."""
    whose = [("device", one.device_id) for one in devices] + [("site", one) for one in {x.site_id for x in devices}]
    for kind, key in sorted(whose):
        for back in rng.integers(2, 2 * DAYS, rng.poisson(CHANGES_A_MONTH * DAYS / 30)):
            at = end - timedelta(hours=12 * int(back), minutes=30 * int(rng.integers(0, 8)))
            parameter = PARAMETERS[rng.integers(len(PARAMETERS))]
            yield change(kind, key, at, parameter, int(rng.integers(1, 9)), int(rng.integers(10, 99)))


def change(kind: str, key: str, at: datetime, parameter: str, old: object, new: object) -> tuple[object, ...]:
    """One row of configuration_history."""
    values = (as_json({"value": old}), as_json({"value": new}))
    return at.replace(tzinfo=None), kind, key, parameter, *values, "ada@homepot.example", False


def write_past(
    homepot_url: str, errors: Iterable[tuple[object, ...]], changes: Iterable[tuple[object, ...]], *, anew: bool = True
) -> None:
    """Put these rows in place of the sample's own."""
    with psycopg.connect(homepot_url) as homepot, homepot.cursor() as cursor:
        if anew:
            cursor.execute("DELETE FROM error_logs")
            cursor.execute("DELETE FROM configuration_history")
        cursor.executemany(
            "INSERT INTO error_logs (timestamp, category, severity, error_code, error_message, context)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            list(errors),
        )
        cursor.executemany(
            "INSERT INTO configuration_history (timestamp, entity_type, entity_id, parameter_name, old_value, new_value,"
            " changed_by, was_rolled_back) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            list(changes),
        )
