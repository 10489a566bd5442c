"""How many tokens a text has for a model, without its tokenizer: estimated by kind of character, corrected by the model.

Ollama tells after each call how many tokens the prompt had (``prompt_eval_count``); it offers no way to ask before. Byte-level
tokenizers, which all common models use, spend at most one token on a byte, mostly one or two on a word, and, at worst, one on each
digit, mark, letter of an unpronounceable word, and space before a digit.
"""

import math
import re
from functools import lru_cache
from typing import Final

LETTERS_PER_TOKEN: Final = 4.0
"""Of words with vowels."""
CAPITALS_PER_TOKEN: Final = 1.5
"""Of names in capitals, such as ids, which hardly any tokenizer knows."""
MARGIN: Final = 1.05
"""Room above the worst ratio that a model has shown."""
KEPT: Final = 512
"""Texts of which the count is kept."""
_PIECE = re.compile(r"[A-Z]{2,}|[A-Za-z]+|\s(?=\d)|[^\sA-Za-z]")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)


@lru_cache(KEPT)
def count_tokens(text: str) -> int:
    """An upper estimate of a text's tokens. The rules, and much of the evidence, come again with the next question."""
    return 1 + sum(_tokens(piece) for piece in _PIECE.findall(text))


def _tokens(piece: str) -> int:
    if not piece[0].isalpha() or not piece.isascii():
        return len(piece.encode())
    if not _VOWEL.search(piece):
        return len(piece)
    return math.ceil(len(piece) / (CAPITALS_PER_TOKEN if piece.isupper() else LETTERS_PER_TOKEN))


class TokenCounter:
    """Counts for one model: the estimate, raised to the largest share of it that this model was seen to read."""

    def __init__(self) -> None:
        """As estimated, until a model reads more."""
        self._factor = 1.0

    def count(self, text: str) -> int:
        """Tokens of a text, rounded up."""
        return math.ceil(count_tokens(text) * self._factor)

    def learn(self, estimate: int, read: int) -> None:
        """Note that the model read ``read`` tokens where `count_tokens` says ``estimate``."""
        if read > estimate * self._factor:
            self._factor = read / estimate * MARGIN
