"""Show nearly identical incidents as one: a fault that came back ten times is one precedent, seen ten times."""

import re
from collections.abc import Iterable

import msgspec

from ai_gateway.memory.types import Recalled
from ai_gateway.memory.words import words

SAME_WORDS = 0.8
"""Share of common words (Jaccard) from which two texts tell the same. A changed reading alone gives 1."""
_READING = re.compile(r"\d{1,2}|\d+\.\d+|\d+[a-z]{1,2}")


def fold(incidents: Iterable[Recalled]) -> list[Recalled]:
    """The incidents in their order, each with how many after it say the same and are left out.

    The first that tells what was done stands for those that say the same.
    """
    kept: list[tuple[frozenset[str], Recalled]] = []
    for incident in incidents:
        said = told(incident)
        same = next((at for at, (other, _) in enumerate(kept) if alike(said, other)), None)
        if same is None:
            kept.append((said, incident))
        else:
            other, first = kept[same]
            shown = incident if incident.resolution and not first.resolution else first
            kept[same] = (other, msgspec.structs.replace(shown, count=first.count + 1))
    return [incident for _, incident in kept]


def told(incident: Recalled) -> frozenset[str]:
    """What an incident and its remedy say, without readings: ``96.4`` and ``615ms`` differ each time."""
    text = f"{incident.description}\n{incident.resolution or ''}"
    return frozenset(word for word in words(text) if not _READING.fullmatch(word))


def alike(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two texts tell the same; two without words do not."""
    return bool(left) and len(left & right) >= SAME_WORDS * len(left | right)
