"""The three questions of the demo, and whether the answers fit what is known to be true of the sample."""

from typing import Any, NamedTuple

from dev.demo.processes import DemoError, reason_in
from dev.demo.screen import Screen
from dev.demo.services import Services, metric
from dev.homepot.facts import FAULTS, Fault, FaultKind
from dev.homepot.sample.alerts import precedents

HISTORY_CHARS = 8000


class Question(NamedTuple):
    """A question; a good answer holds every one of `expected`, and one of `one_of` where there are any."""

    text: str
    follows: bool = False  # sent with the question before it and its answer
    expected: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    def missing(self, answer: str) -> list[str]:
        """What should stand in the answer and does not."""
        text = " ".join(answer.split()).casefold()
        lacking = [f"“{part}”" for part in self.expected if part.casefold() not in text]
        if self.one_of and not any(part.casefold() in text for part in self.one_of):
            lacking.append(f"one of {len(self.one_of)} known solutions")
        return lacking


GENERAL = (
    Question("Which devices are offline?"),
    Question("Which devices need attention first?"),
    Question("Has a network problem happened before, and what helped?"),
)


def sample_questions() -> tuple[Question, ...]:
    """Questions whose answers follow from the sample's ground truth: dev/homepot/facts.py and precedents.toml."""
    silent, leak = fault("silent"), fault("memory_leak")
    device = leak.devices[0]
    return (
        Question(f"Which devices at {silent.site} are offline?", expected=silent.devices),
        Question(f"What is wrong with {device}, and why?", expected=(device, "memory", "2.5.0")),
        Question("Has it happened before, and what helped?", follows=True, one_of=solutions("memory_leak")),
    )


def fault(kind: FaultKind) -> Fault:
    """The sample's one fault of a kind."""
    return next(one for one in FAULTS if one.kind == kind)


def solutions(kind: FaultKind) -> tuple[str, ...]:
    """The opening words of what helped against earlier faults of this kind."""
    return tuple(str(one["notes"])[:40].strip() for one in precedents() if one["kind"] == kind)


def ask_all(services: Services, questions: tuple[Question, ...], screen: Screen) -> list[str]:
    """Ask one after the other and print; returns what is wrong with the answers, nothing where they are right."""
    faults: list[str] = []
    turns: list[dict[str, str]] = []
    for number, question in enumerate(questions, 1):
        before = _gather_s(services)
        body = _ask(services, question, turns)
        screen.answered(number, question.text, body, (_gather_s(services) - before) * 1000)
        faults += [f"answer {number} lacks {part}" for part in question.missing(body["answer"])]
        turns = [
            {"role": "user", "content": question.text},
            {"role": "assistant", "content": body["answer"][:HISTORY_CHARS]},
        ]
    return faults


def _ask(services: Services, question: Question, turns: list[dict[str, str]]) -> dict[str, Any]:
    request = {"question": question.text, "history": turns if question.follows else []}
    response = services.client.post(f"{services.url}/api/ai/query", json=request)
    if response.status_code != 200:  # noqa: PLR2004 - OK
        raise DemoError(f"the gateway answered {response.status_code}: {reason_in(response)}", services.gateway_log)
    body: dict[str, Any] = response.json()
    return body


def _gather_s(services: Services) -> float:
    return metric(services.client.get(f"{services.url}/metrics").text, "ai_gather_seconds_sum")
