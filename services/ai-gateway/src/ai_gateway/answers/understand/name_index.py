"""The names within one caller's view, ready to be found in text: exactly, by part of a name, or by a near spelling."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from rapidfuzz import fuzz, process

from ai_gateway.answers.understand.filters import read_types
from ai_gateway.answers.understand.intent import Intent, read_intent
from ai_gateway.answers.understand.vocabulary import COMMON, TYPE_WORDS, metrics_in, tokens
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName

Told = TypeVar("Told")

MOST_PER_NAME = 5
MOST_OF_A_WORD = 25
"""A word that more names hold than this points to none of them."""
NEAR = 86.0
"""Least rapidfuzz score (0-100) at which a near spelling is taken for the name."""
SUGGESTIONS = 3
KEPT = 256
"""Phrases whose near names an index keeps: to compare one with 10,000 names takes 6 to 10 ms."""

KIND = "|".join(["devices?", "sites?", "buildings?", "stores?", "shops?", *TYPE_WORDS])
A_KIND = re.compile(KIND)
_TYPE = re.compile("|".join(TYPE_WORDS))
_NUMBERED_KIND = re.compile(rf"(?:{KIND}) \d+", re.IGNORECASE)
_DESCRIBES = frozenset({"battery", "free", "loading", "main", "pay", "room", "spare"})
"""Words of names that by themselves say something else: “the free disk”, “the main problem”."""
_NO_DEVICE = frozenset(
    [
        "branch",
        "branches",
        "broadband",
        "building",
        "buildings",
        "business",
        "company",
        "crew",
        "estate",
        "guys",
        "internet",
        "line",
        "location",
        "locations",
        "network",
        "place",
        "power",
        "shop",
        "shops",
        "team",
        "weather",
        "wifi",
    ]
)


class NameIndex:
    """The names within one caller's view, ready to be found in text."""

    def __init__(self, names: Names, sites: frozenset[int] | None) -> None:
        """Args: names: all of HOMEPOT's. sites: HOMEPOT's integers of the sites in view; ``None`` means all."""
        self.names = names
        self._view = sites
        self.sites = [site for site in names.sites if sites is None or site.id in sites]
        self.devices = [device for device in names.devices if sites is None or device.site_id in sites]
        self._phrases: dict[tuple[str, ...], list[DeviceName | SiteName]] = {}
        self._words: dict[str, set[int]] = {}
        for site in self.sites:
            for phrase in site_phrases(site):
                self._phrases.setdefault(phrase, []).append(site)
        for position, device in enumerate(self.devices):
            self._phrases.setdefault(tuple(tokens(device.name)), []).append(device)
            for word in tokens(device.name):
                self._words.setdefault(word, set()).add(position)
        self._phrases.pop((), None)
        self._name_tenants()
        self._spellings = [
            *sorted({device.name for device in self.devices}),
            *sorted({site.name for site in self.sites}),
        ]
        self._lowered = [name.lower() for name in self._spellings]
        self._words_of_sites = {site.id: frozenset(tokens(site.name)) for site in self.sites}
        self._site_words = frozenset[str]().union(*self._words_of_sites.values())
        self._near: dict[str, list[DeviceName | SiteName]] = {}
        self._suggested: dict[str, tuple[str, ...]] = {}

    def _name_tenants(self) -> None:
        """A tenant's slug, and its first word, mean its sites, where nothing else is called so."""
        phrases: dict[tuple[str, ...], list[DeviceName | SiteName]] = {}
        for site in self.sites:
            words = tuple(tokens(site.tenant or ""))
            for phrase in {words, words[:1]}:
                phrases.setdefault(phrase, []).append(site)
        for phrase, sites in phrases.items():
            tenants = {site.tenant for site in sites if isinstance(site, SiteName)}
            if phrase and len(tenants) == 1 and phrase[0] not in COMMON:
                self._phrases.setdefault(phrase, sites)

    def device(self, key: str) -> DeviceName | None:
        """The device in view with this public id or integer."""
        device = self.names.device_by_key.get(key.upper())
        return device if device and self._sees(device.site_id) else None

    def site(self, key: str) -> SiteName | None:
        """The site in view with this public id or integer."""
        site = self.names.site_by_key.get(key.upper())
        return site if site and self._sees(site.id) else None

    def by_id(self, text: str) -> DeviceName | SiteName | None:
        """The device or site in view with this public id."""
        return self.device(text) or self.site(text)

    def _sees(self, site: int) -> bool:
        return self._view is None or site in self._view

    def holds(self, word: str) -> bool:
        """Whether the word is part of a name in view."""
        return word in self._words or word in self._site_words

    def phrase(self, words: tuple[str, ...]) -> list[DeviceName | SiteName]:
        """Everything with exactly this name."""
        return self._phrases.get(words, [])

    def with_words(self, words: Iterable[str]) -> list[DeviceName]:
        """Devices whose names hold all of these words."""
        sets = [self._words.get(word, set()) for word in words]
        return [self.devices[position] for position in sorted(set.intersection(*sets))] if sets and all(sets) else []

    def of_a_word(self, word: str) -> list[DeviceName]:
        """Devices whose names hold this word, or what it is the plural of; none for a word of the field or of a site."""
        if word in COMMON or word in _DESCRIBES or metrics_in(word) or read_types(word, self.names.types):
            return []
        own = next((one for one in (word, word.removesuffix("s"), word.removesuffix("es")) if one in self._words), "")
        if own in COMMON or (own in self._site_words and not A_KIND.fullmatch(own)):
            return []
        found = self.with_words([own])
        return found if len(found) <= MOST_OF_A_WORD else []

    def namesakes(self, text: str, types: tuple[str, ...]) -> tuple[str, list[DeviceName]]:
        """A word of ``text`` that means a whole type, and those of its devices whose names hold it; none where all or none do.

        A “checkout” is any POS terminal, and some are called so. The types' own words, as “terminal”, mean no names.
        """
        own = {word for kind in types for word in tokens(kind)}
        for word in tokens(text):
            stem = word.removesuffix("s")
            if stem not in own and _TYPE.fullmatch(word) and (called := self.with_words([stem])):
                of = [device for device in called if device.device_type in types]
                whole = sum(device.device_type in types for device in self.devices)
                return (word, of) if 0 < len(of) < whole else ("", [])
        return "", []

    def has_none(self, word: str) -> bool:
        """Whether the word is of some thing that is asked for by it, and nothing is called so."""
        own = word.lower()
        known = own in COMMON or own in _NO_DEVICE or self.holds(own) or self.holds(own.removesuffix("s"))
        told = metrics_in(own) or read_types(own, self.names.types)
        return not (known or told or read_intent(own) not in {Intent.UNKNOWN, Intent.STATUS})

    def near(self, phrase: str) -> list[DeviceName | SiteName]:
        """What the phrase probably misspells."""
        return _kept(self._near, phrase, self._look_near)

    def _look_near(self, phrase: str) -> list[DeviceName | SiteName]:
        found = process.extract(
            phrase.lower(), self._lowered, scorer=fuzz.ratio, score_cutoff=NEAR, limit=MOST_PER_NAME
        )
        best = next((name for name, _, _ in found if _numbers(name) == _numbers(phrase)), None)
        return self.phrase(tuple(tokens(best))) if best else []

    def place(self, phrase: str) -> SiteName | None:
        """The one site whose name holds all words of ``phrase``; words that say little do not count.

        “Terminal 2” is “Airport Terminal 2” where no device's name holds both words.
        """
        words = set(tokens(phrase))
        told = any(word not in COMMON and not word.isdigit() and not A_KIND.fullmatch(word) for word in words)
        if not told and (not _NUMBERED_KIND.fullmatch(phrase) or self.with_words(words)):
            return None
        sites = [site for site in self.sites if words <= self._words_of_sites[site.id]]
        return sites[0] if len(sites) == 1 else None

    def suggestions(self, phrase: str) -> tuple[str, ...]:
        """The known names nearest to an unknown one."""
        return _kept(self._suggested, phrase, self._suggest)

    def _suggest(self, phrase: str) -> tuple[str, ...]:
        ranked = process.extract(phrase.lower(), self._lowered, scorer=fuzz.WRatio, limit=SUGGESTIONS)
        return tuple(self._spellings[position] for _, _, position in ranked)


@lru_cache(maxsize=64)
def index_of(names: Names, sites: frozenset[int] | None) -> NameIndex:
    """The index for a view; kept, since names change seldom and questions come often."""
    return NameIndex(names, sites)


def _kept(known: dict[str, Told], phrase: str, look: Callable[[str], Told]) -> Told:
    """What is known of a phrase, or is found out now."""
    if phrase not in known:
        if len(known) >= KEPT:
            known.clear()
        known[phrase] = look(phrase)
    return known[phrase]


def _numbers(name: str) -> list[str]:
    """The words of a name that number it: “Checkout 9” is no misspelling of “Checkout 1”, nor “Building B” of “Building A”."""
    return [word for word in tokens(name) if len(word) == 1 or any(letter.isdigit() for letter in word)]


def site_phrases(site: SiteName) -> set[tuple[str, ...]]:
    """A site goes by its name, the part before a dash or bracket, and its location."""
    spoken = [
        site.name,
        re.split(r"\s[-\u2013\u2014(]", site.name)[0],
        site.location or "",
        (site.location or "").split(",")[0],
    ]
    return {tuple(tokens(text)) for text in spoken if text}
