"""Items read ahead are the same items; the thread ends; waiting is measured."""

import threading
import time

import pytest

from seqcast.training.prefetch import Clock, prefetched


def same(item: int) -> int:
    return item


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("reader")]


def test_items_in_their_order() -> None:
    def load(number: int) -> int:
        time.sleep(0.003 * (number % 3))  # those that follow are there first
        return number * number

    assert list(prefetched(range(50), load, 3)) == [number * number for number in range(50)]
    assert list(prefetched([], load, 3)) == []
    assert readers() == []


def test_no_more_is_read_ahead_than_asked_for() -> None:
    taken: list[int] = []
    items = prefetched(range(100), lambda number: taken.append(number), 2)
    next(items)
    next(items)
    items.close()
    assert readers() == []
    assert sorted(taken) == list(range(len(taken)))
    assert 2 <= len(taken) <= 4  # two used, two ahead of them, unless they had not begun


def test_errors_come_in_their_place() -> None:
    def load(number: int) -> int:
        if number == 1:
            raise ValueError("the disk is gone")
        return number

    items = prefetched(range(9), load, 2)
    assert next(items) == 0
    with pytest.raises(ValueError, match="the disk is gone"):
        next(items)
    assert readers() == []


def test_waiting_is_a_share_of_the_time() -> None:
    clock = Clock()
    assert clock.wait_share() is None

    def load(number: int) -> int:
        time.sleep(0.03)
        return number

    for _ in clock.timed(map(load, range(3))):
        with clock.computing():
            time.sleep(0.01)
    assert clock.wait_share() > 0.5  # 3 of 4 parts, if the machine has nothing else to do
    clock.restart()
    # read ahead, while the steps take longer: no wait but for the first
    for _ in clock.timed(prefetched(range(3), load, 1)):
        with clock.computing():
            time.sleep(0.06)
    assert clock.wait_share() < 0.4  # 1 of 7
    assert clock.computed_s >= 0.18


def test_a_source_is_closed_with_its_clock() -> None:
    batches = Clock().timed(prefetched(range(100), same, 2))
    assert next(batches) == 0
    assert readers() != []
    batches.close()
    assert readers() == []
