import pytest

from embedder.admission import Admission
from embedder.errors import QueueFullError


def test_places_are_held_while_the_block_runs_and_given_back_after_an_error() -> None:
    admission = Admission(max_texts=10, seconds_per_text=lambda: 0.1)
    with pytest.raises(ZeroDivisionError), admission.admit(10):
        assert 1 / (admission.held - 10)
    assert admission.held == 0


@pytest.mark.parametrize(("pace", "held", "expected"), [(0.0, 10, 1), (0.5, 10, 5), (100.0, 10, 60)])
def test_a_full_queue_says_when_to_come_back(pace: float, held: int, expected: int) -> None:
    admission = Admission(max_texts=10, seconds_per_text=lambda: pace)
    with admission.admit(held), pytest.raises(QueueFullError) as caught, admission.admit(1):
        pass
    assert caught.value.retry_after_s == expected
    assert admission.held == 0


def test_a_request_that_would_overflow_the_queue_takes_no_place() -> None:
    admission = Admission(max_texts=10, seconds_per_text=lambda: 0.1)
    with admission.admit(6):
        with pytest.raises(QueueFullError), admission.admit(5):
            pass
        with admission.admit(4):
            assert admission.held == 10
