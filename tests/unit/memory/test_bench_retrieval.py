"""The measures that `make bench-retrieval` reports, against hand-made rankings."""

import csv
import gzip
import math
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from bench.retrieval.reports import Scores, calibration_error, judge, mean, read_queries, read_reports


def test_a_perfect_ranking_has_full_marks() -> None:
    assert judge(["a", "b", "x"], frozenset("ab")) == Scores(1.0, 1.0, 1.0, 1.0)


def test_nothing_found_has_none() -> None:
    assert judge(["x", "y"], frozenset("ab")) == judge([], frozenset("ab")) == Scores(0.0, 0.0, 0.0, 0.0)


def test_a_late_hit_counts_less() -> None:
    scores = judge(["x", "a", "y", "b"], frozenset("ab"))
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert scores == Scores(0.5, 0.0, pytest.approx(gain / (1 + 1 / math.log2(3))), 1.0)


def test_only_the_first_ten_count_but_for_mrr() -> None:
    scores = judge(["x"] * 10 + ["a"], frozenset("a"))
    assert scores == Scores(pytest.approx(1 / 11), 0.0, 0.0, 0.0)


def test_with_more_relevant_than_ten_the_first_ten_can_be_perfect() -> None:
    relevant = frozenset(map(str, range(18)))
    scores = judge([str(number) for number in range(10)], relevant)
    assert (scores.ndcg_at_10, scores.recall_at_10) == (1.0, pytest.approx(10 / 18))


def test_means_are_over_queries() -> None:
    assert mean([Scores(1.0, 1.0, 1.0, 0.0), Scores(0.0, 0.0, 0.5, 0.0)]) == {
        "mrr": 0.5,
        "p_at_1": 0.5,
        "ndcg_at_10": 0.75,
        "recall_at_10": 0.0,
    }


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([(0.25, True), (0.25, False), (0.25, False), (0.25, False)], 0.0),
        ([(0.95, False)], 0.95),
        ([(1.0, True), (0.0, False)], 0.0),
        ([(0.85, True)] * 5 + [(0.15, True)] * 5, 0.5),
    ],
)
def test_calibration_error(said: list[tuple[float, bool]], error: float) -> None:
    assert calibration_error(said) == pytest.approx(error)


def test_a_folder_is_read(tmp_path: Path) -> None:
    rows = [{"doc_id": "p-1", "project": "p", "title": " Crash ", "body": "it   crashes " + "x" * 400, "component": ""}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "corpus.parquet")
    with gzip.open(tmp_path / "queries.csv.gz", "wt", encoding="utf-8") as file:
        csv.writer(file).writerows([("query_id", "relevant", "split"), ("p-1", "p-2;p-3", "dev")])
    (report,) = read_reports(tmp_path)
    assert (report.id, report.project, report.title) == ("p-1", "p", "Crash")
    assert report.body == "it crashes " + "x" * (300 - len("it   crashes "))
    assert report.text.splitlines() == [report.title, report.body]
    (query,) = read_queries(tmp_path)
    assert (query.report, query.relevant) == ("p-1", {"p-2", "p-3"})
