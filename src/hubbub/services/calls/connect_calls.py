"""Legs are connected outside of conferences: one dials others, or is bridged to a live one.

Owns who of those called wins, what the caller hears until then, the mixer that the two share, and when it is
over. Making calls is `place_call`'s; what a called leg hears before it is connected is its own document's, which
ends in a `Meeting` here.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final, Protocol

from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.errors import Conflict, Refusal, ServerFull
from hubbub.domain.recording import Recording
from hubbub.markup.effects import Ask, Connected, Purpose
from hubbub.markup.instructions import Bridge, Dial, DialTarget, Document, Setting
from hubbub.services.calls.call_progress import Answered, CallProgress, Ended, HeardEarly, Rang
from hubbub.services.calls.live_calls import LiveCall, LiveCalls, RedirectInput
from hubbub.services.commands import CallWish, PlacedCall, RecordingCommands, RecordWish
from hubbub.services.documents.document_leg import CallerSide
from hubbub.services.documents.document_recordings import record_wish
from hubbub.services.ports import Clock, MediaPlane, Mix, Signalling, Store, Timer

ARRIVAL_S: Final = 10.0
"""How long a live call may take to leave its document for the one it is bridged to."""

_TELLING: Final = (CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED)
"""Of several who could not be had, the first of these is told."""


class Runner(Protocol):
    async def run(
        self, begin: Ask | Document, *, answered: bool, setting: Setting = Setting.CALL
    ) -> None: ...


Place = Callable[..., Awaitable[PlacedCall]]
"""As `commands.PlaceCalls`."""
MakeRunner = Callable[[LiveCall, Account, str], Runner]
"""A runner of a leg's documents, in a dialect."""


class ConnectCalls:
    """Connects live legs.

    Args:
        place: makes calls.
        make_runner: makes the runner of a called leg's document.
        hang_up: ends a leg in whatever state it is, also one that was not sent yet.
        recordings: records both sides where a document wants it; None: nothing is.
    """

    def __init__(
        self,
        store: Store,
        calls: LiveCalls,
        signalling: Signalling,
        media: MediaPlane,
        clock: Clock,
        *,
        place: Place,
        make_runner: MakeRunner,
        hang_up: Callable[[LiveCall, HangupCause], None],
        recordings: RecordingCommands | None = None,
    ) -> None:
        self.store = store
        self.calls = calls
        self.signalling = signalling
        self.media = media
        self.clock = clock
        self.place = place
        self.make_runner = make_runner
        self.hang_up = hang_up
        self.recordings = recordings

    async def dial(
        self, call: LiveCall, leg: CallLeg, account: Account, dialect: str, dial: Dial, caller: CallerSide
    ) -> Connected:
        """Call `dial.targets` and be connected with the first who takes the call; how it went.

        Args:
            call: who dials.
            leg: its row.
            dialect: whose words the called legs' documents and callbacks are in.
        """
        groups = [(target,) for target in dial.targets] if dial.one_by_one else [dial.targets]
        wish = None if dial.recording is None else record_wish(dial.recording, dialect)
        async with _Connection(self, call, caller, dial.time_limit_ms, wish) as connection:
            for group in groups:
                for target in group:
                    called = _wish(target, dial, leg, account, dialect)
                    await connection.call(target, called, answer_on_bridge=dial.answer_on_bridge)
                if await connection.is_settled():
                    break
        return await connection.outcome()

    async def bridge(self, call: LiveCall, account: Account, bridge: Bridge, caller: CallerSide) -> Connected:
        """Take a live call of the account out of its document and be connected with it.

        Of several that want the same call, or one another, the first has it: a call that somebody is fetching
        fetches nobody itself, and waits to be taken out of its own document.
        """
        if _is_fetched(call) is not None:
            await _until_taken(call, caller.release)
            if caller.release.is_set():
                return Connected(CallStatus.CANCELED)
        other = self.calls.get(bridge.call_id)
        if other is None or other is call or other.account_id != account.id or not other.answered:
            fault = f"{bridge.call_id} is no live call that could be bridged"
            return Connected(CallStatus.FAILED, faults=(fault,))
        if _is_fetched(other) is not None:
            return Connected(
                CallStatus.FAILED, faults=(f"{bridge.call_id} is being bridged by another call",)
            )
        async with _Connection(self, call, caller, None) as connection:
            connection.fetch(other, bridge)
            await connection.is_settled()
        return await connection.outcome()


