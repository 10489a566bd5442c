"""The forms that checks take."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.types import Check, Proof


def share(
    check_id: str,
    name: str,
    good: int,
    total: int,
    words: str,
    grounds: Grounds,
    field: str | None,
    table: str = "device_metrics",
) -> Check:
    """Holds when ``good`` of ``total`` devices are enough of them; where there are none it does."""
    held = good / total if total else 1.0
    least = grounds.limits.least_share
    proof = Proof(check_id, table=table, field=field, observed=round(held, 4), threshold=least, row_count=total)
    return Check(check_id, name, passed=held >= least, message=f"{words}.", evidence=[proof])


def each(check_id: str, name: str, faulty: Iterable[str], fault: str, field: str, table: str = "devices") -> Check:
    """Holds when no device is faulty."""
    devices = list(faulty)
    message = f"{', '.join(devices)} {fault}." if devices else "It holds for each device named."
    proofs = [Proof(check_id, table=table, field=field, device_id=device) for device in devices]
    return Check(check_id, name, passed=not devices, message=message, evidence=proofs)


def listed(check_id: str, name: str, faults: Sequence[str], word: str) -> Check:
    """Holds when nothing is listed."""
    message = f"{word}: {'; '.join(faults)}." if faults else "Nothing is missing."
    return Check(check_id, name, passed=not faults, message=message)


def unasked(check_id: str, name: str, message: str) -> Check:
    """Holds, as there is nothing to check."""
    return Check(check_id, name, passed=True, message=message)


def within(moment: datetime | None, now: datetime, seconds: float) -> bool:
    """Whether a moment is known and at most so long ago."""
    return moment is not None and now - moment <= timedelta(seconds=seconds)
