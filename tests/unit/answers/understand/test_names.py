"""Devices and sites that a question names."""

import msgspec
import pytest

from ai_gateway.answers.understand.name_index import MOST_PER_NAME, NameIndex, index_of
from ai_gateway.answers.understand.names import Found, find_names
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName
from tests.unit.answers.conftest import NAMES


def devices(text: str, index: NameIndex) -> list[int]:
    return sorted(device.id for device in find_names(text, index).devices)


def sites(text: str, index: NameIndex) -> list[int]:
    return sorted(site.id for site in find_names(text, index).sites)


def unknown(text: str, index: NameIndex) -> list[str]:
    return [name.name for name in find_names(text, index).unknown]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Is Lobby Terminal online?", [10]),
        ("is lobby terminal online?", [10]),
        ("IS LOBBY TERMINAL ONLINE?", [10]),
        ("Lobby-Terminal status", [10]),
        ("What about Lobby Terminal 2?", [23]),
        ("Compare Lobby Terminal and Lobby Terminal 2", [10, 23]),
        ("checkout 3 cpu", [11]),
        ("Server Room Sensor temperature", [13]),
        ("status of DEVICE-AAAA-AAAA-AAA2", [11]),
        ("status of device-aaaa-aaaa-aaa2", [11]),
        ('the "Dispatch Tablet"', [31]),
    ],
)
def test_an_exact_name_or_id_is_found_whatever_its_case(text: str, found: list[int], index: NameIndex) -> None:
    assert devices(text, index) == found
    assert unknown(text, index) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Which devices at Building A are offline?", [1]),
        ("how is harbour mall", [2]),
        ("anything at Bristol?", [2]),
        ("anything at Manchester, UK?", [3]),
        ("SITE-CCCC-CCCC overview", [3]),
        ("compare Building A with Harbour Mall", [1, 2]),
    ],
)
def test_a_site_goes_by_its_name_id_or_place(text: str, found: list[int], index: NameIndex) -> None:
    assert sites(text, index) == found
    assert unknown(text, index) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("how is the arrivals gateway", [30]),
        ("how is the lobby terminal", [10]),
        ("is Arrivals all right", [30]),
        ("the server room sensor is hot", [13]),
    ],
)
def test_a_part_of_a_name_is_enough(text: str, found: list[int], index: NameIndex) -> None:
    assert devices(text, index) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("is Lobby Termnal online", [10]), ("is the Arivals Gateway up", [30]), ("is Dispach Tablet up", [31])],
)
def test_a_near_spelling_is_taken_for_the_name(text: str, found: list[int], index: NameIndex) -> None:
    assert devices(text, index) == found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Is Zanzibar Kiosk online?", "Zanzibar Kiosk"),
        ("why is POS-99 down?", "POS-99"),
        ('status of "Ghost Till"', "Ghost Till"),
        ("what about DEVICE-ZZZZ-ZZZZ-ZZZZ", "DEVICE-ZZZZ-ZZZZ-ZZZZ"),
        ("how are things at Atlantis", "Atlantis"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_known(text: str, name: str, index: NameIndex) -> None:
    found = find_names(text, index)
    assert [one.name for one in found.unknown] == [name]
    assert 1 <= len(found.unknown[0].nearest) <= 3
    assert set(found.unknown[0].nearest) <= {one.name for one in (*NAMES.devices, *NAMES.sites)}
    assert found.devices == ()


def test_nearest_names_do_not_depend_on_the_order_of_all(index: NameIndex) -> None:
    turned = NameIndex(msgspec.structs.replace(NAMES, devices=NAMES.devices[::-1], sites=NAMES.sites[::-1]), None)
    for phrase in ("Lobby Kiosk", "Till", "POS-99"):
        assert turned.suggestions(phrase) == index.suggestions(phrase)


def test_the_nearest_name_is_a_near_one(index: NameIndex) -> None:
    (one,) = find_names('what about "Lobby Kiosk"?', index).unknown
    assert any("Lobby" in name for name in one.nearest)


@pytest.mark.parametrize(
    "text",
    [
        "Which devices are offline?",
        "How many alerts are open today?",
        "Show me the CPU usage of all sensors on Monday",
        "What should I look at first?",
        "Hello, is everything ok",
        "Which HOMEPOT terminals need attention",
    ],
)
def test_plain_words_are_no_names(text: str, index: NameIndex) -> None:
    found = find_names(text, index)
    assert (found.devices, found.sites, found.unknown) == ((), (), ())


def test_a_name_at_two_sites_is_ambiguous(index: NameIndex) -> None:
    found = find_names("is the Main Gateway up?", index)
    assert [device.id for device in found.devices] == [12, 20]
    assert found.ambiguous


@pytest.mark.parametrize(
    ("text", "found"), [("is the Main Gateway at Harbour Mall up?", [20]), ("Building A Main Gateway", [12])]
)
def test_a_site_makes_it_clear(text: str, found: list[int], index: NameIndex) -> None:
    assert devices(text, index) == found
    assert find_names(text, index).ambiguous == ()


def test_what_was_understood_is_blanked_from_the_rest(index: NameIndex) -> None:
    rest = find_names("Is Lobby Terminal at Building A offline?", index).rest
    assert rest.split() == ["Is", "at", "offline?"]


def test_names_of_other_sites_are_neither_found_nor_suggested() -> None:
    index = NameIndex(NAMES, frozenset({1}))
    hidden = {device.name for device in NAMES.devices if device.site_id != 1} - {"Main Gateway"}
    for text in (
        "Dispatch Tablet",
        "DEVICE-CCCC-CCCC-CCC2",
        "is Arrivals Gateway up",
        "how is Harbour Mall",
        "at Bristol",
    ):
        found = find_names(f"tell me about {text}", index)
        assert not found.sites
        assert all(device.site_id == 1 for device in found.devices)
        suggested = {name for one in found.unknown for name in one.nearest}
        assert not suggested & (hidden | {"Harbour Mall", "Airport Terminal 2"})
    assert devices("the Main Gateway", index) == [12]
    assert index.device("30") is None
    assert index.site("SITE-BBBB-BBBB") is None
    assert index.by_id("SITE-AAAA-AAAA") is not None


def test_an_empty_view_knows_nothing() -> None:
    found = find_names("is Lobby Terminal at Building A up?", NameIndex(NAMES, frozenset()))
    assert (found.devices, found.sites) == ((), ())
    assert all(one.nearest == () for one in found.unknown)


def test_the_index_is_kept_for_the_same_names_and_view() -> None:
    assert index_of(NAMES, frozenset({1})) is index_of(NAMES, frozenset({1}))
    assert index_of(NAMES, frozenset({1})) is not index_of(NAMES, None)


def large_fleet() -> Names:
    where = [SiteName(n, f"SITE-{n:04}-XXXX", f"Store {n:03}", None, 1, True) for n in range(100)]  # noqa: FBT003
    things = [
        DeviceName(n, f"DEVICE-{n:04X}-XXXX-XXXX", f"Till {n // 100}-{n % 100}", "pos_terminal", n % 100)
        for n in range(10_000)
    ]
    return Names.of(where, things)


def test_ten_thousand_names_are_searched() -> None:
    index = NameIndex(large_fleet(), None)
    for number in (0, 4321, 9999):
        name = f"Till {number // 100}-{number % 100}"
        assert devices(f"is {name} at Store {number % 100:03} online?", index) == [number]
    assert unknown("is Kiosk 777-1 online?", index)
    assert len(find_names("how is Till doing", index).devices) <= MOST_PER_NAME
    assert devices("x" * 2000, index) == []


@pytest.mark.parametrize(
    "text", ["", "   ", "???", '"\'"\'"', "((((", "the the the", "-" * 500, "A" * 2000, "Ω≈ç√∫", "DEVICE-", "'a' \"b\""]
)
def test_odd_text_does_no_harm(text: str, index: NameIndex) -> None:
    assert find_names(text, index).devices == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is the dispatch ok", [31]),
        ("any courts slow?", [21, 22]),
        ("how are my lobbys", [10, 23]),
        ("how is the main problem", []),
        ("which checkouts are offline", []),
        ("are the terminals fine", []),
    ],
)
def test_a_word_of_names_means_all_that_have_it(text: str, found: list[int], index: NameIndex) -> None:
    assert devices(text, index) == found


