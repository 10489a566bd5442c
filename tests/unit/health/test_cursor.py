"""Each row is taken up once by the state of its device, in one order, however late it came and wherever a worker died."""

import json
import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from ai_gateway.health.blocks import Blocks
from ai_gateway.health.cursor import GAP_WAIT_S, LATEST_ID, MOST_GAPS, Cursor, Place
from ai_gateway.health.state import BLOCK
from ai_gateway.homepot.telemetry import Request

DEVICES = 4
BEGIN = Place(0, 0)


class Table:
    """Rows with ids from 1 on; each belongs to a device, and is seen from some moment on."""

    def __init__(self, chance: random.Random, rows: int) -> None:
        self.device = {row: chance.randrange(DEVICES) * BLOCK for row in range(1, rows + 1)}
        self.late = {row: chance.randrange(1, 6) for row in self.device if chance.random() < 0.1}
        self.never = {row for row in self.device if chance.random() < 0.03}
        self.moment = 0
        self.written = 0

    def visible(self, row: int) -> bool:
        return row <= self.written and row not in self.never and self.late.get(row, 0) <= 0

    def pass_time(self, rows: int) -> None:
        self.written += rows
        self.late = {row: left - (row <= self.written) for row, left in self.late.items()}

    def read(self, request: Request) -> list[int]:
        rows = [row for row in request.again if self.visible(row)]
        ahead = range(request.after + 1, min(request.until, len(self.device)) + 1)
        return rows + [row for row in ahead if self.visible(row) and row not in request.later][: request.limit]


class Worker:
    """Keeps by device the rows in the order in which they were taken up."""

    def __init__(self, disk: dict[str, Any]) -> None:
        self.disk = disk
        self.blocks = Blocks(1e9)
        self.logs: dict[int, list[int]] = {device * BLOCK: [] for device in range(DEVICES)}
        for block, (place, log) in disk["blocks"].items():
            self.blocks.saved(block, {"readings": place}, 0, 0.0)
            self.logs[block * BLOCK] = list(log)
        start = self.blocks.oldest("readings") or BEGIN
        self.cursor = Cursor.resumed(json.loads(disk["cursor"]), start) if disk["cursor"] else Cursor(start)

    def page(self, table: Table, now: float, limit: int, saves: list[int]) -> bool:
        request = self.cursor.request(now, limit)
        rows = table.read(request)
        if not rows:
            return self.cursor.passed(request)
        order, first = self.cursor.take(rows, now)
        ids = np.array(rows)[order]
        devices = np.array([table.device[row] for row in ids.tolist()])
        undone = self.blocks.undone("readings", self.cursor, ids, devices)
        for row, device in zip(ids[undone].tolist(), devices[undone].tolist(), strict=True):
            self.logs[device].append(row)
        self.disk["counted"].update(ids[first].tolist())
        assert not (first & ~undone).any()
        for block in saves if self.disk["cursor"] else range(DEVICES):
            self.disk["blocks"][block] = (list(self.cursor.place), list(self.logs[block * BLOCK]))
            self.blocks.saved(block, {"readings": self.cursor.place}, 0, 0.0)
        self.disk["cursor"] = json.dumps(self.cursor.saved())
        self.cursor.forget_late(self.blocks.oldest("readings") or self.cursor.place)
        return True


@pytest.mark.parametrize("seed", range(60))
def test_a_worker_that_dies_anywhere_leaves_nothing_out_and_takes_nothing_twice(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    table = Table(chance, 120)
    disk: dict[str, Any] = {"cursor": None, "blocks": {}, "counted": Counter()}
    worker = Worker(disk)
    for _ in range(60):
        table.pass_time(chance.randrange(6))
        for _ in range(chance.randrange(4)):
            saves = [block for block in range(DEVICES) if chance.random() < 0.2]
            worker.page(table, 0.0, chance.randrange(1, 9), saves)
        if disk["cursor"] and chance.random() < 0.15:
            known = {device: list(log) for device, log in worker.logs.items()}
            worker = Worker(disk)
            while worker.cursor.place < worker.cursor._done and worker.page(table, 0.0, chance.randrange(1, 9), []):
                pass
            for device, log in known.items():
                assert worker.logs[device][: len(log)] == log
    table.pass_time(200)
    table.late = {}
    while worker.page(table, 0.0, 7, []):
        pass
    expected = {row for row in table.device if row not in table.never}
    assert sorted(row for log in worker.logs.values() for row in log) == sorted(expected)
    assert disk["counted"] == Counter(expected)


def test_a_missing_id_is_asked_for_until_it_is_given_up() -> None:
    cursor = Cursor(BEGIN)
    cursor.take([1, 2, 5], now=0.0)
    assert sorted(cursor.request(GAP_WAIT_S - 1, 10).again) == [3, 4]
    cursor.take([4], now=10.0)
    assert cursor.request(20.0, 10).again == [3]
    assert cursor.request(GAP_WAIT_S + 1, 10).again == []
    assert cursor.place.id == 5


def test_a_jump_of_ids_is_no_crowd_of_late_rows() -> None:
    cursor = Cursor(BEGIN)
    cursor.take([1, 1_000_000], now=0.0)
    asked = cursor.request(1.0, 10).again
    assert len(asked) == MOST_GAPS
    assert max(asked) == 999_999


def test_rows_come_in_the_order_of_their_ids_and_late_ones_before_them() -> None:
    cursor = Cursor(BEGIN)
    cursor.take([2, 4], now=0.0)
    order, first = cursor.take([6, 3, 5, 1], now=1.0)
    assert np.array([6, 3, 5, 1])[order].tolist() == [1, 3, 5, 6]
    assert first.all()


def test_the_first_page_asks_for_everything() -> None:
    request = Cursor(Place(41, 0)).request(0.0, 100)
    assert (request.after, request.until, request.again, request.later, request.limit) == (41, LATEST_ID, [], [], 100)


def test_blocks_fall_due_when_new_and_then_once_an_interval_not_all_together() -> None:
    blocks = Blocks(100.0)
    assert blocks.due(range(50), 0.0) == list(range(50))
    for block in range(50):
        blocks.saved(block, {"readings": (1, 0)}, 10, 0.0)
    assert blocks.due(range(50), 0.0) == []
    half = blocks.due(range(50), 50.0)
    assert 20 <= len(half) <= 30
    assert set(blocks.due(range(50), 100.0)) == set(range(50))
    assert blocks.size == 500
    for block in half:
        blocks.saved(block, {"readings": (2, 0)}, 10, 50.0)
    assert not set(half) & set(blocks.due(range(50), 149.0))
    assert blocks.oldest("readings") == Place(1, 0)
    assert blocks.due([], 0.0) == []
    assert blocks.oldest("readings") is None
