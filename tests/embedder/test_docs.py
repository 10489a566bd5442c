"""A setting, route or metric that docs/embedder.md does not name fails here."""

import re
from pathlib import Path

import pytest

from embedder.errors import EmbedderError
from embedder.metrics import Metrics
from embedder.routes import ROUTES
from embedder.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "embedder.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_and_its_default_are_documented(page: str, field: str) -> None:
    row = re.search(rf"^\| `EMBEDDER_{field.upper()}` \| `(.*?)` \| (.+) \|$", page, re.MULTILINE)
    assert row is not None
    default = Settings.model_fields[field].default
    assert row[1] == (str(default).lower() if isinstance(default, bool) else str(default))
    assert row[2] == Settings.model_fields[field].description


def test_no_setting_is_documented_that_does_not_exist(page: str) -> None:
    documented = set(re.findall(r"^\| `EMBEDDER_([A-Z_]+)`", page, re.MULTILINE))
    assert documented == {field.upper() for field in Settings.model_fields}


def test_every_metric_is_documented_and_exists(page: str) -> None:
    ours = {family.name for family in Metrics().registry.collect() if family.name.startswith("embedder_")}
    documented = set(re.findall(r"^\| `(embedder_[a-z_]+?)(?:_total)?` \|", page, re.MULTILINE))
    assert documented == ours


def test_every_route_is_documented(page: str) -> None:
    for route in ROUTES:
        for path in route.paths:
            assert f"`{path}`" in page


def test_every_named_failure_is_documented(page: str) -> None:
    for failure in EmbedderError.__subclasses__():
        assert f"| `{failure.slug}` | {failure.status} |" in page
