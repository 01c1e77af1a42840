"""What has happened, in order, for one reader who may wait for other things too.

Owns the queue and its bell. A reader of several mailboxes gives them one bell and waits for that, which takes no
task for each: a leg's document waits so for its inbox, its room and its work.
"""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A queue without a limit.

    Args:
        bell: rung with whatever comes; None: one of its own.
    """

    __slots__ = ("_items", "bell")

    def __init__(self, bell: asyncio.Event | None = None) -> None:
        self._items: deque[T] = deque()
        self.bell = asyncio.Event() if bell is None else bell
        """Set when something came. The reader clears it before it looks."""

    def put_nowait(self, item: T) -> None:
        self._items.append(item)
        self.bell.set()

    def get_nowait(self) -> T:
        """The oldest.

        Raises:
            IndexError: there is none.
        """
        return self._items.popleft()

    async def get(self) -> T:
        """The oldest, once there is one. Waits for the bell, so nobody else may wait for it meanwhile."""
        while not self._items:
            self.bell.clear()
            await self.bell.wait()
        return self._items.popleft()

    def empty(self) -> bool:
        return not self._items
