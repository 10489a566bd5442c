"""The answer in code's own words: always right, shown when the model is absent, late or wrong."""

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.types import Mode

CLAIMS: dict[Mode, int] = {"maintenance": 10, "predictive": 8, "executive": 3}
"""How many claims an answer has in each mode, the direct answer included."""


def direct_answer(findings: Findings) -> str:
    """What the question asked, in one or two sentences, with evidence ids. It opens every answer."""
    return " ".join(claim.cited for claim in _leading(findings))


def plain_answer(findings: Findings, mode: Mode) -> str:
    """The direct answer, then the further claims as a list."""
    leading = _leading(findings)
    rest = [claim for claim in findings.claims[len(leading) :] if claim.text not in {one.text for one in leading}]
    shown = rest[: max(CLAIMS[mode] - len(leading), 0)]
    lines = [" ".join(claim.cited for claim in leading), *(f"- {claim.cited}" for claim in shown)]
    hidden = len(rest) - len(shown)
    if hidden and mode != "executive":
        lines.append(f"({hidden} more in the evidence.)" if hidden > 1 else "(1 more in the evidence.)")
    return "\n".join(lines)


def _leading(findings: Findings) -> list[Claim]:
    """Unknown names are told first, then the direct answer."""
    leading = []
    for claim in findings.claims:
        leading.append(claim)
        if not _is_notice(findings, claim):
            break
    return leading


def _is_notice(findings: Findings, claim: Claim) -> bool:
    kinds = {item.id: item.kind for item in findings.evidence}
    return bool(claim.evidence) and all(kinds.get(one) == "unknown_name" for one in claim.evidence)
