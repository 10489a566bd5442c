"""Requests made for a HOMEPOT user see what that user sees: by header with a key, or by HOMEPOT's own session token."""

import time
from collections.abc import Awaitable, Callable

import httpx
import jwt
import psycopg
import pytest

from ai_gateway.access.store import KeyStore
from ai_gateway.access.types import DEFAULT_PERMISSIONS
from ai_gateway.kit.clock import system_clock
from ai_gateway.kit.settings import Settings
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory, make_key
from tests.faults.asking import ClientFactory

SECRET = "homepot-signs-with-this-secret-" * 3
SITES = {"question": "How many sites are there?"}
ADA, VERA, NOAH, SITA, DAN = (
    f"{name}.example"
    for name in ("ada@homepot", "vera@brightwater", "noah@northline", "sita@northline", "dan@brightwater")
)
OF_BRIGHTWATER = {"Building A", "Harbour Mall"}
OF_NORTHLINE = {"Airport Terminal 2", "Old Town Depot"}
Asking = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def asking(client_for: ClientFactory, settings_for: SettingsFactory) -> Asking:
    """Ask with a key of every site, or with other headers, which sites there are."""
    settings = settings_for(homepot_session_secret=SECRET, max_evidence=200)
    client: httpx.AsyncClient = await client_for(settings)

    async def ask(user: str | None = None, *, bearer: str | None = None) -> httpx.Response:
        headers = {"X-Homepot-User": user} if user is not None else {}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return await client.post("/api/ai/query", json={"question": "List all sites"}, headers=headers)

    return ask


