"""Passes recorded as CUDA graphs, one a shape: a GPU computes a small batch faster than the CPU can ask for its kernels.

A batch of up to `GPU_SMALL_BATCH_TOKENS` took an H200 5 ms however small it was, nearly all of it the launching of kernels.
"""

from collections.abc import Callable
from typing import Any

import structlog
import torch
from torch import Tensor

from embedder.settings import GPU_SMALL_BATCH_TOKENS

log = structlog.get_logger(__name__)

LENGTHS = (16, 32, 64, 128, 256, 384)
WARM_UPS = 3

Forward = Callable[[Tensor, Tensor], Tensor]


def shapes(longest: int) -> list[tuple[int, int]]:
    """(texts, tokens) of every graph, the largest first: the smaller ones then fit into the memory that it took."""
    lengths = [length for length in LENGTHS if length < longest] + [longest]
    sizes = [2**power for power in range(GPU_SMALL_BATCH_TOKENS.bit_length())]
    found = [(size, length) for length in lengths for size in sizes if size * length <= GPU_SMALL_BATCH_TOKENS]
    return sorted(found, key=lambda shape: (-shape[0] * shape[1], shape))


def shape_for(texts: int, tokens: int, known: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The smallest of the known shapes that holds a batch, or None."""
    fitting = [shape for shape in known if shape[0] >= texts and shape[1] >= tokens]
    return min(fitting, key=lambda shape: (shape[0] * shape[1], shape), default=None)


class Recorded:
    """One pass for one shape: tensors that are written, a graph that is replayed, a tensor that is read."""

    def __init__(self, forward: Forward, shape: tuple[int, int], pad: int, pool: Any) -> None:
        self._pad = pad
        self._ids = torch.full(shape, pad, device="cuda")
        self._mask = torch.ones(shape, dtype=torch.int64, device="cuda")
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                forward(self._ids, self._mask)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
            self._vectors = forward(self._ids, self._mask)

    def replay(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors of a batch that the shape holds; valid until the next replay."""
        texts, tokens = ids.shape
        self._ids.fill_(self._pad)[:texts, :tokens].copy_(ids, non_blocking=True)
        self._mask.zero_()[:texts, :tokens].copy_(mask, non_blocking=True)
        self._mask[texts:, 0] = 1  # a text without a token has no mean
        self._graph.replay()
        return self._vectors[:texts]


class Graphs:
    """A forward pass that replays what it has recorded, and computes other shapes as they are."""

    def __init__(self, forward: Forward, longest: int, pad: int) -> None:
        """Record every shape: some seconds. Args: longest: tokens of the longest text. pad: id that fills a short one."""
        self._forward = forward
        pool = torch.cuda.graph_pool_handle()
        self._recorded = {shape: Recorded(forward, shape, pad, pool) for shape in shapes(longest)}

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """As `embedder.forward.Forward`; a recorded pass's vectors are valid until the next call."""
        texts, tokens = ids.shape
        shape = shape_for(texts, tokens, list(self._recorded))
        return self._forward(ids, mask) if shape is None else self._recorded[shape].replay(ids, mask)


def recorded(forward: Forward, longest: int, pad: int) -> Forward:
    """`Graphs`, or the pass itself where this torch, driver or model cannot be recorded."""
    try:
        with torch.inference_mode():
            return Graphs(forward, longest, pad)
    except RuntimeError as error:
        log.warning("graphs_not_recorded", error=str(error)[:300])
        return forward
