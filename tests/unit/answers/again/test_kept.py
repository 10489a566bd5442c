"""Kept answers end with time, data and room; shared work is done once, and ends when nobody waits."""

import asyncio
import time

import pytest

from ai_gateway.answers.again.kept import Kept, Listener, Shared
from tests.unit.kit.asgi import sample


def test_an_answer_serves_while_its_data_and_its_time_last(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Kept[str] = Kept(10, 300)
    kept.put(b"q", "1", "answer")
    assert kept.get(b"q", "1") == "answer"
    later = time.monotonic() + 301
    monkeypatch.setattr("ai_gateway.answers.again.kept.time.monotonic", lambda: later)
    assert kept.get(b"q", "1") is None


def test_changed_data_ends_it_for_good() -> None:
    kept: Kept[str] = Kept(10, 300)
    kept.put(b"q", "1", "answer")
    before = sample("ai_answer_cache_total", outcome="changed")
    assert kept.get(b"q", "2") is None
    assert kept.get(b"q", "1") is None
    assert sample("ai_answer_cache_total", outcome="changed") == before + 1


def test_the_least_used_goes_first() -> None:
    kept: Kept[int] = Kept(2, 300)
    kept.put(b"a", "", 1)
    kept.put(b"b", "", 2)
    assert kept.get(b"a", "") == 1
    kept.put(b"c", "", 3)
    assert [kept.get(key, "") for key in (b"a", b"b", b"c")] == [1, None, 3]


def test_without_time_nothing_is_kept() -> None:
    kept: Kept[int] = Kept(2, 0)
    kept.put(b"a", "", 1)
    assert kept.get(b"a", "") is None


async def test_work_is_shared_and_told_to_latecomers_too() -> None:
    go = asyncio.Event()
    calls = []

    async def work(tell: Listener[str]) -> str:
        calls.append(1)
        tell("first")
        await go.wait()
        tell("second")
        return "done"

    shared: Shared[str, str] = Shared(work)
    early: list[str] = []
    late: list[str] = []
    one = asyncio.create_task(shared.join(early.append))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    two = asyncio.create_task(shared.join(late.append))
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(one, two) == ["done", "done"]
    assert early == late == ["first", "second"]
    assert len(calls) == 1


async def test_it_goes_on_while_anybody_waits_and_ends_when_nobody_does() -> None:
    ended = asyncio.Event()

    async def work(_: Listener[str]) -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return "never"

    shared: Shared[str, str] = Shared(work)
    one, two = (asyncio.create_task(shared.join(lambda _: None)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.gather(one, return_exceptions=True)
    assert not ended.is_set()
    two.cancel()
    await asyncio.gather(two, return_exceptions=True)
    await asyncio.wait_for(ended.wait(), 1)
