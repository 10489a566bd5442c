"""What a text says that can be checked: numbers and what they count, units, ids, verdicts, and who is what."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

MIN_LETTERS: Final = 3
_UNITS: Final = frozenset({"h", "s", "ms"})
_COPULAS: Final = frozenset({"is", "are", "was", "were", "be", "been", "as", "remains", "remain", "still", "currently"})

_TOKEN: Final = re.compile(r"[a-z]+|\d+(?:[.,:]\d+)*")
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_SIGNED: Final = re.compile(r"(?:^|(?<=[\s(]))[-\u2212\u2013]\d+(?:[.,]\d+)*")
_MEASURED: Final = re.compile(r"([$\u20ac\u00a3]?)(\d+(?:[.,:]\d+)*)\s?([%\u2030\u00b0\u00b5]\w?|)")
_WORD: Final = re.compile(r"[a-z][a-z'-]+")
_IDENTIFIER: Final = re.compile(r"\b[A-Za-z]{2,}(?:-[A-Za-z0-9]+)+\b")
_QUOTED: Final = re.compile('["\u201c\u201d\u201e\u00ab]([^"\u201c\u201d\u201e\u00ab\u00bb]*)["\u201c\u201d\u00bb]?')
_PARTS: Final = re.compile(r"[,;] | and ")
_ENDING: Final = re.compile(r"(?:ing|ed|es|s|e)$")
_NUMBER_WORDS: Final = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_SPELLED: Final = {word: str(value) for value, word in enumerate(_NUMBER_WORDS) if word != "one"}
_SPELLED_OUT: Final = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b")
_LARGE: Final = re.compile(
    r"\b(?:thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|hundreds?|thousands?|millions?|billions?|dozens?|couple|pair|half|halves|thirds?|quarters?|once|twice|thrice|"
    r"doubled?|tripled?)\b"
)
_VERDICTS: Final = re.compile(
    r"\b(?:healthy|unhealthy|online|offline|error|warning|critical|maintenance|suspended|resolved|acknowledged|active|inactive|"
    r"failed|failing|failure|normal|stable|safe|secure|fine|ok|okay|up|down|all|every|both|none|never|always|no|not|without|"
    r"neither|nor|only|just|caused?|because|due|should|must|recommend\w*|likely|unlikely|probabl[ey]|urgent\w*|immediate\w*|"
    r"increas\w+|decreas\w+|ris(?:e|ing|es)|higher|lower|highest|lowest|most|least|more|fewer|worse|better|"
    r"(?:is|are|was|were|back|switched|turned) on)\b"
)
_STATUSES: Final = frozenset({"healthy", "unhealthy", "online", "offline"})
"""Words for how a device is now; evidence may hold another one for what is on record."""
_COUNTED: Final = re.compile(
    r"(\d+(?:[.,:]\d+)*) (?:under |in |of )?(healthy|unhealthy|online|offline|error|warning|critical|maintenance|suspended|"
    r"inactive|pending|unknown|unpaired|active|acknowledged|resolved|ignored|high|medium|low|info|failed|completed)\b"
)
_PLAIN: Final = frozenset(
    """
    about according additionally alongside also among an and any are as at be been being but by called can currently data
    device devices during each evidence facts fleet following for from further furthermore had has have having here however
    if in includes including indicated indicates into is it its itself level levels located moment named noted observed of
    on or other our out overall per reading readings recorded respectively same showing shown shows site sites some such
    that the their them there these they this those time times to together total us usage value values via was we were what
    when where which while who whose with within you your
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Words that claim nothing by themselves. Every other word of a sentence must stand in its evidence."""
_OF_A_LIMIT: Final = frozenset({"exceed", "threshold", "above", "over", "past"})
"""Evidence that states a limit states that the value is at or past it."""
MIN_WORDS: Final = 3
NEAR: Final = 6
"""Tokens within which a name is the one that a number belongs to."""


def quotes(text: str) -> list[str]:
    """What stands in double quotes: somebody else's words."""
    return [found.strip().lower() for found in _QUOTED.findall(text) if found.strip()]


def unquoted(text: str) -> str:
    """A text without what stands in double quotes."""
    return _QUOTED.sub(" ", text)


class Names:
    """Names as single words, whatever they are made of: one called “All healthy” says nothing of health."""

    def __init__(self, names: Iterable[str]) -> None:
        """Args: names: of the devices that the answer is about."""
        known = sorted({name.lower() for name in names if len(name) >= MIN_LETTERS}, key=len, reverse=True)
        self._words = {name: f"name{_letters(place)}x" for place, name in enumerate(known)}
        written = "|".join(map(re.escape, known))
        self._pattern = re.compile(rf"(?<![\w-])(?:{written})(?![\w-])", re.IGNORECASE) if known else None

    def masked(self, text: str) -> str:
        """The text with each name as one word of letters."""
        return self._pattern.sub(lambda found: f" {self._words[found[0].lower()]} ", text) if self._pattern else text

    def is_name(self, word: str) -> bool:
        """Whether the word stands for a name."""
        return word in self._words.values()


def _letters(place: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(place))


def verdicts(text: str) -> set[str]:
    """The words that judge, allow or explain."""
    return set(_VERDICTS.findall(text.lower()))


def identifiers(text: str) -> set[str]:
    """Public ids and codes, in capitals."""
    return {found.upper() for found in _IDENTIFIER.findall(text) if any(letter.isdigit() for letter in found)}


def numbers(text: str) -> set[str]:
    """The numbers in a text without trailing zeros; spelled ones too, those above twelve as the words they are."""
    lowered = text.lower()
    digits = {_plain(found) for found in _NUMBER.findall(_digits(lowered))}
    others = () if text.isascii() else text
    signs = {sign for sign in others if sign.isnumeric() and not sign.isdecimal()}  # such as ½ and ²
    return digits | signs | set(_LARGE.findall(lowered))


