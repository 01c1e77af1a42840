"""The queue of everything that waits for a time: one heap, with lazy deletion.

Owns: `Timed` (anything with a deadline), `Timer` (a deadline and what to do then) and `Deadlines` (the heap).
Leaves to others: the clock. Times are monotonic seconds that the caller passes in.

Moving a deadline later is the common case (a transaction enters its 32 s wait) and costs nothing: the old entry
stays, surfaces early, and is put back at the right place. Disarming is as cheap, and when more than half of a large
heap has become stale it is rebuilt, so that cancelled session timers of half an hour do not pile up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

from hubbub.protocol.sip.timers import NEVER

_REBUILD_FROM = 256
"""Below this many entries a rebuild is not worth its own cost."""


class Timed:
    """Something that waits. `deadline` is when, `NEVER` when it does not."""

    __slots__ = ("deadline", "queued_at")

    def __init__(self) -> None:
        self.deadline = NEVER
        self.queued_at = NEVER

    def fire(self, now: float) -> None:
        """The deadline has passed. It has been disarmed; whoever wants another arms it anew."""
        raise AssertionError("a bare Timed waits for nothing")


class Timer(Timed):
    """A deadline and what happens then."""

    __slots__ = ("_action",)

    def __init__(self, action: Callable[[float], None]) -> None:
        super().__init__()
        self._action: Callable[[float], None] | None = action

    def fire(self, now: float) -> None:
        if self._action is not None:
            self._action(now)

    def forget(self) -> None:
        """Lets go of the action, so that a stale entry of the heap keeps no call alive."""
        self._action = None


class Deadlines:
    """Knows the next deadline among many `Timed`."""

    __slots__ = ("_armed", "_heap", "_sequence")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timed]] = []
        self._sequence = 0
        self._armed = 0

    def __len__(self) -> int:
        """How many are armed."""
        return self._armed

    def arm(self, timed: Timed, deadline: float) -> None:
        """Sets or moves a deadline; `NEVER` disarms."""
        if deadline == NEVER:
            self.disarm(timed)
            return
        if timed.deadline == NEVER:
            self._armed += 1
        timed.deadline = deadline
        if deadline < timed.queued_at:
            timed.queued_at = deadline
            self._sequence += 1
            heappush(self._heap, (deadline, self._sequence, timed))

    def disarm(self, timed: Timed) -> None:
        """Forgets a deadline. Harmless when there is none."""
        if timed.deadline == NEVER:
            return
        timed.deadline = NEVER
        self._armed -= 1
        if len(self._heap) > _REBUILD_FROM and len(self._heap) > 2 * self._armed:
            self._rebuild()

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        heap = self._heap
        while heap:
            at, _, timed = heap[0]
            if at == timed.queued_at:
                if at == timed.deadline:
                    return at
                self._requeue(timed)
            else:
                heappop(heap)  # an older entry of something that was since armed earlier
        return None

    def due(self, now: float) -> Iterator[Timed]:
        """Disarms and yields, in order of time, all that is due; what is armed meanwhile counts too."""
        while (at := self.next()) is not None and at <= now:
            timed = heappop(self._heap)[2]
            timed.queued_at = timed.deadline = NEVER
            self._armed -= 1
            yield timed

    def _requeue(self, timed: Timed) -> None:
        """The top entry surfaced too early: its deadline moved later, or away."""
        heappop(self._heap)
        timed.queued_at = timed.deadline
        if timed.deadline != NEVER:
            self._sequence += 1
            heappush(self._heap, (timed.deadline, self._sequence, timed))

    def _rebuild(self) -> None:
        live = {id(timed): timed for _, _, timed in self._heap if timed.deadline != NEVER}
        for _, _, timed in self._heap:
            timed.queued_at = timed.deadline
        self._heap = [(timed.deadline, number, timed) for number, timed in enumerate(live.values())]
        self._sequence = len(self._heap)
        heapify(self._heap)
