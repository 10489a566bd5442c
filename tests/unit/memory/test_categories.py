"""What an incident is about, where nobody said."""

import pytest

from ai_gateway.memory.categories import CATEGORIES, ELSE, categorise
from dev.homepot.sample.alerts import precedents
from tests.unit.memory.making import Make

MEANT = {
    "cpu_runaway": {"performance"},
    "memory_leak": {"performance"},
    "disk_filling": {"storage"},
    "site_latency": {"connectivity"},
    "overheating": {"temperature"},
    "flapping": {"connectivity"},
    "silent": {"connectivity"},
    "payment_timeout": {"application"},
    "error_burst": {"application", "security", "configuration"},
    "failed_jobs": {"application", "configuration"},
}
"""What a person would call each kind of the sample fleet's faults; two kinds can be called either."""


def test_the_sample_fleets_titles_are_read_as_a_person_would() -> None:
    wrong = {one["title"] for one in precedents() if categorise(one["title"], []) not in MEANT[one["kind"]]}
    assert len(wrong) <= 0.15 * len(precedents()), wrong


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("UPS battery low", "power"),
        ("Server room too hot", "temperature"),
        ("Unauthorised login attempts", "security"),
        ("No space left on device", "storage"),
        ("It does something odd", ELSE),
    ],
)
def test_rules(title: str, category: str) -> None:
    assert categorise(title, []) == category


def test_what_is_surely_the_same_problem_outvotes_a_rule(recalled: Make) -> None:
    like_it = [recalled(category="power", similarity_score=0.9)]
    assert categorise("Network down", like_it) == "power"
    assert categorise("Network down", [recalled(category="power", similarity_score=0.2)]) == "connectivity"


def test_categories_of_others_have_no_vote(recalled: Make) -> None:
    assert categorise("It does something odd", [recalled(category="hardware", similarity_score=0.9)]) == ELSE
    assert len(CATEGORIES) == 8
