"""Which findings are worth remembering, and in which words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ai_gateway.access.scope import Scope
from ai_gateway.health.catalogue import metric_named
from ai_gateway.health.wire import DeviceRef
from ai_gateway.homepot.directory import Names
from ai_gateway.homepot.names import DeviceName, SiteName
from ai_gateway.homepot.scoped.changes import ConfigChange
from ai_gateway.homepot.scoped.errors import ErrorPattern
from ai_gateway.insights.effects import Effect
from ai_gateway.insights.reading import Read
from ai_gateway.insights.told import worth_remembering
from ai_gateway.insights.trends import Trend
from ai_gateway.insights.views import effect_view, trend_view
from ai_gateway.insights.wire import ChangeView, EffectView
from ai_gateway.memory.findings import Finding

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SITE = SiteName(1, "SITE-1", "Building A", None, 1, True)  # noqa: FBT003 - a row of the directory
DEVICES = [DeviceName(number, f"DEVICE-{number}", f"Till {number}", "pos_terminal", 1) for number in (1, 2, 3)]
SCOPE = Scope(frozenset({1}), Names.of([SITE], DEVICES))
REFS = [DeviceRef(one.device_id, one.name, SITE.site_id, SITE.name) for one in DEVICES]


def effect(metric: str = "cpu_percent", before: float = 30, change: float = 20, width: float = 4) -> EffectView:
    made = Effect(0, before, before + change, change, change - width / 2, change + width / 2, 23, 0.001)
    return effect_view(made, metric_named(metric))


def changed(
    number: int = 1, device: int | None = 0, *effects: EffectView, **more: Any
) -> tuple[ConfigChange, ChangeView]:
    whose = DEVICES[device] if device is not None else None
    at = NOW - timedelta(days=5) + timedelta(hours=number)
    change = ConfigChange(
        number, at, "cache_mb", '{"value": 10}', '{"value": 99}', "ada", "Faster start", True, False, None, None,  # noqa: FBT003
        whose.device_id if whose else None, whose.name if whose else None, SITE.name,
    )  # fmt: skip
    view = ChangeView(
        at=at,
        parameter="cache_mb",
        old="10",
        new="99",
        device=REFS[device] if device is not None else None,
        rolled_back=False,
        compared_with=4,
        held_to="unchanged_devices",
        tested=10,
        effects=list(effects),
    )
    on_change = {name: value for name, value in more.items() if name in ConfigChange.__struct_fields__}
    on_view = {name: value for name, value in more.items() if name in ChangeView.__struct_fields__}
    return msgspec.structs.replace(change, **on_change), msgspec.structs.replace(view, **on_view)


def found(*changes: tuple[ConfigChange, ChangeView], **more: Any) -> list[Finding]:
    read = Read([], 0, [], [one for one, _ in changes], [view for _, view in changes])._replace(**more)
    return worth_remembering(read, SCOPE, NOW)


def test_a_change_is_told_symptom_first_with_its_figures() -> None:
    (one,) = found(changed(1, 0, effect(), effect("transaction_count", 40, -10), effect("disk_percent", 50, -9)))
    assert one.title == "CPU rose, transactions fell after cache_mb was changed"
    assert one.details == (
        "cache_mb was changed from 10 to 99",
        "CPU went from 30 to 50 %, +20 by itself (90 %: 18 to 22)",
        "Transactions went from 40 to 30, -10 by itself (90 %: -12 to -8)",
        "Disk went from 50 to 41 %, -9 by itself (90 %: -11 to -7)",
        "Against 4 devices without the change",
        "Reason for the change: Faster start",
    )
    assert (one.severity, one.category, one.device_name, one.ended_at) == ("warning", "configuration", "Till 1", None)
    assert "Till" not in f"{one.title} {one.details}"


def test_what_only_became_better_is_worth_knowing_too() -> None:
    (one,) = found(changed(1, 0, effect(change=-20)))
    assert (one.title, one.severity) == ("CPU fell after cache_mb was changed", "info")


def test_nothing_followed_or_nothing_to_hold_it_to_is_no_finding() -> None:
    assert found(changed()) == []
    assert found(changed(1, 0, effect(), held_to="nothing")) == []


def test_the_same_change_of_several_devices_is_one_and_another_value_another() -> None:
    same = [changed(1, 0, effect()), changed(2, 1, effect(change=30)), changed(3, 2)]
    (one,) = found(*same)
    assert "2 devices of 3 changed alike showed it" in one.details
    assert "+30 by itself" in one.details[1]  # the clearest of them
    assert (one.device_id, one.device_type) == (None, "pos_terminal")
    assert one.began_at == same[0][0].at
    both = found(*same, changed(4, 0, effect(), new="98"))
    assert len({one.subject for one in both}) == 2


def test_a_finding_is_the_same_though_the_first_device_is_out_of_the_period() -> None:
    first, second = changed(1, 0, effect()), changed(2, 1, effect())
    assert found(first, second)[0].subject == found(second)[0].subject


def test_what_was_rolled_back_says_so_and_is_its_remedy() -> None:
    ended = NOW - timedelta(days=1)
    undone = {"was_rolled_back": True, "rolled_back_at": ended, "rollback_reason": 'Tills "froze"'}
    (one,) = found(changed(1, 0, effect(), **undone))
    assert "It was rolled back: Tills 'froze'" in one.details
    assert (one.ended_at, one.resolution) == (ended, "Changed cache_mb back to 10.")


def test_as_long_as_one_device_has_it_the_finding_is_on() -> None:
    ends = [NOW - timedelta(days=2), NOW - timedelta(days=1)]
    undone = [{"was_rolled_back": True, "rolled_back_at": end} for end in ends]
    (one,) = found(changed(1, 0, effect(), **undone[0]), changed(2, 1, effect(change=30)))
    assert (one.ended_at, one.resolution) == (None, None)
    (both,) = found(changed(1, 0, effect(), **undone[0]), changed(2, 1, effect(change=30), **undone[1]))
    assert both.ended_at == ends[1]


def test_a_setting_of_another_device_set_back_ends_nothing() -> None:
    back = {"old": "99", "new": "10"}
    (mine, *_) = found(changed(9, 0, **back), changed(1, 0, effect()))
    (others, *_) = found(changed(9, 1, **back), changed(1, 0, effect()))
    assert (mine.ended_at is None, others.ended_at is None) == (False, True)


def trend(metric: str, slope: float, device: int) -> Any:
    return trend_view(Trend(0, slope, slope - 0.1, slope + 0.1, 30, 0.01), REFS[device], metric_named(metric), 30)


def test_a_quantity_that_gets_worse_is_one_finding_of_the_site() -> None:
    trends = [trend("disk_percent", 0.5, 0), trend("disk_percent", 0.4, 1), trend("disk_percent", -0.5, 2)]
    (one,) = found(trends=trends)
    assert (one.title, one.category) == ("Disk rising day after day", "storage")
    assert one.details == ("By 0.5 % a day (90 %: 0.4 to 0.6), over 30 days", "2 devices of the site did so")
    (alone,) = found(trends=trends[:1])
    assert (alone.subject, alone.device_name) == (one.subject, "Till 1")
    (falling,) = found(trends=[trend("transaction_count", -2, 0)])
    assert falling.title == "Transactions falling day after day"
    assert "By 2 a day (90 %: 1.9 to 2.1)" in falling.details[0]


def pattern(text: str, days: int, late_days: int) -> ErrorPattern:
    began = NOW - timedelta(days=29)
    return ErrorPattern("error", "network", "NET1", text, 3 * days, 2, 3 * late_days, days, late_days, began, NOW, 99)


def test_errors_that_come_more_and_more_often() -> None:
    errors = [pattern("Timeout after # s", 20, 18), pattern("Printer out of paper", 20, 5)]
    (one,) = found(errors=errors)
    assert one.title == "Error NET1 comes more and more often: Timeout after # s"
    assert one.details == ("54 of 60 in 30 days came in the last 7, on 2 devices",)
    assert found(errors=[pattern("Timeout", 8, 5)]) == []  # told to who asks, too faint for memory
