"""The outermost layer: ids, limits, and statuses as the caller got them."""

import asyncio
import json
from typing import Any

import pytest
import structlog

from ai_gateway.kit.edge import Edge
from tests.unit.kit.asgi import Exchange, sample

LIMIT = 100


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads the whole body, as an application does, and answers with its length."""
    scope["path_template"] = "/api/{name}"
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-inner", b"1")]})
    await send({"type": "http.response.body", "body": str(length).encode()})


def edge(app: Any = echo, most: int = 2) -> Edge:
    return Edge(app, max_body_bytes=LIMIT, max_concurrent=most)


async def serve(exchange: Exchange, app: Any = echo) -> Exchange:
    await edge(app)(exchange.scope, exchange.receive, exchange.send)
    return exchange


async def test_an_answer_carries_the_id_that_the_caller_wished_for() -> None:
    got = await serve(Exchange(x_request_id="abc-123_4.5"))
    assert got.headers == {"x-inner": "1", "x-request-id": "abc-123_4.5"}


@pytest.mark.parametrize("wished", ["", "has space", "x" * 65, 'quote"', "a\tb", "ümlaut"])
async def test_an_odd_id_is_replaced(wished: str) -> None:
    got = await serve(Exchange(x_request_id=wished))
    assert len(got.headers["x-request-id"]) == 32
    assert int(got.headers["x-request-id"], 16)


async def test_the_id_reaches_the_application_and_its_logs() -> None:
    seen = {}

    async def look(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.update(scope["state"], log=structlog.contextvars.get_contextvars()["request_id"])
        await echo(scope, receive, send)

    await serve(Exchange(x_request_id="one"), look)
    assert seen == {"request_id": "one", "log": "one"}


async def test_what_one_request_leaves_in_its_state_does_not_meet_the_next() -> None:
    async def leave(scope: dict[str, Any], receive: Any, send: Any) -> None:
        assert "left" not in scope["state"]
        scope["state"]["left"] = True
        await echo(scope, receive, send)

    shared = {"from_the_lifespan": 1}
    for _ in range(2):
        exchange = Exchange()
        exchange.scope["state"] = shared
        assert (await serve(exchange, leave)).status == 200
    assert shared == {"from_the_lifespan": 1}


@pytest.mark.parametrize("length", [str(LIMIT + 1), "9" * 5000])
async def test_a_body_declared_too_large_is_refused_unread(length: str) -> None:
    before = sample("ai_http_requests_rejected_total", reason="body-too-large")
    got = await serve(Exchange(content_length=length))
    assert got.status == 413
    assert got.headers["content-type"] == "application/problem+json"
    problem = json.loads(got.body)
    assert problem["type"] == "urn:homepot-ai:problem:body-too-large"
    assert problem["detail"] == f"Send at most {LIMIT} bytes."
    assert problem["request_id"] == got.headers["x-request-id"]
    assert got.parts == [b""]
    assert sample("ai_http_requests_rejected_total", reason="body-too-large") == before + 1


async def test_a_streamed_body_is_cut_off_at_the_limit() -> None:
    before = sample("ai_http_requests_rejected_total", reason="body-too-large")
    got = await serve(Exchange(content_length="not a number").sends([b"x" * 60] * 5))
    assert got.status == 413
    assert len(got.parts) == 3
    assert sample("ai_http_requests_rejected_total", reason="body-too-large") == before + 1


async def test_a_body_of_exactly_the_limit_passes() -> None:
    got = await serve(Exchange(content_length=str(LIMIT)).sends([b"x" * LIMIT]))
    assert (got.status, got.body) == (200, b"100")


async def test_one_request_too_many_is_turned_away_and_told_when_to_come_back() -> None:
    free = asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await free.wait()
        await echo(scope, receive, send)

    gate = edge(slow, most=2)
    held = [Exchange(), Exchange()]
    running = [asyncio.create_task(gate(one.scope, one.receive, one.send)) for one in held]
    await asyncio.sleep(0)
    assert sample("ai_http_requests_in_flight") == 2
    third, probe = Exchange(), Exchange("/livez", "GET")
    await gate(third.scope, third.receive, third.send)
    assert (third.status, third.headers["retry-after"]) == (503, "2")
    assert json.loads(third.body)["type"].endswith(":overloaded")
    free.set()
    await gate(probe.scope, probe.receive, probe.send)
    await asyncio.gather(*running)
    assert [one.status for one in (probe, *held)] == [200, 200, 200]
    assert sample("ai_http_requests_in_flight") == 0


async def test_probes_are_not_held_to_the_limit() -> None:
    probe = Exchange("/livez", "GET")
    await edge(most=0)(probe.scope, probe.receive, probe.send)
    assert probe.status == 200


async def test_a_crash_is_answered_500_and_counted_as_such() -> None:
    async def crash(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        scope["path_template"] = "/api/crash"
        raise RuntimeError("a secret detail")

    labels = {"method": "POST", "route": "/api/crash", "status": "500"}
    before = sample("ai_http_requests_total", **labels)
    got = await serve(Exchange(), crash)
    assert got.status == 500
    assert b"a secret detail" not in got.body
    assert sample("ai_http_requests_total", **labels) == before + 1


async def test_a_crash_after_the_answer_began_adds_nothing_to_it() -> None:
    async def crash(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    assert [message["type"] for message in (await serve(Exchange(), crash)).sent] == ["http.response.start"]


async def test_a_caller_who_goes_away_is_counted_as_499() -> None:
    async def give_up(_scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        raise asyncio.CancelledError

    labels = {"method": "POST", "route": "unmatched", "status": "499"}
    before = sample("ai_http_requests_total", **labels)
    with pytest.raises(asyncio.CancelledError):
        await serve(Exchange(), give_up)
    assert sample("ai_http_requests_total", **labels) == before + 1


async def test_a_request_that_a_stop_cuts_off_is_told_to_come_back() -> None:
    async def cut_off(_scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        raise asyncio.CancelledError

    stopping = edge(cut_off)
    stopping.stop()
    got = Exchange()
    with pytest.raises(asyncio.CancelledError):
        await stopping(got.scope, got.receive, got.send)
    assert got.status == 503
    assert got.headers["retry-after"] == "5"
    assert json.loads(got.body)["type"].endswith(":stopping")


async def test_made_up_methods_share_one_series() -> None:
    labels = {"method": "other", "route": "/api/{name}", "status": "200"}
    before = sample("ai_http_requests_total", **labels)
    for method in ("BREW", "PROPFIND", "x" * 900):
        await serve(Exchange(method=method))
    assert sample("ai_http_requests_total", **labels) == before + 3


async def test_other_protocols_pass_through() -> None:
    seen = []

    async def app(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    await edge(app)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]
