"""HOMEPOT's question to its assistant, put to the same answers as every other question."""

import re
from typing import Final

from ai_gateway.access.types import Caller, Mode
from ai_gateway.answers.service import Answering
from ai_gateway.answers.types import MAX_TURN_CHARS, MAX_TURNS, QueryRequest, Turn
from ai_gateway.homepot_api.types import AssistantAnswer, AssistantQuery, Message
from ai_gateway.kit.clock import Clock

MODES: Final[dict[str, Mode]] = {
    "engineer": "maintenance",
    "technician": "maintenance",
    "maintenance": "maintenance",
    "planner": "predictive",
    "predictive": "predictive",
    "manager": "executive",
    "executive": "executive",
}
"""For whom an answer is worded, by the caller's role. HOMEPOT's `Admin` and `Client` keep their own mode."""
_MARKS: Final = re.compile(r" ?(?:\[E\d+\])+")


class Assistant:
    """Answers HOMEPOT's dashboard. Raises what `Answering` raises."""

    def __init__(self, answering: Answering, clock: Clock) -> None:
        """Args: answering: questions. clock: now."""
        self._answering = answering
        self._clock = clock

    async def answer(self, asked: AssistantQuery, caller: Caller) -> AssistantAnswer:
        """The same answer as everywhere, in HOMEPOT's shape."""
        found = await self._answering.answer(as_request(asked), caller)
        return AssistantAnswer(response=without_marks(found.answer), timestamp=self._clock(), trust=found.trust)


def as_request(asked: AssistantQuery) -> QueryRequest:
    """The same question in this gateway's shape; what was said long ago is left out."""
    history = [_turn(message) for message in asked.history or () if message.content]
    if asked.context:
        history.append(Turn("user", asked.context[:MAX_TURN_CHARS]))
    return QueryRequest(
        question=asked.query,
        mode=MODES.get((asked.role or "").strip().lower()),
        device_id=asked.device_id or None,
        history=history[-MAX_TURNS:],
    )


def _turn(message: Message) -> Turn:
    return Turn("user" if message.role.lower() == "user" else "assistant", message.content[:MAX_TURN_CHARS])


def without_marks(answer: str) -> str:
    """The answer without ``[E1]``: HOMEPOT's shape has no evidence that these could point to."""
    return _MARKS.sub("", answer)
