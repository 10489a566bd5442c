"""Gate H: every claim that the answer makes cites evidence that was gathered, and its numbers and ids stand in it."""

import re
from typing import Final

from ai_gateway.answers.findings import Claim
from ai_gateway.answers.ground import identifiers, numbers
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.types import Check, Proof
from ai_gateway.kit.text import clean, count

_MORE: Final = re.compile(r"\band (\d+) more\b")


def grounding(grounds: Grounds) -> list[Check]:
    """H: judged on the claims of the answer given, code's as well as the model's."""
    texts = {item.id: item.text for item in grounds.findings.evidence}
    uncited = [claim for claim in grounds.told if not claim.evidence or any(one not in texts for one in claim.evidence)]
    astray = [claim for claim in grounds.told if claim not in uncited and _beyond(claim, texts)]
    return [
        Check(
            "H.claims_told",
            "Claims told",
            passed=bool(grounds.told),
            message=f"The answer makes {count(len(grounds.told), 'claim')}.",
        ),
        _check("H.claims_cited", "Claims cite gathered evidence", uncited, "cites nothing that was gathered"),
        _check("H.figures_match", "Numbers and ids match", astray, "states a number or id that its evidence lacks"),
    ]


def _beyond(claim: Claim, texts: dict[str, str]) -> bool:
    """Whether a figure is neither in the evidence nor a count of it: “2 devices need a look”, “and 16 more” of 41."""
    ground = " ".join(texts[one] for one in claim.evidence)
    held = numbers(ground)
    counted = {str(number) for number in range(1, len(claim.evidence) + 1)}
    rest = {more for more in _MORE.findall(claim.text) if any(one.isdigit() and int(one) > int(more) for one in held)}
    return bool(numbers(claim.text) - held - counted - rest or identifiers(claim.text) - identifiers(ground))


def _check(check_id: str, name: str, faulty: list[Claim], fault: str) -> Check:
    told = "; ".join(f'"{clean(claim.text, 80)}" {fault}' for claim in faulty[:3])
    proofs = [Proof(check_id, evidence_ids=list(claim.evidence)) for claim in faulty]
    return Check(check_id, name, passed=not faulty, message=f"{told}." if faulty else "It holds.", evidence=proofs)


def held_share(grounds: Grounds) -> float:
    """The share (0-1) of the model's sentences that were true; 1 where it wrote none. The false ones are not told."""
    return grounds.words.held / grounds.words.judged if grounds.words.judged else 1.0