def token(email: str, *, secret: str = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    made = {"sub": email, "is_admin": True, "exp": int(time.time()) + 600, "type": "access"}
    return jwt.encode({**made, **claims}, secret, algorithm=algorithm)


def named(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {site for site in OF_BRIGHTWATER | OF_NORTHLINE if site in answer.text}


@pytest.mark.parametrize("second", [ADA, "1", VERA])
async def test_a_request_that_names_two_users_is_nobodys(
    client_for: ClientFactory, settings_for: SettingsFactory, second: str
) -> None:
    client = await client_for(settings_for())
    named = [("X-Homepot-User", VERA), ("X-Homepot-User", second), *client.headers.items()]
    assert (await client.get("/api/ai/health", headers=named)).status_code == 403


@pytest.mark.parametrize(
    ("user", "sites"),
    [
        (ADA, OF_BRIGHTWATER | OF_NORTHLINE),
        (VERA, OF_BRIGHTWATER),
        (VERA.upper(), OF_BRIGHTWATER),
        (NOAH, OF_NORTHLINE),
        (SITA, {"Old Town Depot"}),
    ],
)
async def test_a_user_sees_the_sites_of_the_memberships(asking: Asking, user: str, sites: set[str]) -> None:
    assert named(await asking(user)) == sites
    assert named(await asking(bearer=token(user))) == sites


async def test_a_user_may_be_named_by_homepots_integer(asking: Asking, homepot_admin_url: str) -> None:
    with psycopg.connect(homepot_admin_url) as homepot:
        row = homepot.execute("SELECT id FROM users WHERE email = %s", (NOAH,)).fetchone()
    assert row is not None
    assert named(await asking(str(row[0]))) == OF_NORTHLINE


@pytest.mark.parametrize(
    "user", [DAN, "nobody@homepot.example", "0", "%", "x" * 5000, "ada@homepot.example' OR true --"]
)
async def test_a_disabled_or_unknown_user_gets_nothing(asking: Asking, user: str) -> None:
    answer = await asking(user)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("forbidden")


@pytest.mark.parametrize(
    "wrong",
    [
        token(VERA, secret="another-secret-that-is-long-enough-" * 3),
        token(VERA, exp=1),
        token(VERA, type="refresh"),
        token(VERA, algorithm="HS512"),
        jwt.encode({"sub": VERA, "exp": int(time.time()) + 600}, None, algorithm="none"),
        jwt.encode({"sub": VERA}, SECRET, algorithm="HS256"),
        token(VERA)[:-4],
        "a.b.c",
        "." * 10_000,
    ],
)
async def test_a_token_that_homepot_did_not_sign_for_now_is_nobodys(asking: Asking, wrong: str) -> None:
    assert (await asking(bearer=wrong)).status_code == 401


async def test_a_session_speaks_for_its_own_user_alone(asking: Asking) -> None:
    assert named(await asking(VERA, bearer=token(VERA))) == OF_BRIGHTWATER
    assert (await asking(NOAH, bearer=token(VERA))).status_code == 403
    assert (await asking(bearer=token(DAN))).status_code == 403


async def test_without_its_secret_no_session_is_taken(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    client: httpx.AsyncClient = await client_for(settings_for())
    headers = {"Authorization": f"Bearer {token(ADA)}"}
    assert (await client.post("/api/ai/query", json=SITES, headers=headers)).status_code == 401


async def test_a_key_of_one_site_stays_within_it_whoever_it_acts_for(
    client_for: ClientFactory, settings_for: SettingsFactory
) -> None:
    settings = settings_for()
    client: httpx.AsyncClient = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await make_key(settings, 'SITE-7C4V-NEVD')}"
    for user, sites in ((ADA, {"Airport Terminal 2"}), (NOAH, {"Airport Terminal 2"}), (VERA, set()), (SITA, set())):
        body = {"question": "List all sites"}
        answer = await client.post("/api/ai/query", json=body, headers={"X-Homepot-User": user})
        assert named(answer) == sites, user


async def test_a_key_for_users_is_no_good_without_one(client_for: ClientFactory, settings_for: SettingsFactory) -> None:
    settings = settings_for()
    client: httpx.AsyncClient = await client_for(settings, key=None)
    client.headers["Authorization"] = f"Bearer {await key_for_users(settings)}"
    assert (await client.post("/api/ai/query", json=SITES)).status_code == 403
    answer = await client.post("/api/ai/query", json=SITES, headers={"X-Homepot-User": SITA})
    assert "1 site" in answer.json()["answer"]


async def key_for_users(settings: Settings) -> str:
    pool = create_own_pool(settings)
    await pool.open(wait=True, timeout=10)
    try:
        return await KeyStore(pool, system_clock, 0).create("backend", None, DEFAULT_PERMISSIONS, for_users=True)
    finally:
        await pool.close()


async def test_a_user_who_is_switched_off_is_out_within_seconds(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(homepot_user_ttl_s=0))
    headers = {"X-Homepot-User": SITA}
    assert (await client.post("/api/ai/query", json=SITES, headers=headers)).status_code == 200
    switch = "UPDATE users SET is_active = %s WHERE email = %s"
    with psycopg.connect(homepot_admin_url, autocommit=True) as homepot:
        homepot.execute(switch, (False, SITA))
        try:
            assert (await client.post("/api/ai/query", json=SITES, headers=headers)).status_code == 403
        finally:
            homepot.execute(switch, (True, SITA))


@pytest.mark.parametrize(
    ("change", "undo"),
    [
        (
            "UPDATE sites SET is_active = false WHERE name LIKE 'Old Town Depot%'",
            "UPDATE sites SET is_active = true WHERE name LIKE 'Old Town Depot%'",
        ),
        (
            "UPDATE sites SET lifecycle_state = 'archived' WHERE name LIKE 'Old Town Depot%'",
            "UPDATE sites SET lifecycle_state = 'active' WHERE name LIKE 'Old Town Depot%'",
        ),
        (
            "UPDATE tenants SET is_active = false WHERE name LIKE 'Northline%'",
            "UPDATE tenants SET is_active = true WHERE name LIKE 'Northline%'",
        ),
    ],
    ids=["inactive site", "archived site", "inactive tenant"],
)
async def test_what_homepot_has_put_away_is_shown_to_administrators_alone(
    client_for: ClientFactory, settings_for: SettingsFactory, homepot_admin_url: str, change: str, undo: str
) -> None:
    client: httpx.AsyncClient = await client_for(settings_for(homepot_user_ttl_s=0))

    async def told(user: str) -> bool:
        body = {"question": "What is the status of Depot Gateway?"}
        answer = await client.post("/api/ai/query", json=body, headers={"X-Homepot-User": user})
        return "Depot Gateway (DEVICE" in answer.text

    with psycopg.connect(homepot_admin_url, autocommit=True) as homepot:
        assert homepot.execute(change.encode()).rowcount == 1
        try:
            assert [await told(user) for user in (SITA, NOAH, ADA)] == [False, False, True]
        finally:
            homepot.execute(undo.encode())
    assert await told(SITA)
