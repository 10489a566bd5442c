"""One JSON object a line, with the request's id and without doubles."""

import json
import logging

import pytest
import structlog

from ai_gateway.kit.logging import configure_logging, get_logger


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_one_json_object_with_the_requests_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    structlog.contextvars.bind_contextvars(request_id="r1")
    get_logger("http").info("request", status=200, text="two\nlines")
    (line,) = lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "http",
        "request_id": "r1",
        "status": 200,
        "text": "two\nlines",
    }


def test_the_standard_librarys_loggers_write_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    logging.getLogger("some.package").warning("careful %s", "now")
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("careful now", "warning", "some.package")


def test_configuring_again_does_not_double_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        configure_logging("info", "json")
    get_logger("a").info("once")
    assert len(lines(capsys)) == 1
    assert len(logging.getLogger().handlers) == 1


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", "json")
    get_logger("a").info("quiet")
    get_logger("a").error("loud")
    logging.getLogger("httpx").info("quiet too")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


def fail_with(secret: str) -> None:
    raise ValueError(len(secret))


@pytest.mark.parametrize("noisy", ["httpx", "psycopg.pool", "yoyo"])
def test_other_peoples_loggers_keep_to_the_level_too(capsys: pytest.CaptureFixture[str], noisy: str) -> None:
    for level, told in (("error", 0), ("debug", 1)):
        configure_logging(level, "json")
        logging.getLogger(noisy).info("never told")
        logging.getLogger(noisy).warning("told")
        assert len(lines(capsys)) == told


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_trace_shows_no_local_variables(capsys: pytest.CaptureFixture[str], style: str) -> None:
    configure_logging("info", style)
    try:
        fail_with(str(99_000_000_000 + 1))
    except ValueError:
        get_logger("a").exception("broken")
    shown = capsys.readouterr().out
    assert "ValueError: 11" in shown
    assert "99000000001" not in shown
