"""API keys in the gateway's own database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ai_gateway.access import store as access_store
from ai_gateway.access.store import PREFIX, KeyStore, digest
from ai_gateway.access.types import Caller
from ai_gateway.kit.db import Pool
from ai_gateway.kit.errors import Unavailable
from ai_gateway.wiring import create_own_pool
from tests.conftest import SettingsFactory

START = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool(settings_for: SettingsFactory) -> AsyncIterator[Pool]:
    pool = create_own_pool(settings_for())
    await pool.open(wait=True, timeout=10)
    yield pool
    await pool.close()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Both clocks, moved by the test."""
    hand = SimpleNamespace(now=START, monotonic=1000.0)
    monkeypatch.setattr(access_store, "time", SimpleNamespace(monotonic=lambda: hand.monotonic))
    return hand


@pytest.fixture
def keys(pool: Pool, time: SimpleNamespace) -> KeyStore:
    return KeyStore(pool, lambda: time.now, cache_s=60)


def later(time: SimpleNamespace, seconds: float) -> None:
    time.now += timedelta(seconds=seconds)
    time.monotonic += seconds


async def rows(pool: Pool) -> list[dict[str, object]]:
    async with pool.connection() as connection:
        return await (await connection.execute("SELECT * FROM ai_api_keys ORDER BY id")).fetchall()


async def test_only_a_digest_and_a_hint_are_stored(keys: KeyStore, pool: Pool) -> None:
    key = await keys.create("backend")
    (row,) = await rows(pool)
    assert row["key_hash"] == digest(key)
    assert row["hint"] == key[:9]
    assert key not in str(row)
    assert key.startswith(PREFIX)
    assert len(key) > 40


async def test_keys_are_all_different(keys: KeyStore) -> None:
    assert len({await keys.create("same name") for _ in range(20)}) == 20


async def test_a_key_tells_who_calls_and_which_sites(keys: KeyStore) -> None:
    assert await keys.check(await keys.create("all")) == Caller("all", None)
    assert await keys.check(await keys.create("two", ("SITE-A", "SITE-B"))) == Caller("two", ("SITE-A", "SITE-B"))


@pytest.mark.parametrize("wrong", ["", "hpai_", "hpai_guess", "x" * 10_000, "ключ", "' OR true --"])
async def test_a_wrong_key_is_nobody(keys: KeyStore, wrong: str) -> None:
    await keys.create("someone")
    assert await keys.check(wrong) is None


async def test_a_revoked_key_ends_within_the_caches_time(keys: KeyStore, pool: Pool, time: SimpleNamespace) -> None:
    key = await keys.create("backend")
    assert await keys.check(key)
    (listed,) = await keys.all()
    assert await keys.revoke(listed.id) is True
    assert await keys.revoke(listed.id) is False
    assert await keys.revoke(10_000) is False
    assert await keys.check(key), "the cache still trusts it"
    assert await KeyStore(pool, lambda: time.now, 60).check(key) is None
    later(time, 61)
    assert await keys.check(key) is None


async def test_the_list_shows_everything_but_the_key(keys: KeyStore, time: SimpleNamespace) -> None:
    first = await keys.create("first")
    await keys.create("second", ("SITE-A",))
    await keys.check(first)
    listed = await keys.all()
    assert [(one.name, one.hint, one.sites) for one in listed] == [
        ("first", first[:9], None),
        ("second", listed[1].hint, ("SITE-A",)),
    ]
    assert listed[0].last_used_at == time.now
    assert listed[1].last_used_at is None
    assert {one.revoked_at for one in listed} == {None}


async def test_use_is_noted_at_most_once_a_minute(pool: Pool, time: SimpleNamespace) -> None:
    keys = KeyStore(pool, lambda: time.now, cache_s=0)
    key = await keys.create("backend")
    seen = []
    for seconds in (0, 30, 31):
        later(time, seconds)
        await keys.check(key)
        seen.append((await keys.all())[0].last_used_at)
    assert seen == [START, START, START + timedelta(seconds=61)]


async def test_a_checked_key_outlives_the_database_and_a_new_one_does_not(
    keys: KeyStore, pool: Pool, time: SimpleNamespace
) -> None:
    known, unseen = await keys.create("known"), await keys.create("unseen")
    await keys.check(known)
    await pool.close()
    later(time, 3600)
    assert await keys.check(known) == Caller("known")
    with pytest.raises(Unavailable, match="cannot be checked"):
        await keys.check(unseen)


async def test_a_known_key_waits_little_for_a_database_that_hangs_and_then_not_at_all(
    keys: KeyStore, time: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, hangs = await keys.create("known"), asyncio.Event()
    await keys.check(key)
    looks = []

    async def hang(_: KeyStore, query: str, _params: dict[str, Any]) -> list[dict[str, Any]]:
        looks.append(query)
        await hangs.wait()
        return []

    monkeypatch.setattr(KeyStore, "_run", hang)
    monkeypatch.setattr(access_store, "KNOWN_WAIT_S", 0.01)
    later(time, 61)
    async with asyncio.timeout(1):
        assert await keys.check(key) == Caller("known")
        for _ in range(20):
            assert await keys.check(key) == Caller("known")
    assert len(looks) == 1
    hangs.set()  # the look comes to its end: it was revoked meanwhile
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await keys.check(key) is None


async def test_the_cache_asks_once_and_stays_small(
    keys: KeyStore, pool: Pool, time: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_store, "MAX_CACHED", 2)
    made = [await keys.create(f"k{number}") for number in range(4)]
    for key in made:
        assert await keys.check(key)
    assert len(keys._checked) <= 2
    await pool.close()
    later(time, 59)
    assert await keys.check(made[-1])


async def test_a_rotated_key_has_everything_of_the_old_one_which_lasts_a_while(
    keys: KeyStore, pool: Pool, time: SimpleNamespace
) -> None:
    old = await keys.create("backend", ("SITE-A",), ("read", "admin"), for_users=True)
    new = await keys.rotate(1, timedelta(hours=1))
    assert new is not None
    assert new != old
    expected = Caller("backend", ("SITE-A",), ("read", "admin"), for_users=True)
    assert await keys.check(new) == expected
    assert await keys.check(old) == expected
    later(time, 3601)
    assert await KeyStore(pool, lambda: time.now, 0).check(old) is None
    assert await KeyStore(pool, lambda: time.now, 0).check(new) == expected


async def test_a_key_that_is_over_cannot_be_rotated(keys: KeyStore, time: SimpleNamespace) -> None:
    await keys.create("backend")
    assert await keys.rotate(1, timedelta()) is not None
    later(time, 1)
    assert await keys.rotate(1, timedelta(hours=1)) is None
    await keys.revoke(2)
    assert await keys.rotate(2, timedelta(hours=1)) is None
    assert await keys.rotate(99, timedelta(hours=1)) is None


async def test_many_requests_with_a_key_not_seen_yet_look_it_up_once(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await keys.create("backend")
    looked_up: list[str] = []
    run = KeyStore._run

    async def counted(self: KeyStore, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        looked_up.append(query)
        return await run(self, query, params)

    monkeypatch.setattr(KeyStore, "_run", counted)
    callers = await asyncio.gather(*(keys.check(key) for _ in range(200)))
    assert {caller and caller.name for caller in callers} == {"backend"}
    assert looked_up == ["use_key"]
