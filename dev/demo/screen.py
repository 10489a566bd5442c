"""What the demo prints: one line a step, answers with their evidence, and what to do next."""

import shutil
import textwrap
import time
from typing import Any

MOST_COLUMNS = 110
EVIDENCE_SHOWN = 6


class Screen:
    """Prints to standard output at once; times are seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def step(self, text: str) -> None:
        """One line of progress: `[ 3.1 s] embedder ready`."""
        print(f"[{time.monotonic() - self._started:5.1f} s] {printable(text)}", flush=True)

    def say(self, text: str) -> None:
        """A text as it is."""
        print(text, flush=True)

    def answered(self, number: int, question: str, body: dict[str, Any], gather_ms: float) -> None:
        """A question, its answer, evidence and times; `body` is the response of `/api/ai/query`."""
        self.say(f"\n{number}. {question}\n")
        self.say(wrapped(body["answer"], "   "))
        self.say("\n   Evidence")
        for item in body["evidence"][:EVIDENCE_SHOWN]:
            self.say(wrapped(f"{item['id']} {item['kind']}: {item['text']} <{item['source']}>", "   ", hanging="   "))
        more = len(body["evidence"]) - EVIDENCE_SHOWN
        if more > 0:
            self.say(f"   … {more} more")
        self.say(f"\n   {writer(body)}\n   {timing(body['response_time_ms'], gather_ms)}")


def writer(body: dict[str, Any]) -> str:
    """Who wrote the answer."""
    if body["degraded"]:
        return wrapped(f"Written by code alone: {body['degraded_reason']}", "   ").lstrip()
    return f"Facts by code, further sentences by {body['model_used']}"


def timing(response_ms: float, gather_ms: float) -> str:
    """How long it took, and how much of it was waiting for the model (the check of its text included)."""
    model_ms = max(response_ms - gather_ms, 0.0)
    share = model_ms / response_ms if response_ms else 0.0
    return (
        f"{response_ms / 1000:.2f} s: evidence {gather_ms:.0f} ms, language model {model_ms / 1000:.2f} s ({share:.0%})"
    )


def wrapped(text: str, indent: str, *, hanging: str = "") -> str:
    """Each line of `text` broken at the terminal's width."""
    width = max(min(shutil.get_terminal_size().columns, MOST_COLUMNS), 40)
    lines = [
        textwrap.fill(
            printable(line),
            width,
            initial_indent=indent,
            subsequent_indent=indent + (hanging or ("  " if line.startswith("- ") else "")),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def printable(text: str) -> str:
    """Without characters that could steer the terminal: names in the fleet are written by others."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
