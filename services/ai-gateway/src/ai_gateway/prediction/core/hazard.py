"""Discrete-time survival by gradient boosting, a risk for each kind of failure competing with the others.

Time ahead is cut into stretches; a booster gives the probability of a failure of its kind in a stretch for a machine that
came to its beginning. What survives all stretches and kinds survives (Tutz and Schmid, 2016: Modeling Discrete
Time-to-Event Data), so that a longer horizon is never less likely to see a failure.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ai_gateway.prediction.core.ahead import Ahead
from ai_gateway.prediction.core.outcomes import Outcomes
from ai_gateway.prediction.core.trees import Shape, Trees, fit_classifier, gains
from ai_gateway.prediction.core.types import HOUR, Flags, Floats, Ints

CUTS: Final = (0, 1, 6, 24, 48, 72, 96, 120, 144, 168, 240, 336, 504, 720)
"""Hours ahead between which the stretches lie."""
BANDS: Final = (24, 48, 168, 720)
"""Hours ahead at which another booster takes over: signs of trouble tell of the next days, ages of the later ones."""
COLUMNS: Final = 12
"""Features that a booster keeps of all."""
LEAST_FAILURES: Final = 10
"""A kind with fewer in the data is learnt together with the other rare ones."""
_QUIET: Final = 60_000
"""Rows without a failure that a booster is fitted to; they are drawn."""
_SCREENED: Final = 100_000
"""Rows of which the features that matter are found, at most; more would add minutes and a gigabyte, and say the same."""
_SCREEN: Final = Shape(trees=25, rate=0.08)
_BAGS: Final = 2


class Booster(NamedTuple):
    """``columns``: which features (then those of the time ahead) it takes. ``until``: hours, the end of its band."""

    until: float
    kinds: tuple[int, ...]
    columns: Ints
    trees: tuple[Trees, ...]

    def probability(self, values: Floats) -> Floats:
        """``(n,)``: of a failure in the stretch. ``values``: ``(n, f + a)``."""
        chosen = values[:, self.columns]
        found: Floats = np.mean([1 / (1 + np.exp(-trees.raw(chosen))) for trees in self.trees], axis=0)
        return found

    def over(self, features: Floats, ahead: Sequence[Floats]) -> Iterator[Floats]:
        """As `probability`, for each of several stretches; trees that ask nothing of the time ahead are gone through once."""
        late = self.columns >= features.shape[1]
        inputs = np.zeros((len(features), len(self.columns)))
        inputs[:, ~late] = features[:, self.columns[~late]]
        moving = [trees.asking(late) for trees in self.trees]
        fixed = [trees.some(~which).raw(inputs) for trees, which in zip(self.trees, moving, strict=True)]
        rest = [trees.some(which)._replace(start=0.0) for trees, which in zip(self.trees, moving, strict=True)]
        for values in ahead:
            inputs[:, late] = values[:, self.columns[late] - features.shape[1]]
            sums = (known + trees.raw(inputs) for known, trees in zip(fixed, rest, strict=True))
            yield np.mean([1 / (1 + np.exp(-total)) for total in sums], axis=0)


class Hazard(NamedTuple):
    """``names``: of the features, then of the time ahead. ``cuts``: hours."""

    names: tuple[str, ...]
    cuts: tuple[float, ...]
    ahead: Ahead
    boosters: tuple[Booster, ...]

    def risks(self, features: Floats) -> Floats:
        """``(n, len(cuts) - 1, groups)``: the probability of a failure of each group of kinds in each stretch."""
        found = np.zeros((len(features), len(self.cuts) - 1, len(self.groups)))
        first = 0
        for inside in bands(self.cuts):
            ahead = [self.ahead.values(features, begin, end) for begin, end in inside]
            for group, booster in enumerate(self.band(inside[0][0])):
                for place, risk in enumerate(booster.over(features, ahead), first):
                    found[:, place, group] = risk
            first += len(inside)
        return found

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Kinds of failure that are told apart."""
        return tuple(booster.kinds for booster in self.band(0))

    @property
    def used(self) -> Ints:
        """Columns of the features that some booster takes, but for those that grow with the time of the watch by themselves."""
        every = np.unique(np.concatenate([booster.columns for booster in self.boosters]))
        taken = every[every < len(self.names) - len(self.ahead.names)]
        return taken[[self.names[place] != "watched:age" for place in taken]]

    def lean(self) -> tuple["Hazard", Ints]:
        """The same, asking for those features alone that it uses, and which of the features these are."""
        features = len(self.names) - len(self.ahead.names)
        asked = [booster.columns for booster in self.boosters]
        every = np.unique(np.concatenate([*asked, self.ahead.ages, self.ahead.echoes]).astype(np.int64))
        kept = np.append(every[every < features], np.arange(features, len(self.names)))
        ages, echoes = (
            tuple(np.searchsorted(kept, columns).tolist()) for columns in (self.ahead.ages, self.ahead.echoes)
        )
        boosters = (one._replace(columns=np.searchsorted(kept, one.columns)) for one in self.boosters)
        ahead = self.ahead._replace(ages=ages, echoes=echoes)
        names = tuple(self.names[place] for place in kept)
        return Hazard(names, self.cuts, ahead, tuple(boosters)), kept[: len(kept) - len(ahead.names)]

    def band(self, begin: float) -> tuple[Booster, ...]:
        """The boosters, one a group, that serve a stretch beginning there."""
        until = min(booster.until for booster in self.boosters if booster.until > begin)
        return tuple(booster for booster in self.boosters if booster.until == until)


