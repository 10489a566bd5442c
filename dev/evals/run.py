"""Run cases one after the other: insert rows, read the truth, ask, check."""

import statistics
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

import msgspec

from dev.evals.cases import Case, CaseError
from dev.evals.checks import Answer, Truth, failed_checks
from dev.evals.data import case_rows, read_truth
from dev.evals.gateway import INTENTS, Gateway
from dev.evals.stack import Stack


class Outcome(msgspec.Struct, frozen=True):
    """One answer to one case, judged."""

    failed_checks: list[str]
    answer: Answer

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return not self.failed_checks

    @property
    def line(self) -> dict[str, Any]:
        """The outcome for a report."""
        return {
            "passed": self.passed,
            "failed_checks": self.failed_checks,
            "degraded": self.answer.degraded,
            "trust": self.answer.trust and self.answer.trust.trust_score,
            "trust_failed": self.answer.trust.failed_checks if self.answer.trust else [],
            "ms": round(self.answer.ms),
        }


class Result(msgspec.Struct, frozen=True):
    """A case and its outcomes: ``off`` without a language model, ``on`` with one; ``None`` was not run."""

    case: Case
    off: Outcome | None = None
    on: Outcome | None = None

    @property
    def line(self) -> dict[str, Any]:
        """One JSON line of the report: the outcome without a model, and the one with a model beside it."""
        first = self.off or self.on
        line = {"case": self.case.name, **(first.line if first else {})}
        return {**line, "with_model": self.on.line} if self.off and self.on else line


async def judge(case: Case, gateway: Gateway, truth: Truth) -> Outcome:
    """Ask and check."""
    answer = await gateway.ask(case)
    return Outcome(failed_checks(case.expect, truth, answer), answer)


async def run_case(case: Case, stack: Stack, *, off: bool = True) -> Result:
    """One case against a stack of our own, without and with its model.

    Raises:
        CaseError: the case's rows or SQL do not fit the database.
    """
    check_intent(case)
    with case_rows(stack.homepot_url, case, stack.now):
        truth = read_truth(stack.homepot_url, case, stack.now)
        without = await judge(case, stack.plain, truth) if off else None
        return Result(case, without, await judge(case, stack.eloquent, truth) if stack.eloquent else None)


def check_intent(case: Case) -> None:
    """Refuse an intent that the gateway does not have."""
    if case.expect.intent and case.expect.intent not in INTENTS:
        raise CaseError(f"{case.name}: no intent {case.expect.intent!r}; there are {', '.join(sorted(INTENTS))}")


async def run_remote(
    cases: Iterable[Case], gateway: Gateway, homepot_url: str | None, now: datetime
) -> AsyncIterator[tuple[Case, Outcome | None]]:
    """Cases against a gateway that runs elsewhere; ``None`` for one that needs rows or keys of its own."""
    for case in cases:
        check_intent(case)
        if case.rows or case.key_sites is not None:
            yield case, None
            continue
        truth = read_truth(homepot_url, case, now) if homepot_url else Truth()
        yield case, await judge(case, gateway, truth)


def summary(results: list[Result]) -> dict[str, Any]:
    """Shares and times over all cases. Times are milliseconds as a caller sees them."""
    off = [result.off for result in results if result.off]
    on = [result.on for result in results if result.on]
    report: dict[str, Any] = {"cases": len(results)}
    for word, outcomes in (("off", off), ("on", on)):
        if outcomes:
            passed = sum(outcome.passed for outcome in outcomes)
            report |= {f"passed_model_{word}": passed, f"share_model_{word}": round(passed / len(outcomes), 3)}
            report |= _times(word, [outcome.answer.ms for outcome in outcomes])
    answered = [outcome for outcome in on if outcome.answer.status == 200]  # noqa: PLR2004 - a problem has no prose
    if answered:
        kept = sum(outcome.answer.model_used is not None for outcome in answered)
        report["kept_prose_share"] = round(kept / len(answered), 3)
    return report


def _times(word: str, times: list[float]) -> dict[str, int]:
    ranked = sorted(times)
    last = ranked[min(int(len(ranked) * 0.95), len(ranked) - 1)]
    return {f"median_ms_model_{word}": round(statistics.median(ranked)), f"p95_ms_model_{word}": round(last)}
