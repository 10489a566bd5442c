"""Words as they are compared."""

import pytest

from ai_gateway.memory.words import MAX_CHARS, spellings, stem, words


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("error POS-E1042 again", "pos-e1042"),
        ("firmware 2.5.0 is out", "2.5.0"),
        ("HTTP/504 from the gateway", "http/504"),
        ("payment_tls_min_version was raised", "payment_tls_min_version"),
        ("net::ERR_CONNECTION_RESET", "net::err_connection_reset"),
        ("0x80070005 on start", "0x80070005"),
        ("host 10.0.0.17 is gone", "10.0.0.17"),
    ],
)
def test_codes_versions_and_addresses_stay_whole(text: str, whole: str) -> None:
    assert whole in words(text)


def test_the_parts_of_a_code_are_words_too() -> None:
    assert words("payment_tls_min_version") == ["payment_tls_min_version", "payment", "tls", "min", "version"]
    assert words("POS-E1042") == ["pos-e1042", "pos", "e1042"]
    assert words("HTTP/504") == ["http/504", "http", "504"]
    assert words("2.5.0") == ["2.5.0"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeouts", "timeout"),
        ("crashed", "crashing"),
        ("batteries", "battery"),
        ("failed", "fails"),
        ("jammed", "jamming"),
    ],
)
def test_endings_do_not_matter(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("disk", "desk"), ("payment", "pay"), ("heating", "heat sink"), ("2.5.0", "2.5.1")]
)
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_small_words_are_left_out() -> None:
    assert words("It was the printer that is on, and not the desk") == ["printer", "desk"]


def test_words_with_hyphens_are_their_parts() -> None:
    assert words("Wi-Fi keep-alive") == ["wi", "fi", "keep", "aliv"]


def test_letters_of_any_language_count() -> None:
    assert words("Kälteanlage überhitzt") == ["kälteanlag", "überhitzt"]


def test_an_endless_word_is_no_word() -> None:
    assert words("a" * (MAX_CHARS + 1)) == []
    assert words("x_" * MAX_CHARS + "x") == ["x"] * (MAX_CHARS + 1)


@pytest.mark.parametrize("text", ["", " \n", "?!", "…", "';--"])
def test_a_text_may_have_no_words(text: str) -> None:
    assert words(text) == []


def test_no_word_holds_what_a_tsquery_would_read() -> None:
    for word in words("a'b \\ c:* d & e | !f (g) <-> h:A 'it''s' x:y:z"):
        assert not set(word) & set("'\\&|!()<>* \t\n")


def test_a_word_can_be_shown_as_it_is_spelled() -> None:
    assert spellings("Storage failures, storages fail: E-17") == {
        "storag": "storage",
        "failur": "failures",
        "fail": "fail",
        "e-17": "e-17",
        "e": "e",
    }
