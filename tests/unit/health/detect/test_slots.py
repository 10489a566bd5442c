import numpy as np

from ai_gateway.health.detect.rounds import rounds
from ai_gateway.health.detect.slots import Slots


def slots() -> Slots:
    return Slots({"one": np.array(7.0), "many": np.zeros((2, 3), np.float32)})


def write(held: Slots, name: str, devices: list[int], values: object) -> None:
    rows = held.rows(np.array(devices))
    held.arrays[name][rows] = values


def test_devices_keep_their_rows_while_the_fleet_grows() -> None:
    held = slots()
    for device in (900, 3, 17):
        write(held, "one", [device], device)
    held.rows(np.arange(5000, 9000))
    np.testing.assert_array_equal(held.take(np.array([17, 900, 3]))["one"], [17, 900, 3])
    np.testing.assert_array_equal(held.take(np.array([6000]))["one"], [7])


def test_a_device_that_is_gone_leaves_a_blank_row_for_the_next() -> None:
    held = slots()
    write(held, "one", [1, 2, 3], 5)
    size = len(held.arrays["one"])
    held.forget(np.array([2, 44]))
    np.testing.assert_array_equal(held.devices, [1, 3])
    np.testing.assert_array_equal(held.take(np.array([2]))["one"], [7])
    assert len(held.arrays["one"]) == size


def test_what_is_put_is_what_was_taken() -> None:
    held, other = slots(), slots()
    write(held, "many", [4, 5], [[[1] * 3] * 2, [[2] * 3] * 2])
    other.put(np.array([5, 4]), held.take(np.array([5, 4])))
    np.testing.assert_array_equal(other.take(np.array([4]))["many"], held.take(np.array([4]))["many"])


def test_a_round_holds_each_device_once_and_rows_keep_their_order() -> None:
    device = np.array([5, 1, 5, 2, 1, 5])
    turns = [turn.tolist() for turn in rounds(device)]
    assert [sorted(turn) for turn in turns] == [[0, 1, 3], [2, 4], [5]]
    assert list(rounds(np.empty(0, np.int64))) == []
