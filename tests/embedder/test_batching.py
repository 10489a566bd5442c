import random
import threading
import time
from concurrent.futures import Future, wait

import numpy as np
import pytest

from embedder.batcher import FREE_PADDING_TOKENS, Batcher, cut
from embedder.errors import ModelFailedError, NotReadyError
from embedder.metrics import Metrics
from embedder.types import FloatArray
from tests.embedder.fakes import FakeModel, until, vector_of


def batcher_of(model: FakeModel, budget: int = 64) -> Batcher:
    batcher = Batcher(model.encode, budget=budget, metrics=Metrics())
    batcher.start()
    return batcher


def value(batcher: Batcher, name: str, **labels: str) -> float | None:
    return batcher._metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize("seed", range(50))
def test_a_cut_holds_its_anchor_and_keeps_the_budget(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 -- made-up lengths
    lengths = sorted(dice.randint(1, 400) for _ in range(dice.randint(1, 200)))
    budget, small = dice.randint(1, 3000), dice.choice([0, dice.randint(1, 3000)])
    anchor = dice.randrange(len(lengths))

    chosen = cut(lengths, anchor, budget, small)

    def padding_is_cheap(part: range) -> bool:
        short, long = lengths[part[0]], lengths[part[-1]]
        return len(part) * long <= small or long <= max(2 * short, FREE_PADDING_TOKENS)

    longest = lengths[chosen[-1]]
    assert anchor in chosen
    assert len(chosen) == 1 or len(chosen) * longest <= budget
    assert len(chosen) == 1 or padding_is_cheap(chosen)
    wider = [range(chosen.start - 1, chosen.stop), range(chosen.start, chosen.stop + 1)]
    for more in wider:  # nothing that fits was left out
        if more.start >= 0 and more.stop <= len(lengths):
            assert len(more) * lengths[more[-1]] > budget or not padding_is_cheap(more)


def test_a_text_beyond_the_budget_goes_alone() -> None:
    assert cut([10, 500, 510], 1, 100) == range(1, 2)


def test_a_short_text_is_not_padded_to_a_long_one() -> None:
    assert cut([5, 6, 300], 0, 10_000) == range(2)
    assert cut([5, 6, 300], 0, 10_000, small=900) == range(3)  # on a GPU, where it takes no longer


@pytest.mark.parametrize("seed", range(10))
def test_every_text_gets_its_own_vector_in_order(seed: int, fake: FakeModel) -> None:
    dice = random.Random(seed)  # noqa: S311 -- made-up lengths
    batcher = batcher_of(fake)
    jobs = [
        [[dice.randint(3, 30_000) for _ in range(dice.randint(1, 90))] for _ in range(dice.randint(1, 20))]
        for _ in range(30)
    ]
    answers: list[Future[FloatArray]] = []

    def submit(part: int) -> None:
        for rows in jobs[part::3]:
            future = batcher.submit(rows)
            future.rows = rows  # type: ignore[attr-defined]
            answers.append(future)

    threads = [threading.Thread(target=submit, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for future in answers:
        np.testing.assert_array_equal(future.result(10), [vector_of(row) for row in future.rows])  # type: ignore[attr-defined]
    assert len(answers) == len(jobs)
    assert sum(len(batch) for batch in fake.batches) == sum(map(len, jobs))
    assert all(len(batch) == 1 or len(batch) * max(map(len, batch)) <= 64 for batch in fake.batches)
    batcher.stop()


def test_what_queued_while_the_model_was_busy_goes_together(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    first = batcher.submit([[1]])
    assert fake.busy.wait(5)
    rest = [batcher.submit([[2, n]]) for n in range(10)]
    fake.gate.set()
    wait([first, *rest], 5)
    assert [len(batch) for batch in fake.batches] == [1, 10]
    batcher.stop()


def test_one_question_does_not_wait_for_a_whole_bulk_request(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    bulk = batcher.submit([[7] * 60 for _ in range(50)])
    assert fake.busy.wait(5)
    question = batcher.submit([[5, 5]])
    fake.gate.set()
    question.result(5)
    order = [batch[0] for batch in fake.batches]
    assert order.index([5, 5]) <= 2
    assert bulk.result(5).shape == (50, 768)
    batcher.stop()


def test_the_longest_text_is_not_starved_by_a_stream_of_short_ones(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    batcher.submit([[1]])
    assert fake.busy.wait(5)
    shorts = [batcher.submit([[2, 2]] * 30) for _ in range(5)]
    long = batcher.submit([[9] * 80])
    shorts += [batcher.submit([[3, 3]] * 30) for _ in range(20)]
    fake.gate.set()
    long.result(5)
    wait(shorts, 5)
    assert fake.batches.index([[9] * 80]) <= 7  # a turn for each request before it
    batcher.stop()


def test_cancelled_texts_are_not_computed(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    batcher.submit([[1]])
    assert fake.busy.wait(5)
    assert batcher.submit([[8, 8]] * 3).cancel()
    kept = batcher.submit([[4]])
    fake.gate.set()
    kept.result(5)
    assert [[4]] in fake.batches
    assert value(batcher, "embedder_dropped_texts_total") == 3
    batcher.stop()


def test_an_answer_for_a_client_that_left_meanwhile_is_thrown_away(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    left = batcher.submit([[1]])
    assert fake.busy.wait(5)
    assert left.cancel()
    fake.gate.set()
    assert batcher.submit([[2]]).result(5).shape == (1, 768)
    assert batcher.alive
    batcher.stop()


def test_a_text_that_breaks_the_model_fails_alone(fake: FakeModel) -> None:
    fake.poison = 666
    batcher = batcher_of(fake)
    fake.gate.clear()
    batcher.submit([[1]])
    assert fake.busy.wait(5)
    good = [batcher.submit([[2, n]]) for n in range(6)]
    bad = batcher.submit([[2, 666]])
    fake.gate.set()
    with pytest.raises(ModelFailedError, match="ArithmeticError"):
        bad.result(5)
    for n, future in enumerate(good):
        np.testing.assert_array_equal(future.result(5)[0], vector_of([2, n]))
    assert batcher.alive
    assert (value(batcher, "embedder_batches_total", outcome="failed") or 0) >= 1
    batcher.stop()


def test_one_request_full_of_bad_texts_does_not_kill_the_batcher(fake: FakeModel) -> None:
    fake.poison = 666
    batcher = batcher_of(fake)
    with pytest.raises(ModelFailedError):
        batcher.submit([[666, n] for n in range(20)]).result(5)
    assert batcher.submit([[1]]).result(5).shape == (1, 768)
    batcher.stop()


def test_failure_after_failure_kills_the_batcher_and_fails_everyone(fake: FakeModel) -> None:
    fake.error = RuntimeError("CUDA error: device-side assert triggered")
    batcher = batcher_of(fake)
    fake.gate.clear()
    futures = [batcher.submit([[n]]) for n in range(9)]
    fake.gate.set()
    assert {type(future.exception(5)) for future in futures} == {ModelFailedError, NotReadyError}
    until(lambda: not batcher.alive)
    assert "device-side assert" in str(batcher.failure)
    with pytest.raises(NotReadyError, match="device-side assert"):
        batcher.submit([[1]])


def test_a_defect_of_the_batcher_itself_is_seen(fake: FakeModel) -> None:
    batcher = Batcher(lambda rows: fake.encode(rows)[:-1], budget=64, metrics=Metrics())
    batcher.start()
    with pytest.raises(NotReadyError, match="The batcher died"):
        batcher.submit([[1], [2]]).result(5)
    until(lambda: not batcher.alive)


def test_stop_fails_what_waits_and_refuses_what_comes(fake: FakeModel) -> None:
    batcher = batcher_of(fake)
    fake.gate.clear()
    running = batcher.submit([[1]])
    assert fake.busy.wait(5)
    waiting = batcher.submit([[2] * 60])
    threading.Thread(target=lambda: (time.sleep(0.05), fake.gate.set())).start()
    batcher.stop()
    assert running.result(1).shape == (1, 768)
    with pytest.raises(NotReadyError, match="shutting down"):
        waiting.result(1)
    with pytest.raises(NotReadyError, match="stopped"):
        batcher.submit([[3]])
