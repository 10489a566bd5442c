"""A question, understood: filters, bounds, scope, and what “it” is."""

import pytest

from ai_gateway.answers.types import QueryRequest, Turn
from ai_gateway.answers.understand.bounds import Bound, bounds_of, of_rest, read_bound
from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.name_index import NameIndex
from ai_gateway.homepot.scoped.view import View
from tests.unit.answers.conftest import NAMES, Asker


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("which devices are offline", {"offline", "never_seen"}),
        ("what is down at Building A", {"offline", "never_seen"}),
        ("which devices are not responding", {"offline", "never_seen"}),
        ("which devices have never been seen", {"never_seen"}),
        ("which are in error state", {"error"}),
        ("devices in warning state", {"warning"}),
        ("under maintenance", {"maintenance"}),
        ("suspended tills", {"suspended"}),
        ("unpaired devices", {"unpaired"}),
        ("decommissioned devices", {"inactive"}),
        ("online devices", {"online"}),
        ("healthy devices", {"healthy"}),
        ("unhealthy devices", {"error", "warning", "offline", "never_seen"}),
        ("devices", set()),
    ],
)
def test_states(text: str, conditions: set[str], ask: Asker) -> None:
    assert set(ask(text).conditions) == conditions


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        ("critical alerts", ("critical",)),
        ("urgent alerts", ("critical",)),
        ("high severity alerts", ("high", "critical")),
        ("medium alerts", ("medium",)),
        ("low priority alerts", ("low",)),
        ("informational alerts", ("info",)),
        ("alerts", ()),
    ],
)
def test_severities(text: str, severities: tuple[str, ...], ask: Asker) -> None:
    assert ask(text).severities == severities


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("alerts", ("active",)),
        ("acknowledged alerts", ("acknowledged",)),
        ("alerts resolved yesterday", ("resolved",)),
        ("ignored alerts", ("ignored",)),
        ("unresolved alerts", ("active", "acknowledged")),
        ("all alerts", ("active", "acknowledged", "resolved", "ignored")),
    ],
)
def test_alert_statuses(text: str, statuses: tuple[str, ...], ask: Asker) -> None:
    assert ask(text).alert_statuses == statuses


@pytest.mark.parametrize("category", ["network", "hardware", "software", "security"])
def test_categories(category: str, ask: Asker) -> None:
    assert ask(f"{category} alerts").categories == (category,)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("all tills", ("pos_terminal",)),
        ("pos terminals", ("pos_terminal",)),
        ("iot_sensor list", ("iot_sensor",)),
        ("sensors and gateways", ("gateway", "iot_sensor")),
        ("tablets", ("tablet",)),
        ("kiosks", ()),  # no device of this fleet is one
        ("devices", ()),
        ("is the Lobby Terminal up", ()),  # a device's name says more than the word in it
    ],
)
def test_types(text: str, types: tuple[str, ...], ask: Asker) -> None:
    assert ask(text).types == types


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("cpu", "cpu_percent"),
        ("RAM usage", "memory_percent"),
        ("disk space", "disk_percent"),
        ("latency", "network_latency_ms"),
        ("error rate", "error_rate"),
        ("how hot is it", "temperature_celsius"),
        ("transactions", "transaction_count"),
        ("transaction volume", "transaction_volume"),
        ("active connections", "active_connections"),
        ("queue depth", "queue_depth"),
        ("errors", None),
        ("temperature of the Server Room Sensor", "temperature_celsius"),
    ],
)
def test_metrics(text: str, column: str | None, ask: Asker) -> None:
    metric = ask(text).metric
    assert (metric.column if metric else None) == column


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("cpu above 80", Bound(above=True, inclusive=False, value=80)),
        ("cpu over 80%", Bound(above=True, inclusive=False, value=80)),
        ("cpu > 80", Bound(above=True, inclusive=False, value=80)),
        ("cpu >= 80.5", Bound(above=True, inclusive=True, value=80.5)),
        ("cpu at least 80", Bound(above=True, inclusive=True, value=80)),
        ("cpu exceeding 80", Bound(above=True, inclusive=False, value=80)),
        ("disk below 20", Bound(above=False, inclusive=False, value=20)),
        ("disk under 20", Bound(above=False, inclusive=False, value=20)),
        ("disk at most 20", Bound(above=False, inclusive=True, value=20)),
        ("disk <=20", Bound(above=False, inclusive=True, value=20)),
        ("latency between 100 and 500 ms", Bound(above=True, inclusive=True, value=100, until=500)),
        ("latency from 100 to 500", Bound(above=True, inclusive=True, value=100, until=500)),
        ("latency of 100-500 ms", Bound(above=True, inclusive=True, value=100, until=500)),
        ("cpu above 20 and below 50 %", Bound(above=True, inclusive=True, value=20, until=50)),
        ("between 20 and 10 % cpu", Bound(above=True, inclusive=True, value=10, until=20)),
        ("temperature below -5", Bound(above=False, inclusive=False, value=-5)),
        ("temperature between -20 and -5 degrees", Bound(above=True, inclusive=True, value=-20, until=-5)),
        ("cpu between 9:00 and 10:30 today", None),
        ("cpu in the last 24 hours", None),
        ("cpu of Checkout 3", None),
    ],
)
def test_bounds(text: str, bound: Bound | None, ask: Asker) -> None:
    assert ask(text).bound == bound


