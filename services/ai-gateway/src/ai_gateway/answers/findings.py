"""What code found out: the direct answer, further claims, and the evidence that each rests on."""

from datetime import datetime

import msgspec

from ai_gateway.answers.types import Evidence, RelevantDevice
from ai_gateway.kit.text import capital


class Claim(msgspec.Struct, frozen=True):
    """One sentence that is true by the evidence it cites. ``advice``: it says what to do."""

    text: str
    evidence: tuple[str, ...]
    advice: bool = False

    @property
    def cited(self) -> str:
        """The sentence with its evidence ids, as in ``… is offline [E3]``."""
        marks = "".join(f"[{one}]" for one in self.evidence[:3])
        return f"{self.text.rstrip('.')} {marks}." if marks else self.text


class Findings:
    """Collects evidence, claims and devices while an intent's gatherer works. The first claim is the direct answer."""

    def __init__(self, now: datetime, most_evidence: int) -> None:
        """Args: now: moment of computed facts. most_evidence: further pieces are counted in ``left_out``.

        ``notes``: parts that did not help, which makes the answer a degraded one; ``gaps``: what else it could not rest on.
        """
        self.now = now
        self.evidence: list[Evidence] = []
        self.claims: list[Claim] = []
        self.devices: dict[str, RelevantDevice] = {}
        self.left_out = 0
        self.notes: list[str] = []
        self.gaps: list[str] = []
        self.withheld = False
        """Whether there was advice that may not be told."""
        self._most = most_evidence

    @property
    def headline(self) -> Claim:
        """The direct answer."""
        return self.claims[0]

    def prove(
        self, kind: str, text: str, source: str, *, at: datetime | None = None, device_id: str | None = None
    ) -> tuple[str, ...]:
        """Add a piece of evidence; returns its id, or nothing when the list is full."""
        if len(self.evidence) >= self._most:
            self.left_out += 1
            return ()
        name = f"E{len(self.evidence) + 1}"
        self.evidence.append(Evidence(name, kind, at or self.now, text, source, device_id))
        return (name,)

    def claim(self, text: str, *evidence: tuple[str, ...]) -> None:
        """Add a sentence and what it rests on."""
        ids = tuple(dict.fromkeys(one for group in evidence for one in group))
        self.claims.append(Claim(capital(text), ids))

    def advise(self, text: str, *evidence: tuple[str, ...]) -> None:
        """Add a sentence that says what to do, and what it rests on."""
        self.claim(text, *evidence)
        self.claims[-1] = msgspec.structs.replace(self.claims[-1], advice=True)

    def withhold_advice(self) -> frozenset[str]:
        """Take all advice back; returns the evidence that only advice rested on."""
        advice = {one for claim in self.claims if claim.advice for one in claim.evidence}
        self.withheld |= any(claim.advice for claim in self.claims)
        self.claims = [claim for claim in self.claims if not claim.advice]
        return frozenset(advice - {one for claim in self.claims for one in claim.evidence})

    def state(
        self, kind: str, text: str, source: str, *, at: datetime | None = None, device_id: str | None = None
    ) -> None:
        """Add a sentence that is its own evidence."""
        self.claim(text, self.prove(kind, text, source, at=at, device_id=device_id))

    def concern(self, device_id: str, name: str, condition: str) -> None:
        """Note a device that the answer is about."""
        self.devices.setdefault(device_id, RelevantDevice(device_id, name, condition.replace("_", " ")))
