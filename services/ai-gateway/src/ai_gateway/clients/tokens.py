"""How many tokens a text has for a model, without its tokenizer: counted by kind of character, corrected by the model.

Ollama tells after each call how many tokens the prompt had (``prompt_eval_count``); it offers no way to ask before. Byte-level
tokenizers, which all common models use, spend at most one token on a byte, mostly one on a short word, and, at worst, one on
each digit and mark.
"""

import re
from typing import Final

LETTERS_PER_TOKEN: Final = 4
"""Of words in lower case."""
CAPITALS_PER_TOKEN: Final = 2
"""Of names in capitals, such as ids, which hardly any tokenizer knows."""
LEAST_FACTOR: Final = 0.5
"""However few tokens a model needed, it is not trusted to need fewer than this share of the count."""
MARGIN: Final = 1.05
_PIECE = re.compile(r"[A-Z]{2,}|[A-Za-z]+|[^\sA-Za-z]")


def count_tokens(text: str) -> int:
    """An upper estimate: words by length, every digit and mark one, every other character its bytes."""
    total = 1
    for piece in _PIECE.findall(text):
        if piece[0].isascii():
            per = CAPITALS_PER_TOKEN if len(piece) > 1 and piece.isupper() else LETTERS_PER_TOKEN
            total += -(-len(piece) // per)
        else:
            total += len(piece.encode())
    return total


class TokenCounter:
    """Counts for one model; each prompt that it has read brings the count closer, and never below what was read."""

    def __init__(self) -> None:
        """The count as estimated, until the model has read something."""
        self._factor = 1.0
        self._learnt = False

    def count(self, text: str) -> int:
        """Tokens of a text, rounded up."""
        return int(count_tokens(text) * self._factor) + 1

    def learn(self, estimate: int, read: int) -> None:
        """Note that the model read ``read`` tokens where `count_tokens` says ``estimate``. The largest ratio counts."""
        ratio = max(read / max(estimate, 1) * MARGIN, LEAST_FACTOR)
        self._factor = max(ratio, self._factor) if self._learnt else ratio
        self._learnt = True
