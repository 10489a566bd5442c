"""Check what the model wrote: a sentence survives only if everything in it stands in the evidence it cites.

Evidence quotes what people and devices wrote. That anything stands in a quotation proves that somebody wrote it, no more:
an alert called “All devices are healthy” supports no verdict and no number.
"""

import contextlib
import re
from typing import Final

import msgspec
from prometheus_client import Counter

from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.ground import (
    Names,
    first_word,
    identifiers,
    is_plain,
    measures,
    miscounted,
    misplaced,
    numbers,
    own_words,
    quotes,
    statuses,
    support,
    swapped,
    unquoted,
    unsigned,
    verdicts,
)
from ai_gateway.answers.understand.vocabulary import tokens
from ai_gateway.kit.text import tidy

SENTENCES = Counter("ai_answer_sentences_total", "Sentences that the model wrote, by what became of them.", ["outcome"])

MIN_SUPPORT: Final = 1.0
"""Share of a sentence's own words that its evidence must hold: one strange word can be a whole false claim, as in “has
been removed”."""
MAX_CHARS: Final = 400

_CLAUSES = re.compile(r"(?:,|;)? (?:and|while|whereas|but) |; ")
_MARKS = re.compile(r"\s*[\[(]E\d+(?:\s*(?:,|and)\s*E\d+)*[\])]")
"""Evidence ids that the model wrote into its sentence; code adds those that it cited."""
_BARE_MARK = re.compile(r"\bE\d+\b")


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
        self._names = Names(device.name for device in findings.devices.values())
        self._texts = {item.id: self._names.masked(item.text) for item in findings.evidence}
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
            text = tidy(_MARKS.sub("", sentence.text), MAX_CHARS)
            outcome = self._judge(text, sentence.evidence)
            SENTENCES.labels(outcome).inc()
            self.held += outcome in {"kept", "repeated"}
            if outcome == "kept":
                self._kept[text] = Claim(text, tuple(dict.fromkeys(sentence.evidence)))
        return self.kept[before:]

    def _judge(self, text: str, cited: tuple[str, ...]) -> str:
        """``kept``, or why not."""
        if not cited or any(one not in self._texts for one in cited):
            return "bad_citation"
        masked = self._names.masked(text)
        pieces = list(dict.fromkeys(self._texts[one] for one in cited))
        fault = _fault(masked, " ".join(pieces), self._names)
        if not fault and not _unmixed(masked, pieces, self._names):
            fault = "mixed"
        told = _says(self._headline, text) or any(adds_nothing(text, one) for one in self._kept)
        return fault or ("repeated" if told else "kept")


def _unmixed(text: str, pieces: list[str], names: Names) -> bool:
    """Whether one piece of evidence holds all of the text, or one each of its clauses: no device gets another's time."""
    clauses = _CLAUSES.split(text)
    return any(not _fault(text, piece, names) for piece in pieces) or (
        len(clauses) > 1 and all(any(not _fault(clause, piece, names) for piece in pieces) for clause in clauses)
    )


def _fault(text: str, ground: str, names: Names) -> str:
    """What a text says beyond its ground; empty if nothing."""
    said, bare = unquoted(text), unquoted(ground)
    if _wrong_numbers(said, bare) or misplaced(said, bare) or miscounted(said, bare) or swapped(said, bare, names):
        return "wrong_number"
    if identifiers(text) - identifiers(ground) or _BARE_MARK.search(said):
        return "wrong_id"
    if verdicts(said) - verdicts(bare) or statuses(said) - statuses(bare):
        return "wrong_verdict"
    misquoted = any(all(quote not in known for known in quotes(ground)) for quote in quotes(text))
    if misquoted or support(text, ground) < MIN_SUPPORT:
        return "unsupported"
    return "advice" if _advises(said, bare) else ""


def _wrong_numbers(said: str, ground: str) -> bool:
    """Whether a number is not in the ground, or there with another sign or unit."""
    return any(read(said) - read(ground) for read in (numbers, measures, unsigned))


def _advises(said: str, ground: str) -> bool:
    """Whether a clause begins with a word that its evidence holds in another form, or in a quotation, such as “Restart it”."""
    known = own_words(ground)
    starts = (first_word(clause) for clause in _CLAUSES.split(said))
    return any(word and not is_plain(word) and word not in known for word in starts)


def adds_nothing(text: str, told: str) -> bool:
    """Whether all numbers and own words of ``text`` stand in what is told already."""
    return not numbers(text) - numbers(told) and support(text, told) >= 1


def _says(longer: str, text: str) -> bool:
    """Whether ``longer`` holds the words and numbers of ``text``, one after the other."""
    return f" {' '.join(tokens(text))} " in f" {' '.join(tokens(longer))} "
