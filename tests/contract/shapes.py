"""Compares two JSON values by their keys and types, all the way down."""

from typing import Any


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Where ``ours`` has other keys or types than ``theirs``.

    What is null on either side fits anything; a whole number fits where a fraction stands; lists are compared by every
    element of ours with the first of theirs.
    """
    if ours is None or theirs is None:
        return []
    if _kind(ours) != _kind(theirs):
        return [f"{path or '.'}: {_kind(ours)} in place of {_kind(theirs)}"]
    if isinstance(theirs, dict):
        found = [f"{path}.{key} is missing" for key in theirs.keys() - ours.keys()]
        found += [f"{path}.{key} is new" for key in ours.keys() - theirs.keys()]
        return found + [
            line
            for key in sorted(theirs.keys() & ours.keys())
            for line in differences(ours[key], theirs[key], f"{path}.{key}")
        ]
    if isinstance(theirs, list) and theirs:
        return [line for index, one in enumerate(ours) for line in differences(one, theirs[0], f"{path}[{index}]")]
    return []


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__
