"""The trust envelope, in the shapes that HOMEPOT's dashboard shows."""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

GateStatus = Literal["pass", "fail"]
Mode = Literal[
    "grounded", "deterministic", "mode_1", "mode_2", "mode_3", "mode_4", "mode_5", "mode_6", "mode_7", "mode_8"
]


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a check looked at. ``observed`` against ``threshold``; ``evidence_ids`` point into the answer's evidence."""

    query_id: str = ""
    table: str | None = None
    field: str | None = None
    device_id: str | None = None
    observed: Any = None
    threshold: Any = None
    row_count: int | None = None
    evidence_ids: list[str] = []


class Check(msgspec.Struct, frozen=True):
    """One thing that must hold."""

    check_id: str
    name: str
    passed: bool
    message: str
    evidence: list[Proof] = []


class Gate(msgspec.Struct, frozen=True):
    """Checks that belong together. It passes when all of them do; ``score`` (0-1): the share that does.

    ``error``: why it could not be judged, which is no pass.
    """

    gate_id: str
    name: str
    status: GateStatus
    score: float
    checks: list[Check]
    evaluated_at: datetime
    duration_ms: float
    error: str | None = None


class TrustEnvelope(msgspec.Struct, frozen=True):
    """How far one answer can be trusted. ``actionable``: whether it may advise to act."""

    trust_mode: Mode
    trust_mode_label: str
    trust_score: float
    actionable: bool
    passed_gates: list[str]
    failed_gate: str | None
    gates: list[Gate]
    summary: str


LABELS: Final[dict[Mode, str]] = {
    "grounded": "Grounded LLM Interface",
    "deterministic": "Deterministic Answer",
    "mode_1": "Mode 1: Contract Halt",
    "mode_2": "Mode 2: Best-effort analytics",
    "mode_3": "Mode 3: Context Hold",
    "mode_4": "Mode 4: Capability Hold",
    "mode_5": "Mode 5: Lifecycle Halt",
    "mode_6": "Mode 6: Partial Coverage",
    "mode_7": "Mode 7: Unsettled Configuration",
    "mode_8": "Mode 8: Ungrounded Claims",
}
"""Those of `grounded`, `mode_2` and `mode_5` are HOMEPOT's own."""
CEILINGS: Final[dict[str, float]] = {
    "A": 0.0,
    "B": 0.5,
    "C": 0.75,
    "D": 0.75,
    "E": 0.5,
    "F": 0.75,
    "G": 0.75,
    "H": 0.5,
    "deterministic": 0.9,
}
"""The most that an answer scores when a gate fails; A to E are HOMEPOT's."""
