"""Linear layers with weights packed for oneDNN, which read memory once where the plain kernel packs at every call.

They keep the precision of the plain layer, float32 or bfloat16.

A short question is bound by reading the weights, so this takes about a third off its time (`bench/embedder.py`); long
batches are bound by arithmetic and gain little. The operators are torch's own, but private: `pack_linear_layers` checks
each layer's result against the plain kernel and leaves the layer as it is where they are missing or differ.
"""

import torch
from torch import Tensor, nn

TOLERANCES = {torch.float32: 1e-3, torch.bfloat16: 3e-2}
PROBE_ROWS = 4


class PackedLinear(nn.Module):
    """`nn.Linear` for inference on a CPU, its weight in oneDNN's blocked layout."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self._weight: Tensor = torch.ops.mkldnn._reorder_linear_weight(plain.weight.detach(), None)  # noqa: SLF001 -- see the module's docstring
        self._bias = plain.bias.detach().clone()

    def forward(self, rows: Tensor) -> Tensor:
        """`rows @ weight.T + bias`."""
        out: Tensor = torch.ops.mkldnn._linear_pointwise(rows, self._weight, self._bias, "none", [], "")  # noqa: SLF001
        return out


def pack_linear_layers(model: nn.Module) -> int:
    """Replace the linear layers of `model` in place; returns how many were replaced."""
    packed = 0
    with torch.no_grad():
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.Linear) and (twin := _packed(child)) is not None:
                    setattr(parent, name, twin)
                    packed += 1
        for parameter in model.parameters():
            parameter.data = parameter.data.clone()  # lets go of the memory-mapped file, packed layers included
    return packed


def _packed(plain: nn.Linear) -> PackedLinear | None:
    probe = torch.linspace(-1.0, 1.0, PROBE_ROWS * plain.in_features).reshape(PROBE_ROWS, plain.in_features)
    probe, tolerance = probe.to(plain.weight.dtype), TOLERANCES.get(plain.weight.dtype, 0.0)
    try:
        twin = PackedLinear(plain)
        same = torch.allclose(twin(probe), plain(probe), rtol=tolerance, atol=tolerance)
    except (AttributeError, RuntimeError):
        return None
    return twin if same else None
