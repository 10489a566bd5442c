"""Read the labelled reports of a folder, and say how good a ranking of them is."""

import csv
import gzip
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
from pyarrow import parquet

BODY_CHARS = 300
DEPTH = 10
BINS = 10


class Report(msgspec.Struct, frozen=True):
    """A bug report: its title, and the first 300 characters of its description."""

    id: str
    project: str
    title: str
    body: str

    @property
    def text(self) -> str:
        """Title and body as memory is asked."""
        return f"{self.title}\n{self.body}"


class Query(msgspec.Struct, frozen=True):
    """A report that triagers closed as a duplicate, and the reports of the same problem."""

    report: str
    relevant: frozenset[str]


class Scores(msgspec.Struct, frozen=True):
    """Of one query. ``mrr``: 1 / rank of the first that is relevant."""

    mrr: float
    p_at_1: float
    ndcg_at_10: float
    recall_at_10: float


def read_reports(folder: Path) -> list[Report]:
    """``corpus.parquet``: doc_id, project, title, body."""
    rows = parquet.read_table(folder / "corpus.parquet").to_pylist()
    return [
        Report(row["doc_id"], row["project"], row["title"].strip(), " ".join(row["body"][:BODY_CHARS].split()))
        for row in rows
    ]


def read_queries(folder: Path) -> list[Query]:
    """``queries.csv.gz``: query_id, relevant (ids with semicolons between)."""
    with gzip.open(folder / "queries.csv.gz", "rt", encoding="utf-8") as file:
        return [Query(row["query_id"], frozenset(row["relevant"].split(";"))) for row in csv.DictReader(file)]


def judge(ranked: Sequence[str], relevant: frozenset[str]) -> Scores:
    """Compare a ranking, best first, with what is relevant. Gains of nDCG are 0 or 1."""
    places = [place for place, report in enumerate(ranked) if report in relevant]
    first = places[0] if places else None
    near = [place for place in places if place < DEPTH]
    best = sum(1 / math.log2(place + 2) for place in range(min(len(relevant), DEPTH)))
    return Scores(
        mrr=0.0 if first is None else 1 / (first + 1),
        p_at_1=float(first == 0),
        ndcg_at_10=sum(1 / math.log2(place + 2) for place in near) / best,
        recall_at_10=len(near) / len(relevant),
    )


def mean(scores: Sequence[Scores]) -> dict[str, float]:
    """The mean of each measure over all queries."""
    names = Scores.__struct_fields__
    return {name: sum(getattr(one, name) for one in scores) / len(scores) for name in names}


def calibration_error(said: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error (Naeini et al. 2015): probabilities against how often they came true, in ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for probability, true in said:
        bins[min(int(probability * BINS), BINS - 1)].append((probability, true))
    gaps = (abs(sum(p for p, _ in one) - sum(true for _, true in one)) for one in bins)
    return sum(gaps) / len(said)
