"""Compare an answer with what a case expects; each failed check is one line of text."""

import re
from collections.abc import Iterable

import msgspec

from dev.evals.cases import Expect, pattern
from dev.evals.numbers import is_stated, stated_numbers


class Evidence(msgspec.Struct, frozen=True):
    """A piece of evidence as the gateway sends it."""

    id: str
    kind: str
    text: str


class Device(msgspec.Struct, frozen=True):
    """A relevant device as the gateway sends it."""

    id: str
    name: str
    status: str = ""


class GateCheck(msgspec.Struct, frozen=True):
    """One check of a gate as the gateway sends it."""

    check_id: str
    passed: bool


class Gate(msgspec.Struct, frozen=True):
    """A gate as the gateway sends it."""

    checks: list[GateCheck]


class Trust(msgspec.Struct, frozen=True):
    """How far the gateway itself trusts an answer."""

    trust_mode: str
    trust_score: float
    gates: list[Gate]

    @property
    def failed_checks(self) -> list[str]:
        """By id."""
        return [check.check_id for gate in self.gates for check in gate.checks if not check.passed]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A response, answer or problem. ``intent`` is ``None`` where it could not be told."""

    status: int = 200
    type: str = ""
    answer: str = ""
    relevant_devices: list[Device] = []
    evidence: list[Evidence] = []
    degraded: bool = False
    degraded_reason: str | None = None
    model_used: str | None = None
    trust: Trust | None = None
    intent: str | None = None
    ms: float = 0.0


class Truth(msgspec.Struct, frozen=True):
    """What a case's SQL said. ``None``: the case has no such query, or there is no database to ask."""

    devices: list[str] | None = None
    numbers: list[float] = []
    said: list[str] = []
    unsaid: list[str] = []


def failed_checks(expect: Expect, truth: Truth, answer: Answer) -> list[str]:
    """Everything that is wrong with the answer; empty when it is right."""
    failures = [*_outcome(expect, answer)]
    if failures or expect.status != 200:  # noqa: PLR2004 - a problem has nothing more to check
        return failures
    failures += _devices(expect, truth, answer)
    failures += _texts("answer", answer.answer, [*expect.answer_has, *truth.said], expect.answer_lacks + truth.unsaid)
    evidence = "\n".join(item.text for item in answer.evidence)
    failures += _texts("evidence", evidence, expect.evidence_has, expect.evidence_lacks)
    failures += _numbers([*expect.numbers, *truth.numbers], answer)
    failures += _kinds(expect, answer)
    return [*failures, *_citations(answer)]


def _outcome(expect: Expect, answer: Answer) -> Iterable[str]:
    if answer.status != expect.status:
        yield f"status is {answer.status}, not {expect.status}"
    if expect.problem and not answer.type.endswith(expect.problem):
        yield f"problem is {answer.type!r}, not {expect.problem!r}"
    if expect.intent and answer.intent and answer.intent != expect.intent:
        yield f"intent is {answer.intent}, not {expect.intent}"


def _devices(expect: Expect, truth: Truth, answer: Answer) -> Iterable[str]:
    found = {key for device in answer.relevant_devices for key in (device.id, _plain(device.name))}
    wanted = truth.devices if truth.devices is not None else expect.devices
    if wanted is not None:
        missing = [name for name in wanted if _plain(name) not in found]
        spare = [d for d in answer.relevant_devices if not {d.id, _plain(d.name)} & {_plain(name) for name in wanted}]
        if missing:
            yield f"devices missing: {', '.join(missing)}"
        if spare:
            yield f"devices too many: {', '.join(f'{device.name} ({device.id})' for device in spare)}"
    missing = [name for name in expect.devices_include if _plain(name) not in found]
    if missing:
        yield f"devices missing: {', '.join(missing)}"
    for name in expect.devices_exclude:
        if _plain(name) in found:
            yield f"device that must not be there: {name}"


def _plain(name: str) -> str:
    """Names without markup: an answer never repeats a tag that stands in a name."""
    return " ".join(re.sub(r"[<>]", " ", name).split())


def _texts(where: str, text: str, wanted: list[str], unwanted: list[str]) -> Iterable[str]:
    yield from (f"{where} lacks: {one}" for one in wanted if not pattern(one).search(text))
    yield from (f"{where} must not have: {one}" for one in unwanted if pattern(one).search(text))


def _numbers(wanted: list[float], answer: Answer) -> Iterable[str]:
    stated = stated_numbers(answer.answer, (device.name for device in answer.relevant_devices))
    yield from (f"number not stated: {one:g}" for one in wanted if not is_stated(one, stated))


def _kinds(expect: Expect, answer: Answer) -> Iterable[str]:
    kinds = {item.kind for item in answer.evidence}
    yield from (f"no evidence of kind {kind}" for kind in expect.evidence_kinds if kind not in kinds)
    for name in ("unknown_name", "no_data"):
        wanted = getattr(expect, name)
        if wanted is not None and wanted != (name in kinds):
            yield f"evidence of kind {name} is {'missing' if wanted else 'there'}"
    if expect.ambiguous is not None and expect.ambiguous != ("ambiguous_name" in kinds):
        yield f"evidence of kind ambiguous_name is {'missing' if expect.ambiguous else 'there'}"
    unknown = " ".join(item.text for item in answer.evidence if item.kind == "unknown_name")
    yield from (f"not among the nearest names: {name}" for name in expect.nearest if name not in unknown)


def _citations(answer: Answer) -> Iterable[str]:
    """What no right answer may do: cite evidence that it does not carry, or carry none at all."""
    known = {item.id for item in answer.evidence}
    cited = set(re.findall(r"\[(E\d+)\]", answer.answer))
    if not answer.answer.strip() or not known:
        yield "the answer is empty or has no evidence"
    if cited - known:
        yield f"evidence cited but absent: {', '.join(sorted(cited - known))}"
