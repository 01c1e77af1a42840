"""The queue of deadlines: exact, lazy, and bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.sip.deadlines import Deadlines, Timer
from hubbub.protocol.sip.timers import NEVER


def test_nothing_armed_means_no_deadline() -> None:
    assert Deadlines().next() is None


def test_timers_fire_in_order_of_time_and_only_when_due() -> None:
    fired: list[tuple[str, float]] = []
    queue = Deadlines()
    for name, at in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
        queue.arm(Timer(lambda now, name=name: fired.append((name, now))), at)  # type: ignore[misc]
    for timed in queue.due(2.5):
        timed.fire(2.5)
    assert fired == [("early", 2.5), ("middle", 2.5)]
    assert queue.next() == 3.0
    assert len(queue) == 1


def test_moving_a_deadline_later_does_not_fire_it_early() -> None:
    queue, timer = Deadlines(), Timer(lambda now: None)
    queue.arm(timer, 1.0)
    queue.arm(timer, 5.0)
    assert list(queue.due(4.9)) == []
    assert queue.next() == 5.0
    assert list(queue.due(5.0)) == [timer]
    assert queue.next() is None


def test_moving_a_deadline_earlier_and_disarming_leaves_nothing() -> None:
    queue, timer = Deadlines(), Timer(lambda now: None)
    queue.arm(timer, 5.0)
    queue.arm(timer, 1.0)
    assert queue.next() == 1.0
    queue.disarm(timer)
    queue.disarm(timer)
    assert queue.next() is None
    assert len(queue) == 0


def test_a_timer_may_arm_itself_again_while_it_fires() -> None:
    queue = Deadlines()
    fired: list[float] = []

    def again(now: float) -> None:
        fired.append(now)
        if len(fired) < 3:
            queue.arm(timer, now)

    timer = Timer(again)
    queue.arm(timer, 1.0)
    for timed in queue.due(1.0):
        timed.fire(1.0)
    assert fired == [1.0, 1.0, 1.0]


def test_cancelled_long_timers_do_not_pile_up() -> None:
    queue = Deadlines()
    keep = Timer(lambda now: None)
    queue.arm(keep, 5000.0)
    for _ in range(10_000):
        timer = Timer(lambda now: None)
        queue.arm(timer, 900.0)
        queue.disarm(timer)
    assert len(queue) == 1
    assert len(queue._heap) < 600
    assert queue.next() == 5000.0


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.one_of(st.none(), st.integers(0, 50)), st.booleans()),
        max_size=200,
    )
)
def test_the_queue_agrees_with_a_plain_dictionary(steps: list[tuple[int, int | None, bool]]) -> None:
    """The model: a dictionary from timer to deadline, searched in full each time."""
    queue = Deadlines()
    timers = [Timer(lambda now: None) for _ in range(8)]
    model: dict[int, float] = {}
    now = 0.0
    for index, at, advance in steps:
        if at is None:
            queue.disarm(timers[index])
            model.pop(index, None)
        else:
            queue.arm(timers[index], now + at)
            model[index] = now + at
        if advance:
            now = max(now, min(model.values(), default=NEVER)) if model else now
            due = {timers.index(timed) for timed in queue.due(now)}  # type: ignore[arg-type]
            expected = {key for key, value in model.items() if value <= now}
            assert due == expected
            for key in expected:
                del model[key]
        assert queue.next() == min(model.values(), default=None)
        assert len(queue) == len(model)
