"""The answer in code's own words, always right; the model's checked sentences stand among them where there are any."""

from collections.abc import Sequence

import msgspec

from ai_gateway.access.types import Mode
from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.narrate.check import adds_nothing

CLAIMS: dict[Mode, int] = {"maintenance": 10, "predictive": 8, "executive": 3}
"""How many claims an answer has in each mode, the direct answer included."""
ADVICE = 3
"""Most pieces of advice."""


class Composed(msgspec.Struct, frozen=True):
    """An answer and the claims that it makes, the model's among them."""

    text: str
    told: tuple[Claim, ...]


def compose(findings: Findings, mode: Mode, prose: Sequence[Claim] = ()) -> Composed:
    """The direct answer, the model's checked sentences, then as a list the further claims that these did not tell.

    So an answer never says less with the model than without it. Advice comes last.
    """
    leading = _leading(findings)
    told = {claim.text for claim in leading}
    rest = [claim for claim in findings.claims[len(leading) :] if claim.text not in told and not _told(claim, prose)]
    advice = [claim for claim in rest if claim.advice][:ADVICE]
    facts = [claim for claim in rest if not claim.advice]
    shown = facts[: max(CLAIMS[mode] - len(leading), 0)]
    lines = [" ".join(claim.cited for claim in leading), *(claim.cited for claim in prose)]
    lines += [f"- {claim.cited}" for claim in shown]
    hidden = len(facts) - len(shown)
    if hidden and mode != "executive":
        lines.append(f"({hidden} more in the evidence.)" if hidden > 1 else "(1 more in the evidence.)")
    lines += [f"- {claim.cited}" for claim in advice]
    return Composed("\n".join(lines), (*leading, *prose, *shown, *advice))


def _told(claim: Claim, prose: Sequence[Claim]) -> bool:
    """Whether sentences on the same evidence hold all that the claim says."""
    same = " ".join(one.text for one in prose if set(one.evidence) & set(claim.evidence))
    return bool(same) and adds_nothing(claim.text, same)


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
