"""``python -m bench.prediction FIT [--data DATA]``: one JSON line for each set and horizon found in the folders."""

import argparse
import json
import sys
from pathlib import Path

from bench.prediction.disks import measure_disks
from bench.prediction.failures import measure_failures
from bench.prediction.life import measure_life

MEASURES = {"pdm": measure_failures, "cmapss": measure_life, "backblaze": measure_disks}


def main() -> None:
    """Measure every set that lies in the folder; status 2 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m bench.prediction", description=__doc__)
    parser.add_argument("fit", type=Path, help="holds pdm/, cmapss/, backblaze/ as docs/prediction.md describes")
    parser.add_argument(
        "--data", type=Path, help="another folder to score (default: parts of the first, by fits to the others)"
    )
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="a set to measure; repeat it")
    options = parser.parse_args()
    scored = options.data or options.fit
    found = [
        name
        for name in options.only or MEASURES
        if (scored / name).is_dir() and (name == "backblaze" or (options.fit / name).is_dir())
    ]
    if not found:
        sys.stderr.write(f"no labelled set lies in {scored}: docs/prediction.md says where to get them\n")
        sys.exit(2)
    for name in found:
        other = scored.resolve() != options.fit.resolve()
        for line in MEASURES[name](options.fit / name, scored / name if other else None):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
