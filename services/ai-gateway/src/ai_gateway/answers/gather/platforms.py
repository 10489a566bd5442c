"""Answer questions like “Which devices run Android?”, “How many offline Windows 10 tills are there?”."""

from ai_gateway.answers.gather.sources import Task, kind_words, prove_state, state_sentence
from ai_gateway.answers.understand.platforms import Platform
from ai_gateway.homepot.scoped.devices import PlatformCount
from ai_gateway.kit.text import be, clean, count, listing, some_of

LISTED = 25
MOST = 500
_SOURCE = "devices.os_details"


async def gather_platform(task: Task, platform: Platform) -> None:
    """How many devices run it, which they are, and what the others run."""
    question = task.question
    conditions = list(question.conditions) or None
    counts = await task.homepot.devices.by_platform(question.view, platform.pattern)
    devices = await task.homepot.devices.states(
        question.view, conditions=conditions, platform=platform.pattern, other=platform.other, limit=MOST
    )
    total = sum(row.devices for row in counts)
    running = sum(row.devices for row in counts if row.fits is not platform.other)
    what = " or ".join(kind_words(kind) for kind in question.types) or "device"
    runs = f"{'other systems than ' if platform.other else ''}{platform.name}"
    amount, least = (len(devices), "at least " if len(devices) == MOST else "") if conditions else (running, "")
    of = f"{running} that run{'s' if running == 1 else ''} {runs}" if conditions else f"{total} in service"
    states = f"{be(amount)} {' or '.join(one.replace('_', ' ') for one in conditions)}" if conditions else ""
    verb = states or f"{'runs' if amount == 1 else 'run'} {runs}"
    listed = devices[:LISTED]
    names = f": {some_of([clean(one.name, 80) for one in listed], amount)}" if amount else ""
    fact = f"{least}{count(amount, what)}{question.where} {verb}{names} (of {of})."
    proofs = [prove_state(task, device) for device in listed]
    task.findings.claim(fact, task.findings.prove("count", fact, _SOURCE), *proofs)
    for device, proof in zip(listed, proofs, strict=True):
        text = f"{device.device_id}: operating system {clean(device.os_details, 80) or 'not recorded'}."
        system = task.findings.prove("device_attribute", text, f"devices:{device.id}", device_id=device.device_id)
        told = f"{state_sentence(device, task.now)}; operating system {clean(device.os_details, 80) or 'not recorded'}."
        task.findings.claim(told, proof, system)
    if not amount:
        _systems(task, counts)


async def gather_platforms(task: Task) -> None:
    """Which operating systems there are."""
    _systems(task, await task.homepot.devices.by_platform(task.question.view, None))


def _systems(task: Task, counts: list[PlatformCount]) -> None:
    words = listing((f"{clean(row.os_details, 60) or 'not recorded'} on {row.devices}" for row in counts), most=LISTED)
    text = f"Operating systems in service{task.question.where}: {words or 'none'}."
    task.findings.state("count", text, _SOURCE)
