"""The values of a request, checked as Ollama checks them, and llama.cpp's names for them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from dev.ollama import schemas
from dev.ollama.errors import OllamaError

DEFAULT_NUM_CTX = 4096
DEFAULT_KEEP_ALIVE_S = 300.0
FOREVER_S = float("inf")

INTEGERS = (
    "num_ctx",
    "num_predict",
    "num_keep",
    "seed",
    "top_k",
    "repeat_last_n",
    "num_batch",
    "num_gpu",
    "num_thread",
)
FLOATS = ("temperature", "top_p", "min_p", "typical_p", "repeat_penalty", "presence_penalty", "frequency_penalty")
LLAMA_NAMES = {"num_predict": "n_predict"}
NOT_FOR_LLAMA = ("num_ctx", "num_keep", "num_batch", "num_gpu", "num_thread")
DEFAULTS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.0, "repeat_penalty": 1.1, "num_predict": -1}

UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)")
DURATION_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")
BARE_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")


def check_options(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The known options with the right types, over Ollama's defaults; unknown ones are ignored, as Ollama does."""
    options: dict[str, Any] = dict(DEFAULTS)
    for name, value in (given or {}).items():
        if value is None:
            continue
        if name in INTEGERS:
            options[name] = int(number(name, value, "integer"))
        elif name in FLOATS:
            options[name] = float(number(name, value, "float32"))
        elif name == "stop":
            options[name] = strings(name, value)
    return options


def number(name: str, value: object, kind: str) -> float:
    """A JSON number, or Ollama's 500."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OllamaError(500, f'option "{name}" must be of type {kind}')
    return value


def strings(name: str, value: object) -> list[str]:
    """A JSON array of strings, or Ollama's 500."""
    if not isinstance(value, list):
        raise OllamaError(500, f'option "{name}" must be of type array')
    if not all(isinstance(item, str) for item in value):
        raise OllamaError(500, f'option "{name}" must be of an array of strings')
    return value


def num_ctx(options: Mapping[str, Any], trained: int) -> int:
    """The context in tokens: as asked, at least 4, at most what the model was trained on."""
    return max(4, min(int(options.get("num_ctx", DEFAULT_NUM_CTX)), trained))


def sampling(options: Mapping[str, Any], answer_format: object) -> dict[str, Any]:
    """The body fields of llama.cpp's `/completion` for these options and this `format`."""
    fields = {LLAMA_NAMES.get(name, name): value for name, value in options.items() if name not in NOT_FOR_LLAMA}
    schema = check_format(answer_format)
    if schema is not None:
        fields["json_schema"] = schema
    return fields


def check_format(answer_format: object) -> dict[str, Any] | None:
    """A JSON schema, any object for `"json"`, or None; 400 for a bad schema, 500 for another string."""
    if answer_format is None or answer_format == "":
        return None
    if answer_format == "json":
        return schemas.enforceable({"type": "object"})
    if not isinstance(answer_format, dict):
        shown = json.dumps(answer_format)
        raise OllamaError(500, f'invalid format: {shown}; expected "json" or a valid JSON Schema object')
    return schemas.enforceable(answer_format)


def keep_alive_s(value: object) -> float:
    """Seconds to keep the model after a call: a number or a Go duration, negative for ever, 5 minutes if unset."""
    if value is None:
        return DEFAULT_KEEP_ALIVE_S
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str):
        seconds = go_duration_s(value)
    else:
        raise OllamaError(400, f"invalid keep_alive: {value!r}")
    return FOREVER_S if seconds < 0 else seconds


def go_duration_s(text: str) -> float:
    """Seconds of a Go duration such as `1h30m`; 400 with Go's words otherwise."""
    if text in {"0", "+0", "-0"}:
        return 0.0
    match = DURATION.fullmatch(text)
    if match is None:
        trouble = "missing unit in" if BARE_NUMBER.fullmatch(text) else "invalid"
        raise OllamaError(400, f'time: {trouble} duration "{text}"')
    total = sum(float(amount) * UNITS_S[unit] for amount, unit in DURATION_PART.findall(match[2]))
    return -total if match[1] == "-" else total
