"""At which times of the day each device is usually heard: some are switched off while their site is closed.

HOMEPOT's opening hours know no time zone, and a site's own clock moves twice a year; what a device did on the last days
needs neither. For each half hour of the day one bit a day is kept, for today and the seven days before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.detect.slots import Slots

SLOT_S: Final = 1800
SLOTS: Final = 86_400 // SLOT_S
QUIET_DAYS: Final = 2
"""Days, of those before today on which a device was heard at all, without a word at some time, from which that is a habit."""
_DAYS: Final = 8
_BEFORE_TODAY: Final = np.uint8(0b1111_1110)
_NEVER: Final = -1

Indices = NDArray[np.int64]
Times = NDArray[np.float64]
Bits = NDArray[np.uint8]


class Habits:
    """Bit ``k`` of a half hour: whether the device was heard in it ``k`` days before its newest day."""

    def __init__(self) -> None:
        self.tracks = Slots({"day": np.array(_NEVER, np.int32), "heard": np.zeros(SLOTS, np.uint8)})

    def note(self, devices: Indices, at: Times) -> None:
        """Devices were heard; in any order, and as often as one likes."""
        places = self.tracks.rows(devices)
        days, slots = np.divmod(at, 86_400)
        days, slots = days.astype(np.int64), (slots // SLOT_S).astype(np.int64)
        day, heard = self.tracks.arrays["day"], self.tracks.arrays["heard"]
        touched = np.unique(places)
        before = day[touched].astype(np.int64)
        np.maximum.at(day, places, days.astype(np.int32))
        heard[touched] = _aged(heard[touched], day[touched] - before)
        ages = day[places] - days
        recent = ages < _DAYS
        bits = np.left_shift(1, ages[recent]).astype(np.uint8)
        np.bitwise_or.at(heard, (places[recent], slots[recent]), bits)

    def usual(self, devices: Indices, now: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """``(n, 48)``: in which half hours of the day each device is usually heard; ``(n,)``: whether that is known."""
        places = self.tracks.rows(devices)
        today = int(now // 86_400)
        heard = _aged(self.tracks.arrays["heard"][places], today - self.tracks.arrays["day"][places].astype(np.int64))
        days = np.bitwise_count(np.bitwise_or.reduce(heard, axis=1) & _BEFORE_TODAY)
        without = days[:, None] - np.bitwise_count(heard & _BEFORE_TODAY)
        known = days >= QUIET_DAYS
        return (without < QUIET_DAYS) | ~known[:, None], known


def _aged(heard: Bits, days: NDArray[np.integer]) -> Bits:
    """The bits some days later."""
    steps = np.clip(days, 0, _DAYS).astype(np.uint16)[:, None]
    return np.asarray(np.left_shift(heard.astype(np.uint16), steps).astype(np.uint8))
