"""Names are kept for a while, read by one task at a time, and outlive a database that is down."""

import asyncio

import pytest

from ai_gateway.homepot import directory
from ai_gateway.homepot.directory import Directory, Names
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.checks import FailingChecks
from ai_gateway.kit.errors import Unavailable
from tests.unit.answers.conftest import NOW


class Store:
    """Counts reads; fails or waits when told to."""

    def __init__(self) -> None:
        self.reads = 0
        self.down = False
        self.version = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def digest(self) -> str:
        await self.gate.wait()
        if self.down:
            raise Unavailable("homepot-database", "down")
        return str(self.version)

    async def sites(self) -> list[SiteName]:
        return [SiteName(1, "SITE-a", "Store", None, None, True)]  # noqa: FBT003 - a row

    async def devices(self) -> list[DeviceName]:
        self.reads += 1
        return [DeviceName(7, "DEVICE-a", f"Till {self.reads}", "pos_terminal", 1)]


@pytest.fixture
def store() -> Store:
    return Store()


async def settled(names: Directory) -> None:
    if names._reading:
        await asyncio.wait([names._reading])


async def test_names_are_indexed_by_everything_people_use(store: Store) -> None:
    names = await Directory(store, 60).names()
    assert names.device_by_key["7"] is names.device_by_key["DEVICE-A"]
    assert names.site_by_key["1"] is names.site_by_key["SITE-A"] is names.site_by_id[1]
    assert names.types == {"pos_terminal"}


def test_a_device_whose_site_is_not_there_is_nobodys() -> None:
    site = SiteName(1, "SITE-a", "Store", None, None, True)  # noqa: FBT003 - a row
    lost = DeviceName(8, "DEVICE-b", "Till", "tablet", 2)
    names = Names.of([site], [DeviceName(7, "DEVICE-a", "Till", "pos_terminal", 1), lost])
    assert [one.id for one in names.devices] == [7]
    assert set(names.device_by_key) == {"7", "DEVICE-A"}
    assert names.types == {"pos_terminal"}


async def test_fresh_names_are_not_read_again(store: Store) -> None:
    names = Directory(store, 60)
    assert await names.names() is await names.names()
    assert store.reads == 1


async def test_many_askers_share_one_read(store: Store) -> None:
    names = Directory(store, 60)
    store.gate.clear()
    asking = [asyncio.create_task(names.names()) for _ in range(20)]
    await asyncio.sleep(0)
    store.gate.set()
    assert len({id(one) for one in await asyncio.gather(*asking)}) == 1
    assert store.reads == 1


async def test_an_asker_who_goes_away_does_not_take_the_read_along(store: Store) -> None:
    names = Directory(store, 60)
    store.gate.clear()
    first, second = asyncio.create_task(names.names()), asyncio.create_task(names.names())
    await asyncio.sleep(0)
    first.cancel()
    store.gate.set()
    assert (await second).devices[0].name == "Till 1"


async def test_old_names_are_given_at_once_and_read_anew_behind(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Directory(store, 60)
    await names.names()
    monkeypatch.setattr(directory.time, "monotonic", lambda: names._read_at + 61)
    store.version += 1
    assert (await names.names()).devices[0].name == "Till 1"
    await settled(names)
    assert (await names.names()).devices[0].name == "Till 2"


async def test_old_names_that_have_not_changed_are_not_read_again(store: Store) -> None:
    names = Directory(store, 0)
    before = await names.names()
    assert await names.fresh() is before
    assert store.reads == 1


async def test_old_names_serve_while_the_database_is_down(store: Store) -> None:
    names = Directory(store, 0)
    await names.names()
    store.down = True
    for _ in range(3):
        assert (await names.names()).devices[0].name == "Till 1"
        await settled(names)
    assert (await names.fresh()).devices[0].name == "Till 1"


async def test_without_any_names_a_database_that_is_down_is_told(store: Store) -> None:
    store.down = True
    names = Directory(store, 60)
    for read in (names.names, names.fresh):
        with pytest.raises(Unavailable):
            await read()
    store.down = False
    assert (await names.names()).devices


@pytest.mark.parametrize(
    ("newest", "run"),
    [((), 0), ((True, False), 0), ((False, False, True), 2), ((False, False), 2)],
)
def test_failures_in_a_row_are_counted_from_the_newest(newest: tuple[bool, ...], run: int) -> None:
    assert FailingChecks(1, "D", "n", "s", "online", 9, 3, NOW, newest, None, None).run == run
