"""Vectors kept by what was embedded: a model always makes the same vector of the same text."""

import hashlib
import threading
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from prometheus_client import Counter

Vector = list[float]
Embed = Callable[[list[str]], Awaitable[list[Vector]]]

LOOKUPS = Counter("ai_embedding_cache_total", "Texts by whether a kept embedding served them.", ["outcome"])


class VectorCache:
    """The vectors used last, as float32 (3 KB for 768 numbers); safe to share between tasks and threads."""

    def __init__(self, size: int) -> None:
        """Args: size: vectors kept at most; 0 keeps none."""
        self._size = size
        self._kept: OrderedDict[bytes, array[float]] = OrderedDict()
        self._lock = threading.Lock()

    async def serve(self, model: str, texts: list[str], embed: Embed) -> list[Vector]:
        """A vector for each text, in order; ``embed`` gets the texts that are not kept, each once, if there are any.

        Two askers at the same moment may both embed a text. What ``embed`` raises is raised, and nothing is kept then.
        """
        if not self._size:
            return await embed(texts)
        keys = [key_of(model, text) for text in texts]
        found = self._find(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        LOOKUPS.labels("hit").inc(len(texts) - len(missing))
        LOOKUPS.labels("miss").inc(len(missing))
        if missing:
            made = await embed(list(missing.values()))
            fresh = {key: array("f", vector) for key, vector in zip(missing, made, strict=True)}
            self._keep(fresh)
            found |= fresh
        return [found[key].tolist() for key in keys]

    def _find(self, keys: list[bytes]) -> dict[bytes, "array[float]"]:
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return found

    def _keep(self, fresh: dict[bytes, "array[float]"]) -> None:
        with self._lock:
            self._kept.update(fresh)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def key_of(model: str, text: str) -> bytes:
    """SHA-256 of the model and of the text as the model's tokenizer regards it: stripped, in small letters.

    Letter by letter, as the tokenizer does: ``str.lower`` of a whole text makes another sigma at the end of a word.
    """
    same = "".join(map(str.lower, text.strip()))
    return hashlib.sha256(f"{model}\0{same}".encode()).digest()