def _wish(target: DialTarget, dial: Dial, leg: CallLeg, account: Account, dialect: str) -> CallWish:
    return CallWish(
        account=account,
        to=target.to,
        from_=dial.caller_id or leg.from_address,
        dialect=dialect,
        application_id=leg.application_id,
        parent_id=leg.id,
        timeout_s=dial.ring_ms / 1000,
        display_name=dial.display_name,
        username=target.username,
        password=target.password,
        headers=dict(target.headers),
        send_digits=target.send_digits,
        tag=target.tag,
        callbacks=target.callbacks,
        at_once=True,
    )


class _News(Enum):
    ARRIVED = "arrived"
    """A called leg is ready to be connected."""
    LEFT = "left"
    """It is so no more: it hung up, or was given another document."""
    RELEASED = "released"
    """The caller wants no more, or the time is over."""


class _Called:
    """One leg that is called, and the `Meeting` to which its document leads."""

    def __init__(self, report: "Callable[[_Called, CallProgress | _News], None]") -> None:
        self._report = report
        self.live: LiveCall | None = None
        self.status: CallStatus | None = None
        """How it ended; None: it has not."""
        self.over = asyncio.Event()
        self.gone = False
        """It left by itself, and is nobody's here any more."""
        self.is_guest = False
        """It was not called, but fetched from its own document, and has one to go on with."""
        self.has_come = False

    def watch(self, progress: CallProgress) -> None:
        self._report(self, progress)

    async def attend(self, call: LiveCall) -> None:
        self.has_come = True
        self._report(self, _News.ARRIVED)
        try:
            await self.over.wait()
        finally:
            self._report(self, _News.LEFT)


def _is_fetched(call: LiveCall) -> _Called | None:
    """Where somebody waits for this call to come, which has not left its document yet."""
    meeting = call.meeting
    if not isinstance(meeting, _Called) or not meeting.is_guest:
        return None
    return None if meeting.has_come or meeting.over.is_set() else meeting


