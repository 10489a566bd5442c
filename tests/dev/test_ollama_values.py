"""Durations, schemas, addresses and llama.cpp's events: the stand-in's pure parts."""

import json
import math

import pytest

from dev.ollama.engine import Piece, parse_piece, refusal
from dev.ollama.errors import OllamaError
from dev.ollama.models import CATALOGUE
from dev.ollama.options import check_format, check_options, keep_alive_s
from dev.ollama.prompts import cut
from dev.ollama.schemas import enforceable
from dev.ollama.server import is_loopback, parse_address


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 300), (0, 0), (90, 90), (1.5, 1.5), ("0", 0), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25)],
)
def test_keep_alive(value: object, seconds: float) -> None:
    assert keep_alive_s(value) == pytest.approx(seconds)


@pytest.mark.parametrize("value", [-1, "-1s", "-5m"])
def test_negative_is_for_ever(value: object) -> None:
    assert math.isinf(keep_alive_s(value))


@pytest.mark.parametrize("value", ["", "soon", "5 m", "5x", "m"])
def test_durations_that_go_would_not_read(value: str) -> None:
    with pytest.raises(OllamaError, match="invalid duration") as refused:
        keep_alive_s(value)
    assert refused.value.status == 400


def test_integers_are_cut_to_whole_numbers() -> None:
    assert check_options({"num_ctx": 2048.7})["num_ctx"] == 2048


def test_objects_are_closed_at_every_level() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = enforceable({"type": "object", "properties": {"list": {"type": "array", "items": inner}}})
    assert schema["additionalProperties"] is False
    assert schema["properties"]["list"]["items"]["additionalProperties"] is False


def test_an_object_that_is_open_stays_open() -> None:
    schema = enforceable({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}})
    assert schema["additionalProperties"] == {"type": "string"}


def test_keywords_that_the_sampler_cannot_enforce_are_left_out() -> None:
    schema = enforceable({"type": "array", "items": True, "uniqueItems": True, "title": "Ids", "maxItems": 3})
    assert {name: schema[name] for name in schema if name != "x-guidance"} == {
        "type": "array",
        "items": {},
        "maxItems": 3,
    }


def test_references_into_the_document_are_kept() -> None:
    schema = enforceable({"$ref": "#/$defs/Id", "$defs": {"Id": {"enum": ["a"]}}})
    assert (schema["$ref"], schema["$defs"]) == ("#/$defs/Id", {"Id": {"enum": ["a"]}})


def test_one_of_is_read_as_any_of() -> None:
    assert enforceable({"oneOf": [{"type": "null"}, {"type": "string"}]})["anyOf"] == [
        {"type": "null"},
        {"type": "string"},
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"type": ["string", 3]},
        {"properties": 3},
        {"properties": {"a": 3}},
        {"required": "a"},
        {"enum": []},
        {"anyOf": {}},
        {"prefixItems": {}},
        {"items": 3},
        {"$ref": "#/$defs/Missing"},
    ],
)
def test_what_is_no_schema_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(OllamaError, match="invalid JSON schema") as refused:
        check_format(schema)
    assert refused.value.status == 400


def test_formats_that_are_no_schema() -> None:
    assert check_format(None) is None
    assert check_format("") is None
    assert (check_format("json") or {})["type"] == "object"
    with pytest.raises(OllamaError, match="invalid format") as refused:
        check_format("yaml")
    assert refused.value.status == 500


def test_a_cut_keeps_the_start_and_the_end() -> None:
    assert cut(list(range(20)), 7) == [0, 1, 2, 3, 17, 18, 19]
    assert cut(list(range(20)), 4) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", ("127.0.0.1", 11434)),
        ("0.0.0.0", ("0.0.0.0", 11434)),
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),
        (":8080", ("127.0.0.1", 8080)),
        ("http://ollama:11434/", ("ollama", 11434)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


def test_an_address_without_a_valid_port() -> None:
    with pytest.raises(ValueError, match="no valid port"):
        parse_address("host:port")


def test_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "ollama")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_event_of_text_and_the_last_one() -> None:
    assert parse_piece({"content": "a", "stop": False}) == Piece("a")
    timings = {"prompt_ms": 1.0, "predicted_ms": 2.0}
    event = {"stop": True, "stop_type": "limit", "tokens_evaluated": 7, "tokens_predicted": 4, "timings": timings}
    final = parse_piece(event).final
    assert final is not None
    assert (final.reason, final.prompt_tokens, final.eval_tokens) == ("length", 7, 4)


def test_an_error_event_keeps_its_status() -> None:
    with pytest.raises(OllamaError, match="too long") as refused:
        parse_piece({"error": {"code": 400, "message": "too long"}})
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"oops", json.dumps({"error": "text"}).encode(), b"[]"])
def test_a_refusal_in_no_known_shape_is_a_500(body: bytes) -> None:
    assert refusal(body).status == 500


def test_every_model_is_pinned() -> None:
    for model in CATALOGUE.values():
        assert len(model.sha256) == 64
        assert all("==" in part.requirement for part in model.parts)
