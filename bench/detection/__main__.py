"""``python -m bench.detection DIR``: one JSON line for each labelled set found in the folder."""

import argparse
import json
import sys
from pathlib import Path

from ai_gateway.health.detect import SENSITIVITY
from bench.detection.run import measure
from bench.detection.sets import PROTOCOLS


def main() -> None:
    """Measure every set that lies in the folder; status 2 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds smd/, asd/, nab/, skab/ as docs/detection.md describes")
    parser.add_argument("--only", action="append", choices=list(PROTOCOLS), help="a set to measure; repeat it")
    parser.add_argument(
        "--sensitivity",
        type=float,
        default=SENSITIVITY,
        help="accepted false alarms per device-week (default: shipped)",
    )
    options = parser.parse_args()
    found = [name for name in options.only or PROTOCOLS if (options.folder / name / f"{name}.parquet").exists()]
    if not found:
        sys.stderr.write(f"no labelled set lies in {options.folder}: docs/detection.md says where to get them\n")
        sys.exit(2)
    for name in found:
        print(json.dumps(measure(name, options.folder / name, options.sensitivity)), flush=True)


if __name__ == "__main__":
    main()
