"""Find the devices and sites that a question names: exactly, by part of a name, or by a near spelling."""

import re

import msgspec

from ai_gateway.answers.understand.name_index import A_KIND, KIND, MOST_PER_NAME, NameIndex
from ai_gateway.answers.understand.vocabulary import COMMON, TOKEN, tokens
from ai_gateway.homepot.names import DeviceName, SiteName

LONGEST_NAME = 8

_PUBLIC_ID = re.compile(r"\b(?:DEVICE|SITE)(?:-[A-Z0-9]{4}){2,3}\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)[\"“”']([^\"“”']{2,80})[\"“”'](?!\w)")
_CAPITALISED = re.compile(r"(?<=[a-z,;:] )(?:the )?([A-Z][\w&'-]*(?: (?:[A-Z][\w&'-]*|\d[\w-]*))*)")
_CODE = re.compile(r"\b[A-Za-z]+(?:-[A-Za-z0-9]+)*-?\d[\w-]*\b")
_THE_KIND = re.compile(rf"\bthe ([a-z][\w-]*(?: [a-z][\w-]*){{0,2}}) (?:{KIND})\b", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:(?:at|in|from|of|compare|between|and|with|vs\.?|versus|than|is|are|for) (?:the |our )?|the )(?=([a-z][\w'-]*(?: [a-z0-9][\w'-]*){0,2}))",
    re.IGNORECASE,
)
_OF_A_WORD = re.compile(
    r"(?:^\W*|\b(?:the|any|an?|my|our|all|these|those|which|what|each|every|many|few|is|are) )(?=([a-z]{3,})\b)",
    re.IGNORECASE,
)
"""A word where a thing stands: “the kiosk”, “any freezer”."""
_WELL = r"(?:ok|okay|fine|alright|all right|working|healthy|up|down|online|offline)"
_MY_THINGS = re.compile(
    rf"^\W*how (?:are|is) (?:the|my|our) ([a-z]{{3,}})\W*$|^\W*(?:are|is) (?:the|my|our) ([a-z]{{3,}}) {_WELL}\W*$",
    re.IGNORECASE,
)
"""Asks for things by a word, as in “how are my fridges?”."""
_ANOTHER = re.compile(
    r" (\d+)(?!\w|[.:]\d|%)(?! ?(?:%|percent|ms|degrees|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|times|alerts?|errors?|am|pm)\b)"
)
"""A number that goes on with a name."""
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
                if words[start + length - 1][0].isdigit() and not _ANOTHER.match(
                    self.text, words[start + length - 2].end()
                ):
                    continue  # “food court 2 hours ago”
                if "  " not in phrase and (things := self._loose(phrase)):
                    if number := _ANOTHER.match(self.text, last):
                        self.miss(f"{phrase} {number[1]}")  # “food court pos 9” is none of those with other numbers
                        last = number.end(1)
                    else:
                        self.take(things, phrase)
                    self.blank(first, last)

    def _loose(self, phrase: str) -> list[DeviceName | SiteName]:
        words = tokens(phrase)
        own = [word for word in words if word not in COMMON and not word.isdigit()]
        numbered = bool(own) and words[0] in own and words[-1].isdigit()  # “gate 14”
        if (len(own) > 1 or numbered) and (devices := self.index.with_words(words)):
            return list(devices)
        ends = words[0] in own and (words[-1] in own or words[-1].isdigit())  # “kiosk at” misspells no “Kiosk East”
        return self.index.near(phrase) if ends else []

    def by_a_word(self) -> None:
        """“Any freezer too warm?”: a word that some devices have in their names, where nothing else names one."""
        for found in _OF_A_WORD.finditer(self.text):
            if devices := self.index.of_a_word(found[1].lower()):
                if number := _ANOTHER.match(self.text, found.end(1)):
                    self.miss(f"{found[1]} {number[1]}")
                    return
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
        if found.re is _CODE and A_KIND.fullmatch(words[0]):
            own = words  # “POS-99” is a name although its parts are not
        if not own or all(word.isdigit() for word in own):
            return
        if all(len(word) == 1 for word in own):
            self.miss(found[0])  # “building b” is none that only holds the letter
            self.blank(*found.span())
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
