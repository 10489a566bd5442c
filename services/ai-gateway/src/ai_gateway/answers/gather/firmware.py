"""“Which firmware is in use?”, “Who runs 2.4.1?”, “Which devices are not on the latest firmware?”."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from ai_gateway.answers.gather.sources import Task, kind_words, names_of, noun, prove_state
from ai_gateway.homepot.scoped.devices import DeviceState, FirmwareCount
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.text import capital, clean, count, listing

LISTED: Final = 25
MOST_VERSIONS: Final = 12
"""Older versions whose devices are named."""
_SOURCE: Final = "devices.firmware_version"
_WANTED: Final = re.compile(r"\b(\d+\.\d+(?:\.\d+)*)\b")
_OTHER: Final = re.compile(r"\b(?:not|without|other than|except|different from|no)\b.{0,40}\d")
_OLDER: Final = re.compile(r"older|lower|earlier|smaller|less|below|before|under")
_THAN: Final = re.compile(
    r"\b((?:older|lower|earlier|smaller|less|newer|higher|later|greater|more recent) than|below|before|under|above|after|newer) (?:the )?(?:version |firmware |v)*\d"
)
_OLD: Final = re.compile(
    r"\b(?:not|never)(?: been)? (?:updated|upgraded|patched)\b|\b(?:outdated|out[- ]of[- ]date|old(?:er|est)?|obsolete|behind|up[- ]to[- ]date|need\w* (?:a |an )?(?:firmware )?(?:update|upgrade))\b|"
    r"\b(?:not|without|lack\w*|miss\w*)\b.{0,30}\b(?:latest|newest|current|recent|last)\b"
)


async def gather_firmware(task: Task) -> None:
    """Who runs a version, who does not, who is behind; and in any case what is in use."""
    text = task.question.text.lower()
    counts = await task.homepot.devices.by_firmware(task.question.view)
    wanted = _WANTED.search(text)
    if wanted and (than := _THAN.search(text)):
        await _past(task, counts, wanted[1], older=bool(_OLDER.match(than[1])))
    elif wanted and _OTHER.search(text):
        _others(task, counts, wanted[1])
    elif wanted:
        await _running(task, counts, wanted[1])
    elif _OLD.search(text):
        await _behind(task, counts)
    words = listing(f"{name} on {amount}" for name, amount in _by_version(counts))
    task.findings.state("count", f"Firmware in service{task.question.where}: {words}.", _SOURCE)


def _by_version(counts: Iterable[FirmwareCount]) -> list[tuple[str, int]]:
    tally: Counter[str] = Counter()
    for row in counts:
        tally[clean(row.firmware_version, 40) or "not recorded"] += row.devices
    return sorted(tally.items(), key=lambda one: (-one[1], one[0]))


def _others(task: Task, counts: list[FirmwareCount], version: str) -> None:
    rest = [row for row in counts if row.firmware_version != version]
    amount = sum(row.devices for row in rest)
    named = f": {listing(f'{name} on {number}' for name, number in _by_version(rest))}" if rest else ""
    text = f"{count(amount, noun(task))} {_run(amount)} other firmware than {version}{named}."
    task.findings.state("count", text, _SOURCE)


async def _past(task: Task, counts: list[FirmwareCount], wanted: str, *, older: bool) -> None:
    """Devices with a version before, or after, the one that is named."""
    limit = tuple(map(int, wanted.split(".")))
    rows = [
        row for row in counts if (own := _version(row.firmware_version)) and own != limit and (own < limit) is older
    ]
    await _tell_rows(task, rows, f"{'older' if older else 'newer'} firmware than {wanted}")


async def _tell_rows(task: Task, rows: list[FirmwareCount], what: str) -> None:
    """How many devices these are, and which. ``what``: they run."""
    amount = sum(row.devices for row in rows)
    devices = [device for group in await _devices(task, rows[:MOST_VERSIONS]) for device in group][:LISTED]
    fact = f"{count(amount, noun(task))}{task.question.where} {_run(amount)} {what}"
    proof = task.findings.prove("count", capital(f"{fact}."), _SOURCE)
    proofs = [prove_state(task, device) for device in devices]
    task.findings.claim(f"{fact}{f': {names_of(devices, amount)}' if amount else ''}.", proof, *proofs)


async def _running(task: Task, counts: list[FirmwareCount], version: str) -> None:
    amount = sum(row.devices for row in counts if row.firmware_version == version)
    devices = await task.homepot.devices.states(task.question.view, firmware=version, limit=LISTED) if amount else []
    fact = f"{count(amount, noun(task))} {_run(amount)} firmware {version}{f': {names_of(devices, amount)}' if amount else ''}."
    task.findings.claim(
        fact, task.findings.prove("count", fact, _SOURCE), *(prove_state(task, device) for device in devices)
    )


async def _behind(task: Task, counts: list[FirmwareCount]) -> None:
    """Devices with an older version than the newest that a device of their type in view runs: releases are not on record."""
    newest: dict[str, tuple[int, ...]] = {}
    for row in counts:
        if version := _version(row.firmware_version):
            newest[row.device_type] = max(version, newest.get(row.device_type, version))
    older = [row for row in counts if (version := _version(row.firmware_version)) and version < newest[row.device_type]]
    await _tell_rows(task, older, "older firmware than the newest in use on their type")
    for kind in sorted({row.device_type for row in older}):
        words = listing(
            f"{name} on {number}" for name, number in _by_version(row for row in older if row.device_type == kind)
        )
        text = f"{capital(kind_words(kind))}s: {words}; the newest in use is {'.'.join(map(str, newest[kind]))}."
        task.findings.state("count", text, _SOURCE)


async def _devices(task: Task, older: list[FirmwareCount]) -> list[list[DeviceState]]:
    view = task.question.view
    return await asyncio.gather(
        *(
            task.homepot.devices.states(
                View(sites=view.sites, devices=view.devices, types=(row.device_type,)),
                firmware=row.firmware_version,
                limit=LISTED,
            )
            for row in older
        )
    )


def _version(text: str | None) -> tuple[int, ...] | None:
    """``2.4.1`` → ``(2, 4, 1)``; ``None`` for what has no such form."""
    return tuple(map(int, text.split("."))) if text and re.fullmatch(r"\d{1,9}(?:\.\d{1,9})+", text) else None


def _run(amount: int) -> str:
    return "runs" if amount == 1 else "run"
