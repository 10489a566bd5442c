"""Reads what gates need beside the evidence, and judges answers."""

import asyncio

import msgspec

from ai_gateway.answers.findings import Findings
from ai_gateway.answers.trust.grounds import Grounds, TrustLimits
from ai_gateway.answers.understand.question import Question
from ai_gateway.homepot.database import HomepotDatabase
from ai_gateway.homepot.scoped.soundness import DeviceSoundness, SoundnessReader
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Unavailable
from ai_gateway.kit.settings import Settings

PATIENCE_S = 2.0
"""What is not read by then is not there: an answer does not wait for its own trust."""


class Sound(msgspec.Struct, frozen=True):
    """What was read, or ``error``: why it was not."""

    devices: list[DeviceSoundness] | None
    missing: list[str]
    error: str | None = None


class Judging:
    """Collects the grounds on which gates judge."""

    def __init__(self, settings: Settings, clock: Clock, database: HomepotDatabase, reader: SoundnessReader) -> None:
        """Args: settings: thresholds. database: whose schema. reader: what is known of devices."""
        self._clock = clock
        self._database = database
        self._reader = reader
        self._limits = limits_of(settings)

    async def look(self, question: Question) -> Sound:
        """What the rows on the devices in question are worth; never fails."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                missing = (await self._database.catalogue()).missing
                return Sound(await self._reader.read(question.view), missing)
        except TimeoutError:
            return Sound(None, [], f"it could not be read within {PATIENCE_S:g} s")
        except Unavailable as error:
            return Sound(None, [], error.detail)

    def grounds(self, question: Question, findings: Findings, sound: Sound) -> Grounds:
        """What can be judged before the answer is written."""
        return Grounds(
            question=question,
            findings=findings,
            devices=sound.devices,
            error=sound.error,
            missing=sound.missing,
            limits=self._limits,
            now=self._clock(),
        )


def limits_of(settings: Settings) -> TrustLimits:
    """The thresholds that the settings give."""
    return TrustLimits(
        fresh_s=settings.trust_fresh_s,
        window_s=settings.trust_window_s,
        gap_s=settings.trust_gap_s,
        least_share=settings.trust_least_share,
        least_filled=settings.trust_least_filled,
        change_window_s=settings.trust_change_window_s,
        settle_s=settings.trust_settle_s,
        require_credentials=settings.trust_require_credentials,
        ceilings=settings.trust_ceilings,
    )