async def _until_taken(call: LiveCall, release: asyncio.Event) -> None:
    """Wait to be taken out of the document, which cancels this; or until nobody waits for the call any more."""
    while (fetched := _is_fetched(call)) is not None and not release.is_set():
        ends = [asyncio.ensure_future(each.wait()) for each in (fetched.over, release)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ends:
                each.cancel()
            await asyncio.gather(*ends, return_exceptions=True)


class _Connection:
    """One caller, those called for it, and the mixer of the two who are connected."""

    def __init__(
        self,
        services: ConnectCalls,
        call: LiveCall,
        caller: CallerSide,
        time_limit_ms: int | None,
        record: RecordWish | None = None,
    ) -> None:
        self._services = services
        self._call = call
        self._caller = caller
        self._time_limit_ms = time_limit_ms
        self._record = record
        self._recording: Recording | None = None
        self._news: asyncio.Queue[tuple[_Called | None, CallProgress | _News]] = asyncio.Queue()
        self._all: list[_Called] = []
        self._faults: list[str] = []
        self._winner: _Called | None = None
        self._bridged = False
        self._released = False
        self._mixer_id: int | None = None
        self._ringing: asyncio.Future[object] | None = None
        self._timers: list[Timer] = []
        self._start_s = self._rang_s = self._answered_s = services.clock.mono_s()
        self._end_s = self._start_s
        self._may_ring_caller = True
        self._heard_early: _Called | None = None
        """Whose telephone the caller hears instead of ringing."""

    async def __aenter__(self) -> "_Connection":
        self._releasing = asyncio.ensure_future(self._await_release())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end_s = self._services.clock.mono_s()
        self._releasing.cancel()
        for timer in self._timers:
            timer.cancel()
        for called in self._all:
            self._dismiss(called)
        self._part()
        await self._stop_recording()
        await asyncio.gather(self._releasing, self._stop_ringing(), return_exceptions=True)

    # --- whom to connect ----------------------------------------------------------------------------------

    async def call(self, target: DialTarget, wish: CallWish, *, answer_on_bridge: bool) -> None:
        """Call somebody. Who cannot be called counts as one who failed."""
        self._may_ring_caller = not answer_on_bridge or self._call.answered
        called = _Called(self._hear)
        self._all.append(called)

        async def serve(live: LiveCall) -> None:
            called.live, live.meeting = live, called
            begin: Ask | Document = Document((), None)
            if target.screen is not None:
                begin = Ask(Purpose.SCREEN, target.screen, target.screen_fallback)
            runner = self._services.make_runner(live, wish.account, wish.dialect)
            await runner.run(begin, answered=True, setting=Setting.CALLED)

        try:
            placed = await self._services.place(wish, watch=called.watch, serve=serve)
        except Refusal as refusal:
            called.status = CallStatus.FAILED
            self._faults.append(str(refusal))
            return
        called.live = self._services.calls.get(placed.leg.id)

    def fetch(self, other: LiveCall, bridge: Bridge) -> None:
        """Have a live call come here."""
        called = _Called(self._hear)
        called.live = other
        called.is_guest = True
        self._all.append(called)
        other.meeting = called
        other.inbox.put_nowait(RedirectInput(Document((bridge.meet,), None)))
        self._timers.append(self._services.clock.call_later(ARRIVAL_S, lambda: self._give_up_waiting(called)))

    def _give_up_waiting(self, called: _Called) -> None:
        if self._winner is not called:
            called.gone = True
            self._hear(None, _News.RELEASED)

    # --- what happens -------------------------------------------------------------------------------------

    def _hear(self, called: _Called | None, news: CallProgress | _News) -> None:
        self._news.put_nowait((called, news))

    async def _await_release(self) -> None:
        await self._caller.release.wait()
        self._hear(None, _News.RELEASED)

    async def is_settled(self) -> bool:
        """Wait until somebody was connected and that is over, or nobody can be had; whether no others are to be
        tried."""
        while not self._released and any(called.status is None and not called.gone for called in self._all):
            called, news = await self._news.get()
            if news is _News.RELEASED:
                self._released = True
            elif called is not None:
                await self._take(called, news)
            if self._bridged and self._winner is not None and self._winner.gone:
                return True
        return self._released or self._bridged

    async def _take(self, called: _Called, news: CallProgress | _News) -> None:
        services = self._services
        match news:
            case Rang():
                self._rang_s = services.clock.mono_s()
                self._let_caller_hear_ringing()
            case HeardEarly() if self._is_alone(called) and self._caller_may_hear():
                await self._stop_ringing()
                self._heard_early = called
                self._join(called, caller_is_heard=False)
            case Answered():
                if self._winner is None:
                    self._winner = called
                    self._answered_s = services.clock.mono_s()
                    for other in self._all:
                        if other is not called:
                            self._dismiss(other)
            case Ended():
                called.status = news.status
                self._lose(called)
            case _News.ARRIVED if self._winner in (None, called):
                self._winner = called
                await self._bridge(called)
            case _News.ARRIVED:
                self._dismiss(called)
            case _News.LEFT:
                self._lose(called)
            case _:
                pass

    def _is_alone(self, called: _Called) -> bool:
        """Nobody else is being called: what several telephones let one hear at once would be noise."""
        return not any(other.status is None and not other.gone for other in self._all if other is not called)

    def _lose(self, called: _Called) -> None:
        """It has gone. One who answered and went before being connected leaves the call to others."""
        called.gone = True
        if called is self._heard_early:
            self._heard_early = None
        if called is self._winner and not self._bridged:
            self._winner = None

    async def _bridge(self, called: _Called) -> None:
        await self._stop_ringing()
        await self._caller.answer()
        self._bridged = True
        self._join(called, caller_is_heard=True)
        await self._start_recording()
        if self._time_limit_ms is not None:
            self._timers.append(
                self._services.clock.call_later(
                    self._time_limit_ms / 1000, lambda: self._hear(None, _News.RELEASED)
                )
            )

    async def _start_recording(self) -> None:
        recordings = self._services.recordings
        if self._record is None or recordings is None:
            return
        try:
            self._recording = await recordings.start_call(self._call.call_id, self._record)
        except Refusal:
            # The two are connected already: a call that is not recorded is better than none.
            return

    async def _stop_recording(self) -> None:
        recordings, recording = self._services.recordings, self._recording
        if recordings is None or recording is None:
            return
        with contextlib.suppress(Refusal):
            await recordings.stop(recording.id)
        with contextlib.suppress(Refusal):
            self._recording = await recordings.finished(recording.id)

    def _dismiss(self, called: _Called) -> None:
        """End a leg that is not wanted any more. One that has arrived ends by its own document."""
        called.over.set()
        if called.gone or called.live is None or called.live.ended:
            return
        if not called.is_guest and not (self._bridged and called is self._winner):
            self._services.hang_up(called.live, HangupCause.CANCELED)

    # --- sound --------------------------------------------------------------------------------------------

    def _caller_may_hear(self) -> bool:
        """Whether the caller has media; one who is not answered is given it now, if he can have it."""
        if self._call.port_id is not None:
            return True
        try:
            media = self._services.signalling.early(self._call.call_id)
        except (Conflict, ServerFull):
            return False
        self._services.calls.bind_port(self._call, media.port_id)
        return True

    def _let_caller_hear_ringing(self) -> None:
        # A telephone makes its own ringing of a 180, until it was given sound (RFC 3960 §3.2).
        if not self._may_ring_caller and self._call.port_id is None:
            self._services.signalling.ring(self._call.call_id)
        elif self._ringing is None and self._heard_early is None:
            self._ringing = asyncio.ensure_future(self._caller.ring())

    async def _stop_ringing(self) -> None:
        ringing, self._ringing = self._ringing, None
        if ringing is not None:
            ringing.cancel()
            await asyncio.gather(ringing, return_exceptions=True)

    def _join(self, called: _Called, *, caller_is_heard: bool) -> None:
        other = called.live
        if other is None or other.port_id is None or self._call.port_id is None:
            return
        media = self._services.media
        if self._mixer_id is None:
            self._mixer_id = media.create_mixer()
        media.join(self._call.port_id, self._mixer_id, Mix(heard=caller_is_heard))
        media.join(other.port_id, self._mixer_id, Mix())
        if caller_is_heard:
            self._call.partner, other.partner = other.call_id, self._call.call_id

    def _part(self) -> None:
        """Take both out of their mixer, unless somebody has given them another place since."""
        if self._mixer_id is None:
            return
        media = self._services.media
        for live in (self._call, *(called.live for called in self._all)):
            if live is None:
                continue
            if live.port_id is not None and live.conference_id is None and not live.ended:
                media.leave(live.port_id)
            live.partner = None
        media.destroy_mixer(self._mixer_id)
        self._mixer_id = None

    # --- what came of it ----------------------------------------------------------------------------------

    async def outcome(self) -> Connected:
        last = self._winner or (self._all[-1] if self._all else None)
        row = None
        if last is not None and last.live is not None:
            row = await self._services.store.read.call(last.live.call_id)
        return Connected(
            self._status(),
            self._bridged,
            row,
            duration_ms=_ms(self._end_s - self._answered_s) if self._bridged else 0,
            ringing_ms=_ms((self._answered_s if self._winner else self._end_s) - self._rang_s),
            recording=self._recording,
            faults=tuple(self._faults),
            elapsed_ms=_ms(self._end_s - self._start_s),
        )

    def _status(self) -> CallStatus:
        if self._bridged:
            return CallStatus.COMPLETED
        if self._released:
            return CallStatus.CANCELED
        statuses = {called.status for called in self._all}
        # Who answered and hung up before the two were connected was not to be had either.
        return next((status for status in _TELLING if status in statuses), CallStatus.NO_ANSWER)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
