"""Answer one question: understand, gather, let the model write, check, and answer in time whatever is down."""

import asyncio
import time
from collections.abc import Callable

import msgspec
from prometheus_client import Counter, Histogram

from ai_gateway.access.scope import sites_in_view
from ai_gateway.access.types import Caller
from ai_gateway.answers.again.kept import Kept, Shared
from ai_gateway.answers.again.meaning import meaning
from ai_gateway.answers.again.watermark import Watermarks
from ai_gateway.answers.dialogue import Dialogue
from ai_gateway.answers.findings import Findings
from ai_gateway.answers.gather.dispatch import gather
from ai_gateway.answers.gather.sources import Sources, Task
from ai_gateway.answers.narrate.narration import Narration, Narrator
from ai_gateway.answers.narrate.plain import compose
from ai_gateway.answers.room import Room, late
from ai_gateway.answers.trust.envelope import judge, may_advise
from ai_gateway.answers.trust.grounds import Grounds
from ai_gateway.answers.trust.judging import Judging, Sound
from ai_gateway.answers.trust.types import TrustEnvelope
from ai_gateway.answers.types import Delta, Gathered, QueryRequest, QueryResponse, Usage
from ai_gateway.answers.understand.name_index import NameIndex, index_of
from ai_gateway.answers.understand.question import Question, understand
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.scoped.view import View
from ai_gateway.kit.clock import Clock
from ai_gateway.kit.errors import Problem
from ai_gateway.kit.logging import get_logger
from ai_gateway.kit.settings import Settings

QUESTIONS = Counter("ai_questions_total", "Questions answered.", ["intent", "mode", "degraded"])
GATHER_SECONDS = Histogram(
    "ai_gather_seconds",
    "Time to understand a question and collect its evidence.",
    buckets=(0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8),
)
TRUST = Counter("ai_answers_by_trust_total", "Answers by how far they can be trusted.", ["trust_mode"])
Listener = Callable[[Gathered | Delta], None]
"""Told of what is known before the answer is whole."""
MODEL_MARGIN_S = 0.5
"""Time kept back from the model for checking and sending."""

_log = get_logger("answers")


class Reply(msgspec.Struct, frozen=True):
    """An answer without what is of one request alone. ``lasting``: nothing was amiss that may be over soon."""

    response: QueryResponse
    reasons: tuple[str, ...]
    intent: str
    lasting: bool


