"""Check what the model wrote: a sentence survives only if everything in it stands in the evidence it cites."""

import contextlib
import re
from collections.abc import Iterable
from typing import Final

import msgspec
from prometheus_client import Counter

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.vocabulary import tokens
from ai_gateway.kit.text import clean

SENTENCES = Counter("ai_answer_sentences_total", "Sentences that the model wrote, by what became of them.", ["outcome"])

MIN_SUPPORT: Final = 1.0
"""Share of a sentence's own words that its evidence must hold: one strange word can be a whole false claim, as in “has
been removed”."""
MIN_WORDS: Final = 3
MIN_LETTERS: Final = 3
_UNITS: Final = frozenset({"h", "s", "ms"})

_CLAUSES = re.compile(r"(?:,|;)? (?:and|while|whereas|but) |; ")
_TOKEN = re.compile(r"[a-z]+|\d+(?:[.,:]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[a-z][a-z'-]{2,}")
_IDENTIFIER = re.compile(r"\b[A-Za-z]{2,}(?:-[A-Za-z0-9]+)+\b")
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
_LARGER: Final = (
    "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundreds?|thousands?|millions?|billions?|dozens?|couple|half|halves|thirds?|quarters?|twice|thrice|doubled?|tripled?"
)
_SPELLED: Final = {word: str(value) for value, word in enumerate(_NUMBER_WORDS) if word != "one"}
_LARGE: Final = re.compile(rf"\b(?:{_LARGER})\b")
_VERDICTS: Final = re.compile(
    r"\b(?:healthy|unhealthy|online|offline|error|warning|critical|maintenance|suspended|resolved|acknowledged|active|inactive|"
    r"failed|failing|failure|normal|stable|safe|secure|fine|all|every|none|never|always|no|not|without|caused?|because|due|"
    r"should|must|recommend\w*|likely|unlikely|probabl[ey]|urgent\w*|immediate\w*|increas\w+|decreas\w+|ris(?:e|ing|es)|"
    r"higher|lower|highest|lowest|most|least|more|fewer|worse|better)\b"
)

