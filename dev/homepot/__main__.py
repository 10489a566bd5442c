"""`python -m dev.homepot create|load-csv|tick|big|reader`: make and drive HOMEPOT-shaped databases."""

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from dev.homepot.big import DEVICES, ROWS, create_big
from dev.homepot.fleet import SEED, create_sample
from dev.homepot.load import Anchor, load_csv
from dev.homepot.reader import create_reader
from dev.homepot.ticker import EVERY_S, Ticker


def main(arguments: list[str] | None = None) -> None:
    """Parse and run one command; wrong arguments and unfit databases end with a message, not a traceback."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.run
    try:
        command(options)
    except (LookupError, OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from error
    except KeyboardInterrupt:
        print("stopped")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.homepot", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = _command(commands, "create", "the sample fleet of docs/sample-fleet.md", _create)
    create.add_argument("--seed", type=int, default=SEED)
    load = _command(commands, "load-csv", "a folder of CSV files, one a table, with times moved to now", _load)
    load.add_argument("--folder", type=Path, required=True)
    load.add_argument("--anchor", choices=get_args(Anchor), default="rows", help="which newest time becomes now")
    tick = _command(commands, "tick", "keep a sample fleet alive until interrupted", _tick)
    tick.add_argument("--every", type=float, default=EVERY_S, help="seconds")
    big = _command(commands, "big", "a large fleet for the benches", _big)
    big.add_argument("--devices", type=int, default=DEVICES)
    big.add_argument("--rows", type=int, default=ROWS, help="of device_metrics")
    _command(commands, "reader", "create the reader role; its password is taken from READER_PASSWORD", _reader)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--url", required=True, help="a superuser's postgresql:// URL of the HOMEPOT database")
    parser.set_defaults(run=run)
    return parser


def _create(options: argparse.Namespace) -> None:
    world = create_sample(options.url, datetime.now(UTC), options.seed)
    print(f"created {len(world.devices)} devices at {len(world.sites)} sites")


def _load(options: argparse.Namespace) -> None:
    loaded = load_csv(options.url, options.folder, anchor=options.anchor)
    print(f"loaded {sum(loaded.rows.values())} rows into {len(loaded.rows)} tables, times moved by {loaded.offset}")


def _tick(options: argparse.Namespace) -> None:
    print(f"ticking every {options.every:g} s; end with Ctrl-C")
    Ticker(options.url, options.every).run()


def _big(options: argparse.Namespace) -> None:
    size = create_big(options.url, options.devices, options.rows)
    print(f"created {size.devices} devices with {size.metric_rows} metric rows")


def _reader(options: argparse.Namespace) -> None:
    print(create_reader(options.url, os.environ.get("READER_PASSWORD", "")))


if __name__ == "__main__":
    main()
