"""Who waits for events, and who must be woken by which.

A reader of the log reads the table, always: that is what makes each number come exactly once, and what keeps a
slow reader from costing memory. The feed only says when it is worth looking. It looks at each commit once and
wakes those whom it concerns; a reader that has seen everything is moved past what does not concern it, so that a
quiet account on a busy server reads nothing.
"""

import asyncio
from collections.abc import Sequence

from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import AccountId, ConferenceId
from hubbub.services.ports import Clock, Store


class Watch:
    """One reader's wish to be woken."""

    def __init__(
        self, position: int, account_ids: frozenset[AccountId], conference_id: ConferenceId | None
    ) -> None:
        self.position = position
        """The number of the last event it has seen, or passed by."""
        self.account_ids = account_ids
        self.conference_id = conference_id
        self.is_over = False
        """The server stops."""
        self.woken = asyncio.Event()

    def concerns(self, entry: NumberedEvent) -> bool:
        event = entry.event
        return event.account_id in self.account_ids and self.conference_id in (None, event.conference_id)


class EventFeed:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._watches: set[Watch] = set()
        self._is_over = False
        store.on_commit(self._committed)

    def __len__(self) -> int:
        return len(self._watches)

    def open(self, watch: Watch) -> None:
        watch.is_over = self._is_over
        self._watches.add(watch)

    def close(self, watch: Watch) -> None:
        self._watches.discard(watch)

    def end_all(self) -> None:
        """Let every reader say goodbye: the server stops."""
        self._is_over = True
        for watch in self._watches:
            watch.is_over = True
            watch.woken.set()

    async def wait(self, watch: Watch, timeout_s: float) -> bool:
        """Wait until something may concern `watch`; False when nothing did for so long."""
        timed_out: list[bool] = []

        def overdue() -> None:
            timed_out.append(True)
            watch.woken.set()

        timer = self._clock.call_later(timeout_s, overdue)
        try:
            await watch.woken.wait()
        finally:
            timer.cancel()
        watch.woken.clear()
        return not timed_out

    def _committed(self, entries: Sequence[NumberedEvent]) -> None:
        first, last = entries[0].number, entries[-1].number
        for watch in self._watches:
            if any(watch.concerns(entry) for entry in entries):
                watch.woken.set()
            elif watch.position == first - 1:
                watch.position = last
