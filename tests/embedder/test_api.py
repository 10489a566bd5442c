"""The whole application around a fake model: faults, limits, and both wire shapes."""

import asyncio
import base64
import re
import threading
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from embedder.app import build_app
from embedder.errors import EmbedderError
from embedder.metrics import Metrics
from embedder.middleware import Outermost
from embedder.service import Embedder
from embedder.settings import Settings
from tests.embedder.conftest import StartApi
from tests.embedder.fakes import LIMIT, FakeModel, until, vector_of

OPENAI = "/v1/embeddings"
TEI = "/embed"


def unit(text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    vector = vector_of([0, *(ord(letter) for letter in text), 2])
    return vector / np.linalg.norm(vector)


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert {"type", "title", "detail", "instance"} <= body.keys()
    return body


async def metric(api: httpx.AsyncClient, line: str) -> float:
    page = (await api.get("/metrics")).text
    found = re.search(rf"^{re.escape(line)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def answers(api: httpx.AsyncClient, path: str, status: int) -> None:
    """Poll until another thread has brought `status` about."""
    async with asyncio.timeout(10):
        while (await api.get(path)).status_code != status:
            pass


async def test_openai_floats(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    answer = await api.post(OPENAI, json={"input": ["abc", "de"], "model": "all-mpnet-base-v2", "user": "u"})
    body = answer.json()
    assert answer.status_code == 200
    assert body["object"] == "list"
    assert body["model"] == "sentence-transformers/all-mpnet-base-v2"
    assert body["usage"] == {"prompt_tokens": 9, "total_tokens": 9}
    assert [(row["object"], row["index"]) for row in body["data"]] == [("embedding", 0), ("embedding", 1)]
    np.testing.assert_allclose([row["embedding"] for row in body["data"]], [unit("abc"), unit("de")], atol=1e-6)


async def test_openai_base64_is_little_endian_float32(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    answer = await api.post(OPENAI, json={"input": "abc", "encoding_format": "base64", "dimensions": 768})
    raw = base64.b64decode(answer.json()["data"][0]["embedding"])
    np.testing.assert_allclose(np.frombuffer(raw, "<f4"), unit("abc"), atol=1e-6)


async def test_openai_cuts_a_long_input_and_says_so(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    answer = await api.post(OPENAI, json={"input": ["ok", "x" * 40]})
    assert answer.headers["x-truncated-inputs"] == "1"
    assert answer.json()["usage"] == {"prompt_tokens": 4 + LIMIT, "total_tokens": 4 + LIMIT, "truncated_inputs": [1]}
    assert await metric(api, "embedder_truncated_texts_total") == 1
    assert fake.batches[-1][-1] == [0, *[ord("x")] * (LIMIT - 2), 2]


async def test_openai_refuses_a_long_input_where_the_setting_says_so(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake, openai_truncate=False)
    assert problem(await api.post(OPENAI, json={"input": "x" * 40}), 413)["title"] == "Input too long"


async def test_tei_shape(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    one = await api.post(TEI, json={"inputs": "abc"})
    two = await api.post(TEI, json={"inputs": ["abc", "de"], "normalize": True, "truncate": True})
    np.testing.assert_allclose(one.json(), [unit("abc")], atol=1e-6)
    np.testing.assert_allclose(two.json(), [unit("abc"), unit("de")], atol=1e-6)
    raw = await api.post(TEI, json={"inputs": "abc", "normalize": False})
    np.testing.assert_allclose(raw.json(), [vector_of([0, 97, 98, 99, 2])])


async def test_tei_refuses_or_cuts_a_long_input(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    refused = problem(await api.post(TEI, json={"inputs": ["a", "x" * 40]}), 413)
    assert refused["detail"] == "Input 1 has 42 tokens; the model reads at most 16."
    cut = await api.post(TEI, json={"inputs": ["a", "x" * 40], "truncate": True})
    assert cut.status_code == 200
    assert cut.headers["x-truncated-inputs"] == "1"


@pytest.mark.parametrize(
    ("route", "body", "status", "detail"),
    [
        (OPENAI, {"input": [1, 2, 3]}, 422, "token arrays are not supported"),
        (OPENAI, {"input": [[1, 2], [3]]}, 422, "token arrays are not supported"),
        (TEI, {"inputs": [[1]]}, 422, "token arrays are not supported"),
        (OPENAI, {"input": []}, 422, "There is no input"),
        (OPENAI, {"input": ["a", " \n"]}, 422, "Input 1 is empty"),
        (OPENAI, {"input": "a", "model": "gpt-4"}, 422, "one model"),
        (OPENAI, {"input": "a", "dimensions": 256}, 422, "768 dimensions"),
        (TEI, {"inputs": "a", "dimensions": 256}, 422, "768 dimensions"),
        (TEI, {"inputs": "a", "prompt_name": "query"}, 422, "prompts"),
        (TEI, {"inputs": "a", "truncation_direction": "Left"}, 422, "Right"),
        (OPENAI, {"input": "a", "encoding_format": "int8"}, 422, "Validation failed"),
        (OPENAI, {"input": None}, 422, "Validation failed"),
        (OPENAI, {"input": "a", "surprise": 1}, 422, "Validation failed"),
        (OPENAI, {}, 422, "Validation failed"),
        (OPENAI, {"input": ["a"] * 9}, 413, "one request may hold 8"),
    ],
)
async def test_bad_requests_get_a_clear_problem(
    start_api: StartApi, fake: FakeModel, route: str, body: Any, status: int, detail: str
) -> None:
    api = await start_api(fake, max_inputs=8)
    assert detail in problem(await api.post(route, json=body), status)["detail"]
    assert fake.batches == []


async def test_what_is_no_json_or_no_route_is_a_problem_too(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    problem(await api.post(OPENAI, content=b'{"input', headers={"content-type": "application/json"}), 400)
    problem(await api.post(OPENAI, content=b'{"input":"\\ud800"}', headers={"content-type": "application/json"}), 400)
    problem(await api.get("/nope"), 404)
    problem(await api.get(OPENAI), 405)
    assert await metric(api, 'embedder_http_requests_total{method="GET",route="unmatched",status="404"}') == 1
    assert await metric(api, f'embedder_http_requests_total{{method="POST",route="{OPENAI}",status="400"}}') == 2


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xed\xa0\x80"', b"[" * 5_000 + b"]" * 5_000])
async def test_a_body_that_the_decoder_cannot_read_is_the_callers_fault(
    start_api: StartApi, fake: FakeModel, text: bytes
) -> None:
    api = await start_api(fake)
    sent = await api.post(OPENAI, content=b'{"input":' + text + b"}", headers={"content-type": "application/json"})
    assert "read as JSON" in problem(sent, 400)["detail"]


async def test_a_body_beyond_the_limit_is_413(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake, max_body_bytes=1024)
    problem(await api.post(OPENAI, json={"input": "x" * 2000}), 413)


async def test_request_ids_are_kept_where_sane_and_made_otherwise(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    kept = await api.get("/livez", headers={"x-request-id": "abc-1.2:3_4"})
    assert kept.headers["x-request-id"] == "abc-1.2:3_4"
    for bad in ("", "a b", "x" * 129, "a\tb"):
        made = await api.get("/livez", headers={"x-request-id": bad})
        assert re.fullmatch(r"[0-9a-f]{32}", made.headers["x-request-id"])


async def test_a_full_queue_answers_429_with_retry_after(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake, max_queue=4, max_inputs=4)
    fake.gate.clear()
    first = asyncio.create_task(api.post(TEI, json={"inputs": ["a", "b", "c"]}))
    await asyncio.to_thread(until, fake.busy.is_set)
    full = await api.post(TEI, json={"inputs": ["d", "e"]})
    assert problem(full, 429)["title"] == "Queue full"
    assert int(full.headers["retry-after"]) >= 1
    assert await metric(api, "embedder_queue_texts") == 3
    fake.gate.set()
    assert (await first).status_code == 200
    assert (await api.post(TEI, json={"inputs": ["d", "e"]})).status_code == 200
    assert await metric(api, 'embedder_rejected_total{reason="queue-full"}') == 1


async def test_too_many_requests_at_once_answer_429_but_health_still_answers(
    start_api: StartApi, fake: FakeModel
) -> None:
    api = await start_api(fake, max_concurrency=2)
    fake.gate.clear()
    two = [asyncio.create_task(api.post(TEI, json={"inputs": "a"})) for _ in range(2)]
    await asyncio.to_thread(until, fake.busy.is_set)
    third = await api.post(TEI, json={"inputs": "b"})
    assert problem(third, 429)["title"] == "Too many requests in progress"
    assert third.headers["retry-after"] == "1"
    assert (await api.get("/livez")).status_code == 200
    assert await metric(api, 'embedder_http_requests_total{method="POST",route="unmatched",status="429"}') == 1
    fake.gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*two)} == {200}


async def test_the_deadline_drops_the_work_and_frees_the_queue(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake, request_timeout_s=0.1)
    fake.gate.clear()
    late = await api.post(TEI, json={"inputs": ["a", "b"]})
    assert problem(late, 503)["title"] == "Deadline exceeded"
    assert late.headers["retry-after"] == "5"
    assert await metric(api, "embedder_queue_texts") == 0
    assert await metric(api, f'embedder_http_requests_total{{method="POST",route="{TEI}",status="503"}}') == 1


async def test_a_client_that_leaves_drops_its_texts(fake: FakeModel) -> None:
    app = build_app(Settings(), lambda _: fake)
    sent: list[Any] = []
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    lifespan = asyncio.create_task(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))  # type: ignore[typeddict-item, arg-type]
    await inbox.put({"type": "lifespan.startup"})
    await outbox.get()

    def post(body: bytes, receive: Any) -> asyncio.Task[None]:
        scope: Any = {"type": "http", "method": "POST", "path": TEI, "raw_path": TEI.encode(), "query_string": b""}
        scope |= {"headers": [(b"content-type", b"application/json")], "http_version": "1.1", "scheme": "http"}
        receive.put_nowait({"type": "http.request", "body": body, "more_body": False})

        async def keep(message: Any) -> None:
            sent.append(message)

        return asyncio.create_task(app(scope, receive.get, keep))  # type: ignore[arg-type]

    fake.gate.clear()
    stays, leaves = asyncio.Queue[Any](), asyncio.Queue[Any]()
    while not fake.busy.is_set():  # until the model is loaded, the answer is 503
        first = post(b'{"inputs":"first"}', stays)
        await asyncio.wait({first}, timeout=0.05)
    sent.clear()
    second = post(b'{"inputs":["gone","gone too"]}', leaves)
    await asyncio.sleep(0.1)
    leaves.put_nowait({"type": "http.disconnect"})
    await second
    assert sent[0]["status"] == 499
    fake.gate.set()
    await first
    assert [len(batch) for batch in fake.batches] == [1]
    await inbox.put({"type": "lifespan.shutdown"})
    await lifespan


async def test_while_loading_it_lives_but_is_not_ready(start_api: StartApi, fake: FakeModel) -> None:
    may_load = threading.Event()
    api = await start_api(fake, wait=False, may_load=may_load)
    assert (await api.get("/livez")).json() == {"status": "alive"}
    for answer in (await api.get("/readyz"), await api.get("/info"), await api.post(TEI, json={"inputs": "a"})):
        assert problem(answer, 503)["detail"] == "The model is still loading."
        assert answer.headers["retry-after"] == "5"
    assert await metric(api, "embedder_model_ready") == 0
    assert await metric(api, 'embedder_rejected_total{reason="not-ready"}') == 1
    may_load.set()
    await answers(api, "/readyz", 200)


async def test_a_load_failure_is_told_and_fails_livez(start_api: StartApi) -> None:
    api = await start_api(RuntimeError("no such folder"), wait=False)
    await answers(api, "/livez", 503)
    assert [(await api.head(path)).status_code for path in ("/livez", "/readyz", "/metrics")] == [503, 503, 200]
    for answer in (await api.get("/livez"), await api.get("/readyz"), await api.post(TEI, json={"inputs": "a"})):
        assert problem(answer, 503)["detail"] == "The model could not be loaded: no such folder"
    assert await metric(api, "embedder_batcher_alive") == 0


async def test_a_dead_batcher_fails_livez_and_says_why(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    fake.error = RuntimeError("CUDA error")
    for _ in range(3):
        await api.post(TEI, json={"inputs": "a"})
    await answers(api, "/livez", 503)
    assert "The batcher died: RuntimeError: CUDA error" in problem(await api.get("/livez"), 503)["detail"]
    problem(await api.get("/readyz"), 503)
    problem(await api.post(TEI, json={"inputs": "a"}), 503)
    assert await metric(api, "embedder_model_ready") == 0


async def test_a_model_error_is_a_problem_without_the_text(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    fake.poison = ord("§")
    answer = problem(await api.post(TEI, json={"inputs": "secret§"}), 500)
    assert answer["detail"] == "The model raised ArithmeticError."
    assert (await api.get("/livez")).status_code == 200


async def test_an_unexpected_error_is_a_problem(
    start_api: StartApi, fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    api = await start_api(fake)
    monkeypatch.setattr(Embedder, "embed", broken)
    answer = problem(await api.post(TEI, json={"inputs": "a"}), 500)
    assert "secret" not in answer["detail"]
    assert await metric(api, f'embedder_http_requests_total{{method="POST",route="{TEI}",status="500"}}') == 1


async def test_an_error_after_the_answer_began_can_only_close_the_connection() -> None:
    async def half(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    async def send(_: Any) -> None:
        return

    outermost = Outermost(half, Metrics(), max_concurrency=1, timeout_s=1)
    scope: Any = {"type": "http", "method": "BREW", "path": "/", "headers": []}
    with pytest.raises(EmbedderError):
        await outermost(scope, send, send)  # type: ignore[arg-type]
    labels = {"method": "other", "route": "unmatched", "status": "200"}
    assert outermost._metrics.registry.get_sample_value("embedder_http_requests_total", labels) == 1


async def test_info_names_what_a_client_needs(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake, max_inputs=7)
    info = (await api.get("/info")).json()
    assert (info["dim"], info["max_input_length"], info["max_client_batch_size"]) == (768, LIMIT, 7)
    assert (info["device"], info["dtype"], info["version"]) == ("cpu", "float32", "0.1.0")
    assert info["model_id"] == "sentence-transformers/all-mpnet-base-v2"


async def test_many_clients_at_once_each_get_their_own(start_api: StartApi, fake: FakeModel) -> None:
    api = await start_api(fake)
    texts = [f"t{number}" for number in range(60)]
    got = await asyncio.gather(*(api.post(TEI, json={"inputs": text}) for text in texts))
    for text, answer in zip(texts, got, strict=True):
        np.testing.assert_allclose(answer.json(), [unit(text)], atol=1e-6)
    assert await metric(api, "embedder_queue_texts") == 0
    assert msgspec.json.decode(got[0].content)[0][0] == 0.0
