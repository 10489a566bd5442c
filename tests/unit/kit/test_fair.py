"""Places given to owners in turn."""

import asyncio

import pytest

from ai_gateway.kit.fair import LineFull, Places


async def line_up(places: Places, *owners: str) -> list[str]:
    """The order in which those are served who come one after the other while the one place is taken."""
    served: list[str] = []

    async def one(owner: str) -> None:
        async with places.take(owner):
            served.append(owner)

    async with places.take("holder"):
        waiting = []
        for owner in owners:
            waiting.append(asyncio.create_task(one(owner)))
            await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    return served


async def test_who_wants_many_waits_behind_who_wants_one() -> None:
    assert await line_up(Places(1, 50), *["many"] * 20, "one", "two") == ["many", "one", "two", *["many"] * 19]


async def test_one_owner_is_served_in_order_and_all_places_come_back() -> None:
    places = Places(1, 50)
    assert await line_up(places, "a", "a", "b", "a", "b") == ["a", "b", "a", "b", "a"]
    assert await line_up(places, "c") == ["c"]
    assert places.waiting == 0


async def test_no_more_wait_than_may() -> None:
    places = Places(1, 1)
    async with places.take("a"):
        second = asyncio.create_task(_take(places, "b"))
        await asyncio.sleep(0)
        assert places.waiting == 1
        with pytest.raises(LineFull):
            await _take(places, "c")
    await second


async def test_who_gives_up_leaves_the_line() -> None:
    places = Places(1, 5)
    async with places.take("a"):
        with pytest.raises(TimeoutError):
            async with places.take("b", 0.01):
                raise AssertionError
        gone = asyncio.create_task(_take(places, "c"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert places.waiting == 0
    await _take(places, "d")


async def test_a_place_that_came_to_one_who_gave_up_is_passed_on() -> None:
    places = Places(1, 5)
    held = places.take("a")
    await held.__aenter__()
    first, second = (asyncio.create_task(_take(places, name)) for name in ("b", "c"))
    await asyncio.sleep(0)
    await held.__aexit__(None, None, None)  # the place is now the first's, who does not know yet
    first.cancel()
    await asyncio.wait_for(second, 1)
    await asyncio.wait_for(_take(places, "d"), 1)


async def _take(places: Places, owner: str) -> None:
    async with places.take(owner):
        pass
