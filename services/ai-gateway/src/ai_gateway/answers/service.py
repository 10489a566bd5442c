"""Answer one question: understand, gather, let the model write, check, and answer in time whatever is down."""

import asyncio
import time
from collections.abc import Callable

from prometheus_client import Counter, Histogram

from ai_gateway.access.scope import sites_in_view
from ai_gateway.access.types import Caller, Mode
from ai_gateway.answers.check import ProseCheck, read_draft
from ai_gateway.answers.dialogue import Dialogue
from ai_gateway.answers.findings import Claim, Findings
from ai_gateway.answers.gather.dispatch import gather
from ai_gateway.answers.gather.sources import Sources, Task
from ai_gateway.answers.names import NameIndex, index_of
from ai_gateway.answers.plain import compose
from ai_gateway.answers.prompt import build_prompt
from ai_gateway.answers.question import Question, understand
from ai_gateway.answers.types import Delta, Gathered, QueryRequest, QueryResponse
from ai_gateway.clients.breaker import PartDown
from ai_gateway.clients.llm import Completion, LanguageModel, ModelUnknown
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.types import View
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem, Unavailable
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.settings import Settings

QUESTIONS = Counter("ai_questions_total", "Questions answered.", ["intent", "mode", "degraded"])
GATHER_SECONDS = Histogram(
    "ai_gather_seconds",
    "Time to understand a question and collect its evidence.",
    buckets=(0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8),
)
Listener = Callable[[Gathered | Delta], None]
"""Told of what is known before the answer is whole."""
MODEL_MARGIN_S = 0.5
"""Time kept back from the model for checking and sending."""

_log = get_logger("answers")


class Answering:
    """The question-to-answer flow."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        directory: Directory,
        sources: Sources,
        dialogue: Dialogue,
        model: LanguageModel,
    ) -> None:
        """Args: settings: deadlines. directory: names. sources: facts. dialogue: what was said before. model: prose."""
        self._settings = settings
        self._clock = clock
        self._directory = directory
        self._sources = sources
        self._dialogue = dialogue
        self._model = model

    async def answer(self, request: QueryRequest, caller: Caller, tell: Listener = lambda _: None) -> QueryResponse:
        """Answer within ``QUERY_DEADLINE_S``.

        Args:
            request: the question.
            caller: whose it is.
            tell: hears the evidence once it is gathered, then each sentence of the model that passed the check.

        Raises:
            Problem: 404 for an unknown ``device_id``, ``site_id`` or ``conversation_id``, 422 for an unknown ``model``.
            Unavailable: HOMEPOT's database is down, so there are no facts to answer from.
        """
        started = time.perf_counter()
        request, missed = await self._dialogue.take_up(request, caller)
        with GATHER_SECONDS.time():
            question, findings = await self._find_out(request, caller)
        tell(Gathered(findings.evidence, list(findings.devices.values())))
        left = self._settings.query_deadline_s - (time.perf_counter() - started) - MODEL_MARGIN_S
        prose, completion, reason = await self._prose(request, question.mode, findings, left, tell)
        answer = compose(findings, question.mode, prose)
        missed += await self._dialogue.keep(request, caller, answer)
        reasons = [one for one in (reason, *findings.notes, *missed) if one]
        elapsed = round((time.perf_counter() - started) * 1000)
        QUESTIONS.labels(question.intent, question.mode, str(bool(reasons)).lower()).inc()
        _log.info(
            "answered", intent=question.intent, duration_ms=elapsed, evidence=len(findings.evidence), degraded=reasons
        )
        return QueryResponse(
            answer=answer,
            relevant_devices=list(findings.devices.values()),
            mode=question.mode,
            response_time_ms=elapsed,
            model_used=completion.model if completion and not reason else None,
            evidence=findings.evidence,
            degraded=bool(reasons),
            degraded_reason="; ".join(reasons) or None,
            conversation_id=request.conversation_id,
        )

    async def _find_out(self, request: QueryRequest, caller: Caller) -> tuple[Question, Findings]:
        now = self._clock()
        findings = Findings(now, self._settings.max_evidence)
        try:
            async with asyncio.timeout(self._settings.gather_deadline_s):
                question = await self._understand(request, caller)
                await gather(Task(question, self._sources, findings, now), self._settings.gather_deadline_s)
        except TimeoutError as error:
            limit = self._settings.gather_deadline_s
            raise Unavailable("homepot-database", f"Collecting the evidence took longer than {limit:g} s.") from error
        return question, findings

    async def _understand(self, request: QueryRequest, caller: Caller) -> Question:
        names = await self._directory.names()
        question = self._read(request, caller, names)
        if question.unknown and names is not (fresh := await self._directory.fresh()):
            question = self._read(request, caller, fresh)  # the name may be newer than what was kept
        return question

    def _read(self, request: QueryRequest, caller: Caller, names: Names) -> Question:
        scope = sites_in_view(caller, names)
        index = index_of(names, scope)
        return understand(request, index, self._clock(), _focus(request, index, scope))

    async def _prose(
        self, request: QueryRequest, mode: Mode, findings: Findings, left_s: float, tell: Listener
    ) -> tuple[list[Claim], Completion | None, str | None]:
        """The model's checked sentences, or the reason why there are none."""
        prompt = build_prompt(
            request.question,
            mode,
            findings,
            num_ctx=self._settings.llm_num_ctx,
            max_tokens=self._settings.llm_max_tokens,
        )
        check = ProseCheck(findings)

        def hear(text: str) -> None:
            for claim in check.read(draft) if (draft := read_draft(text)) else ():
                tell(Delta(claim.cited))

        try:
            completion = await self._model.write(prompt, model=request.model, deadline_s=max(left_s, 0.1), hear=hear)
        except PartDown as error:
            return [], None, f"the language model did not help: {error.reason}"
        except ModelUnknown as error:
            if request.model:
                raise Problem(
                    422, f"{error}. Leave `model` out or name one from /api/ai/status.", kind="unknown-model"
                ) from error
            return [], None, f"the language model did not help: {error}"
        if read_draft(completion.text) is None:
            return [], completion, "the language model's text was not of the agreed shape"
        hear(completion.text)
        if not check.kept:
            return [], completion, "the language model's text did not pass the check against the evidence"
        return check.kept, completion, None


def _focus(request: QueryRequest, index: NameIndex, scope: frozenset[int] | None) -> View:
    """The caller's scope, narrowed to the device and site that the request names by id; raises 404 problems."""
    sites = None if scope is None else tuple(sorted(scope))
    devices = None
    if request.site_id is not None:
        site = index.site(str(request.site_id))
        if site is None:
            raise _not_known("site", str(request.site_id), index)
        sites = (site.id,)
    if request.device_id is not None:
        device = index.device(str(request.device_id))
        if device is None:
            raise _not_known("device", str(request.device_id), index)
        devices = (device.id,)
    return View(sites=sites, devices=devices)


def _not_known(word: str, key: str, index: NameIndex) -> Problem:
    detail = f"No {word} {key!r} is known to this key. Send its public id or HOMEPOT's integer."
    names = {one.name for one in (index.sites if word == "site" else index.devices)}
    nearest = [name for name in index.suggestions(key) if name in names]
    return Problem(404, detail, kind=f"unknown-{word}", field=f"{word}_id", nearest=nearest)