@pytest.mark.parametrize(
    ("bound", "words", "sign"),
    [
        (Bound(above=True, inclusive=False, value=80), "above 80", ">"),
        (Bound(above=True, inclusive=True, value=80), "at least 80", ">="),
        (Bound(above=False, inclusive=False, value=20), "below 20", "<"),
        (Bound(above=False, inclusive=True, value=0.5), "at most 0.5", "<="),
        (Bound(above=True, inclusive=True, value=100, until=500), "between 100 and 500", ">="),
    ],
)
def test_what_a_bound_says_is_what_it_does(bound: Bound, words: str, sign: str) -> None:
    assert (bound.words, bound.sign) == (words, sign)


def test_small_words(ask: Asker) -> None:
    asked = ask("Top 5 devices with the lowest average cpu")
    assert (asked.top, asked.lowest, asked.aggregate, asked.ranking) == (5, True, "mean", True)
    assert ask("maximum cpu").aggregate == "max"
    assert ask("minimum cpu").aggregate == "min"


def test_numbers_of_a_time_are_no_bounds_and_its_words_no_states(ask: Asker) -> None:
    asked = ask("alerts over 24 hours in the last 2 days")
    assert asked.time_range is not None
    assert asked.time_range.words == "in the last 2 days"


def test_words_inside_a_name_do_not_filter(ask: Asker) -> None:
    asked = ask("errors of Server Room Sensor")
    assert asked.types == ()
    assert [device.id for device in asked.devices] == [13]
    assert asked.view == View(devices=(13,))


def test_site_and_type_narrow_the_view(ask: Asker) -> None:
    asked = ask("offline tills at Harbour Mall")
    assert asked.view == View(sites=(2,), types=("pos_terminal",))
    assert asked.where == " at Harbour Mall"


@pytest.mark.parametrize("pronoun", ["is it online?", "what about that device?", "show its cpu", "why did they fail?"])
def test_it_is_what_the_last_question_was_about(pronoun: str, ask: Asker) -> None:
    history = [
        Turn("user", "Is Checkout 3 online?"),
        Turn("user", "And the Dispatch Tablet?"),
        Turn("assistant", "The Lobby Terminal is online."),
    ]
    assert [device.id for device in ask(pronoun, history=history).devices] == [31]


def test_it_can_be_a_site(ask: Asker) -> None:
    asked = ask("and what is offline there?", history=[Turn("user", "How many devices are at Harbour Mall?")])
    assert asked.view.sites == (2,)


