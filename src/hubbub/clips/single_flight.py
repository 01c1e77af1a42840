"""One task for many who want the same thing at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A hundred calls that are to hear one new sound fetch it once.

    Whoever waits may go; when the last has gone the work is cancelled.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, tuple[asyncio.Task[T], int]] = {}

    async def run(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work()`, or of the same work that is under way."""
        task, waiting = self._flights.get(key, (None, 0))
        if task is None:
            task = asyncio.ensure_future(work())
        self._flights[key] = (task, waiting + 1)
        try:
            return await asyncio.shield(task)
        finally:
            kept, waiting = self._flights[key]
            if waiting > 1:
                self._flights[key] = (kept, waiting - 1)
            else:
                del self._flights[key]
                if not task.done():
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
