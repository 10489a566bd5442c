"""Few shapes of batches, for a CPU: oneDNN compiles kernels for each shape that it meets, and keeps up to 1,024 of them.

One text or token more is another shape. A batch of 512 tokens may have some 2,100, of 3.8 MB each in bfloat16, and
the first pass of each takes a fifth longer: under mixed load the process grew by 2 MB a batch (docs/embedder.md).
"""

PARTS = 4
"""Steps from one power of two to the next: none is more than a quarter larger than what it holds."""
LEAST_TOKENS = 8


def rounded(texts: int, tokens: int, longest: int) -> tuple[int, int]:
    """The shape, at least `texts` by `tokens`, that a batch is filled up to. `longest`: tokens that the model reads at most."""
    return _up(texts, 1), min(_up(tokens, LEAST_TOKENS), longest)


def _up(number: int, least: int) -> int:
    power = 1 << max((number - 1).bit_length() - 1, 0)
    step = max(power // PARTS, least)
    return -(-number // step) * step
