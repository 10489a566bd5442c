"""``python -m bench``: measure everything that the documents quote, one JSON line a figure on standard output, logs on standard error."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

import structlog

from bench import (
    again,
    embedding,
    findings,
    incidents,
    insights,
    liveness,
    naive,
    predictions,
    query,
    scan,
    scoring,
    stream,
    views,
    wearing,
)
from bench.figures import Figure, machine
from bench.lab import Lab

BENCHES: dict[str, Callable[[Lab], Iterator[Figure]]] = {
    "query": query.measure,
    "again": again.measure,
    "stream": stream.measure,
    "livez": liveness.measure,
    "naive": naive.measure,
    "embedding": embedding.measure,
    "scan": scan.measure,
    "scoring": scoring.measure,
    "views": views.measure,
    "incidents": incidents.measure,
    "insights": insights.measure,
    "findings": findings.measure,
    "predictions": predictions.measure,
    "wearing": wearing.measure,
}


def main() -> None:
    """Run the chosen benches; status 1 if a goal was missed in a full run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(BENCHES), help="a bench to run; repeat it")
    parser.add_argument("--quick", action="store_true", help="a tenth of the fleet: to try the bench, not to quote")
    options = parser.parse_args()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )  # some benches run the worker's jobs here
    print(json.dumps(machine()), flush=True)
    missed = 0
    with Lab(quick=options.quick) as lab:
        for name in options.only or BENCHES:
            for figure in BENCHES[name](lab):
                print(figure.line(), flush=True)
                missed += figure.met is False
    sys.exit(1 if missed and not options.quick else 0)


if __name__ == "__main__":
    main()
