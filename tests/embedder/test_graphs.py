"""Which shapes are recorded on a GPU, and which of them a batch takes. The recording itself needs a GPU."""

import pytest
import torch

from embedder.graphs import Graphs, recorded, shape_for, shapes
from embedder.settings import GPU_SMALL_BATCH_TOKENS

KNOWN = shapes(384)


def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (ids * mask).float()


def test_every_small_batch_has_a_shape_and_a_large_one_none() -> None:
    assert all(texts * tokens <= GPU_SMALL_BATCH_TOKENS for texts, tokens in KNOWN)
    assert (shape_for(1, 5, KNOWN), shape_for(3, 40, KNOWN)) == ((1, 16), (4, 64))
    assert (shape_for(1, 384, KNOWN), shape_for(8, 300, KNOWN)) == ((1, 384), (8, 384))
    assert shape_for(64, 384, KNOWN) is None
    assert KNOWN[0][0] * KNOWN[0][1] == max(texts * tokens for texts, tokens in KNOWN)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_what_cannot_be_recorded_is_computed_as_it_is() -> None:
    assert recorded(forward, 384, 1) is forward


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")
def test_a_replayed_pass_gives_what_the_pass_gives() -> None:
    with torch.inference_mode():
        graphs = Graphs(forward, 64, 1)
        for texts, tokens in [(1, 5), (3, 64), (7, 20), (2, 3)]:
            ids = torch.randint(5, 900, (texts, tokens), device="cuda")
            got = graphs(ids, torch.ones_like(ids))
            assert torch.equal(got[:, :tokens], ids.float())
            assert not got[:, tokens:].any()
