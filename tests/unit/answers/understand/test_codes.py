import pytest

from ai_gateway.answers.understand.codes import intent_of_code, read_codes, read_jobs
from ai_gateway.answers.understand.intent import Intent

NAMED = {"lobby", "terminal", "e17"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("what does error POS-E1042 mean?", ("POS-E1042",)),
        ("what does pay504 mean", ("PAY504",)),
        ("PAY504 on Fuel Pump POS", ("PAY504",)),
        ("PAY504?", ("PAY504",)),
        ("how do I fix PAY504?", ("PAY504",)),
        ("which devices log TLS_HANDSHAKE", ("TLS_HANDSHAKE",)),
        ("what is error 504", ("504",)),
        ("error code 0x80070005 on the till", ("0X80070005",)),
        ("when did PAY504 first appear", ("PAY504",)),
        ("is it caused by NET001 or by AUTH003 errors", ("AUTH003", "NET001")),
    ],
)
def test_codes_are_read(text: str, codes: tuple[str, ...]) -> None:
    found, rest = read_codes(text, NAMED.__contains__)
    assert found == codes
    assert len(rest) == len(text)
    assert not any(code in rest.upper() for code in codes)


@pytest.mark.parametrize(
    "text",
    [
        "is POS-99 online?",
        "which devices log error messages",
        "error 24 hours ago",
        "what is DEVICE-KXZ6-NEWJ-98WK",
        "what does LOBBY-E17 mean",
        "how many errors in 2026",
        "show errors of terminal 12",
        "what happened to job-da3cb379",
        "errors since 10:30",
        "which devices run 2.4.1",
    ],
)
def test_what_is_no_code_is_left_alone(text: str) -> None:
    assert read_codes(text, NAMED.__contains__) == ((), text)


@pytest.mark.parametrize(
    ("intent", "asked", "devices", "meant"),
    [
        (Intent.UNKNOWN, Intent.UNKNOWN, False, Intent.ERRORS),
        (Intent.HISTORY, Intent.UNKNOWN, True, Intent.ERRORS),
        (Intent.HISTORY, Intent.HISTORY, True, Intent.HISTORY),
        (Intent.HISTORY, Intent.HISTORY, False, Intent.ERRORS),
        (Intent.CHANGES, Intent.CHANGES, True, Intent.CHANGES),
    ],
)
def test_a_code_asks_for_errors_unless_the_words_do_not(
    intent: Intent, asked: Intent, *, devices: bool, meant: Intent
) -> None:
    assert intent_of_code(intent, asked, devices=devices) is meant


def test_jobs_are_read_by_their_ids() -> None:
    assert read_jobs("status of JOB-DA3CB379 and job-da3cb379, no job-list")[0] == ("job-da3cb379",)
