"""The legs this server serves right now: what cannot be in the store because it is a task, a port, a queue.

Owns the registry and each leg's inbox. The truth about a leg (its state, its room) stays in the store; what
is here dies with the process, and `recover_from_crash` then closes the rows.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId
from hubbub.markup.effects import Ask, Given
from hubbub.markup.instructions import Document, WaitMusic
from hubbub.services.calls.call_progress import Watch
from hubbub.services.calls.mailbox import Mailbox
from hubbub.services.ports import Clock, Reader, Timer, Transaction

_UNANSWERED: Final = frozenset({CallStatus.QUEUED, CallStatus.RINGING})


class AnsweredInput(NamedTuple):
    """The far end answered, or acknowledged our answer."""


class DigitInput(NamedTuple):
    digit: str


class PlaybackInput(NamedTuple):
    """A playback this leg asked for has ended."""

    playback_id: int


class LeftInput(NamedTuple):
    """The leg is out of its room without having asked to leave."""

    reason: LeaveReason


class RoomInput(NamedTuple):
    """What the leg hears instead of its room has changed."""

    waiting: bool
    """It waits for the room to start."""
    held: bool = False
    """It is on hold."""
    hold_music: WaitMusic | None = None
    """What it hears on hold; None: silence."""
    wait_music: WaitMusic | None = None
    """What it hears while it waits; None: as its document said."""


class RedirectInput(NamedTuple):
    """Somebody gave the call another document: whatever runs is dropped."""

    begin: Ask | Given | Document
    fallback: WebTarget | None = None


class EndedInput(NamedTuple):
    """The leg is over. Always the last input."""

    cause: HangupCause


Input = AnsweredInput | DigitInput | PlaybackInput | LeftInput | RoomInput | RedirectInput | EndedInput


class Meeting(Protocol):
    """Where a leg that was called meets the one that called it."""

    async def attend(self, call: "LiveCall") -> None:
        """Be connected until it is over."""


class LiveCall:
    """One leg and what serves it."""

    __slots__ = (
        "account_id",
        "answer_timer",
        "answered",
        "answered_at_ms",
        "call_id",
        "callback_timeout_s",
        "conference_id",
        "end_cause",
        "ended",
        "held",
        "hold_music",
        "inbox",
        "leg",
        "limit_timer",
        "meeting",
        "opened_id",
        "partner",
        "playbacks",
        "port_id",
        "stored",
        "task",
        "wait_music",
        "waiting",
        "watch",
        "withdraw",
    )

    def __init__(self, call_id: CallId, account_id: AccountId | None) -> None:
        self.call_id = call_id
        self.account_id = account_id
        self.port_id: int | None = None
        self.playbacks: set[int] = set()
        self.leg: CallLeg | None = None
        """Its row as last stored, where that is known: this node alone changes the legs it serves."""
        self.limit_timer: Timer | None = None
        self.partner: CallId | None = None
        """The leg it is connected to outside of a conference."""
        self.meeting: Meeting | None = None
        """Where the leg that called it waits for it."""
        self.conference_id: ConferenceId | None = None
        self.opened_id: ConferenceId | None = None
        """The conference whose first moderator it was: those inside hear one another since it came."""
        self.inbox: Mailbox[Input] = Mailbox()
        self.answered = False
        self.answered_at_ms: int | None = None
        """When it was answered, until that is written: what comes of the answer is written with it."""
        self.answer_timer: Timer | None = None
        """Writes the answer if nothing has come of it by then."""
        self.ended = False
        self.end_cause: HangupCause | None = None
        """Why we hung up, when it was we."""
        self.waiting = False
        self.held = False
        self.callback_timeout_s: float | None = None
        """How long its customer may take, where the call was asked for with that; None: as is usual."""
        self.hold_music: WaitMusic | None = None
        self.wait_music: WaitMusic | None = None
        self.stored = asyncio.Event()
        """Set once the leg's row is written: its end must not be written first."""
        self.task: asyncio.Task[None] | None = None
        self.withdraw: Callable[[], None] | None = None
        """Takes it out of the queue of calls to be made, while it waits there."""
        self.watch: Watch | None = None
        """Who is told how far a call of ours has come."""

    async def row(self, reader: Reader) -> CallLeg | None:
        """The leg as last stored, and answered if it has been; the store is asked only if nobody here knows."""
        leg = self.leg or await reader.call(self.call_id)
        if leg is None or self.answered_at_ms is None or leg.status not in _UNANSWERED:
            return leg
        return leg.moved(CallStatus.IN_PROGRESS, self.answered_at_ms)

    async def put_row(self, tx: Transaction, leg: CallLeg, events: Sequence[Event] = ()) -> None:
        """Write the leg and what is told of it, its answer first where that is not written yet.

        Say `wrote` after the transaction: until then nobody knows.
        """
        before, self.leg = self.leg, None
        await tx.move_call(leg, before)
        if self.answered_at_ms is not None:
            answer = Event(EventKind.CALL_ANSWERED, self.answered_at_ms, leg.account_id, None, leg.id, {})
            events = (answer, *events)
        if events:
            await tx.append(events)

    def wrote(self, leg: CallLeg) -> None:
        """What `put_row` wrote is committed."""
        self.leg = leg
        self.answered_at_ms = None
        if self.answer_timer is not None:
            self.answer_timer.cancel()
            self.answer_timer = None

    def limit(self, clock: Clock, after_s: float, act: Callable[[], None]) -> None:
        """Do `act` when the leg has lived for so much longer; instead of what was said before."""
        if self.limit_timer is not None:
            self.limit_timer.cancel()
        self.limit_timer = clock.call_later(after_s, act)

    def playback_ended(self, playback_id: int) -> None:
        self.playbacks.discard(playback_id)
        self.inbox.put_nowait(PlaybackInput(playback_id))

    def remember_end(self, cause: HangupCause) -> None:
        """Note why we are ending the leg; the first reason stands."""
        if self.end_cause is None:
            self.end_cause = cause


