"""The gates A to G, judged before the answer is written: pure functions from what was read to checks."""

from collections.abc import Callable
from typing import Final

from ai_gateway.answers.trust.checks import listed
from ai_gateway.answers.trust.devices import lifecycle, permission, rollback
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.telemetry import data_integrity
from ai_gateway.answers.trust.types import Check, Proof
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.kit.text import clean, count

ESSENTIAL: Final = ("devices.id", "devices.device_id", "devices.name", "devices.site_id", "devices.last_heartbeat_at")
"""Without these no answer about devices is right."""
TABLES: Final[dict[Intent, tuple[str, ...]]] = {
    Intent.ALERTS: ("alerts",),
    Intent.ANOMALIES: ("device_metrics", "health_checks", "device_state_history"),
    Intent.AT_RISK: ("device_metrics", "alerts", "error_logs"),
    Intent.HISTORY: ("alerts", "error_logs", "device_state_history", "configuration_history", "jobs"),
    Intent.METRICS: ("device_metrics",),
    Intent.COMPARISON: ("device_metrics",),
    Intent.COURSE: ("device_metrics",),
    Intent.JOBS: ("jobs",),
    Intent.PLANNING: ("jobs", "site_operating_schedules"),
    Intent.CHANGES: ("configuration_history",),
    Intent.ERRORS: ("error_logs",),
    Intent.CHECKS: ("health_checks",),
}
"""What an intent is answered from, besides devices and sites."""
SAYS_NOTHING: Final = frozenset({"no_data", "unknown_name", "ambiguous_name"})
"""Kinds of evidence that hold no fact about a device."""


def contract(grounds: Grounds) -> list[Check]:
    """A: the tables and columns that this answer rests on are there and were read."""
    wanted = {*ESSENTIAL, "devices", "sites", *TABLES.get(grounds.question.intent, ())}
    gaps = sorted(wanted & set(grounds.missing))
    read = grounds.devices is not None
    return [
        Check(
            "A.api_schema_conformance",
            "API + Schema Conformance",
            passed=not gaps,
            message=f"HOMEPOT's schema lacks {', '.join(gaps)}."
            if gaps
            else "The tables and columns needed are there.",
            evidence=[Proof("A.api_schema_conformance", table=gap) for gap in gaps],
        ),
        Check(
            "A.db_readiness",
            "DB Readiness",
            passed=read,
            message="HOMEPOT's database answered." if read else f"What the devices' data is worth: {grounds.error}",
        ),
    ]


def context(grounds: Grounds) -> list[Check]:
    """C: there is evidence, what is cited is there, and the model read all that was sent to it."""
    evidence = {item.id for item in grounds.findings.evidence}
    facts = [item.id for item in grounds.findings.evidence if item.kind not in SAYS_NOTHING]
    astray = sorted({one for claim in grounds.told for one in claim.evidence} - evidence)
    return [
        Check(
            "C.stable_content_blocks",
            "Evidence",
            passed=bool(facts),
            message=f"{count(len(facts), 'fact')} gathered." if facts else "No fact was found to answer from.",
            evidence=[Proof("C.stable_content_blocks", row_count=len(facts))],
        ),
        Check(
            "C.id_rules",
            "ID rules",
            passed=not astray,
            message=f"Cited but not gathered: {', '.join(astray)}." if astray else "Everything cited was gathered.",
        ),
        _bounded(grounds),
    ]


def _bounded(grounds: Grounds) -> Check:
    words = grounds.words
    message = "No model was asked."
    if words.room:
        message = f"The prompt has {words.tokens} of at most {words.room} tokens"
        message += f", {words.read} were read" if words.read else ""
        message += f"; left out for room: {', '.join(words.left_out)}." if words.left_out else "; nothing was left out."
    proof = Proof("C.bounded_context", observed=words.tokens, threshold=words.room, evidence_ids=list(words.left_out))
    fits = words.tokens <= words.room and not words.cut
    return Check(
        "C.bounded_context", "Bounded context", passed=fits, message=message, evidence=[proof] if words.room else []
    )


def coverage(grounds: Grounds) -> list[Check]:
    """F: what the question needed was understood, is known, and was there."""
    question, findings = grounds.question, grounds.findings
    unknown = [clean(one.name, 80) for one in question.unknown]
    ambiguous = [clean(one, 80) for one in question.ambiguous]
    gaps = [*findings.gaps, *findings.notes]
    empty = [item.id for item in findings.evidence if item.kind == "no_data"]
    return [
        listed(
            "F.question_understood",
            "Question understood",
            [] if question.intent is not Intent.UNKNOWN else ["what is asked for"],
            "Not covered",
        ),
        listed("F.names_known", "Names known", unknown, "Unknown"),
        listed("F.names_unambiguous", "Names unambiguous", ambiguous, "Ambiguous"),
        listed("F.sources_available", "Sources available", gaps, "Missing"),
        listed("F.data_found", "Data found", empty, "Without data"),
    ]


BEFORE: Final[tuple[tuple[str, str, Callable[[Grounds], list[Check]]], ...]] = (
    ("A", "Contract and Infrastructure", contract),
    ("B", "Data Integrity", data_integrity),
    ("C", "Context Readiness", context),
    ("D", "Permission and Capability", permission),
    ("E", "Lifecycle Integrity", lifecycle),
    ("F", "Context Coverage", coverage),
    ("G", "Rollback Awareness", rollback),
)
"""What can be judged before the answer is written."""
