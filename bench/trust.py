"""``python -m bench.trust``: how often answers at each trust level are right, over the evaluation cases.

One JSON line a trust mode and one a checked gate go to standard output. The cases' expectations come from SQL, never from
the gateway, so a level is worth what is printed beside it. ``--model on`` lets the small local model write too.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dev.evals.__main__ import NOW, quiet
from dev.evals.cases import load_cases
from dev.evals.run import Outcome, run_case
from dev.evals.stack import ROOT, Dataset, Model, running_stack

CASES = (("cases", False), ("cases_scanned", True))
"""Folders of cases, and whether the worker has scanned."""


async def _outcomes(folder: Path, *, scanned: bool, model: Model | None) -> list[Outcome]:
    found = []
    async with running_stack(Dataset(now=NOW, scanned=scanned), model) as stack:
        for case in load_cases(folder):
            result = await run_case(case, stack)
            found += [outcome for outcome in (result.off, result.on) if outcome and outcome.answer.trust]
            print(f"{case.name}", file=sys.stderr, flush=True)
    return found


def lines(outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    """Right answers by trust mode, the most trusted first, and how often each check failed, in right and wrong answers."""
    by_mode: dict[str, list[Outcome]] = {}
    failed: dict[str, Counter[bool]] = {}
    for outcome in outcomes:
        if (trust := outcome.answer.trust) is None:
            continue
        by_mode.setdefault(trust.trust_mode, []).append(outcome)
        for check in trust.failed_checks:
            failed.setdefault(check, Counter())[outcome.passed] += 1
    for mode, group in sorted(by_mode.items(), key=lambda one: -_score(one[1])):
        right = sum(outcome.passed for outcome in group)
        share = round(right / len(group), 3)
        yield {"trust_mode": mode, "mean_score": _score(group), "answers": len(group), "right": right, "share": share}
    for check, counts in sorted(failed.items()):
        yield {"failed_check": check, "in_right": counts[True], "in_wrong": counts[False]}


def _score(group: list[Outcome]) -> float:
    scores = [outcome.answer.trust.trust_score for outcome in group if outcome.answer.trust]
    return round(sum(scores) / len(scores), 3)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.trust", description=__doc__)
    parser.add_argument(
        "--model", choices=("off", "on"), default="off", help="whether the small local model writes too"
    )
    options = parser.parse_args()
    quiet()
    model = Model() if options.model == "on" else None
    outcomes: list[Outcome] = []
    for name, scanned in CASES:
        outcomes += asyncio.run(_outcomes(ROOT / "tests/evals" / name, scanned=scanned, model=model))
    for line in lines(outcomes):
        print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