_PLAIN: Final = frozenset(
    """
    about according additionally alongside also among and any are been being both but called can currently data device
    devices during each evidence facts fleet following for from further furthermore had has have having here however
    includes including indicated indicates into its itself level levels located moment named noted observed other our out
    overall per reading readings recorded respectively same showing shown shows site sites some such that the their
    them there these they this those time times together total usage value values via was were what when where which
    while who whose with within you your
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Words that claim nothing by themselves. Every other word of a sentence must stand in its evidence."""
_OF_A_LIMIT: Final = frozenset({"exceed", "threshold", "above", "over", "past"})
"""Evidence that states a limit states that the value is at or past it."""
_ENDING: Final = re.compile(r"(?:ing|ed|es|s|e)$")


class Sentence(msgspec.Struct, frozen=True):
    """One sentence of the model and the evidence it claims to rest on."""

    text: str
    evidence: tuple[str, ...]


class Draft(msgspec.Struct, frozen=True):
    """The model's output under its schema."""

    sentences: tuple[Sentence, ...]


def read_draft(text: str) -> Draft | None:
    """Parse the model's JSON; ``None`` if it is not what the schema asked for."""
    whole = f"{text[: text.rfind('}') + 1]}]}}"  # cut at the token limit: the sentences before the cut are whole
    for candidate in (text, whole):
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(candidate, type=Draft)
    return None


class ProseCheck:
    """Judges the model's sentences one by one, as they come."""

    def __init__(self, findings: Findings) -> None:
        """Args: findings: what the sentences may rest on."""
        self._texts = {item.id: item.text for item in findings.evidence}
        self._headline = findings.headline.text
        self.judged = 0
        self.held = 0
        """Sentences that were true, repetitions among them."""
        self._kept: dict[str, Claim] = {}

    @property
    def kept(self) -> list[Claim]:
        """The sentences that hold, each with its evidence. Repetitions, of the direct answer too, are dropped."""
        return list(self._kept.values())

    def read(self, draft: Draft) -> list[Claim]:
        """Judge the sentences that were not there at the last call; returns those that hold."""
        new = draft.sentences[self.judged :]
        self.judged = max(self.judged, len(draft.sentences))
        before = len(self._kept)
        for sentence in new:
            outcome = _judge(sentence, self._texts, self._headline, self._kept)
            SENTENCES.labels(outcome).inc()
            self.held += outcome in {"kept", "repeated"}
            if outcome == "kept":
                text = clean(sentence.text, 400)
                self._kept[text] = Claim(text, tuple(dict.fromkeys(sentence.evidence)))
        return self.kept[before:]


def _judge(sentence: Sentence, texts: dict[str, str], headline: str, kept: Iterable[str]) -> str:
    """``kept``, or why not."""
    if not sentence.evidence or any(one not in texts for one in sentence.evidence):
        return "bad_citation"
    text = clean(sentence.text, 400)
    pieces = list(dict.fromkeys(texts[one] for one in sentence.evidence))
    fault = _fault(text, " ".join(pieces))
    if not fault and not _unmixed(text, pieces):
        fault = "mixed"
    told = _says(headline, text) or any(adds_nothing(text, one) for one in kept)
    return fault or ("repeated" if told else "kept")


def _unmixed(text: str, pieces: list[str]) -> bool:
    """Whether one piece of evidence holds all of the text, or one each of its clauses: no device gets another's time."""
    clauses = _CLAUSES.split(text)
    return any(not _fault(text, piece) for piece in pieces) or (
        len(clauses) > 1 and all(any(not _fault(clause, piece) for piece in pieces) for clause in clauses)
    )


def _fault(text: str, ground: str) -> str:
    """What a text says beyond its ground; empty if nothing."""
    if numbers(text) - numbers(ground) or _misplaced(text, ground):
        return "wrong_number"
    if identifiers(text) - identifiers(ground):
        return "wrong_id"
    if set(_VERDICTS.findall(text.lower())) - set(_VERDICTS.findall(ground.lower())):
        return "wrong_verdict"
    return "unsupported" if support(text, ground) < MIN_SUPPORT else ""


def numbers(text: str) -> set[str]:
    """The numbers in a text without trailing zeros; spelled ones too, those above twelve as the words they are."""
    digits = {_plain(found) for found in _NUMBER.findall(text)}
    lowered = text.lower()
    spelled = {value for word, value in _SPELLED.items() if re.search(rf"\b{word}\b", lowered)}
    signs = {sign for sign in text if sign.isnumeric() and not sign.isdecimal()}  # such as ½ and ²
    return digits | spelled | signs | set(_LARGE.findall(lowered))


def _misplaced(text: str, ground: str) -> bool:
    """Whether a number counts or measures something else than in its ground: “43 alerts” from “3 alerts, 43 errors”.

    The word right before a number, and the one right after it, must stand near it on that side in the ground too.
    """
    known = _neighbours(ground, before=2, after=3)
    return any(words - known.get(figure, frozenset()) for figure, words in _neighbours(text, before=1, after=1).items())


def _neighbours(text: str, *, before: int, after: int) -> dict[str, frozenset[str]]:
    """For each number, the words up to ``before`` and ``after`` tokens from it, with the side they stand on."""
    found = _TOKEN.findall(_IDENTIFIER.sub(" ", text).lower())
    near: dict[str, set[str]] = {}
    for place, token in enumerate(found):
        if token[0].isdigit():
            sides = {f"<{_stem(word)}" for word in found[max(place - before, 0) : place] if _tells(word)}
            sides |= {f">{_stem(word)}" for word in found[place + 1 : place + 1 + after] if _tells(word)}
            near.setdefault(_plain(token), set()).update(sides)
    return {figure: frozenset(words) for figure, words in near.items()}


def _tells(word: str) -> bool:
    """Whether a word says what a number is of."""
    return word[0].isalpha() and (word in _UNITS or len(word) >= MIN_LETTERS) and word not in _PLAIN


def _plain(figure: str) -> str:
    figure = figure.rstrip(",.:")
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def identifiers(text: str) -> set[str]:
    """Public ids and the like: words joined by hyphens that hold a digit, in upper case."""
    return {found.upper() for found in _IDENTIFIER.findall(text) if any(letter.isdigit() for letter in found)}


def support(text: str, ground: str) -> float:
    """The share (0-1) of a text's own words that stand in its ground; 0 for a text with hardly any words."""
    words = _WORD.findall(text.lower())
    own = [_stem(word) for word in words if word not in _PLAIN]
    if len(words) < MIN_WORDS or not own:
        return 0.0
    known = {_stem(word) for word in _WORD.findall(ground.lower())}
    known |= _OF_A_LIMIT if "limit" in known else frozenset()
    return sum(word in known for word in own) / len(own)


def _stem(word: str) -> str:
    return _ENDING.sub("", word)


def adds_nothing(text: str, told: str) -> bool:
    """Whether all numbers and own words of ``text`` stand in what is told already."""
    return not numbers(text) - numbers(told) and support(text, told) >= 1


def _says(longer: str, text: str) -> bool:
    """Whether ``longer`` holds the words and numbers of ``text``, one after the other."""
    return f" {' '.join(tokens(text))} " in f" {' '.join(tokens(longer))} "
