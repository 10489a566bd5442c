"""What incidents are called, and the text that memory finds them by."""

import pytest

from ai_gateway.incidents.types import Cause, Member, Scope
from ai_gateway.incidents.words import describe_incident, title_of
from tests.unit.incidents.conftest import alert, anomaly, at


@pytest.mark.parametrize(
    ("lead", "scope", "title"),
    [
        (anomaly(11, 0, value=97.0, expected=30.0), "device", "CPU above its usual range"),
        (anomaly(11, 0, value=3.0, expected=30.0), "device", "CPU below its usual range"),
        (anomaly(11, 0, value=3.0, lower=20.0), "site", "CPU below its usual range on several devices"),
        (
            anomaly(11, 0, value=9.0, upper=2.0),
            "change",
            "CPU above its usual range on several devices after the same change",
        ),
        (anomaly(11, 0, value=97.0), "device", "High CPU"),
        (anomaly(11, 0, metric="disk_percent", kind="drift", value=9.0, expected=2.0), "device", "Disk is filling up"),
        (anomaly(11, 0, metric="memory_percent", kind="drift", value=9.0), "device", "Memory keeps growing"),
        (
            anomaly(11, 0, metric="memory_percent", kind="drift", value=1.0, expected=9.0),
            "device",
            "Memory below its usual range",
        ),
        (anomaly(11, 0, metric=None), "device", "No heartbeat"),
        (anomaly(11, 0, metric=None), "site", "No heartbeat from several devices"),
        (anomaly(11, 0, metric=None, kind="flapping"), "device", "Keeps going offline and coming back"),
        (anomaly(11, 0, metric=None, kind="checks"), "site", "Health checks fail on several devices"),
        (anomaly(11, 0, metric=None, kind="relation"), "device", "Unusual readings"),
        (anomaly(11, 0, metric="gauge_7", value=2.0), "device", "High gauge 7"),
        (alert(1, 11, 0, kind="alert", metric=None, text="Job Failed 3 Times"), "device", "Job Failed 3 Times"),
        (alert(1, 11, 0, kind="alert", metric=None, text="<b>\x00\u202e"), "device", "b"),
        (alert(1, 11, 0, kind="alert", metric=None, text=""), "device", "Alert without a title"),
        (alert(1, 11, 0), "device", "High CPU"),
    ],
)
def test_a_title_names_the_symptom(lead: Member, scope: Scope, title: str) -> None:
    assert title_of(lead, scope) == title


def test_the_text_begins_with_the_symptom_and_names_no_device() -> None:
    cause = Cause(kind="config", text="max_connections was changed, 5 min before.", at=at(-5), confidence=0.9)
    members = [
        anomaly(11, 0, value=97.25, expected=30.0),
        anomaly(11, 1, metric="network_latency_ms", value=812.0),
        alert(1, 11, 2),
        alert(2, 11, 3),
    ]
    text = describe_incident("CPU above its usual range", "performance", members, cause)
    assert text == (
        "CPU above its usual range. CPU 97.2 %, 30 % expected. network latency 812 ms. High CPU: 95%."
        " max_connections was changed, 5 min before. Category: performance."
    )


def test_what_is_not_known_is_not_said() -> None:
    nothing = Cause(kind="none", text="No recorded cause.", at=None, confidence=0)
    text = describe_incident("No heartbeat", "connectivity", [anomaly(11, 0, metric=None)], nothing)
    assert text == "No heartbeat. Category: connectivity."


def test_a_thousand_members_still_make_a_short_text() -> None:
    members = [alert(number, 11, number, text=f"Alert {number}") for number in range(1_000)]
    assert len(describe_incident("High CPU", "performance", members, None)) < 200
