"""Alerts and dashboard name only metrics and targets that exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric

import ai_gateway.app
import ai_gateway.worker  # noqa: F401 - registers the worker's
from embedder.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_PROMETHEUS = {"up"}
NAME = re.compile(r"\b((?:ai|embedder|process)_[a-z_]+|up)\b(?=[{\[ )]|$)")


def series(metric: Metric) -> Iterator[str]:
    """The names of a metric's series, also before it has any."""
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(metric.type, [""])
    return (metric.name + suffix for suffix in suffixes)


@pytest.fixture(scope="module")
def known() -> set[str]:
    registries = (REGISTRY, Metrics().registry)
    return {name for registry in registries for metric in registry.collect() for name in series(metric)} | OF_PROMETHEUS


def load(path: str) -> Any:
    text = (DEPLOY / path).read_text(encoding="utf-8")
    return json.loads(text) if path.endswith(".json") else yaml.safe_load(text)


def alert_expressions() -> list[str]:
    (group,) = load("prometheus/alerts.yml")["groups"]
    return [rule["expr"] for rule in group["rules"]]


def panel_expressions() -> list[str]:
    panels = load("grafana/dashboards/homepot-ai.json")["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


@pytest.mark.parametrize("expression", [*alert_expressions(), *panel_expressions()])
def test_every_expression_names_metrics_that_exist(known: set[str], expression: str) -> None:
    named = set(NAME.findall(expression))
    assert named
    assert named <= known


def test_prometheus_scrapes_the_ports_that_the_processes_listen_on() -> None:
    targets = [job["static_configs"][0]["targets"] for job in load("prometheus/prometheus.yml")["scrape_configs"]]
    assert targets == [["gateway:8000"], ["worker:8002"], ["embedder:8001"]]


def test_every_alert_says_how_bad_and_what_is_wrong() -> None:
    (group,) = load("prometheus/alerts.yml")["groups"]
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]


def test_every_alert_leads_to_what_to_do_about_it() -> None:
    (group,) = load("prometheus/alerts.yml")["groups"]
    for rule in group["rules"]:
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        guide = (DEPLOY.parent / path).read_text(encoding="utf-8")
        headings = [
            line.lstrip("#").strip().lower().replace(" ", "-") for line in guide.splitlines() if line[:1] == "#"
        ]
        assert anchor in headings
        assert f"| `{rule['alert']}` |" in guide


def test_what_a_panel_counts_is_there_before_the_first_event() -> None:
    """Prometheus sees no increase in a series that appears with its first event."""
    counted = {name for expression in panel_expressions() for name in re.findall(r"increase\((\w+)", expression)}
    assert counted
    there = {one.name for metric in REGISTRY.collect() for one in metric.samples}
    assert counted <= there


def test_every_alert_is_seen_to_fire() -> None:
    """By promtool, in the container tests."""
    (group,) = load("prometheus/alerts.yml")["groups"]
    cases = yaml.safe_load((DEPLOY.parent / "tests/containers/alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    fired = {rule["alertname"] for case in cases for rule in case["alert_rule_test"] if rule["exp_alerts"]}
    assert {rule["alert"] for rule in group["rules"]} == fired


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = load("grafana/dashboards/homepot-ai.json")["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
