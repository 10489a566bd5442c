"""Words of a text as they are compared: lower case, without endings; error codes and version numbers stay whole."""

import re
from collections.abc import Iterator
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:[._:/-]+[^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[\d_]")
MAX_CHARS = 64
"""A longer word is an id, a key or a path: its parts are words, the whole is not."""
MIN_NUMBER = 3
"""Digits from which a number inside a code is a word too: 504 of ``HTTP/504``, but not the 5 of ``2.5.0``."""
STOPWORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "don",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "me",
        "more",
        "most",
        "my",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "s",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
_ENDINGS = {
    "ingly": "",
    "edly": "",
    "ings": "",
    "ing": "",
    "ied": "y",
    "ies": "y",
    "ed": "",
    "es": "",
    "ly": "",
    "s": "",
    "e": "",
}
MIN_STEM = 3


def words(text: str) -> list[str]:
    """The words of a text in order, repeated ones too. ``POS-E1042`` and ``2.5.0`` are one word each."""
    return [word for word, _ in _words(text)]


def spellings(text: str) -> dict[str, str]:
    """Each word of a text as it is first spelled there, in lower case."""
    return dict(reversed(list(_words(text))))


def _words(text: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.findall(text):
        whole = token.lower()
        parts = _PART.findall(whole)
        if len(parts) > 1 and _CODE.search(whole) and len(whole) <= MAX_CHARS:
            yield whole, whole
            parts = [part for part in parts if not part.isdigit() or len(part) >= MIN_NUMBER]
        for part in parts:
            if len(part) <= MAX_CHARS and part not in STOPWORDS:
                yield (stem(part) if part.isalpha() else part), part


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word without its grammatical ending: ``timeouts`` and ``timeout``, ``crashing`` and ``crashed`` are alike.

    One ending is cut, never below three letters, and a doubled last letter is made single. On bug reports this ranks as
    well as the Snowball stemmer (docs/memory.md) and needs no package.
    """
    for ending, instead in _ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            word = word[: -len(ending)] + instead
            break
    return word[:-1] if len(word) > MIN_STEM and word[-1] == word[-2] else word
