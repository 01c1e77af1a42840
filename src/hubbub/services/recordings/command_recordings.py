"""Recordings of calls and conferences: started, paused, resumed, stopped, finished, read and deleted.

Owns the rows and their events up to the end, and which taps belong to which. The cast: a `LiveRecording` is one
that takes sound or is being finished; its `Take` lays the sound; `RecordingFiles` keeps it; `FinishRecording`
says what became of it. Leaves what happens to rooms and calls to `record_rooms`, which calls in here, and what
a crash left behind to `recover_recordings`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, NamedTuple

from hubbub.domain.conference import ConferenceState
from hubbub.domain.errors import ConferenceEnded, Conflict, NotFound, Refusal, ServerFull
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId
from hubbub.domain.recording import AudioFormat, Recording, RecordingState
from hubbub.services.calls.answer_call import AnswerCall
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.commands import MediaFile, RecordWish, StopReason
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.ports import Clock, Entropy, Log, MediaPlane, Store, TapFrame, TapKind, Transaction
from hubbub.services.recordings.finish_recording import FinishRecording
from hubbub.services.recordings.live_recordings import LiveRecording, LiveRecordings, event_of
from hubbub.services.recordings.recording_files import Blend, RecordingFiles, SoundLost, SoundPlan
from hubbub.services.recordings.recording_sources import Sources, limits_of, sources_of_call, sources_of_room
from hubbub.services.recordings.recording_take import Source, Take
from hubbub.services.rooms.live_rooms import LiveRooms

LAST_FRAMES_S: Final = 5.0
"""How long the last frames of closed taps may take."""


class _Subject(NamedTuple):
    """What is recorded."""

    account_id: AccountId
    conference_id: ConferenceId | None
    call_id: CallId | None
    track: str
    check: Callable[[Transaction], Awaitable[None]]
    """Raises a refusal if it is over by now."""


class Recordings:
    """Implements `commands.RecordingCommands`."""

    def __init__(
        self,
        store: Store,
        media: MediaPlane,
        files: RecordingFiles,
        calls: LiveCalls,
        rooms: LiveRooms,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        *,
        node: str,
    ) -> None:
        self._store = store
        self._media = media
        self._files = files
        self._calls = calls
        self._rooms = rooms
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._node = node
        self._lives = LiveRecordings()
        self._answer = AnswerCall(store)
        self._end = FinishRecording(store, files, clock, log, self._lives)
        self._taps: dict[int, Take] = {}
        self._awaited: dict[ConferenceId, tuple[RecordWish, CallId | None]] = {}
        """Wishes for conferences that have not started."""
        self._automatic: set[ConferenceId] = set()
        """Conferences whose recording was asked for by joining."""
        self._work: set[asyncio.Task[None]] = set()
        media.subscribe_taps(self._hear)

    # --- starting ---------------------------------------------------------------------------------------

    async def start_call(self, call_id: CallId, wish: RecordWish) -> Recording:
        call = self._calls.get(call_id)
        if call is None or call.ended:
            if await self._store.read.call(call_id) is None:
                raise NotFound("call", call_id)
            raise Conflict(f"call {call_id} is over")
        if not call.answered or call.port_id is None or call.account_id is None:
            raise Conflict(f"call {call_id} is not answered")
        sources = sources_of_call(wish, call.port_id)

        async def check(tx: Transaction) -> None:
            if call.ended:
                raise Conflict(f"call {call_id} is over")

        # The log tells an answer before what comes of it.
        await self._answer(call)
        subject = _Subject(call.account_id, None, call_id, wish.track, check)
        return await self._begin(subject, wish, sources)

    async def start_conference(
        self, conference_id: ConferenceId, wish: RecordWish, call_id: CallId | None = None
    ) -> Recording:
        mixer_id, room = self._rooms.mixer(conference_id), self._rooms.room(conference_id)
        if mixer_id is None or room is None:
            conference = await self._store.read.conference(conference_id)
            if conference is None:
                raise NotFound("conference", conference_id)
            if conference.is_live:
                raise Conflict(f"conference {conference_id} is not mixed here")
            raise ConferenceEnded(f"conference {conference_id} is over")

        async def check(tx: Transaction) -> None:
            if self._rooms.mixer(conference_id) is None:
                raise ConferenceEnded(f"conference {conference_id} is over")

        voices = self._voices([participant.call_id for participant in room.inside])
        sources = sources_of_room(wish, mixer_id, voices)
        subject = _Subject(room.conference.account_id, conference_id, call_id, "both", check)
        return await self._begin(subject, wish, sources)

    async def record_from_start(
        self, conference_id: ConferenceId, wish: RecordWish, call_id: CallId | None = None
    ) -> None:
        room = self._rooms.room(conference_id)
        if room is None or conference_id in self._automatic:
            return
        self._automatic.add(conference_id)
        if room.conference.state is ConferenceState.INIT:
            self._awaited[conference_id] = (wish, call_id)
        else:
            await self._start_automatic(conference_id, wish, call_id)

    def conference_started(self, conference_id: ConferenceId) -> None:
        """Two are bridged: what waited for that begins."""
        awaited = self._awaited.pop(conference_id, None)
        if awaited is not None:
            self._spawn(self._start_automatic(conference_id, *awaited))

    async def _start_automatic(
        self, conference_id: ConferenceId, wish: RecordWish, call_id: CallId | None
    ) -> None:
        try:
            await self.start_conference(conference_id, wish, call_id)
        except ConferenceEnded:
            pass  # it was over before it was bridged
        except Refusal as refusal:
            self._log.error("recording not started", conference=conference_id, why=str(refusal))

    def _voices(self, call_ids: Sequence[CallId]) -> dict[str, Source]:
        voices = {}
        for call_id in call_ids:
            call = self._calls.get(call_id)
            if call is not None and call.port_id is not None:
                voices[str(call_id)] = Source(TapKind.SPOKEN, call.port_id)
        return voices

    async def _begin(self, subject: _Subject, wish: RecordWish, sources: Sources) -> Recording:
        now_ms = self._clock.now_ms()
        row = Recording(
            id=RecordingId(self._entropy.id()),
            account_id=subject.account_id,
            conference_id=subject.conference_id,
            call_id=subject.call_id,
            state=RecordingState.IN_PROGRESS,
            source=wish.source,
            layout=wish.layout,
            format=wish.format,
            track=subject.track,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            started_at_ms=now_ms,
            trim_silence=wish.trim_silence,
            name=wish.name,
            tag=wish.tag,
            node=self._node,
        )
        live = LiveRecording(row, has_tracks=sources.blend is Blend.MIX_AND_TRACKS)
        plan = SoundPlan(sources.blend, wish.format, wish.trim_silence, wish.silent_is_absent)
        writer = self._files.begin(row.id, plan, lambda why: self._spawn(self._disk_failed(live, why)))
        live.take = Take(
            self._media,
            writer,
            self._clock,
            self._taps,
            limits=limits_of(wish),
            over=lambda reason: self._spawn(self._stop_if_open(live, reason)),
            has_voice=self._files.has_voice,
        )
        try:
            live.take.start(sources.tracks)
            self._lives.add(live)
            async with self._store.transaction() as tx:
                await subject.check(tx)
                await tx.put_recording(row)
                await subscribe(
                    tx, self._entropy, row.account_id, row.id, wish.dialect, wish.callbacks, now_ms
                )
                await tx.append([event_of(row, EventKind.RECORDING_STARTED, now_ms)])
        except BaseException:
            self._lives.forget(live)
            live.take.give_up()
            writer.abandon()
            raise
        live.stored.set()
        return row

    # --- while it is taken ------------------------------------------------------------------------------

    def _hear(self, frames: Sequence[TapFrame]) -> None:
        for frame in frames:
            take = self._taps.get(frame.tap_id)
            if take is not None:
                take.take(frame)

    def running(self, subject_id: str) -> list[Recording]:
        return [each.row for each in self.live_of(subject_id) if each.row.state.is_open]

    def live_of(self, subject_id: str) -> list[LiveRecording]:
        """What records a conference; or a call, but not for a conference."""
        return self._lives.of(subject_id)

    @property
    def is_idle(self) -> bool:
        """Nothing is recorded or waits to be: nobody needs to look."""
        return not (self._lives or self._awaited or self._automatic)

    def join(self, conference_id: ConferenceId, call_id: CallId) -> None:
        """Somebody has come in: where tracks are taken, one more is."""
        for live in self.live_of(conference_id):
            if live.has_tracks:
                for track, source in self._voices([call_id]).items():
                    self._add(live, track, source)

    def _add(self, live: LiveRecording, track: str, source: Source) -> None:
        try:
            live.take.add(track, source)
        except ServerFull as refusal:
            live.take.note("not-recorded", {"track": track, "why": str(refusal)})
            self._log.warning("a participant has no track", recording=live.row.id, why=str(refusal))

    def leave(self, conference_id: ConferenceId, call_id: CallId) -> None:
        """Somebody has left: its track ends, and is silence from now on."""
        for live in self.live_of(conference_id):
            if live.has_tracks:
                live.take.drop(call_id)

    def forget_conference(self, conference_id: ConferenceId) -> None:
        """It is over."""
        self._awaited.pop(conference_id, None)
        self._automatic.discard(conference_id)

    async def pause(self, recording_id: RecordingId, *, skip: bool = False) -> Recording:
        live = await self._taking(recording_id)
        async with self._store.transaction() as tx:
            row = await self._move(tx, live, RecordingState.PAUSED, EventKind.RECORDING_PAUSED)
            row = row._replace(skips_pauses=skip)
            await tx.put_recording(row)
            live.take.note("paused", {"skip": skip})
            live.take.pause(skip=skip)
        live.row = row
        return row

    async def resume(self, recording_id: RecordingId) -> Recording:
        live = await self._taking(recording_id)
        async with self._store.transaction() as tx:
            row = await self._move(tx, live, RecordingState.IN_PROGRESS, EventKind.RECORDING_RESUMED)
            live.take.resume()
            live.take.note("resumed", {})
        live.row = row
        return row

    async def _taking(self, recording_id: RecordingId) -> LiveRecording:
        live = self._lives.get(recording_id)
        if live is None or live.take.is_closing:
            if await self._store.read.recording(recording_id) is None:
                raise NotFound("recording", recording_id)
            raise Conflict(f"recording {recording_id} is over")
        return live

    async def _move(
        self, tx: Transaction, live: LiveRecording, state: RecordingState, kind: EventKind
    ) -> Recording:
        """Within a transaction: the recording in its next state, stored and announced. Raises Conflict."""
        row = await tx.recording(live.row.id)
        if row is None:
            raise NotFound("recording", live.row.id)
        now_ms = self._clock.now_ms()
        row = row.moved(state, now_ms)
        await tx.put_recording(row)
        await tx.append([event_of(row, kind, now_ms)])
        return row

    # --- the end ----------------------------------------------------------------------------------------

    async def stop(self, recording_id: RecordingId) -> Recording:
        return await self._stop(await self._taking(recording_id), StopReason.ASKED)

    def stop_all(self, subject_id: str) -> None:
        """The call or conference is over, and what records it ends."""
        for live in self.live_of(subject_id):
            self._spawn(self._stop_if_open(live, StopReason.OVER))

    async def _stop_if_open(self, live: LiveRecording, reason: StopReason) -> None:
        try:
            await live.stored.wait()
            await self._stop(live, reason)
        except (Conflict, NotFound):
            pass  # somebody else stopped it first

    async def _stop(self, live: LiveRecording, reason: StopReason) -> Recording:
        async with self._store.transaction() as tx:
            row = await self._move(tx, live, RecordingState.PROCESSING, EventKind.RECORDING_STOPPED)
            live.take.close()
        live.row = row
        live.reason = reason
        live.stopped.set()
        self._spawn(self._finish(live))
        return row

    async def _finish(self, live: LiveRecording) -> None:
        guard = self._clock.call_later(LAST_FRAMES_S, live.take.give_up)
        await live.take.closed.wait()
        guard.cancel()
        await self._end(live, live.take.samples)

    async def _disk_failed(self, live: LiveRecording, why: str) -> None:
        """The disk refuses this recording; what it records goes on."""
        await live.stored.wait()
        live.take.give_up()
        await self._end.fail(live, why)

    def resume_finishing(self, row: Recording, why: str) -> None:
        """Finish, in the background, what another process took and did not finish."""
        live = LiveRecording(row)
        live.stored.set()
        live.stopped.set()
        self._lives.add(live)
        self._spawn(self._end(live, None, why=why))

    # --- waiting, reading, deleting -----------------------------------------------------------------------

    async def taken(self, recording_id: RecordingId) -> StopReason:
        live = self._lives.get(recording_id)
        if live is None:
            raise NotFound("recording", recording_id)
        await live.stopped.wait()
        return live.reason

    async def finished(self, recording_id: RecordingId) -> Recording:
        live = self._lives.get(recording_id)
        if live is not None:
            await live.done.wait()
            return live.row
        row = await self._store.read.recording(recording_id)
        if row is None:
            raise NotFound("recording", recording_id)
        return row

    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        channels: int | None = None,
        track: str | None = None,
        first_byte: int = 0,
        last_byte: int | None = None,
    ) -> MediaFile:
        row = await self._store.read.recording(recording_id)
        if row is None or row.state is not RecordingState.COMPLETED:
            raise NotFound("recording", recording_id)
        try:
            return await self._files.open(
                recording_id,
                format_,
                channels=channels,
                track=track,
                first_byte=first_byte,
                last_byte=last_byte,
            )
        except SoundLost as error:
            self._log.error("recording not readable", recording=recording_id, why=str(error))
            raise NotFound("recording", recording_id) from error

    async def delete(self, recording_id: RecordingId) -> Recording:
        async with self._store.transaction() as tx:
            row = await tx.recording(recording_id)
            if row is None or row.state is RecordingState.DELETED:
                raise NotFound("recording", recording_id)
            now_ms = self._clock.now_ms()
            row = row.moved(RecordingState.DELETED, now_ms)
            await tx.put_recording(row)
            await tx.append([event_of(row, EventKind.RECORDING_DELETED, now_ms)])
        await self._end.remove_files(recording_id)
        return row

    async def forget(self, recording_id: RecordingId) -> None:
        """Remove the row of a deleted recording, and what a crash may have left of its files."""
        await self._end.remove_files(recording_id)
        async with self._store.transaction() as tx:
            await tx.delete_recording(recording_id)
            await tx.delete_subscriptions(recording_id)

    # --- the house --------------------------------------------------------------------------------------

    def statistics(self) -> Mapping[str, float]:
        """How many are taken now, and how many ever failed, for the metrics page."""
        return {
            "running": self._lives.running,
            "failed_total": self._end.failures,
            **self._files.statistics(),
        }

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a recording's task failed", exc_info=task.exception())

    async def aclose(self) -> None:
        """Finish what takes no more sound; the rest is finished at the next start."""
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)
        await self._files.aclose()
