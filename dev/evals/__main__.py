"""`python -m dev.evals`: put every case of a folder to a gateway and check what it answers.

One JSON line a case and one of summary go to standard output, progress to standard error. The exit status is 1 if a
case failed without a language model (or, with --url or --model on, at all), 2 if a case or the stack is broken.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import httpx
import structlog
from structlog.dev import plain_traceback as plain

from dev.evals.attacks import Range, load_attacks
from dev.evals.attempts import attempt, shares
from dev.evals.cases import Case, CaseError, load_cases
from dev.evals.gateway import TIMEOUT_S, HttpGateway
from dev.evals.run import Result, run_case, run_remote, summary
from dev.evals.stack import ROOT, Dataset, Model, running_stack
from dev.homepot.load import Anchor

CASES = ROOT / "tests/evals/cases"
ATTACKS = ROOT / "tests/evals/attacks"
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> int:
    """Run; returns the exit status."""
    options = parser().parse_args(arguments)
    quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped then too
    try:
        if options.attacks:
            return asyncio.run(_attacks(options))
        cases = _chosen(load_cases(options.cases or CASES), options)
        results = asyncio.run(_remote(cases, options) if options.url else _local(cases, options))
    except (OSError, RuntimeError, ValueError, httpx.HTTPError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(json.dumps({"summary": summary(results)}), flush=True)
    return int(any(not outcome.passed for result in results if (outcome := result.off or result.on)))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m dev.evals", description=__doc__)
    top.add_argument("--cases", type=Path, help="folder of cases; the default is tests/evals/cases")
    top.add_argument("--only", help="cases whose name holds this text")
    top.add_argument("--tag", action="append", default=[], help="cases with this tag, or with any of several")
    top.add_argument("--model", choices=("off", "on", "both"), default="both", help="without and with a language model")
    top.add_argument("--llm-model", default=Model().name, help="name of the language model")
    top.add_argument("--ollama-host", help="a running Ollama; without it the small local model is started")
    top.add_argument("--csv", type=Path, help="a folder of CSV files, one a table, in place of the sample fleet")
    top.add_argument("--anchor", choices=get_args(Anchor), default="telemetry", help="which newest time becomes now")
    top.add_argument("--now", type=datetime.fromisoformat, help="the moment that it is, with its zone")
    top.add_argument("--scan", action="store_true", help="let the worker look for anomalies and incidents first")
    top.add_argument("--foresee", action="store_true", help="let the worker have predicted some failures and limits")
    top.add_argument(
        "--attacks", action="store_true", help="hostile texts, in place of cases (default: tests/evals/attacks)"
    )
    top.add_argument("--answers", action="store_true", help="show every answer on standard error")
    top.add_argument("--url", help="a running gateway, in place of one of our own")
    top.add_argument("--key", help="its API key")
    top.add_argument("--homepot-url", help="its HOMEPOT database, for cases with SQL; without it their SQL is skipped")
    return top


def _chosen(cases: list[Case], options: argparse.Namespace) -> list[Case]:
    chosen = [
        case
        for case in cases
        if (not options.only or options.only in case.name) and (not options.tag or set(options.tag) & set(case.tags))
    ]
    if not chosen:
        raise CaseError("no case has that name or tag")
    return chosen


async def _local(cases: list[Case], options: argparse.Namespace) -> list[Result]:
    now = options.now or NOW
    if now.tzinfo is None:
        raise CaseError("--now needs a zone, as in 2026-11-20T10:30:00+00:00")
    dataset = Dataset(now=now, csv=options.csv, anchor=options.anchor, scanned=options.scan, foreseen=options.foresee)
    model = Model(name=options.llm_model, ollama_host=options.ollama_host) if options.model != "off" else None
    _say("starting databases, embedder" + (" and language model" if model else ""))
    results = []
    async with running_stack(dataset, model) as stack:
        for case in cases:
            result = await run_case(case, stack, off=options.model != "on")
            results.append(result)
            _report(result, options)
    return results


async def _attacks(options: argparse.Namespace) -> int:
    """Try every attack; returns the exit status."""
    attacks = [one for one in load_attacks(options.cases or ATTACKS) if not options.only or options.only in one.name]
    model = Model(name=options.llm_model, ollama_host=options.ollama_host) if options.model != "off" else None
    results = []
    async with running_stack(Dataset(now=options.now or NOW), model) as stack:
        trial = Range(stack)
        for attack in attacks:
            results.append(await attempt(attack, trial, with_model=model is not None))
            print(json.dumps(results[-1].line), flush=True)
    print(json.dumps({"summary": shares(results)}), flush=True)
    return int(any(result.faults for result in results))


async def _remote(cases: list[Case], options: argparse.Namespace) -> list[Result]:
    if not options.key:
        raise CaseError("--url needs --key: an API key of that gateway")
    if not options.homepot_url:
        _say("no --homepot-url: what cases expect by SQL is not checked")
    results = []
    async with httpx.AsyncClient(base_url=options.url, timeout=TIMEOUT_S) as client:
        gateway = HttpGateway(client, options.key)
        now = options.now or datetime.now(UTC)
        async for case, outcome in run_remote(cases, gateway, options.homepot_url, now):
            if outcome is None:
                _say(
                    f"skipped {case.name}: it needs rows or a key of its own, which only a gateway of our own can have"
                )
                continue
            result = Result(case, on=outcome) if outcome.answer.model_used else Result(case, off=outcome)
            results.append(result)
            _report(result, options)
    return results


def _report(result: Result, options: argparse.Namespace) -> None:
    """A line for programs, and with --answers the answers for people."""
    print(json.dumps(result.line), flush=True)
    for word, outcome in (("off", result.off), ("on", result.on)):
        if outcome and (options.answers or not outcome.passed):
            answer = outcome.answer
            _say(f"--- {result.case.name} (model {word}, {'right' if outcome.passed else 'WRONG'}) {answer.intent}")
            _say(f"Q: {result.case.question}\n{answer.answer or answer.type}\n{answer.degraded_reason or ''}")


def quiet() -> None:
    """Keep the gateway's log off standard output, which is for the report."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(exception_formatter=plain)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
