"""What gates look at: the question, what was found, what the devices' rows are worth, and what is told."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.understand.question import Question
from ai_gateway.homepot.scoped.soundness import DeviceSoundness


class TrustLimits(msgspec.Struct, frozen=True):
    """What checks measure against. Times in seconds, shares 0-1. ``ceilings``: by gate, and of ``deterministic``."""

    fresh_s: float = 300.0
    window_s: float = 3600.0
    gap_s: float = 900.0
    least_share: float = 0.9
    least_filled: float = 0.9
    change_window_s: float = 86400.0
    settle_s: float = 1800.0
    require_credentials: bool = False
    ceilings: dict[str, float] = {}


class ModelWords(msgspec.Struct, frozen=True):
    """What became of the model's part. ``judged``: its sentences that were looked at; ``held``: that were true.

    ``tokens`` of at most ``room`` were sent, ``read`` is what the model said it read (0: not told), ``wrote`` what it said it
    wrote; ``left_out``: evidence that found no room. ``cut``: the model read far less than was sent.
    """

    judged: int = 0
    held: int = 0
    used: int = 0
    tokens: int = 0
    room: int = 0
    read: int = 0
    wrote: int = 0
    left_out: Sequence[str] = ()
    cut: bool = False


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What gates look at. ``devices`` is ``None`` where their soundness could not be read, for the reason ``error``.

    ``missing``: what HOMEPOT's schema lacks. ``told``: the claims that the answer makes, the model's among them.
    """

    question: Question
    findings: Findings
    devices: Sequence[DeviceSoundness] | None
    error: str | None
    missing: Sequence[str]
    limits: TrustLimits
    now: datetime
    told: Sequence[Claim] = ()
    words: ModelWords = ModelWords()

    @property
    def named(self) -> list[DeviceSoundness]:
        """The devices that the question names."""
        return list(self.devices or ()) if self.question.view.devices is not None else []
