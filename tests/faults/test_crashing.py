"""Memory is filled while the embedder, Postgres, the worker and an import are killed: every incident is there once."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.crashing import Filling, Outcome, crash
from tests.faults.asking import report

pytestmark = pytest.mark.model
INCIDENTS = 160
TEXTS = 64


@pytest.fixture
def filling() -> Iterator[Filling]:
    folder = Path(tempfile.mkdtemp(prefix="faults-crashing-"))  # not pytest's own: Postgres may run as another user
    with Filling(folder, INCIDENTS, TEXTS) as parts:
        yield parts
    shutil.rmtree(folder, ignore_errors=True)


def test_every_incident_is_there_exactly_once(filling: Filling) -> None:
    outcome = crash(filling, 4, random.Random())  # noqa: S311 -- no secret
    report(f"crashes: {outcome}")
    assert outcome.kills == {"database": 1, "embedder": 1, "import": 1, "worker": 1}
    assert outcome.right
    rows = filling.memory()
    assert (rows["rows"], rows["different"], rows["expected"]) == (INCIDENTS, INCIDENTS, INCIDENTS)


@pytest.mark.parametrize("wrong", ["missing", "twice", "incomplete"])
def test_the_count_tells_what_is_wrong(wrong: str) -> None:
    found = dict.fromkeys(("missing", "twice", "incomplete"), 0)
    assert Outcome(incidents=3, kills={}, seconds=1.0, **found).right
    assert not Outcome(incidents=3, kills={}, seconds=1.0, **{**found, wrong: 1}).right
