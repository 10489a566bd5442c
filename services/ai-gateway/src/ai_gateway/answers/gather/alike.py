"""Past failures that began as the last days of a device look, for a question about that device alone."""

from typing import Final

from ai_gateway.answers.gather.sources import Task, title
from ai_gateway.homepot.scoped.devices import DeviceState
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.text import clean
from ai_gateway.prediction.precedents import done_words, progression_words

MOST: Final = 2


async def gather_alike(task: Task, device: DeviceState) -> None:
    """Cite the likest in the caller's scope, and what was done about them."""
    scope = task.question.scope
    past = await task.sources.foresight.alike(scope, device.id)
    if not past:
        return
    view = View(sites=scope, devices=tuple({one.device for one in past}))
    known = {one.id: one for one in await task.homepot.devices.states(view, in_service_only=False, limit=len(past))}
    seen = [one for one in past if one.device in known][:MOST]
    done = await task.sources.foresight.done_about(scope, seen, [known[one.device].device_id for one in seen])
    whose = title(device.name, device.device_id)
    for place, one in enumerate(seen):
        then = known[one.device]
        where = f"{title(then.name, then.device_id)} at {clean(then.site_name, 80)}"
        text = f"The last days of {whose} look like those of {where} before it failed: {progression_words(one)}."
        told = done_words(done.get(place))
        source = f"ai_predictions:{device.id}"
        proof = task.findings.prove(
            "similar_failure", " ".join([text, *told]), source, at=one.at, device_id=then.device_id
        )
        task.findings.claim(text, proof)
        if told:
            task.findings.advise(f"{where}, then: {' '.join(told)}", proof)