def cumulative(risks: Floats) -> Floats:
    """``(n, stretches)``: the probability of a failure of any kind up to the end of each stretch."""
    survival: Floats = np.cumprod(np.prod(1 - risks, axis=2), axis=1)
    return 1 - survival


def stretches(cuts: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Beginnings and ends."""
    return pairwise(cuts)


def bands(cuts: Sequence[float]) -> list[list[tuple[float, float]]]:
    """The stretches of each band that has some."""
    found = (
        [(begin, end) for begin, end in pairwise(cuts) if low <= begin < high] for low, high in pairwise((0, *BANDS))
    )
    return [inside for inside in found if inside]


def fit_hazard(
    names: tuple[str, ...],
    features: Floats,
    known: Outcomes,
    ahead: Ahead,
    cuts: Sequence[float],
    shape: Shape,
    seed: int,
) -> Hazard:
    """Fit a booster for each band and group of kinds that had failures in it."""
    every = (*names, *ahead.names)
    rng = np.random.default_rng(seed)
    groups = group_kinds(known)
    boosters = []
    for inside in bands(cuts):
        rows = _stacked(features, known, ahead, inside, rng)
        boosters += [_booster(inside[-1][1], group, rows, ahead, shape, rng) for group in groups]
    return Hazard(every, tuple(cuts), ahead, tuple(boosters))


def group_kinds(known: Outcomes) -> tuple[tuple[int, ...], ...]:
    """Each common kind by itself, the rare ones together. Distinct failures: instants before the same one count once."""
    often = [
        len(np.unique((known.left - known.after[:, kind])[np.isfinite(known.after[:, kind])])) >= LEAST_FAILURES
        for kind in range(known.after.shape[1])
    ]
    rare = tuple(kind for kind, common in enumerate(often) if not common)
    common = [(kind,) for kind, enough in enumerate(often) if enough]
    return tuple([*common, rare] if rare else common)


class _Rows(NamedTuple):
    """A row for each instant and stretch whose beginning it came to, of which no more is kept than what differs.

    ``features``: of all instants. ``place``: ``(r,)``, whose row it is. ``ahead``: ``(r, a)``. ``failed``: ``(r, kinds)``.
    ``share``: of the rows without a failure that was drawn.
    """

    features: Floats
    place: Ints
    ahead: Floats
    failed: Flags
    share: float

    def columns(self, columns: Ints) -> Floats:
        """Some columns, ascending, of features and time ahead: all of them would be as large as the history."""
        late = columns >= self.features.shape[1]
        found = np.empty((len(self.place), len(columns)))
        found[:, ~late] = self.features[self.place[:, None], columns[~late]]
        found[:, late] = self.ahead[:, columns[late] - self.features.shape[1]]
        return found

    def some(self, most: int, rng: np.random.Generator) -> "_Rows":
        """So many of them at most."""
        if len(self.place) <= most:
            return self
        rows = np.sort(rng.choice(len(self.place), most, replace=False))
        return self._replace(place=self.place[rows], ahead=self.ahead[rows], failed=self.failed[rows])


def _stacked(
    features: Floats, known: Outcomes, ahead: Ahead, inside: list[tuple[float, float]], rng: np.random.Generator
) -> _Rows:
    places, later, failed = [], [], []
    share = min(_QUIET / max(len(features) * len(inside), 1), 1.0)
    for begin, end in inside:
        live = np.flatnonzero((known.first > begin * HOUR) & (known.left >= end * HOUR))
        soon = known.after[live] <= end * HOUR
        drawn = soon.any(axis=1) | (rng.random(len(live)) < share)
        places.append(live[drawn])
        later.append(ahead.values(features, begin, end)[live[drawn]])
        failed.append(soon[drawn])
    return _Rows(features, np.concatenate(places), np.concatenate(later), np.concatenate(failed), share)


def _booster(
    until: float, kinds: tuple[int, ...], rows: _Rows, ahead: Ahead, shape: Shape, rng: np.random.Generator
) -> Booster:
    """First a small model of all features tells which matter; the kept one sees these alone."""
    seed = int(rng.integers(1 << 31))
    columns = _screened(rows.some(_SCREENED, np.random.default_rng(seed)), kinds, ahead, seed)
    inputs = rows.columns(columns)
    label: Flags = np.asarray(rows.failed[:, kinds].any(axis=1))
    grown = (fit_classifier(inputs, label, shape, seed + bag) for bag in range(_BAGS))
    return Booster(until, kinds, columns, tuple(_undrawn(trees, rows.share) for trees in grown))


def _screened(rows: _Rows, kinds: tuple[int, ...], ahead: Ahead, seed: int) -> Ints:
    """The columns that a small model uses most, ascending."""
    count = rows.features.shape[1] + rows.ahead.shape[1]
    inputs = rows.columns(np.arange(count))
    known = np.setdiff1d(np.flatnonzero((~np.isnan(inputs)).any(axis=0)), ahead.echoes)
    label: Flags = np.asarray(rows.failed[:, kinds].any(axis=1))
    use = np.zeros(count)
    taken = inputs if len(known) == count else inputs[:, known]
    use[known] = gains(fit_classifier(taken, label, _SCREEN, seed), len(known))
    columns = np.sort(np.argsort(-use, kind="stable")[:COLUMNS])
    return columns[use[columns] > 0] if (use > 0).any() else known[:1]


def _undrawn(trees: Trees, share: float) -> Trees:
    """Rows without a failure were drawn: the logit is higher by that, and by nothing else (King and Zeng, 2001)."""
    return trees._replace(start=trees.start + float(np.log(share)))
