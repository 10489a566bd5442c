"""A route, metric, failure, field or command that is not documented fails here."""

import json
import re
from pathlib import Path

import click
import msgspec
import pytest
from prometheus_client import REGISTRY

import ai_gateway.app
import ai_gateway.worker
from ai_gateway.answers.types import Evidence, QueryRequest, QueryResponse
from ai_gateway.app import create_litestar
from ai_gateway.cli import main
from ai_gateway.health.analysis import DataQuality
from ai_gateway.health.wire import AnomalyPage, AnomalyView, FleetHealth
from ai_gateway.incidents.report import Analysis
from ai_gateway.incidents.wire import IncidentDetail, IncidentPage, IncidentView
from ai_gateway.insights import wire as insights
from ai_gateway.jobs.wire import FactorView, JobChance, RingView, SiteWindows, WindowView
from ai_gateway.kit.settings import Settings
from ai_gateway.prediction.types import LimitAhead, Moved
from ai_gateway.prediction.wire import (
    DevicePrediction,
    PredictionItem,
    RemainingLife,
    RiskPage,
    RiskView,
    SurvivalPoint,
)
from ai_gateway.status.types import StatusResponse
from ai_gateway.wiring import Parts

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "services/ai-gateway/src/ai_gateway"
METRIC = re.compile(r"""(?:Counter|Gauge|Histogram)\(\s*"(ai_[a-z_]+)",\s*"([^"]+)"(?:,\s*\[([^\]]*)\])?""")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def defined() -> dict[str, tuple[str, str]]:
    """Each metric's description and labels, as the code has them."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        for name, text, labels in METRIC.findall(path.read_text(encoding="utf-8")):
            found[name] = (text, ", ".join(f"`{label}`" for label in re.findall(r'"(\w+)"', labels)))
    return found


def test_the_pattern_finds_every_metric() -> None:
    registered = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("ai_")}
    assert {name.removesuffix("_total") for name in defined()} == registered
    assert ai_gateway.app
    assert ai_gateway.worker


@pytest.mark.parametrize("name", sorted(defined()))
def test_every_metric_is_documented_with_its_labels(name: str) -> None:
    text, labels = defined()[name]
    row = re.search(
        rf"^\| `{name}` \| (?:counter|gauge|histogram) \| ?(.*?) \| (.+) \|$", page("docs/metrics.md"), re.MULTILINE
    )
    assert row is not None
    assert row[1].strip() == labels
    assert row[2].startswith(text.rstrip("."))


def test_no_metric_is_documented_or_watched_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `(ai_[a-z_]+)`", page("docs/metrics.md"), re.MULTILINE)) == set(defined())
    watched = page("deploy/prometheus/alerts.yml") + page("deploy/grafana/dashboards/homepot-ai.json")
    names = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bai_[a-z_]+", watched)}
    assert {name for name in names if name not in defined()} == set()


async def test_every_route_is_documented() -> None:
    needed = {"homepot_database_url": "postgresql://x@x/x", "database_url": "postgresql://x@x/x"}
    parts = Parts(Settings.model_validate(needed))
    document = page("docs/api.md") + page("docs/api-homepot.md")
    for route in create_litestar(parts).routes:
        path = route.path.split("/{")[0].rstrip("/")
        whole = re.sub(r":\w+}", "}", route.path)
        methods = [method for method in getattr(route, "methods", ()) if method not in {"OPTIONS", "HEAD"}]
        assert methods or path == "/docs-assets", route.path
        assert any(f"`{name}`" in document for name in (path, *(f"{m} {p}" for m in methods for p in (path, whole)))), (
            whole
        )
    await parts.embedder.close()
    await parts.model.close()


def test_every_kind_of_failure_is_documented() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    kinds = set(re.findall(r'kind="([a-z-]+)"', code)) | set(re.findall(r'^PART = "([a-z-]+)"', code, re.MULTILINE))
    parts = {"homepot-database-unavailable", "database-unavailable"}
    named = {kind for kind in kinds if "-" in kind or kind in {"internal", "unauthenticated", "overloaded"}}
    assert not {
        f"`{kind}`" for kind in (named - {"homepot-database"}) | parts if f"`{kind}`" not in page("docs/api.md")
    }


@pytest.mark.parametrize("shape", [QueryRequest, QueryResponse, Evidence])
def test_every_field_is_documented(shape: type[msgspec.Struct]) -> None:
    for field in shape.__struct_fields__:
        assert f"`{field}`" in page("docs/api.md"), field


def test_the_examples_have_the_shapes_that_are_sent() -> None:
    answer, status, problem = (
        json.loads(text) for text in re.findall(r"```json\n(.*?)```", page("docs/api.md"), re.DOTALL)
    )
    assert set(answer) == set(QueryResponse.__struct_fields__)
    msgspec.convert(answer, QueryResponse, strict=True)
    assert list(status) == list(StatusResponse.__struct_fields__)
    msgspec.convert(status, StatusResponse, strict=True)
    assert {"type", "title", "status", "detail", "request_id"} <= set(problem)
    sent = re.findall(r"-d '(.*)'", page("docs/api.md"))
    assert sent
    assert all(msgspec.json.decode(one, type=QueryRequest).question for one in sent)


def test_every_field_about_risk_is_documented() -> None:
    text = page("docs/api-prediction.md")
    for shape in (
        DevicePrediction,
        PredictionItem,
        SurvivalPoint,
        RemainingLife,
        RiskPage,
        RiskView,
        Moved,
        LimitAhead,
    ):
        assert {field for field in shape.__struct_fields__ if f"`{field}`" not in text} == set()


@pytest.mark.parametrize("shape", [SiteWindows, WindowView, JobChance, RingView, FactorView])
def test_every_field_about_jobs_is_documented(shape: type[msgspec.Struct]) -> None:
    text = page("docs/api-jobs.md")
    assert {field for field in shape.__struct_fields__ if f"`{field}`" not in text} == set()


@pytest.mark.parametrize(
    "shape", [one for one in vars(insights).values() if isinstance(one, type) and one.__module__ == insights.__name__]
)
def test_every_field_of_insights_is_documented(shape: type[msgspec.Struct]) -> None:
    text = page("docs/api-insights.md")
    assert {field for field in shape.__struct_fields__ if f"`{field}`" not in text} == set()


def test_the_examples_of_health_have_the_shapes_that_are_sent() -> None:
    text = page("docs/api-health.md")
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    for example, shape in zip(examples, (FleetHealth, AnomalyPage, Analysis, IncidentPage), strict=True):
        assert set(json.loads(example)) == set(shape.__struct_fields__)
        msgspec.json.decode(example, type=shape)
    for shape in (FleetHealth, AnomalyPage, AnomalyView, Analysis, DataQuality, IncidentView, IncidentDetail):
        assert {
            field for field in shape.__struct_fields__ if f"`{field}`" not in text and f'"{field}"' not in text
        } == set()


def commands(group: click.Group, prefix: str = "ai-gateway") -> list[str]:
    found = []
    for name, command in group.commands.items():
        whole = f"{prefix} {name}"
        found += commands(command, whole) if isinstance(command, click.Group) else [whole]
    return found


@pytest.mark.parametrize("command", commands(main))
def test_every_command_is_documented(command: str) -> None:
    assert command in page("docs/operating.md") + page("docs/api.md")


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", page("Makefile"), re.MULTILINE))
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, path.name


def test_every_file_that_a_document_links_to_exists() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
