"""Runs a customer's document for a live call: performs what the interpreter wants, feeds what came of it.

One runner serves one leg, in that leg's task. It listens to the leg's inbox all the time, so that a hang-up
at any moment ends whatever is under way: a fetch, a sound, a pause, the music of a waiting room; and so
does another document that somebody gives the call, with which it goes on. Joining, leaving and writing are
short transactions and run to their end. Leaves the decisions to
`markup.interpreter`, and the state of the leg and its room to the use cases behind `DocumentLeg`.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.errors import Conflict, NotFound, Refusal, ServerFull
from hubbub.domain.recording import Recording
from hubbub.markup import effects as fx
from hubbub.markup.effects import Given
from hubbub.markup.instructions import (
    FOREVER,
    Document,
    JoinConference,
    RecordingControl,
    Setting,
    WaitMusic,
)
from hubbub.markup.interpreter import Interpreter
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import DEFAULT_LIMITS, MarkupLimits
from hubbub.services.calls.live_calls import (
    AnsweredInput,
    DigitInput,
    EndedInput,
    Input,
    LeftInput,
    PlaybackInput,
    RedirectInput,
    RoomInput,
)
from hubbub.services.calls.mailbox import Mailbox
from hubbub.services.documents.document_leg import CallerSide, DocumentLeg
from hubbub.services.documents.gather_digits import GatherDigits, Keys
from hubbub.services.documents.perform_effects import EffectPerformer
from hubbub.services.documents.stay import RoomEvent, Stay
from hubbub.services.documents.take_message import TakeMessage
from hubbub.services.documents.wait_for_room import WaitForRoom
from hubbub.services.ports import ClipSource, Clock, DocumentFetcher

T = TypeVar("T")
Concluded = TypeVar("Concluded", fx.Connected, fx.MessageTaken)


class _CallOver(Exception):
    """The leg's last input came."""

    def __init__(self, outcome: fx.Connected | fx.MessageTaken | fx.LeftConference | None = None) -> None:
        super().__init__()
        self.outcome = outcome
        """Of what was under way, if it has one."""


class _Dropped(Exception):
    """Whatever runs is to be dropped for another document."""

    def __init__(self, event: RedirectInput) -> None:
        super().__init__()
        self.event = event


