"""What a bench reports: one JSON line a figure."""

import json
import math
import os
import platform
import time
from collections.abc import Sequence
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value. ``at_most`` and ``at_least``: the goal; without either it is reported for information."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    detail: dict[str, Any] = {}

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; ``None`` without a goal."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    def line(self) -> str:
        """The figure as one line of JSON."""
        known = {"at_most": self.at_most, "at_least": self.at_least, "met": self.met}
        goal = {name: value for name, value in known.items() if value is not None}
        return json.dumps(
            {"figure": self.name, "value": round(self.value, 2), "unit": self.unit, **goal, **self.detail}
        )


def machine() -> dict[str, object]:
    """Where and when: a figure from a machine with other work to do (a high load) says little."""
    load = round(os.getloadavg()[0], 1)
    return {"machine": platform.machine(), "cpus": os.cpu_count(), "load": load, "date": time.strftime("%Y-%m-%d")}


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile (0-100) of at least one value: a value that was measured, never an interpolation."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]
