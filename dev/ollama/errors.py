"""Refusals, with the status and the words that Ollama uses."""


class OllamaError(Exception):
    """A refusal that goes to the client as `{"error": message}` with `status`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class RunnerDied(OllamaError):  # noqa: N818 - an event, and the next call recovers
    """The process that held the model ended in the middle of a call."""

    def __init__(self) -> None:
        super().__init__(500, "an error was encountered while running the model: unexpected EOF")


class ServerBusy(OllamaError):  # noqa: N818 - a state, as the wire names it
    """More calls wait than the queue allows."""

    def __init__(self) -> None:
        super().__init__(503, "server busy, please try again.  maximum pending requests exceeded")


class PromptTooLong(OllamaError):  # noqa: N818 - says it all
    """The prompt does not fit, and the client asked for no cut. `tokens` in the prompt, `num_ctx` available."""

    def __init__(self, tokens: int, num_ctx: int) -> None:
        words = f"request ({tokens} tokens) exceeds the available context size ({num_ctx} tokens), try increasing it"
        super().__init__(400, f"exceed_context_size_error: {words}")