class DocumentRunner:
    """One leg's program, from its first document to its end."""

    def __init__(
        self,
        leg: DocumentLeg,
        language: MarkupLanguage,
        *,
        fetcher: DocumentFetcher,
        clips: ClipSource,
        clock: Clock,
        fallback: WebTarget | None = None,
        limits: MarkupLimits = DEFAULT_LIMITS,
    ) -> None:
        """
        Args:
            fallback: the application's: for the first document, and for those without one of their own where
                the dialect has it so.
        """
        self._leg = leg
        self._language = language
        self._clock = clock
        self._clips = clips
        self._fallback = fallback
        self._limits = limits
        self._performer = EffectPerformer(
            leg, language, fetcher=fetcher, clips=clips, clock=clock, limits=limits
        )
        self._gather = GatherDigits(leg, language, self._performer, clock)
        self._take_message = TakeMessage(leg, language, self._performer, clips, clock)
        self._wait_for_room = WaitForRoom(leg, language, self._performer, clips, limits)
        self._answer_asked = False
        self._answered = asyncio.Event()
        self._in_room: Mailbox[RoomEvent] | None = None
        """What happens in the room; None outside of one."""
        self._keys = Keys()
        """Digits for whoever takes some next."""
        self._tells_digits = False
        self._gathers = False

    async def run(
        self, begin: fx.Ask | Given | Document, *, answered: bool, setting: Setting = Setting.CALL
    ) -> None:
        """Run until the call is over or has been told to end. Nothing that was begun outlives it.

        Args:
            setting: CALLED for one who was dialled: after the document the call meets the one that dialled it.
        """
        if isinstance(begin, fx.Ask) and begin.fallback is None:
            begin = replace(begin, fallback=self._fallback)
        interpreter = Interpreter(
            self._language,
            answered=answered,
            fallback=self._fallback,
            setting=setting,
            limits=self._limits,
        )
        if answered:
            self._answered.set()
        effects = interpreter.start(begin)
        try:
            while effects:
                try:
                    await self._drive(interpreter, effects)
                    return
                except _Dropped as dropped:
                    event = dropped.event
                    effects = interpreter.feed(fx.Redirected(event.begin, event.fallback))
        except _CallOver as over:
            for effect in interpreter.feed(fx.CallEnded(over.outcome)):
                if isinstance(effect, fx.Fetch):
                    # Nobody is left to do what it answers; and the row may have been deleted since.
                    with contextlib.suppress(NotFound):
                        await self._performer.fetch(effect.ask)

    async def _drive(self, interpreter: Interpreter, first: list[fx.Effect]) -> None:
        effects = deque(first)
        while effects:
            effect = effects.popleft()
            if isinstance(effect, fx.Join):
                effects.extend(await self._join_and_stay(interpreter, effect.join))
                continue
            outcome = await self._perform(effect)
            if outcome is not None:
                effects.extend(interpreter.feed(outcome))

    async def _perform(self, effect: fx.Effect) -> fx.Input | None:
        """Do it; for an open effect, what came of it."""
        match effect:
            case fx.Fetch():
                return await self._until(self._performer.fetch(effect.ask))
            case fx.Speak():
                return await self._until(self._performer.speak(effect.say))
            case fx.PlayClip():
                return await self._until(self._performer.play(effect.play))
            case fx.Wait():
                return await self._until(self._performer.wait(effect.duration_ms))
            case fx.PlayRinging():
                return await self._until(self._performer.ring(effect.ring))
            case fx.DialDigits():
                return await self._until(self._performer.dial(effect.send))
            case fx.Connect():
                return await self._connect(
                    lambda caller: self._leg.dial(effect.dial, caller), star=effect.dial.release_on_star
                )
            case fx.ConnectTo():
                return await self._connect(lambda caller: self._leg.bridge(effect.bridge, caller))
            case fx.Attend():
                return await self._until(self._leg.meet())
            case fx.TakeMessage():
                return await self._until_released(
                    lambda release: self._take_message(effect.record, self._keys, release)
                )
            case fx.ControlRecording():
                await self._control_recording(effect.control)
            case fx.Collect():
                return await self._collect(effect)
            case fx.ReportDigits():
                await self._leg.report_digits(effect.callbacks)
                self._tells_digits = bool(effect.callbacks)
            case fx.Answer():
                return await self._answer_listening()
            case fx.Note():
                await self._leg.note(effect.code, effect.message, effect.url)
            case fx.Retag():
                await self._leg.retag(effect.tag)
            case fx.Leave():
                await self._leg.leave(effect.reason)
            case fx.Refuse():
                self._leg.refuse(effect.cause)
            case fx.HangUp():
                self._leg.hang_up(effect.cause)
            case _:
                # StopPlaying: the open effect that sounded was cancelled, and its sound with it.
                pass
        return None

    async def _collect(self, effect: fx.Collect) -> fx.Input:
        self._gathers = True
        try:
            return await self._until(self._gather(effect.gather, self._keys))
        finally:
            self._gathers = False

    async def _connect(
        self, connect: Callable[[CallerSide], Coroutine[Any, Any, fx.Connected]], *, star: bool = False
    ) -> fx.Input:
        """Be connected until either end leaves, the caller presses the star or another document comes."""

        async def work(release: asyncio.Event) -> fx.Connected:
            starring = asyncio.ensure_future(self._release_on_star(release)) if star else None
            try:
                return await connect(CallerSide(lambda: self._answer_unless(release), self._ring_on, release))
            finally:
                await _stopped(starring)

        return await self._until_released(work)

    async def _until_released(
        self, begin: Callable[[asyncio.Event], Coroutine[Any, Any, Concluded]]
    ) -> Concluded:
        """What came of something that has an outcome also when the caller hangs up: it is released then."""
        release = asyncio.Event()
        self._keys.forget()
        work = asyncio.ensure_future(begin(release))
        try:
            await self._until(_settled(work))
            return work.result()
        except _CallOver:
            release.set()
            raise _CallOver(replace(await work, caller_left=True)) from None
        finally:
            self._keys.forget()
            await _stopped(work)

    async def _control_recording(self, control: RecordingControl) -> None:
        try:
            await self._leg.control_recording(control)
        except Refusal as refusal:
            await self._leg.note(self._language.recording_refused_code, str(refusal), None)

    async def _release_on_star(self, release: asyncio.Event) -> None:
        while await self._keys.next() != "*":
            pass
        release.set()

    async def _ring_on(self) -> None:
        await self._performer.sound(self._clips.stock("ringback"), FOREVER)

    async def _answer_unless(self, release: asyncio.Event) -> None:
        """Answer the caller, unless it has gone by then."""
        if self._answered.is_set():
            return
        answering = asyncio.ensure_future(self._answer())
        releasing = asyncio.ensure_future(release.wait())
        try:
            await asyncio.wait((answering, releasing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stopped(answering, releasing)

    async def _answer_listening(self) -> fx.Answered:
        """Answer and hear what comes, until it is the answer's acknowledgement or the end of the call."""
        self._ask_answer()
        await self._listen_until(self._answered.is_set)
        return fx.Answered()

    async def _answer(self) -> None:
        """The same beside something that listens."""
        self._ask_answer()
        await self._answered.wait()

    def _ask_answer(self) -> None:
        if self._answer_asked:
            return
        self._answer_asked = True
        try:
            self._leg.answer()
        except Conflict:
            # The caller has given up this very moment; the end of the leg is on its way.
            pass
        except ServerFull:
            self._leg.refuse(HangupCause.SERVER_FULL)

    # --- in a room ----------------------------------------------------------------------------------------

    async def _join_and_stay(self, interpreter: Interpreter, join: JoinConference) -> list[fx.Effect]:
        """Enter a room and stay; what to do after it."""
        await self._catch_up()
        self._keys.forget()
        try:
            conference = await self._leg.join(join)
        except Refusal as refusal:
            if self._leg.is_over:
                # The caller went while the room was asked: no fault of the document's.
                await self._listen_until(lambda: False)
            return interpreter.feed(fx.JoinRefused(refusal))
        interpreter.feed(fx.Joined())
        events: Mailbox[RoomEvent] = Mailbox(self._leg.inbox.bell)
        self._in_room = events
        stay = Stay(self._clock, join, events)
        await self._record_stay(stay)
        try:
            return await self._stay(interpreter, stay, conference, events)
        finally:
            self._in_room = None
            await stay.close()
            stay.room_recording_id = None
            await self._finish_recording(stay)

    async def _record_stay(self, stay: Stay) -> None:
        """Record the room, or this call while it is in it."""
        try:
            if stay.join.opening_recording is not None:
                stay.room_recording_id = await self._leg.record_room(stay.join.opening_recording)
            if stay.join.leg_recording is not None and stay.room_recording_id is None:
                stay.recording_id = (await self._leg.start_recording(stay.join.leg_recording)).id
        except Refusal as refusal:
            await self._leg.note(self._language.recording_refused_code, str(refusal), None)

    async def _finish_recording(self, stay: Stay) -> Recording | None:
        """What was recorded of the stay; that of the room goes on."""
        recording_id, stay.recording_id = stay.recording_id, None
        if recording_id is not None:
            return await self._leg.finish_recording(recording_id)
        room_recording_id = stay.room_recording_id
        return None if room_recording_id is None else await self._leg.room_recording(room_recording_id)

    async def _stay(
        self,
        interpreter: Interpreter,
        stay: Stay,
        conference: Conference,
        events: Mailbox[RoomEvent],
    ) -> list[fx.Effect]:
        while True:
            try:
                await self._listen_until(lambda: not events.empty())
            except _CallOver:
                gone = fx.LeftConference(LeaveReason.HUNG_UP, await self._finish_recording(stay))
                raise _CallOver(gone) from None
            event = events.get_nowait()
            if isinstance(event, BaseException):
                raise event
            if isinstance(event, RoomInput):
                await self._hear_instead(stay, event, conference)
                continue
            if isinstance(event, fx.LeftConference):
                event = replace(event, recording=await self._finish_recording(stay))
            effects = interpreter.feed(event)
            if effects and isinstance(effects[0], fx.Leave):
                await stay.close()
                await self._perform(effects[0])
                left = fx.LeftConference(effects[0].reason, await self._finish_recording(stay))
                return effects[1:] + interpreter.feed(left)
            if effects or interpreter.join is None:
                return effects

    async def _hear_instead(self, stay: Stay, news: RoomInput, conference: Conference) -> None:
        """Begin or end what one hears instead of the room. Whoever is on hold does not wait as well."""
        music: WaitMusic | None = None
        if news.held:
            music = news.hold_music
        elif news.waiting:
            music = news.wait_music or stay.join.wait
            if conference.moderator_present and not music.while_alone:
                music = None
        if (news.held, music) == stay.hears:
            return
        await stay.stop_waiting()
        stay.hears = (news.held, music)
        if music is not None:
            stay.begin_waiting(self._wait_for_room(music, conference), held=news.held)

    # --- the inbox ----------------------------------------------------------------------------------------

    async def _until(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, while listening to the inbox. Raises _CallOver, with `work` cancelled."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self._leg.inbox.bell.set())
        try:
            await self._listen_until(task.done)
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _listen_until(self, ready: Callable[[], bool]) -> None:
        """Hear what comes until something is ready that rings the inbox's bell, too."""
        bell = self._leg.inbox.bell
        while True:
            bell.clear()
            await self._catch_up()
            if ready():
                return
            await bell.wait()

    async def _catch_up(self) -> None:
        """Hear what has come so far, so that news of a room that was left is not taken for the next one's."""
        while not self._leg.inbox.empty():
            await self._hear(self._leg.inbox.get_nowait())

    async def _hear(self, event: Input) -> None:
        match event:
            case EndedInput():
                raise _CallOver
            case RedirectInput():
                raise _Dropped(event)
            case AnsweredInput():
                self._answered.set()
            case PlaybackInput():
                self._performer.playback_ended(event.playback_id)
            case DigitInput():
                await self._hear_digit(event.digit)
            case LeftInput() if self._in_room is not None:
                self._in_room.put_nowait(fx.LeftConference(event.reason))
            case RoomInput() if self._in_room is not None:
                self._in_room.put_nowait(event)
            case _:
                pass

    async def _hear_digit(self, digit: str) -> None:
        if self._tells_digits and not self._gathers:
            await self._leg.tell_digit(digit)
        if self._in_room is not None:
            self._in_room.put_nowait(fx.Digit(digit))
        else:
            self._keys.press(digit)


async def _settled(work: "asyncio.Future[Any]") -> None:
    """Wait for `work` without being its owner: who waits may be cancelled, and it goes on."""
    await asyncio.wait((work,))


async def _stopped(*works: "asyncio.Future[Any] | None") -> None:
    begun = [work for work in works if work is not None]
    for work in begun:
        work.cancel()
    await asyncio.gather(*begun, return_exceptions=True)
