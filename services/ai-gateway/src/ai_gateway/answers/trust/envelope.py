"""From gates to the envelope: mode, score, and whether the answer may advise to act."""

import time
from collections.abc import Callable
from statistics import fmean
from typing import Final, cast

import msgspec

from ai_gateway.answers.trust.gates import BEFORE
from ai_gateway.answers.trust.grounding import grounding, held_share
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.types import CEILINGS, LABELS, Check, Gate, Mode, TrustEnvelope

MODES: Final[dict[str, Mode]] = {gate: cast("Mode", f"mode_{place}") for place, gate in enumerate("ABCDEFGH", 1)}
"""The mode of an answer by the first gate that fails."""
ON_DEVICES: Final = frozenset("ABDEG")
"""Gates that cannot be judged without what was read of the devices."""


def may_advise(grounds: Grounds) -> bool:
    """Whether all that can be judged before the answer is written holds."""
    return all(gate.status == "pass" for gate in _before(grounds))


def judge(grounds: Grounds) -> TrustEnvelope:
    """The envelope of an answer that makes the claims ``grounds.told``."""
    last = _gate("H", "Grounding", grounding, grounds)
    if last.status == "pass":
        last = msgspec.structs.replace(last, score=round(held_share(grounds), 3))
    return envelope([*_before(grounds), last], written=grounds.words.used > 0, ceilings=grounds.limits.ceilings)


def envelope(gates: list[Gate], *, written: bool, ceilings: dict[str, float]) -> TrustEnvelope:
    """Mode and score of judged gates.

    The score is the mean of the gates' scores, under the lowest ceiling of those that failed; where none failed but code
    alone wrote (not ``written``), under the ceiling of a deterministic answer. So it never falls when a check holds.
    """
    limits = {**CEILINGS, **ceilings}
    failed = [gate for gate in gates if gate.status != "pass"]
    mode: Mode = MODES[failed[0].gate_id] if failed else "grounded" if written else "deterministic"
    ceiling = min(
        [limits[gate.gate_id] for gate in failed] + ([] if written else [limits["deterministic"]]), default=1.0
    )
    passed = [gate.gate_id for gate in gates if gate.status == "pass"]
    return TrustEnvelope(
        trust_mode=mode,
        trust_mode_label=LABELS[mode],
        trust_score=round(min(ceiling, fmean(gate.score for gate in gates)), 3),
        actionable=not failed,
        passed_gates=passed,
        failed_gate=failed[0].gate_id if failed else None,
        gates=gates,
        summary=_summary(passed, ceiling, LABELS[mode], whole=not failed),
    )


def _summary(passed: list[str], ceiling: float, label: str, *, whole: bool) -> str:
    names = ", ".join(passed)
    gates = f"all gates ({names})" if whole else f"Gate(s) {names or 'none'}"
    return f"Passed {gates} — {label}{f' (at most {ceiling:g})' if ceiling < 1 else ''}"


def _before(grounds: Grounds) -> list[Gate]:
    return [_gate(gate_id, name, checks, grounds) for gate_id, name, checks in BEFORE]


def _gate(gate_id: str, name: str, checks: Callable[[Grounds], list[Check]], grounds: Grounds) -> Gate:
    started = time.perf_counter()
    found = checks(grounds)
    error = grounds.error if grounds.devices is None and gate_id in ON_DEVICES else None
    share = 0.0 if error else sum(check.passed for check in found) / len(found)
    elapsed = round((time.perf_counter() - started) * 1000, 2)
    return Gate(gate_id, name, "pass" if share == 1 else "fail", round(share, 3), found, grounds.now, elapsed, error)
