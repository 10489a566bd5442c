"""Grounds for gates: a question, what was found, and devices that are all well unless told otherwise."""

from datetime import timedelta

import msgspec

from ai_gateway.answers.findings import Findings
from ai_gateway.answers.trust.grounds import Grounds, TrustLimits
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.question import Question
from ai_gateway.homepot.scoped.soundness import DeviceSoundness
from ai_gateway.homepot.scoped.view import View
from tests.unit.answers.conftest import NOW

FLAGS = '{"root_access": false, "network_monitoring": true}'


def device(number: int = 1, *, devices: int = 1, fresh: int = 1, **fields: object) -> DeviceSoundness:
    well = DeviceSoundness(
        id=number,
        device_id=f"DEVICE-{number}",
        condition="online",
        connectivity="online",
        health_state="healthy",
        lifecycle_state="active",
        last_heartbeat_at=NOW,
        devices=devices,
        fresh=fresh,
        readings=100,
        newest_at=NOW - timedelta(seconds=20),
        expected=400,
        filled=400,
        impossible=0,
        longest_gap_s=40.0,
        capabilities=FLAGS,
        permissions=FLAGS,
        credentials=1,
        active_credentials=1,
        changed_at=None,
        rollbacks=0,
        failures=0,
    )
    return msgspec.structs.replace(well, **fields)


def fleet(size: int, sample: int = 50, *, fresh: int | None = None, **fields: object) -> list[DeviceSoundness]:
    fresh = size if fresh is None else fresh
    return [device(number, devices=size, fresh=fresh, **fields) for number in range(1, min(size, sample) + 1)]


def found() -> Findings:
    made = Findings(NOW, 30)
    made.state("count", "1 of 1 device is online.", "devices:count")
    return made


def grounds(
    devices: list[DeviceSoundness] | None = None,
    *,
    intent: Intent = Intent.METRICS,
    named: bool = True,
    findings: Findings | None = None,
    limits: TrustLimits | None = None,
    **fields: object,
) -> Grounds:
    findings = findings or found()
    view = View(devices=(1,)) if named else View()
    question = Question(text="?", intent=intent, mode="maintenance", view=view)
    made = Grounds(
        question=question,
        findings=findings,
        devices=[device()] if devices is None else devices,
        error=None,
        missing=(),
        limits=limits or TrustLimits(),
        now=NOW,
        told=tuple(findings.claims),
    )
    return msgspec.structs.replace(made, **fields)
