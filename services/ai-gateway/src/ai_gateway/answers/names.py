"""Find the devices and sites that a question names: exactly, by part of a name, or by a near spelling."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

import msgspec
from rapidfuzz import fuzz, process

from ai_gateway.answers.filters import read_types
from ai_gateway.answers.intent import Intent, read_intent
from ai_gateway.answers.vocabulary import COMMON, TOKEN, TYPE_WORDS, metrics_in, tokens
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName

Told = TypeVar("Told")

LONGEST_NAME = 8
MOST_PER_NAME = 5
MOST_OF_A_WORD = 25
"""A word that more names hold than this points to none of them."""
NEAR = 86.0
"""Least rapidfuzz score (0-100) at which a near spelling is taken for the name."""
SUGGESTIONS = 3
KEPT = 256
"""Phrases whose near names an index keeps: to compare one with 10,000 names takes 6 to 10 ms."""

_PUBLIC_ID = re.compile(r"\b(?:DEVICE|SITE)(?:-[A-Z0-9]{4}){2,3}\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)[\"“”']([^\"“”']{2,80})[\"“”'](?!\w)")
_KIND = "|".join(["devices?", "sites?", "buildings?", "stores?", "shops?", *TYPE_WORDS])
_CAPITALISED = re.compile(r"(?<=[a-z,;:] )(?:the )?([A-Z][\w&'-]*(?: (?:[A-Z][\w&'-]*|\d[\w-]*))*)")
_CODE = re.compile(r"\b[A-Za-z]+(?:-[A-Za-z0-9]+)*-?\d[\w-]*\b")
_THE_KIND = re.compile(rf"\bthe ([a-z][\w-]*(?: [a-z][\w-]*){{0,2}}) (?:{_KIND})\b", re.IGNORECASE)
_A_KIND = re.compile(_KIND)
_PLACE = re.compile(
    r"\b(?:(?:at|in|from|of|compare|between|and|with|vs\.?|versus|than|is|are|for) (?:the |our )?|the )(?=([a-z][\w'-]*(?: [a-z0-9][\w'-]*){0,2}))",
    re.IGNORECASE,
)
_OF_A_WORD = re.compile(
    r"(?:^\W*|\b(?:the|any|an?|my|our|all|these|those|which|what|each|every|many|few|is|are) )(?=([a-z]{3,})\b)",
    re.IGNORECASE,
)
"""A word where a thing stands: “the kiosk”, “any freezer”."""
_DESCRIBES = frozenset({"battery", "free", "loading", "main", "pay", "room", "spare"})
"""Words of names that by themselves say something else: “the free disk”, “the main problem”."""
_WELL = r"(?:ok|okay|fine|alright|all right|working|healthy|up|down|online|offline)"
_MY_THINGS = re.compile(
    rf"^\W*how (?:are|is) (?:the|my|our) ([a-z]{{3,}})\W*$|^\W*(?:are|is) (?:the|my|our) ([a-z]{{3,}}) {_WELL}\W*$",
    re.IGNORECASE,
)
"""Asks for things by a word, as in “how are my fridges?”."""
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
_NUMBERED = re.compile(r"\b(device|site) (?:id |number |no\.? ?|#)?(\d+)\b", re.IGNORECASE)
_CALLED = re.compile(
    r"(?<!\bwhich )(?<!\bwhat )(?<!\bevery )(?<!\beach )(?<!\bany )(?<!\bno )(?<!\bone )(?<!\bthis )(?<!\bthat )"
    r"\b(?:called|named|device|site|store|building) ([a-z0-9][\w-]*)",
    re.IGNORECASE,
)
"""“Which site uses the most” names no site “uses”."""


class UnknownName(msgspec.Struct, frozen=True):
    """A name that nothing has, with the nearest known names."""

    name: str
    nearest: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """What the question names.

    ``ambiguous``: one phrase that fits several devices. ``shared``: one word that is in the names of all ``devices``.
    """

    devices: tuple[DeviceName, ...] = ()
    sites: tuple[SiteName, ...] = ()
    unknown: tuple[UnknownName, ...] = ()
    ambiguous: tuple[str, ...] = ()
    shared: str = ""
    rest: str = ""


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
        self._spellings = [
            *sorted({device.name for device in self.devices}),
            *sorted({site.name for site in self.sites}),
        ]
        self._lowered = [name.lower() for name in self._spellings]
        self._words_of_sites = {site.id: frozenset(tokens(site.name)) for site in self.sites}
        self._site_words = frozenset[str]().union(*self._words_of_sites.values())
        self._near: dict[str, list[DeviceName | SiteName]] = {}
        self._suggested: dict[str, tuple[str, ...]] = {}

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
        if own in COMMON or (own in self._site_words and not _A_KIND.fullmatch(own)):
            return []
        found = self.with_words([own])
        return found if len(found) <= MOST_OF_A_WORD else []

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
        """The one site whose name holds all words of ``phrase``; words that say little do not count."""
        words = set(tokens(phrase))
        if not any(word not in COMMON and not word.isdigit() and not _A_KIND.fullmatch(word) for word in words):
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
    """The words of a name that hold a digit: “Checkout 9” is no misspelling of “Checkout 1”."""
    return [word for word in tokens(name) if any(letter.isdigit() for letter in word)]


def site_phrases(site: SiteName) -> set[tuple[str, ...]]:
    """A site goes by its name, the part before a dash or bracket, and its location."""
    spoken = [
        site.name,
        re.split(r"\s[-\u2013\u2014(]", site.name)[0],
        site.location or "",
        (site.location or "").split(",")[0],
    ]
    return {tuple(tokens(text)) for text in spoken if text}


class _Search:
    """One question's way through the index. Text that was understood is blanked, so that it is not found twice."""

    def __init__(self, text: str, index: NameIndex) -> None:
        self.text = text
        self.index = index
        self.devices: dict[int, DeviceName] = {}
        self.sites: dict[int, SiteName] = {}
        self.unknown: dict[str, UnknownName] = {}
        self.ambiguous: dict[str, None] = {}
        self.shared = ""

    def blank(self, start: int, end: int) -> None:
        self.text = f"{self.text[:start]}{' ' * (end - start)}{self.text[end:]}"

    def take(self, things: list[DeviceName | SiteName], phrase: str) -> None:
        devices = [thing for thing in things if isinstance(thing, DeviceName)]
        self.sites.update({thing.id: thing for thing in things if isinstance(thing, SiteName)})
        self.devices.update({device.id: device for device in devices[:MOST_PER_NAME]})
        if len(devices) > 1:
            self.ambiguous[phrase] = None

    def miss(self, phrase: str) -> None:
        self.unknown[phrase.lower()] = UnknownName(phrase, self.index.suggestions(phrase))

    def ids(self) -> None:
        for found in _PUBLIC_ID.finditer(self.text):
            thing = self.index.by_id(found[0])
            if thing:
                self.take([thing], found[0])
            else:
                self.miss(found[0].upper())
            self.blank(*found.span())

    def numbers(self) -> None:
        """“device 5”: HOMEPOT's integer, where no name said so."""
        for found in _NUMBERED.finditer(self.text):
            look_up = self.index.device if found[1].lower() == "device" else self.index.site
            if thing := look_up(found[2]):
                self.take([thing], found[0])
                self.blank(*found.span())

    def places(self) -> None:
        """“at the airport”: part of the name of one site."""
        for found in _PLACE.finditer(self.text):
            words = found[1].split()
            for length in range(len(words), 0, -1):
                phrase = " ".join(words[:length])
                if site := self.index.place(phrase):
                    self.take([site], phrase)
                    self.blank(found.start(1), found.start(1) + len(phrase))
                    break

    def exact(self) -> None:
        """The longest known names first, so that “Lobby Terminal 2” is not taken for “Lobby Terminal”."""
        for length in range(LONGEST_NAME, 0, -1):
            words = list(TOKEN.finditer(self.text.lower()))
            for start in range(len(words) - length + 1):
                run = words[start : start + length]
                first, last = run[0].start(), run[-1].end()
                if not self.text[first:last].strip() or "  " in self.text[first:last]:
                    continue
                phrase = tuple(word[0] for word in run)
                if length == 1 and phrase[0] in COMMON:
                    continue
                if things := self.index.phrase(phrase):
                    self.take(things, self.text[first:last])
                    self.blank(first, last)

    def loosely(self) -> None:
        """Names in small letters with nothing around that marks them: two words of one, or a near spelling."""
        for length in (4, 3, 2):
            words = list(TOKEN.finditer(self.text.lower()))
            for start in range(len(words) - length + 1):
                first, last = words[start].start(), words[start + length - 1].end()
                phrase = self.text[first:last]
                if "  " not in phrase and (things := self._loose(phrase)):
                    self.take(things, phrase)
                    self.blank(first, last)

    def _loose(self, phrase: str) -> list[DeviceName | SiteName]:
        words = tokens(phrase)
        own = [word for word in words if word not in COMMON and not word.isdigit()]
        if len(own) > 1 and (devices := self.index.with_words(words)):
            return list(devices)
        return self.index.near(phrase) if words[0] in own else []

    def by_a_word(self) -> None:
        """“Any freezer too warm?”: a word that some devices have in their names, where nothing else names one."""
        for found in _OF_A_WORD.finditer(self.text):
            if devices := self.index.of_a_word(found[1].lower()):
                self.devices.update({device.id: device for device in devices})
                self.shared = found[1].lower()
                self.blank(*found.span(1))
                return
        asked = _MY_THINGS.search(self.text)
        if asked and self.index.has_none(word := asked[asked.lastindex or 1]):
            self.miss(word)

    def partial(self) -> None:
        """Phrases that look like a name: part of a device's name, a near spelling, or a name that nothing has."""
        for pattern, sure in (
            (_QUOTED, True),
            (_CODE, True),
            (_THE_KIND, False),
            (_CAPITALISED, True),
            (_CALLED, True),
        ):
            for found in pattern.finditer(self.text):
                if self.text[found.start() : found.end()] == found[0]:
                    self._consider(found, sure=sure)

    def _consider(self, found: re.Match[str], *, sure: bool) -> None:
        phrase = found[found.lastindex or 0].strip()
        words = tokens(phrase)
        own = [word for word in words if word not in COMMON]
        if found.re is _CODE and _A_KIND.fullmatch(words[0]):
            own = words  # “POS-99” is a name although its parts are not
        if not own or all(word.isdigit() for word in own):
            return
        kind_words = [word for word in tokens(found[0]) if word != "the"]
        devices = self.index.with_words(kind_words) or self.index.with_words(own)
        near = self.index.near(phrase) or self.index.near(found[0].removeprefix("the "))
        if devices or near:
            self.take(near or list(devices), phrase)
            self.blank(*found.span())
        elif sure or len(own) == len(words):
            self.miss(phrase if sure else re.sub(r"^the ", "", found[0], flags=re.IGNORECASE))
            self.blank(*found.span())


def find_names(text: str, index: NameIndex) -> Found:
    """Every device and site that ``text`` names, within the index's view.

    A device whose name occurs at several sites is narrowed by a site that the question names too.
    """
    search = _Search(text, index)
    search.ids()
    search.exact()
    search.numbers()
    if not search.sites:
        search.places()
    search.partial()
    if not (search.devices or search.unknown):
        search.loosely()
    if not (search.devices or search.unknown):
        search.by_a_word()
    devices = tuple(search.devices.values())
    if search.sites and devices:
        devices = tuple(device for device in devices if device.site_id in search.sites) or devices
    ambiguous = tuple(search.ambiguous) if len(devices) > 1 else ()
    return Found(
        devices, tuple(search.sites.values()), tuple(search.unknown.values()), ambiguous, search.shared, search.text
    )
