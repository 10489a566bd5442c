"""From tokens to mean-pooled vectors: what SentenceTransformer computes, without what is the same for every text."""

from typing import Any

import torch
from torch import Tensor


class Forward:
    """Transformers' MPNetModel and the mean of its tokens; call it in inference mode, on one thread."""

    def __init__(self, encoder: Any, longest: int) -> None:
        """Args: encoder: an `MPNetModel` in evaluation mode. longest: tokens of the longest text."""
        self._encoder = encoder
        self._lowest = torch.finfo(encoder.dtype).min
        keep_position_bias(encoder, longest)

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors `(n, 768) float32`, not normalised, of ids and mask `(n, longest) int64`.

        The mask is given to the encoder as what it would make of it, for its own way looks at the values, and so waits for
        the device.
        """
        attended = ((1 - mask) * self._lowest)[:, None, None, :].to(self._encoder.dtype)
        tokens = self._encoder(input_ids=ids, attention_mask=attended).last_hidden_state.float()
        read = mask[:, :, None].float()
        pooled: Tensor = (tokens * read).sum(dim=1) / read.sum(dim=1)
        return pooled


def keep_position_bias(encoder: Any, longest: int) -> None:
    """Compute the bias of relative positions once, for `longest` tokens; a shorter text takes its upper left corner.

    The encoder computes it anew at each pass, for every text of the batch alike, in some versions on the CPU.
    """
    layers = encoder.encoder
    with torch.inference_mode():
        every = layers.compute_position_bias(torch.empty(1, longest, 1, device=encoder.device))

    def kept(hidden: Tensor, *_: Any, **__: Any) -> Tensor:
        tokens = hidden.size(1)
        corner: Tensor = every[:, :, :tokens, :tokens]
        return corner

    layers.compute_position_bias = kept
