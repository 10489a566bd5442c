"""Room for so many questions, and of one user for fewer."""

from contextlib import AsyncExitStack

import pytest

from ai_gateway.answers.room import Room
from ai_gateway.kit.errors import Problem
from tests.unit.kit.asgi import sample


async def test_the_rest_are_told_when_to_come_again() -> None:
    room = Room(3, 2)
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
    room = Room(1, 1)
    with pytest.raises(ValueError, match="broken"):
        async with room.enter("a"):
            raise ValueError("broken")
    async with room.enter("b"):
        pass
