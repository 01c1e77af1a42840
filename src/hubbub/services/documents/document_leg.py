"""What a running document needs of the call it runs for.

A port within the use cases: the real one is joined to signalling, media and the store; tests use a twin.
Everything here is a no-op on a call that is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, Protocol

from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import Recording
from hubbub.markup.effects import Connected
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    JoinConference,
    RecordingControl,
    RecordingWish,
)
from hubbub.markup.language import MarkupCall
from hubbub.services.calls.live_calls import Input
from hubbub.services.calls.mailbox import Mailbox
from hubbub.services.ports import Clip


class CallerSide(NamedTuple):
    """What goes on at the caller's end while others are called for it."""

    answer: Callable[[], Awaitable[object]]
    """Answers the caller; returns when that is done, also when it was before."""
    ring: Callable[[], Coroutine[Any, Any, object]]
    """Lets the caller hear ringing until it is cancelled."""
    release: asyncio.Event
    """Set when the connection is to end: the caller's wish, or the caller has gone."""


class DocumentLeg(Protocol):
    @property
    def inbox(self) -> Mailbox[Input]:
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

    async def dial(self, dial: Dial, caller: CallerSide) -> Connected:
        """Call others, be connected with the first that answers, and wait until that is over. Cancelled, it
        hangs up whomever it called."""

    async def bridge(self, bridge: Bridge, caller: CallerSide) -> Connected:
        """Be connected with a live call of the account, and wait until that is over."""

    async def meet(self) -> Connected:
        """Be connected with the call that dialled or bridged this one, and wait until that is over."""

    async def start_recording(self, wish: RecordingWish) -> Recording:
        """Record this call from now on. Raises Refusal."""

    async def record_room(self, wish: RecordingWish) -> RecordingId | None:
        """Record the conference it is in, if that began with its entry; what records it, whoever began that. Raises
        Refusal."""

    async def room_recording(self, recording_id: RecordingId) -> Recording | None:
        """It, as it is now; of a room that is over, once it can be read."""

    async def recording_taken(self, recording_id: RecordingId) -> None:
        """Wait until it takes no more sound: it is long enough, or nobody has spoken for a while."""

    async def finish_recording(self, recording_id: RecordingId) -> Recording | None:
        """End it, if it is not over, and wait until it can be read; None: it is gone."""

    async def control_recording(self, control: RecordingControl) -> None:
        """Begin, end, pause or resume what the document records beside what runs. Raises Refusal."""

    async def report_digits(self, callbacks: tuple[SubscriptionWish, ...]) -> None:
        """From now on `callbacks` want to be told of digits, instead of those before; empty: nobody does."""

    async def tell_digit(self, digit: str) -> None:
        """Put a digit on record, for whoever wants to be told."""

    async def retag(self, tag: str | None) -> None: ...
    async def note(self, code: str, message: str, url: str | None) -> None:
        """Put a fault of a document on record."""
