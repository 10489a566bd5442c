"""Which block of devices was saved as of which row, and which is to be saved next."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai_gateway.health.cursor import Cursor, Place
from ai_gateway.health.state import block_of

BEFORE_ALL: Final = Place(-1, -1)
_GOLDEN: Final = 0.618034


class _Saved(msgspec.Struct):
    places: dict[str, Place]
    at: float
    size: int


class Blocks:
    """Each block is saved once an interval, another part of them with each page, and at once when it is new."""

    def __init__(self, interval_s: float) -> None:
        """Args: interval_s: how much must be read again after a restart, at most, in seconds of rows."""
        self._interval_s = interval_s
        self._saved: dict[int, _Saved] = {}

    def saved(self, block: int, position: Mapping[str, Any], size: int, at: float) -> None:
        """Note that a block is stored as of a position; ``at``: on a clock that never goes back."""
        old = self._saved.get(block)
        spread = self._interval_s * (block * _GOLDEN % 1)  # the first time, so that they do not fall due together
        places = {stream: Place(*place) for stream, place in position.items()}
        self._saved[block] = _Saved(places, at if old else at - spread, size)

    def due(self, blocks: Iterable[int], at: float) -> list[int]:
        """The blocks of these that are to be saved now; all others are forgotten."""
        self._saved = {block: saved for block in blocks if (saved := self._saved.get(block))}
        return [block for block in blocks if block not in self._saved or at - self._saved[block].at >= self._interval_s]

    def oldest(self, stream: str) -> Place | None:
        """The place behind which rows must be read again for some block; ``None`` where nothing is saved."""
        return min((saved.places[stream] for saved in self._saved.values()), default=None)

    def undone(
        self, stream: str, cursor: Cursor, ids: NDArray[np.int64], devices: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """``(n,)``: whether each row is still to be taken up by the state of its device."""
        blocks, inverse = np.unique(block_of(devices), return_inverse=True)
        places = [self._places(block, stream) for block in blocks.tolist()]
        return ~cursor.has_done(ids, np.array(places, np.int64).reshape(-1, 2)[inverse])

    def _places(self, block: int, stream: str) -> Place:
        saved = self._saved.get(block)
        return saved.places[stream] if saved else BEFORE_ALL

    @property
    def size(self) -> int:
        """Bytes of all that is stored."""
        return sum(saved.size for saved in self._saved.values())