def test_what_the_question_names_wins_over_what_was_said(ask: Asker) -> None:
    asked = ask("is it worse than Lobby Terminal?", history=[Turn("user", "Is Checkout 3 online?")])
    assert [device.id for device in asked.devices] == [10]


def test_without_a_pronoun_history_says_nothing(ask: Asker) -> None:
    assert ask("which devices are offline?", history=[Turn("user", "Is Checkout 3 online?")]).devices == ()


def test_the_last_answer_names_it_only_where_the_user_named_nothing(ask: Asker) -> None:
    answered = [Turn("user", "Which devices are offline?"), Turn("assistant", "1 device is offline: Checkout 3.")]
    assert [device.id for device in ask("since when is it offline?", history=answered).devices] == [11]
    many = "Offline: Checkout 3, Lobby Terminal, Arrivals Gateway, Food Court POS 1."
    assert ask("is it online?", history=[Turn("user", "What is down?"), Turn("assistant", many)]).devices == ()
    earlier = [Turn("assistant", "Checkout 3 is down."), Turn("user", "What else is?")]
    assert ask("is it online?", history=earlier).devices == ()


def test_history_cannot_name_what_is_out_of_scope(ask: Asker) -> None:
    index = NameIndex(NAMES, frozenset({1}))
    asked = ask("is it up?", among=index, focus=View(sites=(1,)), history=[Turn("user", "Dispatch Tablet?")])
    assert asked.devices == ()
    assert asked.view.sites == (1,)


def test_the_scope_stays_whatever_is_named(ask: Asker) -> None:
    index = NameIndex(NAMES, frozenset({1}))
    for text in ("all devices", "devices at Harbour Mall", "Harbour Mall and Building A", "Dispatch Tablet", "tablets"):
        view = ask(text, among=index, focus=View(sites=(1,))).view
        assert view.sites is not None
        assert set(view.sites) <= {1}


def test_the_requests_own_device_is_what_the_question_is_about(ask: Asker) -> None:
    asked = ask("what is wrong?", focus=View(devices=(11,)))
    assert [device.name for device in asked.devices] == ["Checkout 3"]
    assert asked.view.devices == (11,)
    other = ask("what is wrong with Lobby Terminal?", focus=View(devices=(11,)))
    assert other.view.devices == (11,)


def test_a_question_about_nothing_known_is_lost(ask: Asker) -> None:
    assert ask("is Zanzibar Kiosk up?").lost
    assert not ask("is Zanzibar Kiosk or Lobby Terminal up?").lost
    assert not ask("what is up?").lost


@pytest.mark.parametrize("mode", ["maintenance", "predictive", "executive"])
def test_the_mode_is_kept(mode: str, ask: Asker) -> None:
    assert ask("status", mode=mode).mode == mode


def test_a_request_needs_only_a_question() -> None:
    request = QueryRequest(question="hi")
    assert (request.mode, request.model, request.history) == (None, None, [])


@pytest.mark.parametrize(
    ("text", "order", "top"),
    [
        ("what is the oldest open alert?", "oldest", None),
        ("which alert has been open the longest?", "oldest", None),
        ("the last 5 alerts", "newest", 5),
        ("last five alerts", "newest", 5),
        ("the three most recent jobs", "newest", 3),
        ("alerts in the last 5 hours", None, None),
        ("alerts of last week", None, None),
        ("top 3 devices by cpu", None, 3),
    ],
)
def test_order_and_amount(text: str, order: str | None, top: int | None, ask: Asker) -> None:
    asked = ask(text)
    assert (asked.order, asked.top) == (order, top)


@pytest.mark.parametrize(
    ("text", "name", "other"),
    [
        ("which devices run Android?", "Android", False),
        ("what runs on android 13", "Android 13", False),
        ("list the iOS tablets", "iOS", False),
        ("which Windows 10 tills are offline?", "Windows 10", False),
        ("devices that are not running Linux", "Linux", True),
        ("how many devices use Raspberry Pi OS?", "Raspberry Pi OS", False),
        ("failed windows updates", None, False),
        ("which devices are offline?", None, False),
    ],
)
def test_operating_systems_are_no_names(text: str, name: str | None, other: bool, ask: Asker) -> None:  # noqa: FBT001 - a column
    asked = ask(text)
    assert (asked.platform and asked.platform.name) == name
    assert bool(asked.platform and asked.platform.other) is other
    assert not asked.unknown