def measures(text: str) -> set[str]:
    """Numbers with a sign before or a unit of one character behind them: ``-17.2``, ``93%``, ``93°C``."""
    signed = {f"-{_plain(found[1:])}" for found in _SIGNED.findall(text)}
    units = {f"{money}{_plain(figure)}{unit}" for money, figure, unit in _MEASURED.findall(text) if money or unit}
    return signed | units


def unsigned(text: str) -> set[str]:
    """Numbers that are given as positive."""
    return {_plain(found) for found in _NUMBER.findall(_SIGNED.sub(" ", text))}


def misplaced(text: str, ground: str) -> bool:
    """Whether a number counts or measures something else than in its ground: “43 alerts” from “3 alerts, 43 errors”.

    The word right before a number, and the one right after it, must stand near it on that side in the ground too.
    """
    known = _neighbours(ground, before=2, after=3)
    return any(words - known.get(figure, frozenset()) for figure, words in _neighbours(text, before=1, after=1).items())


def _neighbours(text: str, *, before: int, after: int) -> dict[str, frozenset[str]]:
    """For each number, the words up to ``before`` and ``after`` tokens from it, with the side they stand on.

    No word is another number's: in “5 online, 2 offline” five are not offline.
    """
    found = _tokens(text)
    near: dict[str, set[str]] = {}
    for place, token in enumerate(found):
        if token[0].isdigit():
            left = _until_number(found[max(place - before, 0) : place][::-1])
            right = _until_number(found[place + 1 : place + 1 + after])
            sides = {f"<{_stem(word)}" for word in left if _tells(word)} | {f">{_stem(w)}" for w in right if _tells(w)}
            near.setdefault(_plain(token), set()).update(sides)
    return {figure: frozenset(words) for figure, words in near.items()}


def _until_number(found: Sequence[str]) -> list[str]:
    place = next((place for place, token in enumerate(found) if token[0].isdigit()), len(found))
    return list(found[:place])


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_digits(_IDENTIFIER.sub(" ", text).lower()))


def _digits(text: str) -> str:
    """“three” as 3."""
    return _SPELLED_OUT.sub(lambda found: _SPELLED[found[0]], text)


def _tells(word: str) -> bool:
    """Whether a word says what a number is of."""
    return word[0].isalpha() and (word in _UNITS or len(word) >= MIN_LETTERS) and word not in _PLAIN


def _plain(figure: str) -> str:
    figure = figure.rstrip(",.:")
    return figure.rstrip("0").rstrip(".") if figure.count(".") == 1 else figure  # 2.40.0 is a version, not 2.4


def swapped(text: str, ground: str, names: Names) -> bool:
    """Whether a number is given to another device than in its ground."""
    known = _owners(ground, names)
    return any(
        owners and (theirs := known.get(figure)) and not owners & theirs
        for figure, owners in _owners(text, names).items()
    )


def _owners(text: str, names: Names) -> dict[str, set[str]]:
    """For each number, the name nearest to it in its own part of the text, with no other number between."""
    owners: dict[str, set[str]] = {}
    for part in _PARTS.split(text):
        found = _tokens(part)
        for place, token in enumerate(found):
            if token[0].isdigit():
                left = _until_number(found[max(place - NEAR, 0) : place][::-1])
                right = _until_number(found[place + 1 : place + 1 + NEAR])
                near = [(far, side, word) for side, run in enumerate((left, right)) for far, word in enumerate(run)]
                named = [one for one in near if names.is_name(one[2])]
                owners.setdefault(_plain(token), set()).update({min(named)[2]} if named else set())
    return owners


def miscounted(text: str, ground: str) -> bool:
    """Whether a state is counted otherwise than in its ground: five that are offline, from “5 online, 2 offline”."""
    known: dict[str, set[str]] = {}
    for figure, state in _COUNTED.findall(" ".join(_tokens(ground))):
        known.setdefault(state, set()).add(_plain(figure))
    found = _tokens(text)
    for place, word in enumerate(found):
        if word in known:
            left = (token for token in found[max(place - NEAR, 0) : place][::-1] if token[0].isdigit())
            figure = next(left, None)
            if figure is not None and _plain(figure) not in known[word]:
                return True
    return False


def statuses(text: str) -> set[tuple[str, bool]]:
    """Words for how a device is, each with whether it is said of what is on record, as in “recorded health state healthy”."""
    found = re.findall(r"[a-z]+", text.lower())
    return {
        (word, [one for one in found[max(place - 4, 0) : place] if one not in _COPULAS][-1:] == ["state"])
        for place, word in enumerate(found)
        if word in _STATUSES
    }


def first_word(text: str) -> str:
    """The word that a clause begins with."""
    found = _WORD.search(_digits(text.lower()))
    return found[0] if found else ""


def own_words(text: str) -> set[str]:
    """The words of a text as they stand there."""
    return set(_WORD.findall(text.lower()))


def is_plain(word: str) -> bool:
    """Whether the word claims nothing by itself."""
    return word in _PLAIN


def support(text: str, ground: str) -> float:
    """The share (0-1) of a text's own words that stand in its ground; 0 for a text with hardly any words."""
    words = _WORD.findall(_digits(text.lower()))
    own = [_stem(word) for word in words if word not in _PLAIN]
    if len(words) < MIN_WORDS or not own:
        return 0.0
    known = {_stem(word) for word in _WORD.findall(ground.lower())}
    known |= _OF_A_LIMIT if "limit" in known else frozenset()
    return sum(word in known for word in own) / len(own)


def _stem(word: str) -> str:
    return _ENDING.sub("", word)
