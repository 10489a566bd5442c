"""Room for so many questions, and of one user for fewer."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ai_gateway.answers.room import Room
from ai_gateway.kit.errors import Problem
from tests.unit.kit.asgi import sample


def room_of(most: int, most_of_one: int, *, answers: bool = True) -> Room:
    return Room(most, most_of_one, 1, lambda: answers)


async def test_the_rest_are_told_when_to_come_again() -> None:
    room = room_of(3, 2)
    async with AsyncExitStack() as inside:
        for owner in ("a", "a"):
            await inside.enter_async_context(room.enter(owner))
        with pytest.raises(Problem, match="2 of your own questions") as own:
            await inside.enter_async_context(room.enter("a"))
        await inside.enter_async_context(room.enter("b"))
        assert sample("ai_questions_inside") == 3
        with pytest.raises(Problem, match="3 questions are being answered") as full:
            await inside.enter_async_context(room.enter("c"))
    for refusal in (own.value, full.value):
        assert (refusal.status, refusal.kind) == (429, "too-many-questions")
        assert 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert sample("ai_questions_inside") == 0
    async with room.enter("c"):
        pass


async def test_a_question_that_fails_leaves_its_place() -> None:
    room = room_of(1, 1)
    with pytest.raises(ValueError, match="broken"):
        async with room.enter("a"):
            raise ValueError("broken")
    async with room.enter("b"):
        pass


async def test_who_is_not_looked_up_in_time_since_others_are_is_told_to_come_again() -> None:
    room = room_of(9, 9)
    async with room.reading("a", 5):
        with pytest.raises(Problem, match="not in time; ask again in 1 s") as told:
            async with room.reading("b", 0.05):
                raise AssertionError("there is one place")
    assert (told.value.status, told.value.kind) == (429, "too-many-questions")


async def test_a_database_that_answers_nobody_is_no_crowd() -> None:
    room = room_of(9, 9, answers=False)
    async with room.reading("a", 5):
        with pytest.raises(Problem, match=r"took longer than 0\.05 s") as told:
            async with room.reading("b", 0.05):
                raise AssertionError("there is one place")
    assert (told.value.status, told.value.kind) == (503, "homepot-database-unavailable")


async def test_who_had_a_place_at_once_and_was_slow_is_no_crowd() -> None:
    room = room_of(9, 9)
    with pytest.raises(Problem, match="took longer") as told:
        async with room.reading("a", 0.05):
            await asyncio.sleep(5)
    assert told.value.status == 503