class LiveCalls:
    """Finds a live leg by its id, its mixer port or a playback it waits for."""

    def __init__(self) -> None:
        self._by_id: dict[CallId, LiveCall] = {}
        self._by_port: dict[int, LiveCall] = {}
        self._by_playback: dict[int, Callable[[int], None]] = {}

    def add(self, call: LiveCall) -> None:
        self._by_id[call.call_id] = call

    def get(self, call_id: CallId) -> LiveCall | None:
        return self._by_id.get(call_id)

    def bind_port(self, call: LiveCall, port_id: int) -> None:
        call.port_id = port_id
        self._by_port[port_id] = call

    def by_port(self, port_id: int) -> LiveCall | None:
        return self._by_port.get(port_id)

    def bind_playback(self, call: LiveCall, playback_id: int) -> None:
        """Tell the leg when this playback of its own has ended."""
        call.playbacks.add(playback_id)
        self.await_playback(playback_id, call.playback_ended)

    def await_playback(self, playback_id: int, listener: Callable[[int], None]) -> None:
        """Tell `listener` when this playback has ended."""
        self._by_playback[playback_id] = listener

    def forget_playback(self, playback_id: int) -> None:
        """Nobody waits for it any more."""
        self._by_playback.pop(playback_id, None)

    def playback_ended(self, playback_id: int) -> None:
        listener = self._by_playback.pop(playback_id, None)
        if listener is not None:
            listener(playback_id)

    def remove(self, call: LiveCall) -> None:
        """Forget a leg. Its playbacks end with its port, so nothing will come for them."""
        self._by_id.pop(call.call_id, None)
        if call.port_id is not None:
            self._by_port.pop(call.port_id, None)
        if call.limit_timer is not None:
            call.limit_timer.cancel()
        for playback_id in call.playbacks:
            self._by_playback.pop(playback_id, None)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[LiveCall]:
        return iter(list(self._by_id.values()))
