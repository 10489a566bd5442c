"""Every setting's name, bounds and origin."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ai_gateway.kit.settings import Settings, load_settings

NEEDED = {"homepot_database_url": "postgresql://a@h/homepot", "database_url": "postgresql://a@h/own"}
BOUNDS = [
    ("homepot_pool_size", 1, 50),
    ("homepot_statement_timeout_ms", 100, None),
    ("homepot_directory_ttl_s", 0, None),
    ("online_window_s", 10, None),
    ("database_pool_size", 1, 50),
    ("llm_num_ctx", 1024, None),
    ("llm_max_tokens", 32, None),
    ("llm_temperature", 0, 2),
    ("llm_max_concurrency", 1, None),
    ("llm_max_queue", 0, None),
    ("llm_breaker_failures", 1, None),
    ("max_evidence", 5, 200),
    ("similar_incidents", 1, 20),
    ("gateway_port", 0, 65535),
    ("max_request_bytes", 1024, None),
    ("max_concurrent_requests", 1, None),
    ("api_key_cache_s", 0, None),
    ("events_max_clients", 1, 10_000),
    ("worker_metrics_port", 0, 65535),
    ("memory_overlap_s", 0, None),
    ("memory_batch_size", 1, 512),
]
POSITIVE = [
    "embedder_timeout_s",
    "embedder_batch_timeout_s",
    "reranker_timeout_s",
    "llm_queue_timeout_s",
    "llm_first_token_timeout_s",
    "llm_token_timeout_s",
    "llm_breaker_reset_s",
    "events_poll_s",
    "gather_deadline_s",
    "health_stale_s",
    "worker_interval_s",
]


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No developer's .env is read."""
    monkeypatch.chdir(tmp_path)


def make(**values: object) -> Settings:
    return Settings.model_validate({**NEEDED, **values})


@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_bounds_are_inclusive_and_held(name: str, least: float, most: float | None) -> None:
    assert getattr(make(**{name: least}), name) == least
    with pytest.raises(ValidationError, match=name):
        make(**{name: least - 1})
    if most is not None:
        assert getattr(make(**{name: most}), name) == most
        with pytest.raises(ValidationError, match=name):
            make(**{name: most + 1})


@pytest.mark.parametrize("name", POSITIVE)
def test_a_wait_is_longer_than_nothing(name: str) -> None:
    assert getattr(make(**{name: 0.01}), name) == 0.01
    with pytest.raises(ValidationError, match=name):
        make(**{name: 0})


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e400"])
def test_a_number_that_is_none_is_refused_for_every_setting(text: str) -> None:
    fractions = [name for name, field in Settings.model_fields.items() if field.annotation is float]
    assert len(fractions) > 30
    for name in fractions:
        with pytest.raises(ValidationError, match=f"{name}\\n  Input should be a finite number"):
            make(**{name: text})
    for name, value in (("cost_rates", {"visit": text}), ("health_limits", {"*": {"cpu_percent": text}})):
        with pytest.raises(ValidationError, match="finite number"):
            make(**{name: value})


def test_the_deadline_of_a_question_leaves_time_to_answer() -> None:
    with pytest.raises(ValidationError, match="query_deadline_s"):
        make(query_deadline_s=1)


@pytest.mark.parametrize(("name", "value"), [("log_level", "loud"), ("log_format", "xml"), ("llm_enabled", "perhaps")])
def test_only_known_words_are_taken(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        make(**{name: value})


@pytest.mark.parametrize("name", ["database_url", "homepot_database_url"])
@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://a:secret@h/x", "postgresql+asyncpg://a:secret@h/x", "host=h port"]
)
def test_what_is_no_postgres_is_refused_without_its_password(name: str, url: str) -> None:
    with pytest.raises(ValidationError, match=f"{name}\n.*is no Postgres URL") as refused:
        make(**{name: url})
    assert "secret" not in str([error["msg"] for error in refused.value.errors()])


@pytest.mark.parametrize("name", ["embedder_url", "reranker_url"])
@pytest.mark.parametrize("url", ["nonsense", "embedder:8001", "ftp://embedder", "http://"])
def test_what_is_no_server_is_refused(name: str, url: str) -> None:
    with pytest.raises(ValidationError, match=f"{name}\n.*must be http"):
        make(**{name: url})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("http://ollama:11434", "http://ollama:11434"),
        ("http://ollama:11434/", "http://ollama:11434"),
        ("ollama", "http://ollama:11434"),
        ("ollama:9000", "http://ollama:9000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("https://ollama.example", "https://ollama.example:443"),
        ("https://proxy.example/ollama/", "https://proxy.example:443/ollama"),
    ],
)
def test_ollama_host_takes_the_forms_that_ollama_takes(given: str, read: str) -> None:
    assert make(ollama_host=given).ollama_host == read


@pytest.mark.parametrize("given", ["", "ftp://ollama", "http://", "http://ollama:port"])
def test_ollama_host_that_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="ollama_host"):
        make(ollama_host=given)


def test_names_in_the_environment_are_the_fields_in_upper_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("LLM_NUM_CTX", "8192")
    monkeypatch.setenv("HOMEPOT_ALLOW_WRITABLE_ROLE", "true")
    settings = load_settings()
    assert settings.llm_num_ctx == 8192
    assert settings.homepot_allow_writable_role is True
    assert settings.database_url.get_secret_value() == NEEDED["database_url"]


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("LLM_MODEL", "")
    assert load_settings().llm_model == "llama3.1:8b"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValidationError) as failure:
        load_settings()
    assert {error["loc"] for error in failure.value.errors()} == {("homepot_database_url",), ("database_url",)}


def test_a_file_among_the_secrets_sets_the_setting_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("postgresql://from-a-file/own\n", encoding="utf-8")
    settings = Settings(homepot_database_url=NEEDED["homepot_database_url"], _secrets_dir=tmp_path)
    assert settings.database_url.get_secret_value() == "postgresql://from-a-file/own"


def test_the_environment_wins_over_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "database_url").write_text("postgresql://from-a-file/own", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-the-environment/own")
    settings = Settings(homepot_database_url=NEEDED["homepot_database_url"], _secrets_dir=tmp_path)
    assert settings.database_url.get_secret_value() == "postgresql://from-the-environment/own"


def test_passwords_are_not_shown_and_settings_do_not_change() -> None:
    settings = make(database_url="postgresql://me:hush@h/own")
    assert "hush" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.llm_model = "another"


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


def test_the_answer_may_not_fill_the_window_that_holds_the_evidence() -> None:
    assert make(llm_num_ctx=2048, llm_max_tokens=1024).llm_max_tokens == 1024
    with pytest.raises(ValidationError, match="at most half of LLM_NUM_CTX"):
        make(llm_num_ctx=2048, llm_max_tokens=1025)
