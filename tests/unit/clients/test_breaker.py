"""The circuit breaker, with its clock in the test's hand."""

import asyncio
from types import SimpleNamespace

import circuitbreaker
import pytest

from ai_gateway.clients.breaker import Breaker, PartDown
from tests.unit.kit.asgi import sample

RESET_S = 10.0


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Seconds since some moment, moved by the test."""
    hand = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(circuitbreaker, "monotonic", lambda: hand.now)
    return hand


@pytest.fixture
def breaker(time: SimpleNamespace) -> Breaker:
    assert time.now
    return Breaker("of-a-test", failures=3, reset_s=RESET_S)


async def fail(breaker: Breaker) -> None:
    with pytest.raises(PartDown, match="broken"):
        async with breaker.guard():
            raise PartDown("of-a-test", "broken")


async def succeed(breaker: Breaker) -> None:
    async with breaker.guard():
        pass


async def refused(breaker: Breaker) -> None:
    with pytest.raises(PartDown, match="failed repeatedly"):
        await succeed(breaker)


async def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        await fail(breaker)
    assert breaker.is_open
    return breaker


async def test_it_opens_after_failures_in_a_row_and_refuses(breaker: Breaker) -> None:
    for _ in range(2):
        await fail(breaker)
    assert not breaker.is_open
    await fail(breaker)
    assert breaker.is_open
    assert sample("ai_breaker_open", part="of-a-test") == 1
    await refused(breaker)


async def test_a_success_starts_the_count_anew(breaker: Breaker) -> None:
    for _ in range(4):
        await fail(breaker)
        await fail(breaker)
        await succeed(breaker)
    assert not breaker.is_open


async def test_after_its_time_a_success_closes_it(breaker: Breaker, time: SimpleNamespace) -> None:
    await opened(breaker)
    time.now += RESET_S - 0.1
    await refused(breaker)
    time.now += 0.2
    await succeed(breaker)
    assert sample("ai_breaker_open", part="of-a-test") == 0
    await fail(breaker)
    assert not breaker.is_open


async def test_after_its_time_a_single_failure_opens_it_again(breaker: Breaker, time: SimpleNamespace) -> None:
    await opened(breaker)
    time.now += RESET_S + 0.1
    await fail(breaker)
    assert breaker.is_open
    await refused(breaker)


async def test_only_one_call_at_a_time_tries(breaker: Breaker, time: SimpleNamespace) -> None:
    await opened(breaker)
    time.now += RESET_S + 0.1
    async with breaker.guard():
        await refused(breaker)
        await refused(breaker)
    await succeed(breaker)


async def test_a_try_that_is_cancelled_lets_the_next_one_try(breaker: Breaker, time: SimpleNamespace) -> None:
    await opened(breaker)
    time.now += RESET_S + 0.1
    with pytest.raises(asyncio.CancelledError):
        async with breaker.guard():
            raise asyncio.CancelledError
    await succeed(breaker)
    assert not breaker.is_open


async def test_callers_who_give_up_and_our_own_mistakes_do_not_count(breaker: Breaker) -> None:
    for error in (asyncio.CancelledError, ValueError, TimeoutError) * 3:
        with pytest.raises(error):
            async with breaker.guard():
                raise error
    assert not breaker.is_open


def test_a_part_that_is_down_names_itself() -> None:
    failure = PartDown("llm", "it sleeps")
    assert str(failure) == "llm: it sleeps"
    assert (failure.part, failure.reason) == ("llm", "it sleeps")
