"""Calls of one account leave at its pace, the urgent ones first; no account waits for another."""

import pytest

from hubbub.domain.errors import ServerFull
from hubbub.domain.ids import AccountId
from hubbub.services.calls.call_queue import CallQueue
from services.conftest import ACME, HandClock

GLOBEX = AccountId("b" * 32)


class Line:
    def __init__(self, per_second: float) -> None:
        self.clock = HandClock()
        self.queue = CallQueue(self.clock, per_second)
        self.gone: list[str] = []

    def add(self, name: str, priority: int = 5, account: AccountId = ACME) -> int:
        return self.queue.add(account, name, priority, lambda: self.gone.append(name))


def test_the_first_call_leaves_at_once_and_the_next_a_second_later() -> None:
    line = Line(1)
    assert line.add("one") == 0
    assert line.add("two") == 1000
    assert line.add("three") == 2000
    assert line.gone == ["one"]
    line.clock.pass_time(1)
    assert line.gone == ["one", "two"]
    line.clock.pass_time(1)
    assert line.gone == ["one", "two", "three"]


def test_two_a_second_leave_at_half_seconds() -> None:
    line = Line(2)
    assert [line.add(name) for name in "abc"] == [0, 500, 1000]
    line.clock.pass_time(0.5)
    assert line.gone == ["a", "b"]


def test_an_urgent_call_passes_the_others_and_equals_keep_their_order() -> None:
    line = Line(1)
    waits = [line.add("a"), line.add("b", 5), line.add("c", 2), line.add("d", 2), line.add("e", 1)]
    assert waits == [0, 1000, 1000, 2000, 1000]
    for _ in range(4):
        line.clock.pass_time(1)
    assert line.gone == ["a", "e", "c", "d", "b"]


def test_one_that_is_removed_never_leaves_and_takes_no_turn() -> None:
    line = Line(1)
    for name in ("a", "b", "c"):
        line.add(name)
    line.queue.remove(ACME, "b")
    assert line.queue.size(ACME) == (1, 300)
    line.clock.pass_time(1)
    assert line.gone == ["a", "c"]
    line.queue.remove(ACME, "c")
    line.queue.remove(GLOBEX, "c")


def test_an_account_does_not_wait_for_another() -> None:
    line = Line(1)
    line.add("a")
    assert line.add("g", account=GLOBEX) == 0
    assert line.gone == ["a", "g"]


def test_a_full_queue_refuses() -> None:
    line = Line(1)
    for number in range(301):
        line.add(str(number))
    assert line.queue.size(ACME) == (300, 300)
    with pytest.raises(ServerFull):
        line.add("one too many")


def test_without_a_limit_all_leave_at_once() -> None:
    line = Line(0)
    assert [line.add(str(number)) for number in range(5)] == [0] * 5
    assert len(line.gone) == 5
    assert line.queue.size(ACME) == (0, 0)


def test_a_stall_is_not_made_up_by_a_burst() -> None:
    line = Line(1)
    for name in "abcd":
        line.add(name)
    line.clock.pass_time(10)
    assert line.gone == ["a", "b"]
    line.clock.pass_time(1)
    assert line.gone == ["a", "b", "c"]


def test_an_idle_account_starts_afresh() -> None:
    line = Line(1)
    line.add("a")
    line.clock.pass_time(60)
    assert line.add("b") == 0
    line.add("g", account=GLOBEX)
    assert line.gone == ["a", "b", "g"]
