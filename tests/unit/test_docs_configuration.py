"""A setting that is not documented, not in .env.example or not handed on by compose.yaml fails here."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic_settings import BaseSettings

import embedder.settings
from ai_gateway.kit.settings import Settings
from dev import docs

ROOT = Path(__file__).parents[2]
GATEWAY = {name.upper() for name in Settings.model_fields}
EMBEDDER = {f"EMBEDDER_{name.upper()}" for name in embedder.settings.Settings.model_fields}


@pytest.fixture(scope="module")
def compose() -> str:
    return (ROOT / "compose.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(GATEWAY | EMBEDDER | set(docs.COMPOSE)))
def test_every_setting_is_in_the_example_and_in_the_document(name: str) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    document = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert len(re.findall(rf"^(?:# )?{name}=", example, re.MULTILINE)) == 1
    assert len(re.findall(rf"^\| `{name}` \| .+ \| .+ \|$", document, re.MULTILINE)) == 1


def test_nothing_generated_is_stale() -> None:
    assert docs.main(["--check"]) == 0


def test_every_setting_says_what_it_means() -> None:
    assert all(setting.meaning for group in docs.groups() for setting in group.settings)


def test_every_variable_of_compose_yaml_is_a_known_setting(compose: str) -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", compose)) - {"SETTING"}
    assert used - GATEWAY - EMBEDDER <= set(docs.COMPOSE)
    assert set(docs.COMPOSE) - used == {"COMPOSE_FILE", "COMPOSE_PROFILES"}


def test_compose_hands_on_every_setting_but_those_that_containers_fix(compose: str) -> None:
    services = yaml.safe_load(compose)["services"]
    fixed = docs.FIXED_BY_COMPOSE - {"KNOWLEDGE_DIR"}  # a folder that is mounted: compose.yaml fixes it, not the image
    settings = {"gateway": GATEWAY - {"KNOWLEDGE_DIR"}, "worker": GATEWAY, "embedder": EMBEDDER}
    for service, handed_on in settings.items():
        assert set(services[service]["environment"]) == handed_on - fixed, service
    assert services["worker"]["environment"]["KNOWLEDGE_DIR"] == services["worker"]["volumes"][0].split(":")[-2]


def test_only_what_is_required_is_set_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == {"HOMEPOT_DATABASE_URL", "POSTGRES_PASSWORD"}


def test_a_stale_file_is_reported_and_only_written_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = tmp_path / ".env.example"
    example.write_text("old\n", encoding="utf-8")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "documents", lambda: {example: "new\n"})
    assert docs.main(["--check"]) == 1
    assert ".env.example is stale" in capsys.readouterr().err
    assert example.read_text(encoding="utf-8") == "old\n"
    assert docs.main([]) == 0
    assert example.read_text(encoding="utf-8") == "new\n"


def test_every_line_of_the_example_can_be_uncommented_and_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", example, re.MULTILINE))
    services: list[tuple[type[BaseSettings], str]] = [(Settings, ""), (embedder.settings.Settings, "EMBEDDER_")]
    for settings, prefix in services:
        defaults = {name: field.default for name, field in settings.model_fields.items() if not field.is_required()}
        for name in defaults:
            monkeypatch.setenv(prefix + name.upper(), lines[prefix + name.upper()])
        if settings is Settings:
            monkeypatch.setenv("HOMEPOT_DATABASE_URL", "postgresql://reader@homepot/homepot_db")
            monkeypatch.setenv("DATABASE_URL", lines["DATABASE_URL"])
        read = settings().model_dump()
        of_compose = {name for name in defaults if docs.compose_default(prefix + name.upper())}
        for name in defaults.keys() - of_compose:
            assert str(read[name] or "") == str(defaults[name] or ""), name
