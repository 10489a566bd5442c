"""What `POST /api/ai/query` takes, and what it says to what it does not take."""

import re

import httpx
import psycopg
import pytest

from dev.ollama.models import SMOLLM2
from tests.conftest import SettingsFactory
from tests.faults.asking import ClientFactory

PATH = "/api/ai/query"
OFFLINE = "Which devices are offline?"


async def ask(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await client.post(PATH, json=body)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t "}, "question"),
        ({"question": "x" * 2001}, "question"),
        ({"question": OFFLINE, "mode": "poetic"}, "mode"),
        ({"question": OFFLINE, "model": ""}, "model"),
    ],
)
async def test_a_wrong_field_is_named(
    client_for: ClientFactory, settings_for: SettingsFactory, body: dict[str, object], says: str
) -> None:
    client = await client_for(settings_for())
    answer = await ask(client, **body)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == "urn:homepot-ai:problem:bad-request"
    assert problem["title"] == "Bad Request"
    assert problem["status"] == 400
    assert says in answer.text


async def test_a_device_may_be_named_by_either_id(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        number, public, name = homepot.execute(
            "SELECT id, device_id, name FROM devices WHERE lifecycle_state = 'active' ORDER BY id LIMIT 1"
        ).fetchone()
    client = await client_for(settings_for())
    for value in (number, str(number), public, public.lower()):
        body = (await ask(client, question="How is it doing?", device_id=value)).json()
        assert body["relevant_devices"][0]["id"] == public
        assert name in body["answer"]


async def test_a_site_may_be_named_by_either_id(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        number, public, count = homepot.execute(
            "SELECT s.id, s.site_id, count(*) FROM sites s JOIN devices d ON d.site_id = s.id AND d.is_active"
            " AND d.lifecycle_state IN ('active', 'pending') AND s.is_active AND s.lifecycle_state = 'active'"
            " GROUP BY s.id ORDER BY s.id LIMIT 1"
        ).fetchone()
    client = await client_for(settings_for())
    for value in (number, str(number), public):
        answer = (await ask(client, question="How many devices are there?", site_id=value)).json()["answer"]
        assert f"{count} devices" in answer


@pytest.mark.parametrize(("field", "near"), [("device_id", "Car Rental Terminal"), ("site_id", "Airport Terminal 2")])
async def test_an_unknown_id_is_told_with_the_nearest_names(
    client_for: ClientFactory, settings_for: SettingsFactory, field: str, near: str
) -> None:
    client = await client_for(settings_for())
    answer = await ask(client, question=OFFLINE, **{field: "Airport Terminl"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["field"] == field
    assert problem["type"].endswith(f"unknown-{field.removesuffix('_id')}")
    assert near in problem["nearest"]
    assert "Airport Terminl" in problem["detail"]


async def test_an_unknown_name_in_the_question_is_said_and_answered(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    body = (await ask(client, question='What is the status of "Zanzibar Kiosk 9"?')).json()
    assert 'No device or site called "Zanzibar Kiosk 9" is known' in body["answer"]
    assert body["relevant_devices"] == []


async def test_the_three_modes_differ(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client = await client_for(settings_for())
    answers = {}
    for mode in ("maintenance", "predictive", "executive"):
        body = (await ask(client, question="Which devices are at risk?", mode=mode)).json()
        assert body["mode"] == mode
        answers[mode] = body["answer"]
    assert len(set(answers.values())) == 3
    assert (
        len(answers["maintenance"].splitlines())
        > len(answers["predictive"].splitlines())
        > len(answers["executive"].splitlines())
    )
    assert len({answer.splitlines()[0] for answer in answers.values()}) == 1  # the facts are the same for everyone


async def test_maintenance_is_the_default_mode(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client = await client_for(settings_for())
    assert (await ask(client, question=OFFLINE)).json()["mode"] == "maintenance"


async def test_a_follow_up_finds_its_device_in_the_history(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    first = "What is the status of the Arrivals Gateway?"
    told = (await ask(client, question=first)).json()
    history = [{"role": "user", "content": first}, {"role": "assistant", "content": told["answer"]}]
    body = (await ask(client, question="Which firmware does it run?", history=history)).json()
    assert [one["name"] for one in body["relevant_devices"]] == ["Arrivals Gateway"]
    assert "firmware" in body["answer"].lower()
    alone = (await ask(client, question="Which firmware does it run?")).json()
    assert alone["answer"] != body["answer"]


async def test_the_callers_own_turns_name_devices_before_any_answer_does(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    own = {"role": "user", "content": "How is the Lobby Terminal?"}
    answer = {"role": "assistant", "content": "The Arrivals Gateway is offline."}
    for history, name in (([own, answer], "Lobby Terminal"), ([answer], "Arrivals Gateway")):
        body = (await ask(client, question="Is it online?", history=history)).json()
        assert [one["name"] for one in body["relevant_devices"]] == [name]


async def test_every_citation_is_there_and_every_field_of_the_answer(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    client = await client_for(settings_for())
    body = (await ask(client, question="Are there any anomalies?")).json()
    assert set(body) == {
        "answer",
        "relevant_devices",
        "mode",
        "response_time_ms",
        "model_used",
        "evidence",
        "degraded",
        "degraded_reason",
        "trust",
        "cached",
        "conversation_id",
        "usage",
    }
    assert all(set(one) == {"id", "name", "status"} for one in body["relevant_devices"])
    assert all({"id", "kind", "at", "text", "source"} <= set(one) for one in body["evidence"])
    cited = set(re.findall(r"\[(E\d+)\]", body["answer"]))
    assert cited
    assert cited <= {one["id"] for one in body["evidence"]}
    assert isinstance(body["response_time_ms"], int)


@pytest.mark.model
async def test_an_unknown_model_is_refused_and_a_known_one_is_named(
    client_for: ClientFactory, settings_for: SettingsFactory, ollama_url: str
) -> None:
    client = await client_for(settings_for(llm_enabled=True, ollama_host=ollama_url, llm_model=SMOLLM2.name))
    answer = await ask(client, question=OFFLINE, model="no-such-model:1b")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("unknown-model")
    assert "no-such-model:1b" in answer.json()["detail"]
    body = (await ask(client, question=OFFLINE, model=SMOLLM2.name)).json()
    assert body["model_used"] in {SMOLLM2.name, None}
    assert body["degraded"] == (body["model_used"] is None)
    assert body["relevant_devices"]


@pytest.mark.model
async def test_a_configured_model_that_is_not_there_only_degrades(
    client_for: ClientFactory, settings_for: SettingsFactory, ollama_url: str
) -> None:
    client = await client_for(settings_for(llm_enabled=True, ollama_host=ollama_url, llm_model="not-pulled:8b"))
    body = (await ask(client, question=OFFLINE)).json()
    assert body["degraded"] is True
    assert "not-pulled:8b" in body["degraded_reason"]
    status = (await client.get("/api/ai/status")).json()
    part = next(one for one in status["parts"] if one["name"] == "llm")
    assert "ollama pull not-pulled:8b" in part["detail"]
