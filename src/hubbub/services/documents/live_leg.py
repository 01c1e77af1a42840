"""A running document's hands: its wishes for the leg, joined to signalling, media and the store."""

from collections.abc import Mapping
from typing import NamedTuple

from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg, CallStatus, HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import Recording
from hubbub.markup.effects import Connected
from hubbub.markup.instructions import Bridge, Dial, RecordingControl, RecordingWish
from hubbub.markup.instructions import JoinConference as JoinWish
from hubbub.markup.language import MarkupCall
from hubbub.services.calls.connect_calls import ConnectCalls
from hubbub.services.calls.live_calls import Input, LiveCall, LiveCalls
from hubbub.services.calls.mailbox import Mailbox
from hubbub.services.commands import RecordingCommands
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.documents.document_leg import CallerSide
from hubbub.services.documents.document_recordings import control_call, record_wish
from hubbub.services.ports import Clip, Clock, Entropy, MediaPlane, Signalling, Store
from hubbub.services.rooms.join_conference import JoinConference
from hubbub.services.rooms.leave_conference import LeaveConference


class Services(NamedTuple):
    """What every leg's document works with."""

    store: Store
    calls: LiveCalls
    signalling: Signalling
    media: MediaPlane
    clock: Clock
    entropy: Entropy
    join: JoinConference
    leave: LeaveConference
    base_url: str
    """How customers reach this server."""
    site: str
    connect: ConnectCalls | None = None
    """None: this server calls nobody."""
    recordings: RecordingCommands | None = None
    """None: this server records nothing."""


