"""Show nearly identical incidents as one: a fault that came back ten times is one precedent, seen ten times."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from ai_gateway.memory.recipe import parts
from ai_gateway.memory.types import Recalled, Repeated
from ai_gateway.memory.words import words

SAME_WORDS = 0.8
"""Share of common words (Jaccard) from which two texts tell the same. A changed reading alone gives 1."""
OFTEN = 20
"""Incidents that say the same from which the others are looked for beside them."""
MOST_REPEATED = 10
"""Groups of such incidents that are looked beside, the largest."""
_READING = re.compile(r"\d{1,2}|\d+\.\d+|\d+[a-z]{1,2}")


def grouped(incidents: Iterable[Recalled]) -> list[list[Recalled]]:
    """Incidents that say the same as the first of theirs, together; in their order, and the groups by their first."""
    groups: list[tuple[frozenset[str], list[Recalled]]] = []
    for incident in incidents:
        said = told(incident)
        same = next((group for other, group in groups if alike(said, other)), None)
        if same is None:
            groups.append((said, [incident]))
        else:
            same.append(incident)
    return [group for _, group in groups]


def shown(group: Sequence[Recalled]) -> Recalled:
    """The first that tells what was done stands for those that say the same, with how many they are."""
    first = next((one for one in group if one.resolution), group[0])
    return msgspec.structs.replace(first, count=len(group))


def repeated(groups: Iterable[Sequence[Recalled]]) -> list[Repeated]:
    """What the largest groups say over and over, so that it can be looked beside them; those without enough in common are left out."""
    largest = sorted((group for group in groups if len(group) >= OFTEN), key=len, reverse=True)
    found = []
    for group in largest[:MOST_REPEATED]:
        said = [frozenset(words("\n".join(parts(one)))) for one in group]
        common, most = frozenset.intersection(*said), max(map(len, said))
        if len(common) >= SAME_WORDS * len(told(group[0])):
            found.append(Repeated(tuple(sorted(common)), most))
    return found


def told(incident: Recalled) -> frozenset[str]:
    """What an incident and its remedy say, without readings: ``96.4`` and ``615ms`` differ each time."""
    text = f"{incident.description}\n{incident.resolution or ''}"
    return frozenset(word for word in words(text) if not _READING.fullmatch(word))


def alike(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two texts tell the same; two without words do not."""
    return bool(left) and len(left & right) >= SAME_WORDS * len(left | right)
