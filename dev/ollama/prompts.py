"""Make a prompt fit the context the way Ollama does: silently, unless the client forbids it."""

from dev.ollama.bodies import Call
from dev.ollama.engine import Engine
from dev.ollama.errors import PromptTooLong

KEPT_AT_START = 4  # Ollama's default num_keep


async def fit(call: Call, engine: Engine) -> str | list[int]:
    """The prompt for `call`: text, or token ids where it had to be cut to `num_ctx` tokens.

    First the oldest messages that are not the system's go, never the last one; then the middle of what is left, all
    but the first few tokens. Raises PromptTooLong where the call says `truncate: false`.
    """
    messages = list(call.messages or [])
    while True:
        prompt = await engine.render(messages) if messages else call.prompt
        tokens = await engine.tokenize(prompt)
        if len(tokens) <= call.num_ctx:
            return prompt
        if not call.truncate:
            raise PromptTooLong(len(tokens), call.num_ctx)
        oldest = oldest_to_drop(messages)
        if oldest is None:
            return cut(tokens, call.num_ctx)
        del messages[oldest]


def oldest_to_drop(messages: list[dict[str, str]]) -> int | None:
    """The index of the oldest message that may go, or None."""
    droppable = (index for index, message in enumerate(messages[:-1]) if message["role"] != "system")
    return next(droppable, None)


def cut(tokens: list[int], num_ctx: int) -> list[int]:
    """The first few tokens and as many of the last as fit."""
    kept = min(KEPT_AT_START, num_ctx)
    tail = num_ctx - kept
    return tokens[:kept] + (tokens[-tail:] if tail else [])
