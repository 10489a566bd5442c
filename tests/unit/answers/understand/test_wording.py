"""Words as the rules know them, sites that are left out, and times of day."""

from datetime import UTC, datetime

import pytest

from ai_gateway.answers.understand.intent import Intent
from ai_gateway.answers.understand.period import read_time_range
from ai_gateway.answers.understand.wording import plain_words
from tests.unit.answers.conftest import Asker

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("wich devices are ofline", "which devices are offline"),
        ("devcies in eror state", "devices in error state"),
        ("How many critical alrets are open", "how many critical alerts are open"),
        ("tempreature of the cold room", "temperature of the cold room"),
        ("How many devices aren't online?", "how many devices are not online?"),
        ("it can\u2019t be reached and won't answer", "it can not be reached and will not answer"),
        ("weak signal at the filed table", "weak signal at the filed table"),
        ('status of "alrets" and Alrets', 'status of "alrets" and Alrets'),
        ("is DEVICE-AAAA-BBBB-CCCC ofline", "is DEVICE-AAAA-BBBB-CCCC offline"),
    ],
)
def test_misspelt_words_and_contractions_are_put_right(text: str, plain: str) -> None:
    assert plain_words(text, lambda _: False) == plain


def test_what_is_part_of_a_name_is_right_as_it_is() -> None:
    assert plain_words("how is the statsu kiosk", lambda word: word == "statsu") == "how is the statsu kiosk"


@pytest.mark.parametrize(
    ("text", "since", "until", "words"),
    [
        ("between 9:30 and 10 am", (20, 9, 30), (20, 10, 0), "between 09:30 and 10:00 today (UTC)"),
        ("yesterday from 6 to 9", (19, 6, 0), (19, 9, 0), "between 06:00 and 09:00 yesterday (UTC)"),
        ("between 9 and 10 this morning", (20, 9, 0), (20, 10, 0), "between 09:00 and 10:00 today (UTC)"),
        ("since 08:00", (20, 8, 0), (20, 10, 30), "since 08:00 today (UTC)"),
        ("after 11 pm", (19, 23, 0), (20, 10, 30), "since 23:00 yesterday (UTC)"),
        ("in november", (1, 0, 0), (20, 10, 30), "in November 2026 (UTC)"),
    ],
)
def test_times_of_day_and_months(
    text: str, since: tuple[int, int, int], until: tuple[int, int, int], words: str
) -> None:
    found = read_time_range(f"what happened {text}?", NOW)
    assert found is not None
    moments = [datetime(2026, 11, day, hour, minute, tzinfo=UTC) for day, hour, minute in (since, until)]
    assert [found.period.since, found.period.until] == moments
    assert found.words == words


@pytest.mark.parametrize(
    "text",
    ["between 100 and 500 ms", "between 10 and 50", "after 5 errors", "between 25:00 and 26:00", "from 2 to 4 devices"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_time_range(text, NOW) is None


def test_months_gone_are_whole_and_those_to_come_are_last_years() -> None:
    october, december = read_time_range("in october", NOW), read_time_range("in december", NOW)
    assert october is not None
    assert december is not None
    assert (october.period.until.month, december.period.since.year) == (11, 2025)


def test_a_site_to_leave_out_is_left_out(ask: Asker) -> None:
    asked = ask("Which gateways outside Building A are online?")
    assert not asked.sites
    assert [site.name for site in asked.excluded] == ["Building A"]
    assert asked.view.sites
    assert asked.excluded[0].id not in asked.view.sites
    assert asked.where == " outside Building A"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Is everything ok?", Intent.STATUS),
        ("How many users do we have", Intent.UNKNOWN),
        ("What is the weather at Building A?", Intent.UNKNOWN),
        ("average cpu per site", Intent.COMPARISON),
        ("cpu of the whole fleet", Intent.METRICS),
        ("What went offline today?", Intent.HISTORY),
    ],
)
def test_what_words_alone_would_misread(text: str, intent: Intent, ask: Asker) -> None:
    assert ask(text).intent is intent


def test_what_is_negated_asks_for_the_others(ask: Asker) -> None:
    assert "critical" not in ask("Which alerts are not critical?").severities
    assert ask("Which alerts has nobody acknowledged?").alert_statuses == ("active",)
