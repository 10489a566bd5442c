"""How far a stream of rows is read: in the order of ids, with rows whose transactions ended late taken up as they appear.

Ids are given when a row is written and seen when its transaction ends, so an id may be missing for a while. A page takes
the rows behind the highest id seen, and asks again for the ids that were missing. Where a late row was taken up is
remembered until every block of state is past it: rows that are read again after a restart then come in the same order.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ai_gateway.homepot.telemetry import Request

GAP_WAIT_S: Final = 600.0
"""How long a missing id is asked for; an id of a transaction that was rolled back never comes."""
MOST_GAPS: Final = 2_000
OLDEST_S: Final = 7 * 86_400.0
"""Health checks of before say nothing of now."""
LATEST_ID: Final = 2**31 - 1
"""HOMEPOT's ids are 32-bit integers."""


class Place(NamedTuple):
    """A point in the order of rows: behind id ``id``, and behind the first ``turn`` pages after it with late rows alone."""

    id: int
    turn: int


class Cursor:
    """Where one stream stands."""

    def __init__(self, place: Place) -> None:
        """Args: place: everything before it is done."""
        self.place = place
        self._done = place
        self._gaps: dict[int, float] = {}
        self._late: dict[int, Place] = {}

    @classmethod
    def resumed(cls, saved: dict[str, Any], place: Place) -> "Cursor":
        """The cursor that ``saved`` describes, set back to ``place``, where the oldest block of state stands."""
        cursor = cls(place)
        cursor._done = max(Place(*saved["place"]), place)
        cursor._gaps = dict(saved["gaps"])
        cursor._late = {row: Place(at, turn) for row, at, turn in saved["late"] if Place(at, turn) >= place}
        return cursor

    def saved(self) -> dict[str, Any]:
        """What `resumed` needs, as JSON."""
        late = [(row, *place) for row, place in self._late.items()]
        return {"place": self._done, "gaps": list(self._gaps.items()), "late": late}

    def request(self, now: float, limit: int) -> Request:
        """The next page: ids that came late, then up to ``limit`` rows in order."""
        self._gaps = {row: until for row, until in self._gaps.items() if until > now}
        again = [row for row, place in self._late.items() if place.id == self.place.id and place >= self.place]
        again += self._gaps if self.place >= self._done else ()
        ahead = {row: place.id for row, place in self._late.items() if place.id > self.place.id}
        until = min(ahead.values(), default=LATEST_ID)
        later = sorted({*ahead, *(row for row in self._gaps if row > self.place.id)})
        since = now - OLDEST_S
        return Request(after=self.place.id, until=until, again=again, later=later, limit=limit, since=since)

    def passed(self, request: Request) -> bool:
        """Note that a page was empty; returns whether there may be rows behind it."""
        for row in request.again:
            self._late.pop(row, None)
        if request.until < LATEST_ID:
            self.place = Place(request.until, 0)
        return request.until < LATEST_ID

    def take(self, ids: Sequence[int], now: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Note a page as done.

        Returns:
            The order to take its rows in, and by row in that order whether it is taken for the first time ever, which
            a row that is read again after a restart is not.
        """
        found = np.asarray(ids, np.int64)
        order = self._order(found)
        found = found[order]
        first = (found > self._done.id) | np.isin(found, list(self._gaps))
        late = found[found <= self.place.id].tolist()
        for row in late:
            self._gaps.pop(row, None)
            self._late.setdefault(row, self.place)
        new = found[found > self.place.id]
        self._note_gaps(new, now + GAP_WAIT_S)
        turn = max((self._late[row].turn for row in late), default=self.place.turn)
        self.place = Place(int(new[-1]), 0) if len(new) else Place(self.place.id, turn + 1)
        self._done = max(self._done, self.place)
        return order, first

    def forget_late(self, place: Place) -> None:
        """Drop what is remembered of late rows before ``place``, where the oldest block of state stands."""
        self._late = {row: at for row, at in self._late.items() if at >= place}

    def has_done(self, ids: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether state as of ``places`` ``(n, 2)`` has seen each row ``(n,)``."""
        done = ids <= places[:, 0]
        for index in np.flatnonzero(np.isin(ids, list(self._late))) if self._late else ():
            done[index] = self._late[int(ids[index])] < tuple(places[index])
        return done

    def _order(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Late rows first, in the order in which they were taken up, then the others by id."""
        turns = np.zeros(len(ids), np.int64)
        for index in np.flatnonzero(ids <= self.place.id):
            turns[index] = self._late.get(int(ids[index]), self.place).turn
        return np.lexsort((ids, turns, ids > self.place.id))

    def _note_gaps(self, new: NDArray[np.int64], until: float) -> None:
        """Remember the ids that are missing before the new ones, the newest first; very many are no late rows."""
        begin = max(self.place.id, self._done.id)
        new = new[new > begin]
        steps = np.diff(new, prepend=begin)
        for index in np.flatnonzero(steps > 1)[::-1]:
            last, room = int(new[index]), MOST_GAPS - len(self._gaps)
            self._gaps.update(dict.fromkeys(range(max(last - int(steps[index]) + 1, last - room), last), until))
