"""Work that many ask for at once runs once."""

import asyncio

import pytest

from ai_gateway.kit.once import Once


async def test_who_comes_meanwhile_gets_the_same_result() -> None:
    once: Once[str, int] = Once()
    runs = 0

    async def work() -> int:
        nonlocal runs
        runs += 1
        mine = runs
        await asyncio.sleep(0.01)
        return mine

    assert await asyncio.gather(*(once.do("a", work) for _ in range(10)), once.do("b", work)) == [1] * 10 + [2]
    assert await once.do("a", work) == 3


async def test_a_failure_is_told_to_all_and_forgotten() -> None:
    once: Once[str, int] = Once()
    failing = True

    async def work() -> int:
        await asyncio.sleep(0)
        if failing:
            raise ValueError("broken")
        return 1

    results = await asyncio.gather(once.do("a", work), once.do("a", work), return_exceptions=True)
    assert [str(one) for one in results] == ["broken", "broken"]
    failing = False
    assert await once.do("a", work) == 1


async def test_a_caller_that_gives_up_does_not_end_it_for_others() -> None:
    once: Once[str, int] = Once()
    ended = asyncio.Event()

    async def work() -> int:
        await ended.wait()
        return 1

    hasty, patient = (asyncio.create_task(once.do("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    ended.set()
    assert await patient == 1
