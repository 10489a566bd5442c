"""Prometheus' own tool reads the configuration and tries the alerts."""

import pytest

from tests.containers.tools import PROMETHEUS_IMAGE, ROOT, docker, lacking

pytestmark = pytest.mark.containers


@pytest.fixture(autouse=True)
def _image() -> None:
    if reason := lacking(PROMETHEUS_IMAGE):
        pytest.skip(reason)


def promtool(*arguments: str) -> str:
    mounts = {
        ROOT / "deploy" / "prometheus": "/etc/prometheus",
        ROOT / "tests" / "containers" / "alerts_test.yml": "/alerts_test.yml",
    }
    options = [part for path, target in mounts.items() for part in ("-v", f"{path}:{target}:ro")]
    return docker("run", "--rm", *options, "--entrypoint", "promtool", PROMETHEUS_IMAGE, *arguments).stdout


def test_the_configuration_is_valid() -> None:
    assert "13 rules found" in promtool("check", "config", "/etc/prometheus/prometheus.yml")


def test_the_alerts_fire_when_they_should() -> None:
    assert "SUCCESS" in promtool("test", "rules", "/alerts_test.yml")
