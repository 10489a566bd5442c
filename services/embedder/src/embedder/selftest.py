"""How near the loaded model is to full precision: fixed sentences, whose float32 vectors lie beside this file.

The weights are pinned by checksum, so that the vectors are the same everywhere: those of `SentenceTransformer.encode`.
"""

from pathlib import Path
from typing import Final

import numpy as np

from embedder.types import FloatArray, Model

LEAST_COSINE: Final = 0.99
"""Below it a vector may miss the neighbours that it has at full precision."""
SENTENCES: Final = (
    "Why is the POS terminal in Berlin offline?",
    "disk full",
    "CPU temperature of gateway gw-17 rises above 80 °C; the fan has stopped.",
    "Ein Gerät meldet sich seit gestern nicht mehr.",
    "Payments fail with HTTP/504 after firmware 2.5.0 was rolled out to every store. " * 4,
    "no heartbeat; restarted twice; network loss 12 %; " * 20,
)
REFERENCE: Final = Path(__file__).with_name("reference.npy")


def least_cosine(model: Model) -> float:
    """The smallest cosine of a sentence's vector to that of full precision; one batch, which also warms the model up."""
    vectors = model.encode([row[: model.info.max_input_length] for row in model.tokenize(list(SENTENCES))])
    expected: FloatArray = np.load(REFERENCE, allow_pickle=False)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(expected, axis=1)
    return float(((vectors * expected).sum(axis=1) / lengths).min())