class LiveLeg:
    """Implements `DocumentLeg` for one live call."""

    def __init__(
        self,
        call: LiveCall,
        account: Account,
        services: Services,
        *,
        dialect: str = "",
        headers: Mapping[str, str],
    ) -> None:
        self._call = call
        self._account = account
        self._services = services
        self._dialect = dialect
        self._digits_told_as: frozenset[str] = frozenset()
        self._headers = headers

    @property
    def inbox(self) -> Mailbox[Input]:
        return self._call.inbox

    @property
    def is_over(self) -> bool:
        return self._call.ended

    async def markup_call(self) -> MarkupCall:
        services = self._services
        leg = await self._leg()
        return MarkupCall(
            leg=leg,
            account=self._account,
            signing_secret=await services.store.read.signing_secret(self._account.id),
            headers=self._headers,
            base_url=services.base_url,
            site=services.site,
            now_ms=services.clock.now_ms(),
            parent=None if leg.parent_id is None else await services.store.read.call(leg.parent_id),
        )

    def ring(self) -> None:
        self._services.signalling.ring(self._call.call_id)

    def answer(self) -> None:
        self._services.signalling.answer(self._call.call_id)

    def refuse(self, cause: HangupCause) -> None:
        self._call.remember_end(cause)
        self._services.signalling.reject(self._call.call_id, cause)

    def hang_up(self, cause: HangupCause) -> None:
        self._call.remember_end(cause)
        self._services.signalling.hang_up(self._call.call_id, cause)

    def play(self, clip: Clip, *, loop: bool = False) -> int:
        port_id = self._call.port_id
        if port_id is None:
            return 0
        playback_id = self._services.media.play_to_port(port_id, clip, loop=loop)
        self._services.calls.bind_playback(self._call, playback_id)
        return playback_id

    def stop_playing(self, playback_id: int) -> None:
        if playback_id:
            self._services.media.stop_playback(playback_id)
            self._services.calls.forget_playback(playback_id)

    def send_digits(self, digits: str) -> None:
        if self._call.port_id is not None:
            self._services.media.send_digits(self._call.port_id, digits)

    async def join(self, wish: JoinWish) -> Conference:
        leg = self._call.leg or await self._leg()
        request = wish.request(self._call.call_id, leg.tag)._replace(dialect=self._dialect)
        timeout_s = self._call.callback_timeout_s
        if timeout_s is not None:
            # A room that is made takes over how long its maker's customer may take.
            patient = tuple(
                [each._replace(timeout_s=each.timeout_s or timeout_s) for each in request.callbacks]
            )
            request = request._replace(callbacks=patient)
        conference = await self._services.join(
            self._call, self._account.id, wish.name, request, conference_id=wish.conference_id
        )
        if wish.recording is not None and self._services.recordings is not None:
            recording = record_wish(wish.recording, self._dialect)
            await self._services.recordings.record_from_start(conference.id, recording, self._call.call_id)
        return conference

    async def leave(self, reason: LeaveReason) -> None:
        await self._services.leave.leave(self._call, reason)

    async def dial(self, dial: Dial, caller: CallerSide) -> Connected:
        connect = self._services.connect
        if connect is None:
            return Connected(CallStatus.FAILED)
        return await connect.dial(self._call, await self._leg(), self._account, self._dialect, dial, caller)

    async def bridge(self, bridge: Bridge, caller: CallerSide) -> Connected:
        connect = self._services.connect
        if connect is None:
            return Connected(CallStatus.FAILED)
        return await connect.bridge(self._call, self._account, bridge, caller)

    async def meet(self) -> Connected:
        meeting = self._call.meeting
        if meeting is None:
            return Connected(CallStatus.FAILED)
        start_s = self._services.clock.mono_s()
        await meeting.attend(self._call)
        duration_ms = round((self._services.clock.mono_s() - start_s) * 1000)
        return Connected(
            CallStatus.COMPLETED,
            bridged=True,
            leg=await self._leg(),
            duration_ms=duration_ms,
            elapsed_ms=duration_ms,
        )

    async def start_recording(self, wish: RecordingWish) -> Recording:
        return await self._recordings.start_call(self._call.call_id, record_wish(wish, self._dialect))

    async def recording_taken(self, recording_id: RecordingId) -> None:
        try:
            await self._recordings.taken(recording_id)
        except NotFound:
            # It was over before anybody asked.
            return

    async def record_room(self, wish: RecordingWish) -> RecordingId | None:
        call, recordings = self._call, self._recordings
        if call.conference_id is None:
            return None
        if call.conference_id == call.opened_id and not recordings.running(call.conference_id):
            recording = record_wish(wish, self._dialect)
            return (await recordings.start_conference(call.conference_id, recording, call.call_id)).id
        return next((each.id for each in recordings.running(call.conference_id)), None)

    async def room_recording(self, recording_id: RecordingId) -> Recording | None:
        reader = self._services.store.read
        found = await reader.recording(recording_id)
        if found is None or found.conference_id is None:
            return found
        conference = await reader.conference(found.conference_id)
        if conference is not None and conference.is_live:
            return found
        try:
            return await self._recordings.finished(recording_id)
        except NotFound:
            return found

    async def finish_recording(self, recording_id: RecordingId) -> Recording | None:
        recordings = self._recordings
        try:
            await recordings.stop(recording_id)
        except Conflict:
            # It is over: long enough, silent, or its call has ended.
            pass
        except NotFound:
            return None
        try:
            return await recordings.finished(recording_id)
        except NotFound:
            return None

    async def control_recording(self, control: RecordingControl) -> None:
        await control_call(self._recordings, self._call.call_id, control, self._dialect)

    @property
    def _recordings(self) -> RecordingCommands:
        recordings = self._services.recordings
        if recordings is None:
            raise Conflict("this server records nothing")
        return recordings

    async def report_digits(self, callbacks: tuple[SubscriptionWish, ...]) -> None:
        async with self._services.store.transaction() as tx:
            for purpose in self._digits_told_as:
                await tx.delete_subscriptions(self._call.call_id, purpose)
            await subscribe(
                tx,
                self._services.entropy,
                self._account.id,
                self._call.call_id,
                self._dialect,
                callbacks,
                self._services.clock.now_ms(),
            )
        self._digits_told_as = frozenset([wish.purpose for wish in callbacks])

    async def tell_digit(self, digit: str) -> None:
        async with self._services.store.transaction() as tx:
            now_ms = self._services.clock.now_ms()
            await tx.append([self._event(EventKind.DIGIT_PRESSED, now_ms, {"digit": digit})])

    async def retag(self, tag: str | None) -> None:
        async with self._services.store.transaction() as tx:
            leg = await self._call.row(tx)
            if leg is None or leg.status.is_final or leg.tag == tag:
                return
            now_ms = self._services.clock.now_ms()
            leg = leg._replace(tag=tag, updated_at_ms=now_ms)
            await self._call.put_row(tx, leg, [self._event(EventKind.CALL_TAGGED, now_ms, {"tag": tag})])
        self._call.wrote(leg)

    async def note(self, code: str, message: str, url: str | None) -> None:
        async with self._services.store.transaction() as tx:
            now_ms = self._services.clock.now_ms()
            data: dict[str, object] = {"code": code, "message": message, "url": url}
            await tx.append([self._event(EventKind.DOCUMENT_FAILED, now_ms, data)])

    def _event(self, kind: EventKind, now_ms: int, data: dict[str, object]) -> Event:
        return Event(kind, now_ms, self._account.id, None, self._call.call_id, data)

    async def _leg(self) -> CallLeg:
        leg = await self._call.row(self._services.store.read)
        if leg is None:
            raise NotFound("call", self._call.call_id)
        return leg
