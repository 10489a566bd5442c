"""Every evaluation case without a language model: the answers that code alone gives are all right."""

from pathlib import Path
from typing import Any

import pytest

from dev.evals.cases import Case, CaseError, Expect, load_case, load_cases
from dev.evals.checks import Answer, Device, Evidence, Truth, failed_checks
from dev.evals.numbers import is_stated, stated_numbers
from dev.evals.run import run_case
from dev.evals.stack import Dataset, Stack
from tests.evals.conftest import NOW

HERE = Path(__file__).parent


def over(**dataset: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("stack", [pytest.param(Dataset(now=NOW, **dataset), id="")], indirect=True)


def cases_of(folder: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in load_cases(HERE / folder)])


@pytest.mark.model
@over()
@cases_of("cases")
async def test_the_sample_fleet(case: Case, stack: Stack) -> None:
    await expect_right(case, stack)


@pytest.mark.model
@over(csv=HERE.parent / "data" / "homepot")
@cases_of("cases_homepot")
async def test_rows_of_homepot(case: Case, stack: Stack) -> None:
    await expect_right(case, stack)


@pytest.mark.model
@over(scanned=True)
@cases_of("cases_scanned")
async def test_the_sample_fleet_with_what_the_worker_found(case: Case, stack: Stack) -> None:
    await expect_right(case, stack)


@pytest.mark.model
@over(foreseen=True)
@cases_of("cases_foreseen")
async def test_the_sample_fleet_with_what_the_worker_predicted(case: Case, stack: Stack) -> None:
    await expect_right(case, stack)


async def expect_right(case: Case, stack: Stack) -> None:
    outcome = (await run_case(case, stack)).off
    assert outcome is not None
    assert not outcome.failed_checks, f"{case.question}\n{outcome.answer.answer}\n" + "\n".join(outcome.failed_checks)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("question: a?\ntags: [a]\nexpect: {device: [b]}", "unknown field `device`"),
        ("question: a?\ntags: [a]\nexpects: {}", "unknown field `expects`"),
        ("question: a?\ntags: []\nexpect: {}", "length >= 1"),
        ("question: a?\ntags: [a]\nexpect: {answer_has: ['/(/']}", "no regular expression"),
        ("question: a?\nname: b\ntags: [a]\nexpect: {}", "its name is its folder's"),
        ("- a", "a case has keys"),
        ("a: [", "not YAML"),
    ],
)
def test_a_file_that_is_no_case_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "001_bad" / "case.yaml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(CaseError, match="001_bad") as caught:
        load_case(path)
    assert complaint in str(caught.value)


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="holds no case"):
        load_cases(tmp_path)


@pytest.mark.parametrize(
    ("answer", "stated", "unstated"),
    [
        ("3 devices of 1,200 [E7] since 2026-11-20T10:29:12Z", [3, 1200], [7, 2026, 10]),
        ("Checkout 2 (DEVICE-2AAA-BBBB-CCCC) is at 94.6 %", [94.57, 94.6], [2, 94, 94.7]),
        ("There are no alerts", [0], [1]),
        ("two devices at -17.2 °C", [2, -17.2], [17.2, 0]),
    ],
)
def test_numbers_in_names_ids_and_times_are_not_stated(answer: str, stated: list[float], unstated: list[float]) -> None:
    found = stated_numbers(answer, ["Checkout 2"])
    assert all(is_stated(number, found) for number in stated)
    assert not any(is_stated(number, found) for number in unstated)


def test_a_wrong_answer_fails_each_check() -> None:
    expect = Expect(
        intent="status",
        devices=["Checkout 1"],
        devices_exclude=["Checkout 2"],
        answer_has=["offline"],
        answer_lacks=["/heal+thy/"],
        evidence_kinds=["alert"],
        unknown_name=True,
        no_data=False,
    )
    answer = Answer(
        answer="All are healthy [E2].",
        intent="status",
        relevant_devices=[Device("DEVICE-A", "Checkout 2")],
        evidence=[Evidence("E1", "no_data", "None.")],
    )
    assert failed_checks(expect, Truth(numbers=[4]), answer) == [
        "devices missing: Checkout 1",
        "devices too many: Checkout 2 (DEVICE-A)",
        "device that must not be there: Checkout 2",
        "answer lacks: offline",
        "answer must not have: /heal+thy/",
        "number not stated: 4",
        "no evidence of kind alert",
        "evidence of kind unknown_name is missing",
        "evidence of kind no_data is there",
        "evidence cited but absent: E2",
    ]
