"""What a running document needs of the call it runs for.

A port within the use cases: the real one is joined to signalling, media and the store; tests use a twin.
Everything here is a no-op on a call that is over.
"""

import asyncio
from typing import Protocol

from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.markup.instructions import JoinConference
from hubbub.markup.language import MarkupCall
from hubbub.services.live_calls import Input
from hubbub.services.ports import Clip


class DocumentLeg(Protocol):
    @property
    def inbox(self) -> asyncio.Queue[Input]:
        """What happens to the call, in order; `EndedInput` is the last."""

    @property
    def is_over(self) -> bool:
        """The far end has gone; `EndedInput` may still be on its way."""

    async def markup_call(self) -> MarkupCall:
        """The call as it is now, for a request about it."""

    def ring(self) -> None: ...
    def answer(self) -> None:
        """Answer; `AnsweredInput` follows, or `EndedInput`. Raises Conflict when it is too late."""

    def refuse(self, cause: HangupCause) -> None: ...
    def hang_up(self, cause: HangupCause) -> None: ...
    def play(self, clip: Clip, *, loop: bool = False) -> int:
        """Play to the far end; `PlaybackInput` with the returned id follows when it has ended."""

    def stop_playing(self, playback_id: int) -> None: ...
    def send_digits(self, digits: str) -> None: ...
    async def join(self, wish: JoinConference) -> Conference:
        """Enter the room. `RoomInput` follows as the wait begins and ends, `LeftInput` if the room puts the
        call out. Raises Refusal."""

    async def leave(self, reason: LeaveReason) -> None:
        """Leave the room, if it is still in one."""

    async def report_digits(self, callbacks: tuple[SubscriptionWish, ...]) -> None:
        """From now on `callbacks` want to be told of digits, instead of those before; empty: nobody does."""

    async def tell_digit(self, digit: str) -> None:
        """Put a digit on record, for whoever wants to be told."""

    async def retag(self, tag: str | None) -> None: ...
    async def note(self, code: str, message: str, url: str | None) -> None:
        """Put a fault of a document on record."""