def test_a_possessive_is_no_quotation(ask: Asker) -> None:
    assert not ask("compare today's alerts with yesterday's").unknown
    assert [one.name for one in ask("how is the 'Back Office' terminal?").unknown] == ["Back Office"]


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("devices that are offline or warning", {"offline", "never_seen", "warning"}),
        ("which devices are error or warning", {"error", "warning"}),
        ("which tills have not reported in since this morning", {"offline", "never_seen"}),
        ("are any tablets out of service", {"suspended", "unpaired", "inactive", "retired"}),
        ("how many devices are there including retired ones", set()),
        ("critical and warning alerts", set()),
        ("cpu and error rate of Checkout 3", set()),
        ("how healthy is my fleet", set()),
    ],
)
def test_states_are_said_in_many_ways(text: str, conditions: set[str], ask: Asker) -> None:
    assert set(ask(text).conditions) == conditions


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("anything on fire?", Intent.STATUS),
        ("is any device running hot?", Intent.ANOMALIES),
        ("how's everything", Intent.STATUS),
        ("what should I know before my shift starts", Intent.STATUS),
        ("did anything happen last night?", Intent.HISTORY),
        ("what is the uptime of Checkout 3 this week", Intent.STATUS),
        ("was Checkout 3 online at 9:00 today", Intent.HISTORY),
        ("which devices came back online today", Intent.HISTORY),
        ("list everything that is in maintenance and since when", Intent.STATUS),
        ("which site uses the most memory on average", Intent.COMPARISON),
        ("which site is doing worst", Intent.COMPARISON),
        ("show me all kiosks", Intent.STATUS),
        ("is the mall all right", Intent.STATUS),
        ("what is the most unreliable device", Intent.AT_RISK),
        ("what's different between Building A and Harbour Mall", Intent.COMPARISON),
        ("give me a summary for the CEO", Intent.STATUS),
        ("how many times did Main Gateway go offline today", Intent.HISTORY),
        ("which sites have devices with memory above 80 %", Intent.METRICS),
    ],
)
def test_everyday_words(text: str, intent: Intent, ask: Asker) -> None:
    question = ask(text)
    assert question.intent is intent
    assert not question.unknown


def test_several_metrics_are_all_meant(ask: Asker) -> None:
    assert [metric.column for metric in ask("cpu, memory and disk of Checkout 3").metrics] == [
        "cpu_percent",
        "memory_percent",
        "disk_percent",
    ]
    assert [metric.column for metric in ask("error rate of Checkout 3").metrics] == ["error_rate"]


def test_each_metric_has_its_own_limit(ask: Asker) -> None:
    text = "cpu above 50 and memory at most 40"
    limits = {metric.column: bound.words for metric, bound in bounds_of(text, ask(text).metrics)}
    assert limits == {"cpu_percent": "above 50", "memory_percent": "at most 40"}
    assert bounds_of("and the other one?", ask(text).metrics) == []


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("less than 10 % free", "above 90"),
        ("at least 30 % free", "at most 70"),
        ("between 10 and 30 % free", "between 70 and 90"),
        ("colder than 4 degrees", "above 96"),
    ],
)
def test_what_is_free_is_what_is_not_used(text: str, used: str) -> None:
    rest = of_rest(read_bound(text))
    assert rest is not None
    assert rest.words == used


def test_no_limit_stays_none() -> None:
    assert of_rest(None) is None


@pytest.mark.parametrize(
    "text", ["what is the state of the mall", "is the mall fine?", "which tills at the mall are down"]
)
def test_a_part_of_one_sites_name_is_that_site(text: str, ask: Asker) -> None:
    assert [site.name for site in ask(text).sites] == ["Harbour Mall"]
