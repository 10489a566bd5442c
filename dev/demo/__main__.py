"""`python -m dev.demo [--once]`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from dev.demo.run import run
from dev.ollama.models import ROOT

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status, 0 also where a signal ended a demo that was up."""
    options = _parser().parse_args(arguments)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    return run(options.data, once=options.once)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the answers; status 1 if one is wrong")
    parser.add_argument(
        "--data", type=Path, default=ROOT / ".cache" / "demo", help="folder of databases and logs (%(default)s)"
    )
    return parser


def _interrupt(number: int, _: FrameType | None) -> None:
    """End in order at the first signal, and let no further one disturb that."""
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


if __name__ == "__main__":
    sys.exit(main())
