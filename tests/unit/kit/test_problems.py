"""Failures inside the application, seen from outside: problem details with the right status, counted as such."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath, JSONBody

from ai_gateway.kit.edge import Edge
from ai_gateway.kit.errors import Problem, Unavailable, problem_body
from ai_gateway.kit.problems import Failures
from tests.unit.kit.asgi import sample


@get("/api/t/{what:str}", sync_to_thread=False)
def fail(what: FromPath[str]) -> str:
    if what == "problem":
        raise Problem(409, "Change this.", kind="conflict", headers={"X-Hint": "a"}, field="name")
    if what == "down":
        raise Unavailable("thing", "Not now.", retry_after_s=7)
    if what == "unknown-caller":
        raise NotAuthorizedException("no")
    if what == "beyond":
        datetime.fromtimestamp(253402300800, UTC)
    if what == "value":
        int("a secret detail")
    if what == "crash":
        raise RuntimeError("a secret detail")
    return what


@post("/api/t", sync_to_thread=False)
def take(data: JSONBody[dict[str, str]]) -> dict[str, str]:
    return data


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([fail, take], exception_handlers=Failures().handlers(), logging_config=None, openapi_config=None)
    transport = httpx.ASGITransport(Edge(app, max_body_bytes=1000, max_concurrent=5))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/t/problem", 409, "conflict"),
        ("/api/t/down", 503, "thing-unavailable"),
        ("/api/t/unknown-caller", 401, "unauthenticated"),
        ("/api/t/beyond", 400, "bad-request"),
        ("/api/t/value", 500, "internal"),
        ("/api/t/crash", 500, "internal"),
        ("/api/nowhere/17", 404, "not-found"),
        ("/api/t", 405, "method-not-allowed"),
    ],
)
async def test_every_failure_is_a_problem_and_counted_with_its_status(
    client: httpx.AsyncClient, path: str, status: int, kind: str
) -> None:
    route = {404: "unmatched", 405: "unmatched"}.get(status, "/api/t/{what}")
    labels = {"method": "GET", "route": route, "status": str(status)}
    before = sample("ai_http_requests_total", **labels)
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:homepot-ai:problem:{kind}"
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert sample("ai_http_requests_total", **labels) == before + 1


async def test_a_problem_keeps_its_headers_and_members(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/t/problem")
    assert answer.headers["x-hint"] == "a"
    assert answer.json()["field"] == "name"
    assert answer.json()["detail"] == "Change this."
    assert (await client.get("/api/t/down")).headers["retry-after"] == "7"


async def test_a_body_that_is_no_json_is_the_callers_fault(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/t", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["type"].endswith(":bad-request")


async def test_a_streamed_body_past_the_limit_is_413_inside_the_application_too(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 400

    answer = await client.post("/api/t", content=body(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["type"].endswith(":body-too-large")


async def test_unmatched_paths_make_one_series(client: httpx.AsyncClient) -> None:
    labels = {"method": "GET", "route": "unmatched", "status": "404"}
    before = sample("ai_http_requests_total", **labels)
    for number in range(5):
        await client.get(f"/devices/{number}")
    assert sample("ai_http_requests_total", **labels) == before + 5


def test_a_status_without_a_name_still_has_a_title() -> None:
    assert b'"title":"Error"' in problem_body(499, "gone", kind="gone", request_id="r")
