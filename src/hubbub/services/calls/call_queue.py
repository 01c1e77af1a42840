"""Calls that wait for their turn: each account's leave one after another, so many a second, in order of priority.

Owns the order and the pace; knows nothing of what a call is. One timer for each account that has calls waiting, and
none for the others.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final

from hubbub.domain.errors import ServerFull
from hubbub.domain.ids import AccountId
from hubbub.services.ports import Clock, Timer

CAPACITY_S: Final = 300
"""How many seconds' worth of calls may wait."""
TOLERANCE_S: Final = 1e-6
"""A timer that fires so much early is on time: clocks count in floats."""


class CallQueue:
    """Queues of all accounts.

    Args:
        clock: the time, and the timers.
        per_second: how many calls of one account leave in a second; 0: all at once.
    """

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._interval_s = 1 / per_second if per_second else 0.0
        self._capacity = math.ceil(per_second * CAPACITY_S)
        self._lines: dict[AccountId, _Line] = {}
        self._made = 0

    def add(self, account_id: AccountId, key: Hashable, priority: int, leave: Callable[[], None]) -> int:
        """Queue a call. `leave` is called when its turn has come, which may be before this returns.

        Args:
            key: names it for `remove`.
            priority: 1 leaves first, 5 last; equals leave in the order in which they came.

        Returns:
            How long it will wait, in milliseconds, unless others of a lower number come.

        Raises:
            ServerFull: as many wait as may.
        """
        if not self._interval_s:
            leave()
            return 0
        line = self._lines.get(account_id)
        if line is None:
            self._forget_idle()
            line = self._lines[account_id] = _Line(self._clock.mono_s())
        if len(line.priorities) >= self._capacity:
            raise ServerFull(f"{self._capacity} calls of the account wait for their turn already")
        self._made += 1
        ahead = sum(count for other, count in line.counts.items() if other <= priority)
        line.put(priority, self._made, key, leave)
        wait_s = max(0.0, line.next_s - self._clock.mono_s()) + ahead * self._interval_s
        self._turn(line)
        return round(wait_s * 1000)

    def remove(self, account_id: AccountId, key: Hashable) -> None:
        """Take a call out of its queue; nothing happens when it has left."""
        line = self._lines.get(account_id)
        if line is not None:
            line.drop(key)

    def size(self, account_id: AccountId) -> tuple[int, int]:
        """How many calls wait, and how many may; (0, 0) without a limit."""
        line = self._lines.get(account_id)
        return (0 if line is None else len(line.priorities)), self._capacity

    def _turn(self, line: "_Line") -> None:
        """Let go whoever's turn it is, and wait for the next."""
        while line.timer is None and line.has_waiting:
            now_s = self._clock.mono_s()
            wait_s = line.next_s - now_s
            if wait_s > TOLERANCE_S:
                line.timer = self._clock.call_later(wait_s, lambda: self._on_timer(line))
                return
            # The pace counts from the last that left, however late: no burst makes up for a stall.
            line.next_s = now_s + self._interval_s
            line.take()()

    def _on_timer(self, line: "_Line") -> None:
        line.timer = None
        self._turn(line)

    def _forget_idle(self) -> None:
        now_s = self._clock.mono_s()
        for account_id, line in list(self._lines.items()):
            if not line.has_waiting and line.next_s <= now_s:
                del self._lines[account_id]


class _Line:
    """One account's queue."""

    __slots__ = ("_heap", "counts", "next_s", "priorities", "timer")

    def __init__(self, now_s: float) -> None:
        self._heap: list[tuple[int, int, Hashable, Callable[[], None]]] = []
        """By priority and number of arrival; those removed stay in it until they come up."""
        self.priorities: dict[Hashable, int] = {}
        """Those that wait."""
        self.counts: Counter[int] = Counter()
        """How many wait, by priority."""
        self.next_s = now_s
        """When the next one may leave."""
        self.timer: Timer | None = None

    def put(self, priority: int, number: int, key: Hashable, leave: Callable[[], None]) -> None:
        self.priorities[key] = priority
        self.counts[priority] += 1
        heapq.heappush(self._heap, (priority, number, key, leave))

    def drop(self, key: Hashable) -> None:
        priority = self.priorities.pop(key, None)
        if priority is not None:
            self.counts[priority] -= 1

    @property
    def has_waiting(self) -> bool:
        """Whether somebody waits; he is on top of the heap then."""
        while self._heap and self._heap[0][2] not in self.priorities:
            heapq.heappop(self._heap)
        return bool(self._heap)

    def take(self) -> Callable[[], None]:
        """The next one's leave."""
        _, _, key, leave = heapq.heappop(self._heap)
        self.drop(key)
        return leave
