"""“Which devices went offline today?”, “Who came back online?”: recorded changes of state, and heartbeats that ended."""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.answers.understand.day_times import TimeRange
from ai_gateway.answers.understand.period import read_longer
from ai_gateway.kit.clock import rfc3339
from ai_gateway.kit.text import capital, clean, count, some_of, span

MOST: Final = 1000
"""Changes and silent devices that are looked at."""
LISTED: Final = 10
_BACK: Final = re.compile(
    r"\b(?:back|come|came|went|gone|go|goes) (?:back |again )?(?:online|up)\b|\b(?:came|come|coming) back\b"
)
_OFFLINE: Final = "offline"


class Transition(NamedTuple):
    """How often a device changed to the state in the period, and when last; ``how``: what that is known by.

    ``longest``: the longest time that it stayed in it.
    """

    device_id: str
    name: str
    times: int
    at: datetime
    how: str
    longest: timedelta


async def tell_transitions(task: Task, chosen: TimeRange) -> None:
    """The devices that went offline, or came back, in a period: the last to do so first."""
    back = bool(_BACK.search(task.question.asked))
    state = "online" if back else _OFFLINE
    found, whole = await _recorded(task, chosen, state)
    if not back:
        for silent in await _fallen_silent(task, chosen):
            found.setdefault(silent.device_id, silent)
    longer = read_longer(task.question.asked)
    if longer:
        found = {key: one for key, one in found.items() if one.longest >= longer}
    ordered = sorted(found.values(), key=lambda one: (one.at, one.name), reverse=True)
    least = "" if whole else "at least "
    verb = "came back online" if back else "went offline"
    verb += f" for at least {span(longer)}" if longer else ""
    fact = f"{least}{count(len(ordered), 'device')}{task.question.where} {verb} {chosen.words}"
    proof = task.findings.prove("count", capital(f"{fact}."), "device_state_history:count")
    shown = [(one, _prove(task, one, verb)) for one in ordered[:LISTED]]
    names = f": {some_of([clean(one.name, 80) for one, _ in shown], len(ordered))}" if ordered else ""
    order = ", the last first" if len(ordered) > 1 else ""
    task.findings.claim(f"{fact}{order}{names}.", proof, *(one for _, one in shown))
    for one, evidence in shown:
        task.findings.claim(_sentence(one, verb), evidence)


async def _recorded(task: Task, chosen: TimeRange, state: str) -> tuple[dict[str, Transition], bool]:
    """By device, from its history of states, and whether that is all."""
    changes = await task.homepot.devices.state_changes(task.question.view, chosen.period, limit=MOST)
    found: dict[str, Transition] = {}
    for change in reversed(changes):  # the newest last
        if change.new_state == state and change.previous_state != state:
            before = found.get(change.device_id)
            after = (one.at for one in reversed(changes) if one.device_id == change.device_id and one.at > change.at)
            stayed = next(after, chosen.period.until) - change.at
            found[change.device_id] = Transition(
                change.device_id,
                change.device_name,
                before.times + 1 if before else 1,
                change.at,
                "by its recorded states",
                max(stayed, before.longest) if before else stayed,
            )
    return found, len(changes) < MOST


async def _fallen_silent(task: Task, chosen: TimeRange) -> list[Transition]:
    """Devices that are offline now and whose last heartbeat is of the period, whatever states are recorded."""
    devices = await task.homepot.devices.states(task.question.view, conditions=[_OFFLINE], limit=MOST)
    return [
        Transition(
            one.device_id,
            one.name,
            1,
            one.last_heartbeat_at,
            "by its last heartbeat, and is offline still",
            task.now - one.last_heartbeat_at,
        )
        for one in devices
        if one.last_heartbeat_at and chosen.period.since <= one.last_heartbeat_at <= chosen.period.until
    ]


def _sentence(one: Transition, verb: str) -> str:
    times = "" if one.times == 1 else f" {one.times} times, last"
    return f"{title(one.name, one.device_id)} {verb}{times} at {rfc3339(one.at)} {one.how}."


def _prove(task: Task, one: Transition, verb: str) -> tuple[str, ...]:
    return task.findings.prove(
        "state_change", _sentence(one, verb), "device_state_history", at=one.at, device_id=one.device_id
    )
