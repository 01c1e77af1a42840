"""The reporters' desk: what signalling and media say happens to legs, turned into use cases.

Owns the order of things for one leg: its row is written before anything else happens to it, its end after
everything else. Every leg has one task, which serves it; a fault in it ends that leg, loudly, and no other.
Leaves what a leg does between answer and end to `serve_call`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from hubbub.domain.call import HangupCause
from hubbub.domain.conference import EndReason
from hubbub.domain.errors import Refusal, ServerDraining
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.services.calls.accept_incoming_call import AcceptedCall, AcceptIncomingCall
from hubbub.services.calls.answer_call import AnswerCall
from hubbub.services.calls.call_progress import Answered, Ended, HeardEarly, Rang
from hubbub.services.calls.end_call import EndCall
from hubbub.services.calls.live_calls import (
    AnsweredInput,
    DigitInput,
    LiveCall,
    LiveCalls,
)
from hubbub.services.calls.ring_call import RingCall
from hubbub.services.ports import (
    Clock,
    DigitHeard,
    IncomingCall,
    LocalMedia,
    Log,
    MediaEvent,
    MediaSilent,
    PlaybackEnded,
    Signalling,
)
from hubbub.services.rooms.leave_conference import LeaveConference
from hubbub.services.rooms.note_speech import NoteSpeech

Serve = Callable[[LiveCall, AcceptedCall, IncomingCall], Awaitable[None]]
"""Serves a leg from its first ring until it is over."""


ANSWER_WAITS_S: Final = 0.005
"""How long an answer waits to be written with what the leg does next."""


class ControlCalls:
    """Implements `CallEvents`, and listens to the media plane."""

    def __init__(
        self,
        calls: LiveCalls,
        signalling: Signalling,
        log: Log,
        *,
        accept: AcceptIncomingCall,
        ring: RingCall,
        answer: AnswerCall,
        end: EndCall,
        leave: LeaveConference,
        serve: Serve,
        note_speech: NoteSpeech,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._signalling = signalling
        self._log = log
        self._accept = accept
        self._ring = ring
        self._answer = answer
        self._end = end
        self._leave = leave
        self._serve = serve
        self._note_speech = note_speech
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._moved = asyncio.Event()
        """Set whenever a task starts or ends; draining waits on it."""

    # --- CallEvents -------------------------------------------------------------------------------------

    def incoming(self, call: IncomingCall) -> None:
        live = LiveCall(call.call_id, call.account_id)
        self._calls.add(live)
        live.task = self._spawn(self._serve_incoming(live, call))

    def rang(self, call_id: CallId) -> None:
        live = self._calls.get(call_id)
        if live is not None and not live.ended:
            self._spawn(self._write_ring(live))

    def early_media(self, call_id: CallId, media: LocalMedia) -> None:
        live = self._calls.get(call_id)
        if live is not None and not live.ended:
            self._calls.bind_port(live, media.port_id)
            if live.watch is not None:
                live.watch(HeardEarly(media.port_id))

    def answered(self, call_id: CallId, media: LocalMedia) -> None:
        live = self._calls.get(call_id)
        if live is None or live.answered:
            return
        live.answered = True
        self._calls.bind_port(live, media.port_id)
        if live.watch is None and live.stored.is_set():
            self._take_answer(live)
        else:
            self._spawn(self._write_answer(live))

    def digit(self, call_id: CallId, digit: str, duration_ms: int) -> None:
        live = self._calls.get(call_id)
        if live is not None:
            self._hear_digit(live, digit)

    def ended(self, call_id: CallId, cause: HangupCause, sip_status: int | None) -> None:
        live = self._calls.get(call_id)
        if live is not None and not live.ended:
            live.ended = True
            self._spawn(self._write_end(live, live.end_cause or cause, sip_status))

    # --- media ------------------------------------------------------------------------------------------

    def media_event(self, event: MediaEvent) -> None:
        if isinstance(event, DigitHeard):
            live = self._calls.by_port(event.port_id)
            if live is not None:
                self._hear_digit(live, event.digit)
        elif isinstance(event, PlaybackEnded):
            self._calls.playback_ended(event.playback_id)
        elif isinstance(event, MediaSilent):
            live = self._calls.by_port(event.port_id)
            # Before the answer nobody need send: how long that may last is the ringing's business.
            if live is not None and live.answered:
                self.hang_up(live, HangupCause.MEDIA_TIMEOUT)
        else:
            live = self._calls.by_port(event.port_id)
            if live is not None and self._note_speech.is_wanted(live):
                self._spawn(self._note_speech(live, talking=event.talking))

    # --- commands ---------------------------------------------------------------------------------------

    def hang_up(self, live: LiveCall, cause: HangupCause) -> None:
        """End a leg from our side; why is remembered for its row."""
        live.remember_end(cause)
        if self._withdraw(live):
            self.ended(live.call_id, cause, None)
        else:
            self._signalling.hang_up(live.call_id, cause)

    async def end_now(self, live: LiveCall, cause: HangupCause) -> None:
        """End a leg from our side and write its end, without waiting for the far end to agree."""
        live.remember_end(cause)
        # Before signalling hears of it: what that reports at once must not be written beside this.
        was_over, live.ended = live.ended, True
        if not self._withdraw(live):
            self._signalling.hang_up(live.call_id, cause)
        if not was_over:
            await self._write_end(live, live.end_cause or cause, None)

    def serve(self, live: LiveCall, work: Coroutine[Any, Any, None]) -> None:
        """Make `work` the leg's task: its fault ends the leg."""
        live.task = self._spawn(work)

    @property
    def is_draining(self) -> bool:
        """Whether the server is stopping and takes no new calls."""
        return self._draining

    @staticmethod
    def _withdraw(live: LiveCall) -> bool:
        """Take a leg out of the queue of calls to be made; False for one that does not wait there."""
        withdraw, live.withdraw = live.withdraw, None
        if withdraw is not None:
            withdraw()
        return withdraw is not None

    def end_room(self, conference_id: ConferenceId, reason: EndReason) -> None:
        """End a room, soon."""
        self._spawn(self._end_room(conference_id, reason))

    async def _end_room(self, conference_id: ConferenceId, reason: EndReason) -> None:
        await self._leave.end(conference_id, reason)

    def abandon(self, call_id: CallId) -> None:
        """Give up a leg that was being called for a room that wants it no more."""
        live = self._calls.get(call_id)
        if live is not None:
            self.hang_up(live, HangupCause.ENDED_BY_API)

    async def drain(self, wait_s: Callable[[], Awaitable[None]]) -> None:
        """Refuse new calls, end the present ones, and wait until their ends are written or `wait_s` is over."""
        self._draining = True
        self._signalling.stop_taking_calls()
        for live in self._calls:
            self.hang_up(live, HangupCause.SERVER_STOPPED)
        limit = asyncio.ensure_future(wait_s())
        try:
            while (len(self._calls) or self._tasks) and not limit.done():
                self._moved.clear()
                moved = asyncio.ensure_future(self._moved.wait())
                await asyncio.wait((moved, limit), return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
        finally:
            limit.cancel()
        for live in self._calls:
            # The far end never confirmed; the row must still say how it ended.
            if not live.ended:
                live.ended = True
                await self._write_end(live, HangupCause.SERVER_STOPPED, None)

    # --- the work ---------------------------------------------------------------------------------------

    async def _serve_incoming(self, live: LiveCall, call: IncomingCall) -> None:
        try:
            if self._draining:
                raise ServerDraining("the server is stopping")
            accepted = await self._accept(call)
        except Refusal as refusal:
            self._log.info("call refused", to=call.to_address, source=call.source_host, why=str(refusal))
            self._calls.remove(live)
            live.stored.set()
            cause = HangupCause.SERVER_FULL if isinstance(refusal, ServerDraining) else HangupCause.REJECTED
            self._signalling.reject(live.call_id, cause)
            return
        live.account_id = accepted.account.id
        live.leg = accepted.leg
        live.stored.set()
        if live.ended:
            return
        await self._serve(live, accepted, call)

    async def _write_ring(self, live: LiveCall) -> None:
        await live.stored.wait()
        if await self._ring(live) and live.watch is not None:
            live.watch(Rang())

    def _take_answer(self, live: LiveCall) -> None:
        """Let the leg go on: most join a room next, whose transaction writes the answer too."""
        live.answered_at_ms = self._clock.now_ms()
        live.inbox.put_nowait(AnsweredInput())
        live.answer_timer = self._clock.call_later(ANSWER_WAITS_S, lambda: self._write_late_answer(live))

    def _write_late_answer(self, live: LiveCall) -> None:
        live.answer_timer = None
        self._spawn(self._answer(live))

    async def _write_answer(self, live: LiveCall) -> None:
        await live.stored.wait()
        if live.watch is None:
            self._take_answer(live)
            return
        live.answered_at_ms = self._clock.now_ms()
        await self._answer(live)
        live.inbox.put_nowait(AnsweredInput())
        if live.port_id is not None and not live.ended:
            live.watch(Answered(live.port_id))

    async def _write_end(self, live: LiveCall, cause: HangupCause, sip_status: int | None) -> None:
        await live.stored.wait()
        status = await self._end(live, cause, sip_status)
        if live.watch is not None:
            live.watch(Ended(cause, status, sip_status))

    def _hear_digit(self, live: LiveCall, digit: str) -> None:
        live.inbox.put_nowait(DigitInput(digit))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        self._moved.set()
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._moved.set()
        if task.cancelled() or task.exception() is None:
            return
        error = task.exception()
        self._log.error("a call's task failed", exc_info=error)
        for live in self._calls:
            if live.task is task:
                self.hang_up(live, HangupCause.APPLICATION_ERROR)
