"""What is said of an anomaly, and of what was expected."""

from datetime import UTC, datetime

import pytest

from ai_gateway.health.types import Anomaly, Explained
from ai_gateway.health.words import anomaly_words, band_words, clipped, quantity

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def anomaly(**changes: object) -> Anomaly:
    values: dict[str, object] = {
        "device": 1,
        "site": 1,
        "kind": "deviation",
        "metric": "cpu_percent",
        "started_at": AT,
        "last_at": AT,
        "ended_at": None,
        "severity": "critical",
        "score": 4.0,
        "value": 97.0,
        "expected": 30.0,
        "lower": 20.0,
        "upper": 45.0,
        "explained": (),
    }
    return Anomaly(**{**values, **changes})


@pytest.mark.parametrize(
    ("band", "words"),
    [
        ((30.0, 20.0, 45.0), "20 to 45 %"),
        ((30.0, None, 45.0), "at most 45 %"),
        ((30.0, -4.0, 45.0), "at most 45 %"),  # no CPU is below 0
        ((30.0, 20.0, None), "at least 20 %"),
        ((95.0, 90.0, 104.0), "at least 90 %"),
        ((30.0, None, None), "about 30 %"),
        ((None, None, None), ""),
    ],
)
def test_bands(band: tuple[float | None, float | None, float | None], words: str) -> None:
    expected, lower, upper = band
    assert band_words(anomaly(value=None, expected=expected, lower=lower, upper=upper)) == words


def test_a_band_that_holds_the_value_says_nothing_against_it() -> None:
    assert band_words(anomaly(value=97.0, expected=30.0, lower=0.0, upper=99.0)) == "about 30 %"
    assert band_words(anomaly(value=97.0, expected=30.0, lower=0.0, upper=96.0)) == "at most 96 %"


def test_an_end_of_a_band_is_cut_to_what_can_be() -> None:
    assert clipped("cpu_percent", -3.0) == 0
    assert clipped("cpu_percent", 120.0) == 100
    assert clipped("temperature_celsius", -18.0) == -18.0
    assert clipped("queue_depth", 9.0) == 9.0
    assert clipped("anything", -5.0) == -5.0
    assert clipped("cpu_percent", None) is None
    assert clipped(None, 5.0) == 5.0


def test_quantities_have_their_unit_and_no_idle_digits() -> None:
    assert quantity(97.24, "cpu_percent") == "97.2 %"
    assert quantity(868.8, "network_latency_ms") == "868.8 ms"
    assert quantity(3, "queue_depth") == "3"


def test_an_anomaly_is_told_by_its_metric_and_those_that_are_out_of_their_bands_with_it() -> None:
    explained = (
        Explained("cpu_percent", 97.0, 30.0, 20.0, 45.0, 4.0),
        Explained("temperature_celsius", 71.0, 40.0, 35.0, 50.0, 2.0),
        Explained("memory_percent", 46.0, 45.0, 40.0, 50.0, 1.5),  # broken relation, but a usual value
        Explained("disk_percent", 80.0, 50.0, 40.0, 60.0, 0.4),
    )
    words = "CPU 97 % (expected 20 to 45 %); temperature 71 °C (expected 35 to 50 °C)"
    assert anomaly_words(anomaly(explained=explained)) == words


def test_without_a_metric_what_happened_is_told() -> None:
    bare = {"metric": None, "value": None, "expected": None, "lower": None, "upper": None}
    assert anomaly_words(anomaly(**bare, kind="silence")) == "no sign of life"
    assert anomaly_words(anomaly(**bare, kind="checks", detail="10 checks failed")) == "10 checks failed"
    assert anomaly_words(anomaly(value=None, expected=None)) == "anomalous cpu percent"


def test_hostile_text_is_made_fit_to_quote() -> None:
    bare = {"metric": None, "value": None, "expected": None, "lower": None, "upper": None}
    assert anomaly_words(anomaly(**bare, detail="a\n<script>b\u202e")) == "a script b"
