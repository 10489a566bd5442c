"""What a question means, as a key: two wordings of one meaning share it, and two scopes never do."""

import re
from datetime import date
from typing import Final

import msgspec

from ai_gateway.answers.understand.question import Question

_FILLING: Final = re.compile(
    r"\b(?:please|thanks|thank you|hi|hello|hey|(?:can|could|would) you|tell me|show me|give me|the|an?|our|my|"
    r"right now|currently|now)\b"
)
"""Words that no rule of understanding or gathering looks at by themselves."""
_MARKS: Final = re.compile(r"[\s,;!?]+|\.(?=\s|$)")


def meaning(question: Question, *, model: str, owner: str, today: date) -> bytes:
    """The key of a question.

    Args:
        question: resolved: it holds the scope, devices, sites, filters and the words for its time.
        model: which would write.
        owner: who asks, where what was said before may matter; else empty.
        today: “yesterday” means another day tomorrow.
    """
    fields = {name: getattr(question, name) for name in question.__struct_fields__}
    fields |= {"text": plain(question.text), "asked": plain(question.asked)}
    for name in ("time_range", "against"):
        fields[name] = fields[name] and fields[name].words
    return msgspec.json.encode([fields, model, owner, today])


def plain(text: str) -> str:
    """A question without politeness, articles and punctuation: ``which devices are offline``."""
    return " ".join(_MARKS.sub(" ", _FILLING.sub(" ", text.lower())).split())
