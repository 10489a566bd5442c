"""``/api/ai/memory``: look for precedents, record and correct them."""

from typing import Any

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from ai_gateway.access.guard import caller_of, require
from ai_gateway.kit.problems import problem_responses
from ai_gateway.kit.queries import known_parameters
from ai_gateway.memory.service import MemoryDesk
from ai_gateway.memory.types import MemoryOverview
from ai_gateway.memory.wire import (
    FeedbackRequest,
    RecordRequest,
    RememberedView,
    ResolutionRequest,
    SearchRequest,
    SearchResponse,
)

FAILURES = problem_responses(400, 401, 403, 404, 413, 503)
AsRequest = Request[Any, Any, State]
Number = FromPath[int]


def _desk(request: AsRequest) -> MemoryDesk:
    desk: MemoryDesk = request.app.state.memory
    return desk


class Memory(Controller):
    """Past incidents of the sites that the key sees."""

    path = "/api/ai/memory"
    tags = ("memory",)
    guards = (known_parameters,)

    @post("/search", status_code=200, summary="Find past incidents and runbooks like a text", responses=FAILURES)
    async def search(self, request: AsRequest, data: JSONBody[SearchRequest]) -> SearchResponse:
        """By meaning and by words. No incident: nothing like it happened before at these sites.

        The filters but `site_id` are for incidents alone: passages of runbooks have none of these.
        """
        return await _desk(request).search(caller_of(request), data)

    @post(
        "/incidents",
        summary="Record an incident by hand",
        guards=[require("operate")],
        responses=FAILURES,
    )
    async def record(self, request: AsRequest, data: JSONBody[RecordRequest]) -> RememberedView:
        """It is found at once; by words alone until it is embedded, where the embedder is down.

        Needs the permission `operate`.
        """
        return await _desk(request).record(caller_of(request), data)

    @get("/incidents/{number:int}", summary="One remembered incident", responses=FAILURES)
    async def read(self, request: AsRequest, number: Number) -> RememberedView:
        """Wherever it came from."""
        return await _desk(request).find(caller_of(request), number)

    @patch(
        "/incidents/{number:int}",
        summary="Say what was done, and whether it helped",
        guards=[require("operate")],
        responses=FAILURES,
    )
    async def resolve(self, request: AsRequest, number: Number, data: JSONBody[ResolutionRequest]) -> RememberedView:
        """Fields that are left out stay as they are. Nothing is written to HOMEPOT. Needs the permission `operate`."""
        return await _desk(request).resolve(caller_of(request), number, data)

    @put("/incidents/{number:int}/feedback", status_code=204, summary="Say whether it was useful", responses=FAILURES)
    async def feedback(self, request: AsRequest, number: Number, data: JSONBody[FeedbackRequest]) -> None:
        """One word of each user, or key; the last one counts. It weighs in lightly where incidents are as alike."""
        await _desk(request).feedback(caller_of(request), number, data)

    @delete(
        "/incidents/{number:int}",
        summary="Forget an incident",
        guards=[require("admin")],
        responses=FAILURES,
    )
    async def forget(self, request: AsRequest, number: Number) -> None:
        """At once and from every index; reading HOMEPOT again does not bring it back. Needs the permission `admin`."""
        await _desk(request).forget(caller_of(request), number)

    @get("/statistics", summary="What is remembered", responses=problem_responses(401, 403, 503))
    async def statistics(self, request: AsRequest) -> MemoryOverview:
        """Counts over the sites that the key sees."""
        return await _desk(request).overview(caller_of(request))
