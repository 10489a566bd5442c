"""Which shapes a CPU's batches are filled up to."""

import pytest

from embedder.rounding import LEAST_TOKENS, rounded

LONGEST = 384


@pytest.mark.parametrize(
    ("texts", "tokens", "shape"),
    [(1, 5, (1, 8)), (3, 33, (3, 40)), (8, 64, (8, 64)), (9, 65, (10, 80)), (33, 12, (40, 16)), (1, 321, (1, 384))],
)
def test_a_batch_is_filled_up_to_a_round_shape(texts: int, tokens: int, shape: tuple[int, int]) -> None:
    assert rounded(texts, tokens, LONGEST) == shape


def test_a_shape_holds_its_batch_with_little_to_spare_and_is_its_own() -> None:
    for texts in range(1, 300):
        for tokens in range(1, LONGEST + 1):
            size, length = rounded(texts, tokens, LONGEST)
            assert texts <= size <= texts * 5 / 4
            assert tokens <= length <= max(tokens * 5 / 4, tokens + LEAST_TOKENS - 1)
            assert rounded(size, length, LONGEST) == (size, length)


def test_no_text_is_longer_than_the_model_reads() -> None:
    assert rounded(1, 500, 500) == (1, 500)
    assert rounded(1, 499, 500) == (1, 500)