def test_a_word_that_is_of_most_names_points_to_none() -> None:
    many = [DeviceName(number, f"DEVICE-{number}", f"Drawer {number}", "tablet", 1) for number in range(40)]
    index = NameIndex(Names.of([SiteName(1, "SITE-A", "Shop", None, 1, in_service=True)], many), None)
    assert find_names("are the drawers ok", index) == Found(rest="are the drawers ok")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("how are my fridges", ["fridges"]),
        ("is the fridge ok?", ["fridge"]),
        ("how are the cameras?", ["cameras"]),
        ("how is the internet", []),
        ("how are the payments", []),
        ("how are our shops", []),
        ("how are the tablets", []),
    ],
)
def test_things_that_nothing_is_called_are_unknown(text: str, names: list[str], index: NameIndex) -> None:
    assert unknown(text, index) == names


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("is food court pos 9 ok", ["food court pos 9"]),
        ("is building b ok", ["building b"]),
        ("was food court slow 9 hours ago", []),
    ],
)
def test_another_number_or_letter_is_another_name(text: str, named: list[str], index: NameIndex) -> None:
    assert unknown(text, index) == named
    assert bool(devices(text, index)) is not bool(named)


def test_a_tenant_means_its_sites() -> None:
    of_whom = {1: "north-line", 2: "north-line", 3: "all"}
    where = [msgspec.structs.replace(site, tenant=of_whom[site.id]) for site in NAMES.sites]
    index = NameIndex(Names.of(where, list(NAMES.devices)), None)
    assert sites("which devices of north are offline", index) == sites("alerts at north-line", index) == [1, 2]
    assert sites("how are all devices", index) == []


def test_a_word_that_means_a_type_has_namesakes(index: NameIndex) -> None:
    word, called = index.namesakes("are the checkouts ok", ("pos_terminal",))
    assert (word, [device.name for device in called]) == ("checkouts", ["Checkout 3"])
    assert index.namesakes("are the terminals ok", ("pos_terminal",)) == ("", [])
