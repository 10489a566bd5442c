"""What logged errors, alerts or changes are about: “errors about the receipt printer”, “the TLS change”. It is no name of a device."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ai_gateway.answers.understand.vocabulary import CATEGORIES, COMMON, SEVERITIES, TYPE_WORDS, metrics_in

MOST: Final = 3
"""Words of a topic."""
_EVENTS: Final = (
    r"(?:errors?|warnings?|exceptions?|messages?|logs?|log entries|alerts?|alarms?|changes?|settings?|parameters?)"
)
_ABOUT: Final = r"(?:about|mention(?:ing|s)?|regarding|concerning|containing|saying|related to|to do with)"
_NAMED: Final = re.compile(
    rf"(?:\b{_EVENTS}\b(?: \w+){{0,3}}? {_ABOUT}|\bchanges? (?:to|of)) (?:the |an? |our |my )?[\"'\u201c]?([\w-]+(?: [\w-]+){{0,{MOST - 1}}})",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(rf"\b([\w-]+(?: [\w-]+){{0,{MOST - 1}}}) {_EVENTS}\b", re.IGNORECASE)
_OF_THE_FIELD: Final = re.compile("|".join([*SEVERITIES, *CATEGORIES, *TYPE_WORDS]))


_NOUNS: Final = frozenset({"heartbeat", "heartbeats", "firmware"})
"""Words of the field that are a topic, too."""
_ADJECTIVE: Final = re.compile(
    r"\w+(?:ed|ing|ly|est|ous|ful|able|ible|(?<!m)ent)|three|four|five|six|seven|eight|nine|ten|new|such|same|common|main|big|bad|random"
)
"""What stands before errors and says nothing of what they are about."""


class Topic(NamedTuple):
    """Words in small letters. ``sure``: the question says that it asks for these; else they may be any adjective."""

    words: tuple[str, ...]
    sure: bool

    @property
    def text(self) -> str:
        """``receipt printer``."""
        return " ".join(self.words)

    def pattern(self, *, whole: bool) -> str:
        """A regular expression of Postgres: all of it as it stands, or any of its words; a plural is its singular."""
        stems = [re.escape(word.removesuffix("s") if len(word) > MOST else word) for word in self.words]
        return "[^a-z0-9]+".join(f"{stem}s?" for stem in stems) if whole else f"(?:{'|'.join(stems)})s?"

    def is_in(self, *texts: str | None) -> bool:
        """Whether any of the texts, such as a parameter's name and the reason of its change, holds all of its words."""
        said = " ".join(text for text in texts if text).lower()
        return all(word.removesuffix("s") in said for word in self.words)


def read_topic(text: str, known: Callable[[str], bool]) -> tuple[Topic | None, str]:
    """The topic that a question names, and the question with one that is sure blanked.

    ``known``: whether a word is part of a device's or site's name, and so no topic.
    """
    for pattern, named in ((_NAMED, True), (_BEFORE, False)):
        for found in pattern.finditer(text):
            words = found[1].split(" ")
            own = _leading(words, known) if named else _leading(words[::-1], known)[::-1]
            if own and (named or not _ADJECTIVE.fullmatch(own[-1].lower())):
                sure = named or any(len(word) > 1 and word.isupper() for word in own)
                topic = Topic(tuple(word.lower() for word in own), sure)
                return topic, _without(text, found, " ".join(own)) if sure else text
    return None, text


def _without(text: str, found: re.Match[str], phrase: str) -> str:
    start = text.index(phrase, found.start(1))
    return f"{text[:start]}{' ' * len(phrase)}{text[start + len(phrase) :]}"


def _leading(words: list[str], known: Callable[[str], bool]) -> list[str]:
    """The first words, up to one that says something else; a “payment gateway” is no gateway."""
    taken: list[str] = []
    for word in words:
        of_the_topic = taken and _OF_THE_FIELD.fullmatch(word.lower())
        if not of_the_topic and _says_else(word.lower(), known):
            break
        taken.append(word)
    return taken


def _says_else(word: str, known: Callable[[str], bool]) -> bool:
    """Whether the word, in small letters, says something else than a topic."""
    if word in _NOUNS:
        return False
    of_the_field = _OF_THE_FIELD.fullmatch(word) or metrics_in(word) or re.fullmatch(_EVENTS, word)
    return bool(word in COMMON or of_the_field or word.isdigit() or any(map(known, word.split("-"))))
