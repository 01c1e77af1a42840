"""Twins of what a running document works with: a leg that keeps a diary, a web, a box of sounds."""

import asyncio
from dataclasses import dataclass, field

from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.conference import Conference, ConferenceState, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import Conflict, InvalidValue, Refusal, ServerFull
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.markup.effects import Ask, Connected, Given
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    JoinConference,
    RecordingControl,
    RecordingWish,
    WaitMusic,
)
from hubbub.markup.language import MarkupCall
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
from hubbub.services.documents.document_leg import CallerSide
from hubbub.services.ports import Clip, Clock, FetchFailed, FetchRequest, FetchResponse

ACCOUNT = Account(
    AccountId("a" * 32), None, "Acme", None, AccountStatus.ACTIVE, "Administrator", "5000001", 0, 0
)
LEG = CallLeg(
    CallId("c" * 32),
    ACCOUNT.id,
    None,
    None,
    None,
    "+15550001",
    "+15550002",
    Direction.INBOUND,
    CallStatus.RINGING,
    0,
    0,
)

RECORDING = Recording(
    RecordingId("e" * 32),
    ACCOUNT.id,
    None,
    LEG.id,
    RecordingState.IN_PROGRESS,
    RecordingSource.RECORD_VERB,
    Layout.MONO,
    AudioFormat.WAV,
    "inbound",
    0,
    0,
)


