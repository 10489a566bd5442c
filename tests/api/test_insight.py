"""`POST /api/ai/query` with what the worker found, and without it."""

import httpx
import psycopg

from tests.api.scan import LOBBY, LOBBY_SITE, Scan
from tests.api.test_incidents import CAUSE
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

WHY = "Why is the Lobby Terminal slow?"


async def ask(client: httpx.AsyncClient, question: str) -> dict[str, object]:
    answer = await client.post("/api/ai/query", json={"question": question})
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def direct(body: dict[str, object]) -> str:
    return str(body["answer"]).splitlines()[0]


def unwell(scan: Scan, *, age_s: float = 30) -> None:
    scan.site(LOBBY_SITE, age_s=age_s)
    scan.device(LOBBY, LOBBY_SITE, score=0.31, status="critical")
    scan.anomaly(LOBBY, LOBBY_SITE, incident=scan.incident(LOBBY_SITE, (LOBBY,), cause=CAUSE))


async def test_the_direct_answer_holds_the_band_and_the_cause(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    unwell(scan)
    client = await client_for(settings_for())
    body = await ask(client, WHY)
    assert "health 0.31 of 1 (critical)" in direct(body)
    assert "CPU 97.2 % (expected 20 to 45 %) for 30 min" in direct(body)
    assert "probable cause: firmware went from 2.4.1 to 2.5.0" in direct(body)
    evidence = {one["kind"]: one for one in body["evidence"]}  # type: ignore[attr-defined]
    assert evidence["incident"]["source"].startswith("ai_incidents:")
    assert evidence["cause"]["source"] == "configuration_history:5"
    anomalies = await ask(client, "What is wrong at Building A?")
    assert "CPU 97.2 % (expected 20 to 45 %)" in str(anomalies["answer"])
    sick = await ask(client, "Which devices are unwell?")
    assert "Lobby Terminal" in direct(sick)
    assert "CPU 97 % (expected 20 to 45 %)" in str(sick["answer"])


async def test_the_direct_answer_holds_a_cause_that_all_devices_share_and_none_that_one_lacks(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan, homepot_admin_url: str
) -> None:
    with psycopg.connect(homepot_admin_url) as owner:
        homes = dict(owner.execute("SELECT id, site_id FROM devices ORDER BY name").fetchall())
        served = owner.execute("SELECT id FROM devices WHERE is_active AND lifecycle_state = 'active' ORDER BY name")
        last = [row[0] for row in served][-1]
    for device, site in homes.items():
        scan.site(site)
        scan.anomaly(device, site)
    incident = scan.incident(LOBBY_SITE, homes, cause=CAUSE)
    client = await client_for(settings_for())
    shared = direct(await ask(client, "What is wrong?"))
    assert " more; probable cause: firmware went from 2.4.1 to 2.5.0" in shared  # far more devices than are listed
    scan.forget(incident, last)
    assert "probable cause" not in direct(await ask(client, "What is wrong?"))


async def test_advice_is_told_where_every_gate_passes_and_taken_out_by_code_where_one_fails(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    unwell(scan)
    told = await ask(await client_for(settings_for()), WHY)
    assert told["trust"]["actionable"], told["trust"]["summary"]  # type: ignore[index]
    assert "Recommended: Check what changed shortly before, and undo it" in str(told["answer"])
    doubtful = await ask(await client_for(settings_for(trust_fresh_s=0.001)), WHY)
    assert doubtful["trust"]["failed_gate"] == "B"  # type: ignore[index]
    assert "Recommended" not in str(doubtful["answer"])
    assert "similar past incident" not in str(doubtful["answer"])
    assert str(doubtful["answer"]).endswith("(Advice is withheld: gate B, Data Integrity, did not pass.)")
    assert direct(doubtful) == direct(told)


async def test_an_old_scan_changes_nothing(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    client = await client_for(settings_for())
    questions = (WHY, "What is wrong?", "Which devices are unwell?", "What changed?", "Which devices are at risk?")
    before = [(await ask(client, question))["answer"] for question in questions]
    unwell(scan, age_s=3600)
    assert [(await ask(client, question))["answer"] for question in questions] == before


async def test_what_was_found_elsewhere_is_not_told(
    client_for: ClientFactory, settings_for: SettingsFactory, scan: Scan
) -> None:
    unwell(scan)
    settings = settings_for()
    client = await client_for(settings)
    assert "firmware went" in str((await ask(client, "What is wrong?"))["answer"])
    harbour = await client_for(settings, key=await make_key(settings, "SITE-ASX7-UQ43"))
    for question in ("What is wrong?", "Which devices are unwell?", "What changed?", WHY):
        body = await ask(harbour, question)
        assert "firmware went" not in str(body), question
        assert "97.2" not in str(body), question
