"""Status, probes, metrics, the edge, and the docs."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from ai_gateway.app import swagger_folder
from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import Parts
from dev.ollama.models import SMOLLM2
from tests.conftest import NOWHERE, SettingsFactory
from tests.faults.asking import ClientFactory

SEED_FIELDS = {
    "ollama_status",
    "ollama_url",
    "available_models",
    "vector_store_status",
    "chromadb_status",
    "chromadb_collections",
    "total_embeddings",
    "memory_usage",
    "timestamp",
}


async def test_status_has_every_field_of_the_seed_and_every_part(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    body = (await client.get("/api/ai/status")).json()
    assert set(body) >= SEED_FIELDS
    assert body["vector_store_status"] == body["chromadb_status"] == "connected"
    assert body["total_embeddings"] == 0
    assert body["memory_usage"]["process_rss_bytes"] > 10_000_000
    assert body["memory_usage"]["vector_store_bytes"] > 0
    states = {part["name"]: part["state"] for part in body["parts"]}
    assert states == {"homepot-database": "ok", "database": "ok", "embedder": "down", "llm": "off"}
    assert body["status"] == "degraded"
    assert body["ollama_status"] == "off"
    versions = {part["name"]: part["version"] for part in body["parts"]}
    assert versions["homepot-database"].split(".")[0].isdigit()
    assert "pgvector 0.8" in versions["database"]
    assert all(part["without_it"] for part in body["parts"])


async def test_status_tells_that_ollama_is_down(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(llm_enabled=True))
    body = (await client.get("/api/ai/status")).json()
    assert body["ollama_status"] == "disconnected"
    assert body["ollama_url"] == NOWHERE
    assert body["available_models"] == []


async def test_probes(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    assert (await client.get("/livez")).text == "ok"
    assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_metrics_tell_what_was_asked(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    before = _value((await client.get("/metrics")).text, "ai_questions_total", intent="status")
    await client.post("/api/ai/query", json={"question": "Which devices are offline?"})
    page = await client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert _value(page.text, "ai_questions_total", intent="status") == before + 1
    for name in ("ai_http_requests_total", "ai_gather_seconds_bucket", "ai_db_pool_connections", "ai_breaker_open"):
        assert name in page.text
    assert 'route="/api/ai/query"' in page.text


def _value(text: str, name: str, **labels: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if all(f'{key}="{value}"' in line for key, value in labels.items())
    )


async def test_a_wrong_method_and_a_wrong_path_are_problems(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    for method, path, status in (
        ("GET", "/api/ai/query", 405),
        ("DELETE", "/api/ai/status", 405),
        ("POST", "/livez", 405),
        ("GET", "/api/ai/nothing", 404),
        ("GET", "/", 404),
    ):
        answer = await client.request(method, path)
        assert answer.status_code == status, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        if status == 405:
            assert answer.headers["allow"]


async def test_probes_answer_head_as_get_without_the_body(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    for path in ("/livez", "/readyz", "/metrics"):
        got, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]


async def test_a_request_keeps_its_id_or_gets_one(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    answer = await client.get("/api/ai/status", headers={"X-Request-Id": "ticket-4711"})
    assert answer.headers["x-request-id"] == "ticket-4711"
    ids = {(await client.get("/livez")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_body_that_is_too_large(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(max_request_bytes=2048))

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 500

    for content in (b"x" * 5000, stream()):
        answer = await client.post("/api/ai/query", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert "2048" in answer.json()["detail"]


async def test_too_many_requests_at_once(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(max_concurrent_requests=2))
    asking = [client.post("/api/ai/query", json={"question": "Which devices are offline?"}) for _ in range(8)]
    answers = await asyncio.gather(*asking)
    assert {one.status_code for one in answers} == {200, 503}
    refused = next(one for one in answers if one.status_code == 503)
    assert refused.headers["retry-after"]
    assert refused.json()["type"].endswith("overloaded")


async def test_the_description_lists_every_route(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    document = (await client.get("/docs/openapi.json")).json()
    api = {path: operations for path, operations in document["paths"].items() if path.startswith(("/api/", "/v1/"))}
    assert set(document["paths"]) - set(api) == {"/livez", "/readyz", "/metrics"}
    assert sum(path.startswith("/api/v1/ai/") for path in api) == 13
    assert {"/v1/chat/completions", "/v1/models"} <= set(api)
    assert {path.removeprefix("/api/ai/") for path in api} >= {
        "query",
        "status",
        "health",
        "anomalies",
        "analyze/{device_id}",
        "incidents",
        "incidents/{incident_id}",
        "incidents/{incident_id}/acknowledge",
        "incidents/{incident_id}/resolve",
        "events",
    }
    for path, operations in api.items():
        for method, operation in operations.items():
            session = [{"homepotSession": []}] if path.startswith("/api/v1/ai/") else []
            assert operation["security"] == [{"apiKey": []}, *session], (method, path)
            assert {"400", "401", "503"} & set(operation["responses"]), (method, path)
    body = document["paths"]["/api/ai/query"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = body["$ref"].rpartition("/")[2]
    assert document["components"]["schemas"][name]["required"] == ["question"]
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


async def test_the_docs_page_renders(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(), key=None)
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "HOMEPOT AI gateway" in page.text
    assert re.search(r"SwaggerUIBundle\(", page.text)
    script = await client.get("/docs-assets/swagger-ui-bundle.js")
    assert "javascript" in script.headers["content-type"]
    assert len(script.content) > 500_000


@pytest.mark.model
async def test_all_the_real_parts_together(
    client_for: ClientFactory, settings_for: SettingsFactory, embedder_url: str, ollama_url: str, now: datetime
) -> None:
    """Resolved alerts are remembered by the worker's job, and then recalled by meaning in an answer."""
    settings: Settings = settings_for(
        embedder_url=embedder_url, llm_enabled=True, ollama_host=ollama_url, llm_model=SMOLLM2.name
    )
    client: httpx.AsyncClient = await client_for(settings)
    parts = Parts(settings, lambda: now)
    async with parts.running():
        await parts.startup.done.wait()
        stored = await parts.ingest.run()
        assert stored > 0
        assert await parts.ingest.run() == 0
    status = (await client.get("/api/ai/status")).json()
    assert status["status"] == "ok"
    assert status["ollama_status"] == "connected"
    assert SMOLLM2.name in status["available_models"]
    assert status["total_embeddings"] == stored
    body = (
        await client.post(
            "/api/ai/query",
            json={"question": "The disk of a till is nearly full: has this happened before, and what helped?"},
        )
    ).json()
    past = [one for one in body["evidence"] if one["kind"] == "past_incident"]
    assert past
    assert "similarity" in past[0]["text"]
    assert "disk" in past[0]["text"].lower()
    assert "found by words" not in (body["degraded_reason"] or "")
    assert body["degraded"] == (body["model_used"] is None)


def test_the_openapi_assets_ship_with_the_package() -> None:
    assert {"swagger-ui-bundle.js", "swagger-ui.css"} <= {path.name for path in Path(swagger_folder()).iterdir()}
