"""What the comparison of embedders asks and how it judges; the servers themselves are not started."""

import pytest
from tokenizers import Tokenizer

from bench.peers.__main__ import CLIENTS, EXACT, OURS, figures
from bench.peers.load import LONGEST, SHORTEST, Load, mixed_texts
from bench.processes import EMBEDDING_MODEL


@pytest.mark.model
def test_the_texts_are_mixed_and_different() -> None:
    texts = mixed_texts(64)
    tokenizer = Tokenizer.from_file(str(EMBEDDING_MODEL / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths = sorted(len(tokenizer.encode(text).ids) for text in texts)
    assert len(set(texts)) == 64
    assert SHORTEST <= lengths[0] < 12
    assert 200 < lengths[-1] <= LONGEST


def test_ours_is_held_against_the_best_of_the_others() -> None:
    pace = {OURS: 30, EXACT: 24, "infinity": 20, "plain": 10}
    loads = {
        (name, clients): Load(clients, took_s=1.0, seconds=[1 / texts] * texts)
        for name, texts in pace.items()
        for clients in CLIENTS
    }
    loads[OURS, 64].lost = 1
    found = {one.name: one for one in figures(loads, "cuda")}
    assert found["throughput_8"].value == pytest.approx(1.5)
    assert found["throughput_plain_8"].value == pytest.approx(3.0)
    assert found["p95_8"].value == pytest.approx(20 / 30)
    assert (found["p95_8"].met, found["p95_1"].met, found["lost"].met) == (True, None, False)
