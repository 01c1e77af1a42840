"""What goes on beside a leg's stay in a room: its time limit, and what it hears instead of the room."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hubbub.domain.ids import RecordingId
from hubbub.markup import effects as fx
from hubbub.markup.instructions import JoinConference, WaitMusic
from hubbub.services.calls.live_calls import RoomInput
from hubbub.services.calls.mailbox import Mailbox
from hubbub.services.documents.wait_for_room import Waited
from hubbub.services.ports import Clock, Timer

RoomEvent = fx.Input | RoomInput | BaseException
"""An exception is a fault of ours in what ran beside the stay."""


class Stay:
    """One stay of one leg."""

    def __init__(self, clock: Clock, join: JoinConference, events: Mailbox[RoomEvent]) -> None:
        self.join = join
        self.hears: tuple[bool, WaitMusic | None] = (False, None)
        """Whether it is on hold, and what it hears instead of the room."""
        self.recording_id: RecordingId | None = None
        """What records this call as long as it stays."""
        self.room_recording_id: RecordingId | None = None
        """What records the room instead."""
        self._events = events
        self._waiting: asyncio.Task[Waited] | None = None
        self._limit: Timer | None = None
        if join.time_limit_ms is not None:
            self._limit = clock.call_later(
                join.time_limit_ms / 1000, lambda: events.put_nowait(fx.StayTimedOut())
            )

    def begin_waiting(self, work: Coroutine[Any, Any, Waited], *, held: bool) -> None:
        self._waiting = asyncio.ensure_future(work)
        self._waiting.add_done_callback(self._waited_on_hold if held else self._waited)

    def _waited(self, task: "asyncio.Task[Waited]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._events.put_nowait(error)
        elif task.result() is Waited.FAILED:
            self._events.put_nowait(fx.WaitFailed())

    def _waited_on_hold(self, task: "asyncio.Task[Waited]") -> None:
        """Music that cannot be had is silence to those on hold: they do not lose their place for it."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._events.put_nowait(error)

    async def stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
            self._waiting = None

    async def close(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        await self.stop_waiting()
