"""Compose accepts the files in every combination, and they keep their promises on paper. Needs no engine."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.containers.tools import ROOT, docker, lacking_compose

pytestmark = pytest.mark.skipif(bool(lacking_compose()), reason=lacking_compose())

CORE = {"gateway", "worker", "embedder", "database"}
LLM = {"ollama", "ollama-pull"}
MONITORING = {"prometheus", "grafana"}
FILES = {"plain": ["compose.yaml"], "gpu": ["compose.yaml", "compose.gpu.yaml"]}
REQUIRED = {"HOMEPOT_DATABASE_URL": "postgresql://reader:p@homepot/homepot", "POSTGRES_PASSWORD": "p"}


class Configs:
    """What Compose makes of the files under given settings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, files: str, profiles: tuple[str, ...] = (), *, example: bool = False, **settings: str) -> Any:
        env_file = self._folder / "env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
        named = {
            "--env-file": [".env.example", str(env_file)] if example else [str(env_file)],
            "-f": FILES[files],
            "--profile": profiles,
        }
        options = [part for option, values in named.items() for value in values for part in (option, value)]
        return docker("compose", *options, "config", "--format", "json", check=False)

    def read(self, files: str = "plain", profiles: tuple[str, ...] = (), **settings: str) -> dict[str, Any]:
        result = self.run(files, profiles, **REQUIRED, **settings)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        config: dict[str, Any] = json.loads(result.stdout)
        return config


@pytest.fixture
def configs(tmp_path: Path) -> Configs:
    return Configs(tmp_path)


@pytest.mark.parametrize("files", FILES)
@pytest.mark.parametrize(
    ("profiles", "services"),
    [
        ((), CORE),
        (("llm",), CORE | LLM),
        (("monitoring",), CORE | MONITORING),
        (("llm", "monitoring"), CORE | LLM | MONITORING),
    ],
)
def test_every_combination_is_valid(
    configs: Configs, files: str, profiles: tuple[str, ...], services: set[str]
) -> None:
    assert set(configs.read(files, profiles)["services"]) == services


def test_the_example_is_refused_until_what_is_required_is_set(configs: Configs) -> None:
    result = configs.run("plain", example=True)
    assert result.returncode != 0
    for name in REQUIRED:
        assert f"required variable {name} is missing a value: set it in .env" in result.stderr


@pytest.mark.parametrize("files", FILES)
def test_the_rest_of_the_example_is_valid(configs: Configs, files: str) -> None:
    result = configs.run(files, example=True, **REQUIRED)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_required_setting_is_named(configs: Configs, missing: str) -> None:
    result = configs.run("plain", (), **{name: value for name, value in REQUIRED.items() if name != missing})
    assert result.returncode != 0
    assert missing in result.stderr


def test_the_gpu_file_adds_the_reservations_and_nothing_else(configs: Configs) -> None:
    plain, gpu = (configs.read(files, ("llm", "monitoring")) for files in FILES)
    for service in ("embedder", "ollama"):
        (device,) = gpu["services"][service].pop("deploy")["resources"]["reservations"]["devices"]
        assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert gpu == plain


def test_no_core_service_depends_on_a_profile(configs: Configs) -> None:
    for service in configs.read()["services"].values():
        assert set(service.get("depends_on", {})) <= CORE


def test_every_service_is_hardened_on_paper(configs: Configs) -> None:
    for name, service in configs.read(profiles=("llm", "monitoring"))["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in {"", "0"}, name
        assert service["init"] is True, name
        assert int(service["mem_limit"]) > 0, name
        assert service["restart"] == ("no" if name == "ollama-pull" else "unless-stopped"), name


def test_what_is_published_is_on_loopback_by_default(configs: Configs) -> None:
    services = configs.read(profiles=("llm", "monitoring"))["services"]
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(ports) == {"gateway", "prometheus", "grafana"}
    assert {one["host_ip"] for one in chain(*ports.values())} == {"127.0.0.1"}


def test_the_port_and_its_address_are_settings(configs: Configs) -> None:
    config = configs.read(GATEWAY_BIND="10.0.0.5", GATEWAY_PUBLISHED_PORT="8010")
    (port,) = config["services"]["gateway"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("10.0.0.5", "8010", 8000)


def test_models_and_database_are_on_the_internal_network_only(configs: Configs) -> None:
    config = configs.read(profiles=("llm",))
    assert config["networks"]["internal"]["internal"] is True
    for name in ("database", "embedder", "ollama"):
        assert set(config["services"][name]["networks"]) == {"internal"}
    assert set(config["services"]["ollama-pull"]["networks"]) == {"download"}


def test_homepots_network_is_joined_where_it_is_named(configs: Configs) -> None:
    named = configs.read(HOMEPOT_NETWORK="homepot-client_homepot-network")
    assert named["networks"]["homepot"]["name"] == "homepot-client_homepot-network"
    assert named["networks"]["homepot"]["external"] is True
    assert "external" not in configs.read()["networks"]["homepot"]
    for name in ("gateway", "worker"):
        assert "homepot" in named["services"][name]["networks"]


def test_gateway_and_worker_get_the_same_settings(configs: Configs) -> None:
    services = configs.read(LLM_MODEL="qwen3:8b", MAX_EVIDENCE="12")["services"]
    folder = {"KNOWLEDGE_DIR": "/knowledge"}  # the worker alone reads files
    assert services["gateway"]["environment"] | folder == services["worker"]["environment"]
    assert services["gateway"]["environment"]["LLM_MODEL"] == "qwen3:8b"
    assert services["gateway"]["environment"]["MAX_EVIDENCE"] == "12"
    assert services["gateway"]["image"] == services["worker"]["image"]


def test_the_embedder_is_told_no_secret(configs: Configs) -> None:
    environment = configs.read(EMBEDDER_DEVICE="cpu")["services"]["embedder"]["environment"]
    set_here = {name: value for name, value in environment.items() if value is not None}
    assert set_here == {"EMBEDDER_DEVICE": "cpu"}


@pytest.mark.parametrize("name", ["compose.yaml", "compose.gpu.yaml"])
def test_switches_and_users_are_quoted_where_a_string_is_meant(name: str) -> None:
    """An unquoted `user: 999:999` is a number in base 60 to YAML 1.1, an unquoted `no` is false."""
    for service in yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["services"].values():
        assert isinstance(service.get("user", ""), str)
        assert isinstance(service.get("restart", ""), str)
        for value in (service.get("environment") or {}).values():
            assert value is None or isinstance(value, str)
