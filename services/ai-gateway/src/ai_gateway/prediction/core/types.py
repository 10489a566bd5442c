"""The one shape of history that the predictor learns from, whatever recorded it."""

from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

HOUR: int = 3600
DAY: int = 24 * HOUR


class Role(StrEnum):
    """What an event means to the predictor."""

    ERROR = "error"
    """A sign of trouble: an error, an anomaly, a failed job."""
    REPLACEMENT = "replacement"
    """A part was renewed: its age begins anew."""
    CHANGE = "change"
    """Something else was done to it: configuration, firmware, a job."""
    FAILURE = "failure"
    """What is predicted."""


class Kind(NamedTuple):
    """A kind of event. ``label``: how a person would call it.

    ``late``: that something was of this kind may turn out only after its time, so it is an outcome and never a feature.
    """

    name: str
    role: Role
    label: str
    late: bool = False


class Recorded(Protocol):
    """What was read of all machines, however it is kept: `Readings`, or `ai_gateway.prediction.core.daily.Daily`."""

    @property
    def machine(self) -> Ints:
        """As of `Readings`."""

    @property
    def at(self) -> Ints:
        """As of `Readings`."""

    @property
    def values(self) -> Floats:
        """As of `Readings`."""

    def of(self, machines: Ints) -> "Readings":
        """The rows of some machines, ascending, which are numbered from 0."""

    def since(self, moment: int) -> "Readings":
        """The rows known at ``moment`` or later."""


class Readings(NamedTuple):
    """Values of all machines.

    ``machine``: ``(n,)``, the place in `History.machines`. ``at``: ``(n,)`` whole seconds since
    1970 in UTC at which the row was known. ``values``: ``(n, m)``, NaN was not measured.
    """

    machine: Ints
    at: Ints
    values: Floats

    def of(self, machines: Ints) -> "Readings":
        """The rows of some machines, ascending, which are numbered from 0."""
        kept = np.isin(self.machine, machines)
        return Readings(np.searchsorted(machines, self.machine[kept]), self.at[kept], self.values[kept])

    def since(self, moment: int) -> "Readings":
        """The rows known at ``moment`` or later."""
        kept = self.at >= moment
        return Readings(self.machine[kept], self.at[kept], self.values[kept])


class Events(NamedTuple):
    """What happened. ``machine``, ``at``: as in `Readings`. ``kind``: ``(n,)``, the place in `History.kinds`."""

    machine: Ints
    at: Ints
    kind: Ints


class History(NamedTuple):
    """Everything known of a fleet. Rows may stand in any order.

    ``traits``: ``(machines, s)``, numbers that do not change (age at the beginning, a model as 0 or 1), NaN unknown.
    ``since``, ``until``: ``(machines,)``, from when to when each machine was watched; a failure outside is not known.
    ``groups``: ``(machines,)``, numbers of the sites that they stand at, -1 for none; ``None`` where nobody recorded it.
    """

    machines: tuple[str, ...]
    metrics: tuple[str, ...]
    kinds: tuple[Kind, ...]
    trait_names: tuple[str, ...]
    readings: Recorded
    events: Events
    traits: Floats
    since: Ints
    until: Ints
    groups: Ints | None = None

    def of_role(self, *roles: Role) -> tuple[int, ...]:
        """Places of the kinds that have one of these roles."""
        return tuple(place for place, kind in enumerate(self.kinds) if kind.role in roles)


class Instants(NamedTuple):
    """Moments at which something is predicted. ``machine``, ``at``: ``(n,)``, as in `Readings`."""

    machine: Ints
    at: Ints