class TwinLeg:
    """A call. `diary` holds what was done to it, with the second it was done in."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.start_s = clock.mono_s()
        self.inbox: Mailbox[Input] = Mailbox()
        self.diary: list[tuple[float, str]] = []
        self.refusal: Refusal | None = None
        self.waits = False
        self.moderator_present = True
        self.answerable = True
        self.slow_answer_s = 0.0
        self.talk_s = 5.0
        self.record_refusal: Refusal | None = None
        self.room_is_recorded = False
        """By this leg or somebody else, where its document asks for that."""
        self.recording_ends = asyncio.Event()
        self.recorded_as = RecordingState.COMPLETED
        self.is_over = False
        self.is_full = False
        self.wishes: list[JoinConference] = []
        self._playbacks = 0
        self._timers: dict[int, object] = {}

    def did(self, what: str) -> None:
        self.diary.append((round(self.clock.mono_s() - self.start_s, 3), what))

    @property
    def deeds(self) -> list[str]:
        return [what for _, what in self.diary]

    async def markup_call(self) -> MarkupCall:
        return MarkupCall(LEG, ACCOUNT)

    def ring(self) -> None:
        self.did("ring")

    def answer(self) -> None:
        if not self.answerable:
            raise Conflict("too late")
        self.did("answer")
        self.at(self.slow_answer_s, AnsweredInput())

    def refuse(self, cause: HangupCause) -> None:
        self.did(f"refuse {cause}")

    def hang_up(self, cause: HangupCause) -> None:
        self.did(f"hang up {cause}")
        self.inbox.put_nowait(EndedInput(cause))

    def play(self, clip: Clip, *, loop: bool = False) -> int:
        if self.is_full:
            raise ServerFull("no memory is left for sound")
        self._playbacks += 1
        playback_id = self._playbacks
        self.did(f"play {clip.name}" + (" for ever" if loop else ""))
        if not loop:
            self._timers[playback_id] = self.clock.call_later(
                clip.duration_ms / 1000, lambda: self.inbox.put_nowait(PlaybackInput(playback_id))
            )
        return playback_id

    def stop_playing(self, playback_id: int) -> None:
        self.did("stop")
        timer = self._timers.pop(playback_id, None)
        if timer is not None:
            timer.cancel()  # type: ignore[attr-defined]

    def send_digits(self, digits: str) -> None:
        self.did(f"send {digits}")

    async def join(self, wish: JoinConference) -> Conference:
        await asyncio.sleep(0.010)
        if self.refusal is not None:
            raise self.refusal
        self.wishes.append(wish)
        self.did(f"join {wish.name}")
        if self.waits:
            self.inbox.put_nowait(RoomInput(waiting=True))
        return Conference(
            ConferenceId("f" * 32),
            ACCOUNT.id,
            wish.name,
            ConferenceState.INIT,
            self.moderator_present,
            0,
            0,
        )

    async def leave(self, reason: LeaveReason) -> None:
        await asyncio.sleep(0.010)
        self.did(f"leave {reason}")

    async def dial(self, dial: Dial, caller: CallerSide) -> Connected:
        """Rings for two seconds, answers, and talks for `talk_s`; released, it ends at once."""
        self.did(f"dial {' '.join(target.to for target in dial.targets)}")
        ringing = asyncio.ensure_future(caller.ring())
        try:
            await self.clock.sleep(2)
        finally:
            ringing.cancel()
            await asyncio.gather(ringing, return_exceptions=True)
        await caller.answer()
        return await self._talk(caller)

    async def bridge(self, bridge: Bridge, caller: CallerSide) -> Connected:
        self.did(f"bridge {bridge.call_id}")
        return await self._talk(caller)

    async def meet(self) -> Connected:
        self.did("meet")
        await self.clock.sleep(self.talk_s)
        return Connected(CallStatus.COMPLETED, bridged=True, elapsed_ms=1)

    async def _talk(self, caller: CallerSide) -> Connected:
        released = asyncio.ensure_future(caller.release.wait())
        try:
            await asyncio.wait((released,), timeout=self.talk_s)
        except asyncio.CancelledError:
            self.did("drop")
            raise
        finally:
            released.cancel()
        self.did("talked")
        return Connected(CallStatus.COMPLETED, bridged=True, elapsed_ms=1)

    async def start_recording(self, wish: RecordingWish) -> Recording:
        if self.record_refusal is not None:
            raise self.record_refusal
        self.did(f"record {wish.source}")
        self.recording_ends = asyncio.Event()
        if wish.max_duration_ms is not None:
            self.clock.call_later(wish.max_duration_ms / 1000, self.recording_ends.set)
        return RECORDING

    async def record_room(self, wish: RecordingWish) -> RecordingId | None:
        if self.record_refusal is not None:
            raise self.record_refusal
        if self.room_is_recorded:
            self.did(f"record room {wish.source}")
        return RECORDING.id if self.room_is_recorded else None

    async def room_recording(self, recording_id: RecordingId) -> Recording | None:
        return RECORDING

    async def recording_taken(self, recording_id: RecordingId) -> None:
        await self.recording_ends.wait()

    async def finish_recording(self, recording_id: RecordingId) -> Recording | None:
        self.did("recorded")
        return RECORDING._replace(state=self.recorded_as, duration_ms=2000)

    async def control_recording(self, control: RecordingControl) -> None:
        if self.record_refusal is not None:
            raise self.record_refusal
        self.did(type(control).__name__)

    async def report_digits(self, callbacks: tuple[SubscriptionWish, ...]) -> None:
        self.did(f"report digits to {len(callbacks)}")

    async def tell_digit(self, digit: str) -> None:
        self.did(f"tell {digit}")

    async def retag(self, tag: str | None) -> None:
        self.did(f"tag {tag}")

    async def note(self, code: str, message: str, url: str | None) -> None:
        self.did(f"note {code}")

    # --- what the world does ----------------------------------------------------------------------------

    def at(self, second: float, event: Input) -> None:
        self.clock.call_later(second, lambda: self.inbox.put_nowait(event))

    def presses(self, second: float, digit: str) -> None:
        self.at(second, DigitInput(digit))

    def hangs_up(self, second: float) -> None:
        self.at(second, EndedInput(HangupCause.HANGUP))

    def room_opens(self, second: float) -> None:
        self.at(second, RoomInput(waiting=False))

    def is_held(self, second: float, music: WaitMusic | None, *, waiting: bool = False) -> None:
        self.at(second, RoomInput(waiting, held=True, hold_music=music))

    def is_redirected(self, second: float, begin: Ask | Given, fallback: WebTarget | None = None) -> None:
        self.at(second, RedirectInput(begin, fallback))

    def is_put_out(self, second: float, reason: LeaveReason) -> None:
        self.at(second, LeftInput(reason))


@dataclass
class TwinWeb:
    """The customer's web server; each page answers after `delay_s`."""

    clock: Clock
    pages: dict[str, bytes | FetchFailed] = field(default_factory=dict)
    delay_s: float = 0.1
    asked: list[FetchRequest] = field(default_factory=list)
    under_way: int = 0

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.asked.append(request)
        self.under_way += 1
        try:
            await self.clock.sleep(self.delay_s)
        finally:
            self.under_way -= 1
        page = self.pages.get(request.url)
        if page is None:
            raise FetchFailed("status", "404 Not Found", 404)
        if isinstance(page, FetchFailed):
            raise page
        return FetchResponse(request.url, 200, "text/xml", page)


class TwinClips:
    """Sounds: one second each; a text speaks a quarter of a second a word."""

    def __init__(self) -> None:
        self.broken: dict[str, FetchFailed | InvalidValue] = {}

    async def load(self, request: FetchRequest) -> Clip:
        if request.url in self.broken:
            raise self.broken[request.url]
        return Clip(bytes(16_000), request.url.rpartition("/")[2])

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        if text in self.broken:
            raise self.broken[text]
        return Clip(bytes(4_000 * len(text.split())), f"'{text}'")

    def stock(self, name: str) -> Clip:
        return Clip(bytes(160_000), name)
