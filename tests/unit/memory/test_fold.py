"""Nearly identical incidents are shown as one."""

from ai_gateway.memory.fold import grouped, shown
from ai_gateway.memory.types import Recalled
from tests.unit.memory.making import Make


def fold(incidents: list[Recalled]) -> list[Recalled]:
    return [shown(group) for group in grouped(incidents)]


def test_what_differs_in_readings_alone_is_one(recalled: Make) -> None:
    texts = ["High Latency: 615ms. The uplink is slow.", "High Latency: 702ms. The uplink is slow."]
    (one,) = fold([recalled(text) for text in texts])
    assert (one.id, one.count) == (1, 2)


def test_the_first_stands_for_the_others(recalled: Make) -> None:
    found = fold([recalled("Disk full on the till."), recalled("Printer jammed."), recalled("Disk full on the till.")])
    assert [(one.id, one.count) for one in found] == [(1, 2), (2, 1)]


def test_the_one_that_tells_what_was_done_stands_for_the_others(recalled: Make) -> None:
    text = "The receipt printer of the till in the lobby prints slowly since the update of the spooler."
    found = fold(
        [recalled(text), recalled(text, resolution="Cleared its queue."), recalled(text, resolution="Queue cleared.")]
    )
    assert [(one.id, one.count, one.resolution) for one in found] == [(2, 3, "Cleared its queue.")]


def test_another_error_code_is_another_incident(recalled: Make) -> None:
    found = fold([recalled("Update failed: E1042."), recalled("Update failed: E2099.")])
    assert [one.count for one in found] == [1, 1]


def test_another_remedy_is_another_incident(recalled: Make) -> None:
    remedies = ["Killed the spooler and cleared its queue.", "Moved the antivirus scan to the night."]
    assert len(fold([recalled("High CPU.", resolution=remedy) for remedy in remedies])) == 2


def test_texts_without_words_are_not_one(recalled: Make) -> None:
    assert len(fold([recalled("?!"), recalled("...")])) == 2


def test_nothing_folds_to_nothing() -> None:
    assert fold([]) == []
