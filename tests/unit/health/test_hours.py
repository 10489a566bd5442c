"""Readings summed up by device and hour, and how numbers become Postgres' binary rows."""

import numpy as np
import pytest

from ai_gateway.health.copying import binary_rows, timestamps
from ai_gateway.health.hours import by_hour
from ai_gateway.health.types import Batch
from tests.unit.health.pages import NOW


def batch(*rows: tuple[int, float, float, float]) -> Batch:
    """Device, seconds after `NOW`, and two metrics."""
    return Batch(
        np.array([row[0] for row in rows], np.int64),
        np.array([NOW + row[1] for row in rows]),
        np.array([row[2:] for row in rows], np.float32).reshape(-1, 2),
    )


def test_sums_by_device_and_hour() -> None:
    nan = np.nan
    rows = batch((2, 10, 5, nan), (1, 3599, 7, 1), (1, 0, 1, nan), (1, 3600, 9, 2), (1, 1800, 4, 3), (1, 1900, nan, 2))
    found = by_hour(rows, np.array([20, 10, 10, 10, 10, 10]))
    assert found.device.tolist() == [1, 1, 2]
    assert found.site.tolist() == [10, 10, 20]
    assert found.hour.tolist() == timestamps(np.array([NOW, NOW + 3600, NOW])).tolist()
    assert found.samples.tolist() == [[3, 3], [1, 1], [1, 0]]
    assert found.total.tolist() == [[12, 6], [9, 2], [5, 0]]
    assert found.low.tolist() == [[1, 1], [9, 2], [5, np.inf]]
    assert found.high.tolist() == [[7, 3], [9, 2], [5, -np.inf]]
    assert found.latest[:2].tolist() == [[7, 1], [9, 2]]
    assert np.isnan(found.latest[2, 1])
    assert found.latest_at.tolist() == timestamps(np.array([NOW + 3599, NOW + 3600, NOW + 10])).tolist()
    assert [column.dtype for column in found[3:8]] == [np.int32, np.float64, np.float32, np.float32, np.float32]


def test_no_readings_are_no_hours() -> None:
    assert all(len(column) == 0 for column in by_hour(batch(), np.empty(0, np.int64)))


@pytest.mark.parametrize("seed", range(5))
def test_what_two_pages_add_is_what_one_adds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows = [
        (
            int(chance.integers(1, 4)),
            float(chance.integers(0, 7200)),
            float(chance.integers(0, 9)),
            float(chance.integers(0, 9)),
        )
        for _ in range(100)
    ]
    whole = by_hour(batch(*rows), np.ones(100, np.int64))
    parts = [by_hour(batch(*rows[:37]), np.ones(37, np.int64)), by_hour(batch(*rows[37:]), np.ones(63, np.int64))]
    for hour, device, samples, total in zip(whole.hour, whole.device, whole.samples, whole.total, strict=True):
        same = [(part, (part.hour == hour) & (part.device == device)) for part in parts]
        assert sum(part.samples[place].sum(axis=0) for part, place in same).tolist() == samples.tolist()
        assert sum(part.total[place].sum(axis=0) for part, place in same).tolist() == total.tolist()


def test_the_binary_form_is_that_of_the_manual() -> None:
    data = binary_rows([np.array([1, -2], np.int32), np.array([[0.5, np.nan], [1, 2]], np.float32)])
    assert data.startswith(b"PGCOPY\n\xff\r\n\x00" + bytes(8))
    assert data.endswith(b"\xff\xff")
    row = bytes.fromhex("00020000000400000001000000240000000100000000000002bc0000000200000001")
    assert data[19:].startswith(row + bytes.fromhex("000000043f000000000000047fc00000"))
    assert len(data) == 19 + 2 * (2 + 4 + 4 + 4 + 20 + 16) + 2
