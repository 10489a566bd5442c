"""`POST /api/ai/query` over HTTP, against the sample fleet, without a model."""

import httpx

from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory


async def test_an_offline_device_is_named_with_its_evidence(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    answer = await client.post("/api/ai/query", json={"question": "Which gateways are offline at Airport Terminal 2?"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [device["name"] for device in body["relevant_devices"]] == ["Arrivals Gateway"]
    assert body["relevant_devices"][0]["id"] == "DEVICE-753Z-FBQM-X982"
    assert "Arrivals Gateway" in body["answer"]
    cited = {item["id"] for item in body["evidence"]}
    assert cited
    assert all(f"[{one}]" in body["answer"] or one in cited for one in cited)
    assert body["degraded"] is True
    assert "switched off" in body["degraded_reason"]
    assert body["model_used"] is None
    assert answer.headers["x-request-id"]
