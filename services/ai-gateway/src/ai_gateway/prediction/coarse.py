"""How much of the whole fleet's counts is told to those who see a part of it: decision 0025."""

from typing import Final

from msgspec.structs import replace

from ai_gateway.prediction.types import Prediction

STEP: Final = 5
EXACT: Final = 100


def coarse(count: int) -> int:
    """Below a hundred the nearest multiple of five, above two digits."""
    step = STEP if count < EXACT else 10 ** (len(str(count)) - 2)
    return (count + step // 2) // step * step


def told(found: Prediction, sites: tuple[int, ...] | None) -> Prediction:
    """The same with coarse counts of cases, unless every site is in view."""
    return found if sites is None else replace(found, cases=coarse(found.cases), failed=coarse(found.failed))
