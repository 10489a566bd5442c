"""Helpers for sentences that code writes."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from ai_gateway.kit.text import age, be, capital, clean, count, duration, listing, number, span

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nb\tc", "a b c"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("<b>Promo</b> Screen 5", "b Promo /b Screen 5"),
        ("`code`", "code"),
        ("safe\u202egpj.exe", "safe gpj.exe"),
        ("a\u200bb\ufeffc\u2066d\u2069", "a b c d"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("a\u061cb\u00adc\u2060d", "a b c d"),
        ("tag\U000e0041\U000e0042s", "tag s"),
        ("  spaced   out  ", "spaced out"),
        ("Gate 14 Café Till, 5 °C", "Gate 14 Café Till, 5 °C"),
        ("", ""),
        (None, ""),
    ],
)
def test_quoted_text_is_one_line_without_marks(text: str | None, plain: str) -> None:
    assert clean(text) == plain


def test_no_control_or_direction_mark_of_the_lower_planes_is_left() -> None:
    for code in [*range(0x3000), 0xFEFF, *range(0xE0000, 0xE0080)]:
        left = clean(f"a{chr(code)}b")
        assert not [sign for sign in left if unicodedata.category(sign) in {"Cc", "Zl", "Zp"}], hex(code)
        assert not [sign for sign in left if unicodedata.bidirectional(sign) in {"LRE", "RLE", "LRO", "RLO", "PDF"}]
        assert not [sign for sign in left if unicodedata.bidirectional(sign) in {"LRI", "RLI", "FSI", "PDI"}]


@pytest.mark.parametrize("limit", [5, 20, 160])
def test_long_text_is_cut_to_the_limit_and_says_so(limit: int) -> None:
    cut = clean("word " * 100, limit)
    assert len(cut) <= limit
    assert cut.endswith("…")
    assert clean("x" * limit, limit) == "x" * limit


@pytest.mark.parametrize(
    ("value", "text"), [(95.0, "95"), (12.54, "12.5"), (0.04, "0"), (99.96, "100"), (-3.25, "-3.2"), (0, "0")]
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_counts_and_verbs() -> None:
    assert [count(n, "device") for n in (0, 1, 2)] == ["no devices", "1 device", "2 devices"]
    assert count(2, "battery", "batteries") == "2 batteries"
    assert [be(n) for n in (0, 1, 2)] == ["are", "is", "are"]


def test_listings() -> None:
    assert [listing(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert listing("abcde", most=3) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 days"),
        (864_000, "10 days"),
    ],
)
def test_spans(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text
    assert age(NOW - timedelta(seconds=seconds), NOW) == f"{text} ago"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (119.4, "119 s"),
        (119.6, "2 min"),
        (3599, "1 h"),
        (12_000, "3 h 20 min"),
        (172_700, "47 h 58 min"),
        (187_200, "2 days 4 h"),
        (864_000, "10 days"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_ages_at_the_edges() -> None:
    assert age(None, NOW) == "never"
    assert age(NOW + timedelta(seconds=5), NOW) == "just now"


def test_a_sentence_begins_with_a_capital_unless_it_begins_with_a_name() -> None:
    assert capital("there are 3") == "There are 3"
    assert capital("emu-ios-1 is online") == "emu-ios-1 is online"
    assert capital("") == ""
