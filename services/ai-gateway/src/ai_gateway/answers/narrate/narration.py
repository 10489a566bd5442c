"""The model's part of an answer: a prompt within its window, sentences checked as they come, or why there are none."""

from collections.abc import Callable, Container

import msgspec

from ai_gateway.access.types import Mode
from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.narrate.check import ProseCheck, read_draft
from ai_gateway.answers.narrate.prompt import Budgeted, build_prompt
from ai_gateway.answers.trust.grounds import ModelWords
from ai_gateway.answers.types import QueryRequest
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.llm import Completion, LanguageModel, ModelUnknown
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.settings import ROUTES, Settings


class Narration(msgspec.Struct, frozen=True):
    """The model's checked sentences, or the reason why there are none. ``passing``: another try may go better."""

    claims: list[Claim]
    words: ModelWords
    model: str | None = None
    reason: str | None = None
    passing: bool = False


class Narrator:
    """Lets the model put findings into words."""

    def __init__(self, settings: Settings, model: LanguageModel) -> None:
        """Args: settings: window and length. model: who writes."""
        self._settings = settings
        self._model = model

    async def narrate(
        self,
        request: QueryRequest,
        mode: Mode,
        findings: Findings,
        *,
        owner: str,
        deadline_s: float,
        withheld: Container[str] = (),
        hear: Callable[[Claim], None] = lambda _: None,
    ) -> Narration:
        """Write about ``findings``.

        Args:
            request: the question, and the model it asks for.
            mode: whom to write for.
            findings: what may be told.
            owner: whose question it is.
            deadline_s: the model has so long, the wait for it included.
            withheld: evidence that the model is not to see.
            hear: told of each sentence that passed the check.

        Raises:
            Problem: 422 for a ``model`` of a name that Ollama does not have.
        """
        settings = self._settings
        limits = {"num_ctx": settings.llm_num_ctx, "max_tokens": settings.llm_max_tokens}
        check = ProseCheck(findings)

        def read(text: str) -> None:
            for claim in check.read(draft) if (draft := read_draft(text)) else ():
                hear(claim)

        try:
            self._model.refuse_if_down()
            counter = self._model.counter(request.model)
            sent = build_prompt(request.question, mode, findings, count=counter.count, withheld=withheld, **limits)
            done = await self._model.write(
                sent.prompt, model=request.model, deadline_s=deadline_s, hear=read, owner=owner
            )
        except PartDown as error:
            return _silent(f"the language model did not help: {error.reason}", passing=self._model.enabled)
        except ModelUnknown as error:
            return _silent(self._unknown(request.model, error), passing=True)
        read(done.text)
        return _narration(check, done, sent)

    def _unknown(self, asked: str | None, error: ModelUnknown) -> str:
        """Why there is no text; a caller who named the model itself gets a problem instead."""
        if asked and asked not in ROUTES:
            detail = f"{error}. Leave `model` out, or name one from /api/ai/status, or one of {', '.join(ROUTES)}."
            raise Problem(422, detail, kind="unknown-model") from error
        wanted = self._settings.model_named(asked)
        return (
            f"the language model did not help: {error}{f' for `{asked}`' if asked else ''}; run: ollama pull {wanted}"
        )


def _silent(reason: str, *, passing: bool) -> Narration:
    return Narration([], ModelWords(), None, reason, passing)


def _narration(check: ProseCheck, done: Completion, sent: Budgeted) -> Narration:
    words = ModelWords(
        judged=check.judged,
        held=check.held,
        used=len(check.kept),
        tokens=sent.tokens,
        room=sent.room,
        read=done.prompt_tokens,
        wrote=done.tokens,
        left_out=sent.left_out,
        cut=done.cut,
    )
    if read_draft(done.text) is None:
        return Narration([], words, None, "the language model's text was not of the agreed shape")
    if not check.kept:
        return Narration([], words, None, "the language model's text did not pass the check against the evidence")
    return Narration(check.kept, words, done.model)
