"""Request bodies, and the calls they ask for."""

from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from dev.ollama import models, options
from dev.ollama.errors import OllamaError
from dev.ollama.models import Model


class Message(msgspec.Struct):
    """One turn of a chat; unknown roles pass, as they do in Ollama."""

    role: str = ""
    content: str | None = ""


class ModelBody(msgspec.Struct):
    """A body that names a model; `name` is the older spelling."""

    model: str | None = ""
    name: str | None = ""

    @property
    def wanted(self) -> str:
        """The model's name, or an empty text."""
        return self.model or self.name or ""


class GenerationBody(ModelBody):
    """What chat and generate share."""

    stream: bool | None = None
    format: Any = None
    options: dict[str, Any] | None = None
    keep_alive: Any = None
    truncate: bool | None = None
    think: Any = None


class ChatBody(GenerationBody):
    """`POST /api/chat`."""

    messages: list[Message] | None = None
    tools: list[Any] | None = None


class GenerateBody(GenerationBody):
    """`POST /api/generate`."""

    prompt: str | None = ""
    system: str | None = ""
    suffix: str | None = ""
    raw: bool | None = None


Body = TypeVar("Body", bound=msgspec.Struct)


class Call(NamedTuple):
    """One checked generation. `messages` is None for a raw `prompt`; both empty only loads or unloads the model."""

    kind: Literal["chat", "generate"]
    model: Model
    messages: list[dict[str, str]] | None
    prompt: str
    stream: bool
    num_ctx: int  # tokens
    sampling: dict[str, Any]
    keep_alive_s: float
    truncate: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing to answer."""
        return not self.messages and not self.prompt


def parse(kind: type[Body], body: bytes) -> Body:
    """Decode a JSON body; 400 for none or a malformed one. Fields nobody knows are ignored, as Ollama does."""
    if not body.strip():
        raise OllamaError(400, "missing request body")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise OllamaError(400, str(error)) from error


def chat_call(body: ChatBody) -> Call:
    """The call a chat body asks for."""
    if not body.wanted:
        raise OllamaError(400, "model is required")
    model = find(body.wanted)
    if body.tools:
        raise OllamaError(400, f"{model.name} does not support tools")
    messages = [{"role": message.role, "content": message.content or ""} for message in body.messages or []]
    return checked("chat", model, body, messages, "")


def generate_call(body: GenerateBody) -> Call:
    """The call a generate body asks for."""
    model = find(body.wanted)
    if body.suffix:
        raise OllamaError(400, f"{model.name} does not support insert")
    prompt = body.prompt or ""
    if body.raw or not prompt:
        return checked("generate", model, body, None, prompt)
    system = [{"role": "system", "content": body.system}] if body.system else []
    return checked("generate", model, body, [*system, {"role": "user", "content": prompt}], "")


def checked(
    kind: Literal["chat", "generate"],
    model: Model,
    body: GenerationBody,
    messages: list[dict[str, str]] | None,
    prompt: str,
) -> Call:
    """Check what both kinds share."""
    if body.think:
        raise OllamaError(400, f'"{model.name}" does not support thinking')
    chosen = options.check_options(body.options)
    return Call(
        kind=kind,
        model=model,
        messages=messages,
        prompt=prompt,
        stream=body.stream is not False,
        num_ctx=options.num_ctx(chosen, model.context_length),
        sampling=options.sampling(chosen, body.format),
        keep_alive_s=options.keep_alive_s(body.keep_alive),
        truncate=body.truncate is not False,
    )


def find(name: str) -> Model:
    """The model called `name`, or Ollama's 404."""
    model = models.by_name(name)
    if model is None:
        raise OllamaError(404, f"model '{name}' not found")
    return model
