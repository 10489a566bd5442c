"""`python -m dev.simulation --url URL`: load a simulated fleet that ends now into a database, and print its labels."""

import argparse
from datetime import UTC, datetime, timedelta

import msgspec

from dev.simulation.faults import KINDS
from dev.simulation.load import Stream
from dev.simulation.simulate import QUIET_DAYS, simulate


def main(arguments: list[str] | None = None) -> None:
    """Parse and run; wrong arguments and unfit databases end with a message, not a traceback."""
    parser = argparse.ArgumentParser(prog="python -m dev.simulation", description=__doc__)
    parser.add_argument("--url", required=True, help="a superuser's postgresql:// URL of an empty HOMEPOT database")
    parser.add_argument("--devices", type=int, default=96)
    parser.add_argument("--days", type=float, default=12.0)
    parser.add_argument("--step", type=float, default=600.0, help="seconds between two readings of a device")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet-days", type=float, default=QUIET_DAYS, help="days before the first fault")
    parser.add_argument("--fault", action="append", choices=KINDS, help="a kind to inject; repeat it (default: all)")
    options = parser.parse_args(arguments)
    try:
        _load(options)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from error


def _load(options: argparse.Namespace) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    run = simulate(
        options.devices,
        options.days,
        options.step,
        options.seed,
        options.fault or KINDS,
        start=now - timedelta(days=options.days),
        quiet_days=options.quiet_days,
    )
    Stream(options.url, run).write_until(now)
    for fault in run.faults:
        times = {name: datetime.fromtimestamp(getattr(fault, name), UTC) for name in ("started", "ended")}
        print(msgspec.json.encode({**msgspec.structs.asdict(fault), **times}).decode())


if __name__ == "__main__":
    main()