class Answering:
    """The question-to-answer flow."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        directory: Directory,
        sources: Sources,
        dialogue: Dialogue,
        narrator: Narrator,
        judging: Judging,
        watermarks: Watermarks,
    ) -> None:
        """Args: settings: deadlines and bounds. directory: names. sources: facts. dialogue: what was said. narrator: prose.

        judging: trust. watermarks: whether an earlier answer still holds.
        """
        self._settings = settings
        self._clock = clock
        self._directory = directory
        self._sources = sources
        self._dialogue = dialogue
        self._narrator = narrator
        self._judging = judging
        self._watermarks = watermarks
        self._room = Room(
            settings.query_max_at_once,
            settings.query_max_per_user,
            settings.homepot_pool_size,
            lambda: sources.homepot.answers,
        )
        self._kept: Kept[Reply] = Kept(settings.answer_cache_size, settings.answer_cache_ttl_s)
        self._shared: dict[tuple[bytes, str], Shared[Reply, Gathered | Delta]] = {}

    async def answer(self, request: QueryRequest, caller: Caller, tell: Listener = lambda _: None) -> QueryResponse:
        """Answer within ``QUERY_DEADLINE_S``.

        Args:
            request: the question.
            caller: whose it is.
            tell: hears the evidence once it is gathered, then each sentence of the model that passed the check.

        Raises:
            Problem: 404 for an unknown ``device_id``, ``site_id`` or ``conversation_id``, 422 for an unknown ``model``, 429
                while too many questions are inside, or are looked up.
            Unavailable: HOMEPOT's database is down, so there are no facts to answer from.
        """
        started = time.perf_counter()
        async with self._room.enter(caller.owner):
            request, missed = await self._dialogue.take_up(request, caller)
            question = await self._understand(request, caller)
            reply, cached = await self._reply(request, question, caller.owner, started, tell)
            missed += await self._dialogue.keep(request, caller, reply.response.answer)
        reasons = [*reply.reasons, *missed]
        elapsed = round((time.perf_counter() - started) * 1000)
        _note(reply, elapsed, reasons, cached=cached)
        return msgspec.structs.replace(
            reply.response,
            response_time_ms=elapsed,
            degraded=bool(reasons),
            degraded_reason="; ".join(reasons) or None,
            cached=cached,
            usage=Usage() if cached else reply.response.usage,
            conversation_id=request.conversation_id,
        )

    async def _reply(
        self, request: QueryRequest, question: Question, owner: str, started: float, tell: Listener
    ) -> tuple[Reply, bool]:
        """An earlier reply that still holds, one that is being made for somebody else, or a new one."""
        mark = await self._watermarks.read(question) if self._kept.ttl_s else None
        if mark is None:
            return await self._make(request, question, owner, started, tell), False
        model, today = self._settings.model_named(request.model), self._clock().date()
        key = meaning(question, model=model, owner=owner if request.history else "", today=today)
        if kept := self._kept.get(key, mark):
            tell(Gathered(kept.response.evidence, kept.response.relevant_devices))
            return kept, True
        if (shared := self._shared.get((key, mark))) is None:
            shared = Shared(lambda hear: self._make(request, question, owner, started, hear))
            self._shared[key, mark] = shared
            shared.task.add_done_callback(lambda _: self._shared.pop((key, mark), None))
        reply = await shared.join(tell)
        if reply.lasting:
            self._kept.put(key, mark, reply)
        return reply, False

    async def _make(
        self, request: QueryRequest, question: Question, owner: str, started: float, tell: Listener
    ) -> Reply:
        with GATHER_SECONDS.time():
            findings, sound = await self._find_out(question, owner)
        tell(Gathered(findings.evidence, list(findings.devices.values())))
        grounds = self._judging.grounds(question, findings, sound)
        withheld = frozenset[str]() if may_advise(grounds) else findings.withhold_advice()
        narration = await self._narrator.narrate(
            request,
            question.mode,
            findings,
            owner=owner,
            deadline_s=max(self._settings.query_deadline_s - (time.perf_counter() - started) - MODEL_MARGIN_S, 0.1),
            withheld=withheld,
            hear=lambda claim: tell(Delta(claim.cited)),
        )
        return _conclude(grounds, narration)

    async def _find_out(self, question: Question, owner: str) -> tuple[Findings, Sound]:
        """Gather, in turn with other users, and read meanwhile what the devices' rows are worth."""
        now, limit = self._clock(), self._settings.gather_deadline_s
        findings = Findings(now, self._settings.max_evidence)
        async with self._room.reading(owner, limit):
            looking = asyncio.create_task(self._judging.look(question))
            try:
                await gather(Task(question, self._sources, findings, now), limit)
                return findings, await looking
            finally:
                looking.cancel()

    async def _understand(self, request: QueryRequest, caller: Caller) -> Question:
        limit = self._settings.gather_deadline_s
        try:
            async with asyncio.timeout(limit):
                names = await self._directory.names()
                question = self._read(request, caller, names)
                if question.unknown and names is not (fresh := await self._directory.fresh()):
                    question = self._read(request, caller, fresh)  # the name may be newer than what was kept
        except TimeoutError as error:
            raise late(limit) from error
        return question

    def _read(self, request: QueryRequest, caller: Caller, names: Names) -> Question:
        scope = sites_in_view(caller, names)
        index = index_of(names, scope)
        return understand(request, index, self._clock(), _focus(request, index, scope))


def _note(reply: Reply, elapsed_ms: int, reasons: list[str], *, cached: bool) -> None:
    """Count and log an answer."""
    response = reply.response
    QUESTIONS.labels(reply.intent, response.mode, str(bool(reasons)).lower()).inc()
    TRUST.labels(response.trust.trust_mode).inc()
    _log.info(
        "answered",
        intent=reply.intent,
        duration_ms=elapsed_ms,
        evidence=len(response.evidence),
        degraded=reasons,
        trust=response.trust.trust_mode,
        cached=cached,
    )


def _conclude(grounds: Grounds, narration: Narration) -> Reply:
    """The answer's words and how far they can be trusted; without advice where that is not far enough."""
    findings, question = grounds.findings, grounds.question
    composed = compose(findings, question.mode, narration.claims)
    trust = judge(msgspec.structs.replace(grounds, told=composed.told, words=narration.words))
    if not trust.actionable:
        findings.withhold_advice()
        composed = compose(findings, question.mode, narration.claims)
    reasons = tuple(one for one in (narration.reason, *findings.notes) if one)
    response = QueryResponse(
        answer=composed.text + _withheld(findings, trust),
        relevant_devices=list(findings.devices.values()),
        mode=question.mode,
        response_time_ms=0,
        model_used=narration.model,
        evidence=findings.evidence,
        degraded=bool(reasons),
        trust=trust,
        usage=Usage(narration.words.read or narration.words.tokens, narration.words.wrote),
    )
    return Reply(response, reasons, question.intent, lasting=not narration.passing and not findings.notes)


def _withheld(findings: Findings, trust: TrustEnvelope) -> str:
    """The line that says why there is no advice, if there was any."""
    gate = next((one for one in trust.gates if one.status != "pass"), None)
    if gate is None or not findings.withheld:
        return ""
    return f"\n(Advice is withheld: gate {gate.gate_id}, {gate.name}, did not pass.)"


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
