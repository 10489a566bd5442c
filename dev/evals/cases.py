"""An evaluation case as a file: what is asked, in which data, and what a right answer must and must not say."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

FILE = "case.yaml"
_REGEX = re.compile(r"^/(.+)/$", re.DOTALL)


class CaseError(ValueError):
    """A case file cannot be used; the message names the file and what is wrong with it."""


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold for the answer; docs/evaluation.md says what each key means. An absent key checks nothing."""

    status: int = 200
    problem: str | None = None
    intent: str | None = None
    devices: list[str] | None = None
    devices_sql: str | None = None
    devices_include: list[str] = []
    devices_exclude: list[str] = []
    answer_has: list[str] = []
    answer_has_sql: str | None = None
    answer_lacks: list[str] = []
    answer_lacks_sql: str | None = None
    numbers: list[float] = []
    numbers_sql: str | list[str] = []
    evidence_kinds: list[str] = []
    evidence_has: list[str] = []
    evidence_lacks: list[str] = []
    unknown_name: bool | None = None
    nearest: list[str] = []
    ambiguous: bool | None = None
    no_data: bool | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question. ``name`` is the folder's; ``rows``: table → rows that exist for this case alone."""

    question: str
    also: list[str] = []
    """Other wordings of the question: each is a case of its own with the same expectations."""
    expect: Expect
    mode: Literal["maintenance", "predictive", "executive"] | None = None
    device_id: str | int | None = None
    site_id: str | int | None = None
    history: list[Turn] = []
    key_sites: list[str] | None = None
    rows: dict[str, list[dict[str, Any]]] = {}
    tags: Annotated[list[str], msgspec.Meta(min_length=1)]
    why: str = ""
    name: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """The request for ``POST /api/ai/query``."""
        fields = {
            "question": self.question,
            "mode": self.mode,
            "device_id": self.device_id,
            "site_id": self.site_id,
            "history": [msgspec.structs.asdict(turn) for turn in self.history] or None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def load_cases(folder: Path) -> list[Case]:
    """Every ``*/case.yaml`` of a folder, by name.

    Raises:
        CaseError: the folder holds none, or a file is not a case.
    """
    paths = sorted(folder.glob(f"*/{FILE}"))
    if not paths:
        raise CaseError(f"{folder} holds no case: each one is a folder with a {FILE}")
    return [wording for path in paths for wording in _wordings(load_case(path))]


def _wordings(case: Case) -> list[Case]:
    """The case, and one for each other wording: ``001_offline``, ``001_offline~2`` and so on."""
    others = (
        msgspec.structs.replace(case, question=words, name=f"{case.name}~{number}", also=[])
        for number, words in enumerate(case.also, 2)
    )
    return [msgspec.structs.replace(case, also=[]), *others]


def load_case(path: Path) -> Case:
    """Read one file; raises ``CaseError`` for unknown keys, wrong types and broken regular expressions."""
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(fields, dict) or "name" in fields:
            raise CaseError(f"{path}: a case has keys such as `question` and `expect`; its name is its folder's")
        case = msgspec.convert({**fields, "name": path.parent.name}, Case)
    except yaml.YAMLError as error:
        raise CaseError(f"{path}: not YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise CaseError(f"{path}: {error}") from error
    _check_patterns(path, case.expect)
    return case


def _check_patterns(path: Path, expect: Expect) -> None:
    for wanted in (*expect.answer_has, *expect.answer_lacks, *expect.evidence_has, *expect.evidence_lacks):
        try:
            pattern(wanted)
        except re.error as error:
            raise CaseError(f"{path}: {wanted} is no regular expression: {error}") from error


def pattern(wanted: str) -> re.Pattern[str]:
    """``/…/`` is a regular expression, anything else is itself; letter case does not matter."""
    found = _REGEX.match(wanted)
    return re.compile(found[1] if found else re.escape(wanted), re.IGNORECASE)
