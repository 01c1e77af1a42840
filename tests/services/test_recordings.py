"""Recordings as use cases: rows, events and files from the wish to the end, whatever ends it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import EndReason, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import ConferenceEnded, Conflict, InvalidValue, NotFound, ServerFull
from hubbub.domain.events import EventKind
from hubbub.domain.ids import CallId, ConferenceId, RecordingId
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.recordings import RecordingLibrary
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.commands import RecordWish, StopReason
from hubbub.services.ports import TapKind
from hubbub.services.recordings.command_recordings import Recordings
from hubbub.services.recordings.record_rooms import RecordRooms
from hubbub.services.recordings.recover_recordings import recover_recordings
from hubbub.services.recordings.retire_recordings import RetireRecordings
from services.conftest import Stage
from services.tap_media import TapMedia

LOUD = 5000
CALL = RecordWish(RecordingSource.CALL_COMMAND)
ROOM = RecordWish(RecordingSource.CONFERENCE_COMMAND)
AUTOMATIC = RecordWish(RecordingSource.CONFERENCE)


class Studio(Stage):
    """The stage with taps, a disk and recordings."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.media: TapMedia = TapMedia()
        self.rooms._media = self.media  # the stage made its rooms with media that have no taps
        self.library = RecordingLibrary(folder, self.log)
        self.recordings = self.new_recordings(self.library)

    def new_recordings(self, library: RecordingLibrary) -> Recordings:
        made = Recordings(
            self.store,
            self.media,
            library,
            self.calls,
            self.rooms,
            self.clock,
            self.entropy,
            self.log,
            node="here",
        )
        RecordRooms(self.store, made)
        return made

    async def call(self, *args: Any, **options: Any) -> LiveCall:
        live = await super().call(*args, **options)
        live.answered = True
        return live

    def talk(self, kind: TapKind, target: int | None, value: int = LOUD) -> None:
        assert target is not None
        self.media.values[(kind, target)] = value

    async def hear(self, seconds: float) -> None:
        """Let time pass, and all that follows happen."""
        await self.settle()
        for _ in range(round(seconds * 10)):
            self.clock.pass_time(0.1)
            self.media.run(0.1)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def over(self, recording_id: RecordingId) -> Recording:
        """The recording when it is finished."""
        await self.settle()
        self.media.deliver()
        return await self.recordings.finished(recording_id)

    async def sound(self, recording_id: RecordingId, **options: Any) -> NDArray[np.int16]:
        media = await self.recordings.open(recording_id, AudioFormat.WAV, **options)
        data = b"".join([chunk async for chunk in media.chunks])
        return np.asarray(soundfile.read(io.BytesIO(data), dtype="int16")[0])

    async def recording_kinds(self) -> list[str]:
        return [str(kind) for kind in await self.kinds() if kind.startswith("recording")]


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path)
    await made.account()
    yield made
    await made.settle()
    made.media.deliver()
    await made.recordings.aclose()


async def test_a_call_is_recorded_from_start_to_stop(studio: Studio) -> None:
    alice = await studio.call()
    studio.talk(TapKind.RECEIVED, alice.port_id, 300)
    studio.talk(TapKind.HEARD, alice.port_id, 20)
    row = await studio.recordings.start_call(alice.call_id, CALL._replace(name="n", tag="t"))
    assert (row.state, row.call_id, row.conference_id) == (RecordingState.IN_PROGRESS, alice.call_id, None)
    assert studio.recordings.running(alice.call_id) == [row]
    await studio.hear(1.0)
    stopped = await studio.recordings.stop(row.id)
    assert stopped.state is RecordingState.PROCESSING
    done = await studio.over(row.id)
    assert (done.state, done.duration_ms, done.size_bytes) == (RecordingState.COMPLETED, 1000, 44 + 16_000)
    assert (done.name, done.tag, done.ended_at_ms) == ("n", "t", stopped.ended_at_ms)
    assert (await studio.sound(row.id) == 320).all()
    assert await studio.recording_kinds() == [
        "recording-started",
        "recording-stopped",
        "recording-completed",
    ]
    assert studio.recordings.running(alice.call_id) == []
    assert await studio.store.read.recording(row.id) == done


@pytest.mark.parametrize(
    ("layout", "track", "wanted"),
    [
        (Layout.MONO, "inbound", 300),
        (Layout.MONO, "outbound", 20),
        (Layout.STEREO, "both", [300, 20]),
    ],
)
async def test_a_calls_sides_are_where_they_were_asked_for(
    studio: Studio, layout: Layout, track: str, wanted: Any
) -> None:
    alice = await studio.call()
    studio.talk(TapKind.RECEIVED, alice.port_id, 300)
    studio.talk(TapKind.HEARD, alice.port_id, 20)
    row = await studio.recordings.start_call(alice.call_id, CALL._replace(layout=layout, track=track))
    await studio.hear(0.5)
    await studio.recordings.stop(row.id)
    assert (await studio.over(row.id)).state is RecordingState.COMPLETED
    assert (await studio.sound(row.id) == wanted).all()


async def test_a_call_that_ends_ends_its_recording(studio: Studio) -> None:
    alice = await studio.call()
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    alice.ended = True
    await studio.end(alice, HangupCause.HANGUP, None)
    assert await studio.recordings.taken(row.id) is StopReason.OVER
    assert (await studio.over(row.id)).duration_ms == 1000


async def test_calls_that_are_not_there_not_answered_or_over_are_not_recorded(studio: Studio) -> None:
    with pytest.raises(NotFound):
        await studio.recordings.start_call(CallId("f" * 32), CALL)
    alice = await studio.call()
    alice.answered = False
    with pytest.raises(Conflict):
        await studio.recordings.start_call(alice.call_id, CALL)
    alice.answered, alice.ended = True, True
    with pytest.raises(Conflict):
        await studio.recordings.start_call(alice.call_id, CALL)
    bob = await studio.call()
    with pytest.raises(InvalidValue):
        await studio.recordings.start_call(bob.call_id, CALL._replace(track="left"))
    assert studio.media.taps == {}
    assert await studio.recording_kinds() == []


async def test_a_room_with_tracks_takes_those_who_come_and_ends_with_it(studio: Studio) -> None:
    alice, bob, carol = [await studio.call() for _ in range(3)]
    conference = await studio.enter(alice)
    await studio.enter(bob)
    mixer = studio.rooms.mixer(conference.id)
    for kind, target, value in (
        (TapKind.MIX, mixer, 1110),
        (TapKind.SPOKEN, alice.port_id, 1000),
        (TapKind.SPOKEN, bob.port_id, 100),
        (TapKind.SPOKEN, carol.port_id, 10),
    ):
        studio.talk(kind, target, value)
    row = await studio.recordings.start_conference(conference.id, ROOM._replace(layout=Layout.TRACKS))
    await studio.hear(1.0)
    await studio.leave.leave(bob, LeaveReason.HUNG_UP)
    await studio.enter(carol)
    await studio.hear(0.5)
    await studio.leave.end(conference.id, EndReason.ENDED_BY_API)
    done = await studio.over(row.id)
    assert done.duration_ms == 1500
    assert (await studio.sound(row.id) == 1110).all()
    tracks = {each: await studio.sound(row.id, track=each.call_id) for each in (alice, bob, carol)}
    assert {len(sound) for sound in tracks.values()} == {12_000}
    assert (tracks[alice] == 1000).all()
    assert (tracks[bob][:8000] == 100).all()
    assert not tracks[bob][8000:].any()
    assert not tracks[carol][:8000].any()
    assert (tracks[carol][8000:] == 10).all()
    lines = (studio.folder / row.id[:2] / row.id / "timeline.jsonl").read_text()
    assert f'"what": "left", "call": "{bob.call_id}"' in lines
    assert f'"sample": 8000, "what": "joined", "call": "{carol.call_id}"' in lines
    assert studio.media.taps == {}


async def test_stereo_has_the_first_to_join_left_and_the_rest_right(studio: Studio) -> None:
    alice, bob = await studio.call(), await studio.call()
    conference = await studio.enter(alice)
    await studio.enter(bob)
    studio.talk(TapKind.MIX, studio.rooms.mixer(conference.id), 1100)
    studio.talk(TapKind.SPOKEN, alice.port_id, 1000)
    row = await studio.recordings.start_conference(conference.id, ROOM._replace(layout=Layout.STEREO))
    await studio.hear(0.5)
    await studio.recordings.stop(row.id)
    await studio.over(row.id)
    assert (await studio.sound(row.id) == [1000, 100]).all()


async def test_a_room_asked_for_by_its_joiners_is_recorded_once_from_when_two_are_bridged(
    studio: Studio,
) -> None:
    alice, bob, carol = [await studio.call() for _ in range(3)]
    conference = await studio.enter(alice)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC, alice.call_id)
    await studio.hear(1.0)
    assert studio.recordings.running(conference.id) == []
    await studio.enter(bob)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC, bob.call_id)
    await studio.hear(1.0)
    (row,) = studio.recordings.running(conference.id)
    assert row.call_id == alice.call_id
    await studio.enter(carol)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC, carol.call_id)
    await studio.hear(1.0)
    assert studio.recordings.running(conference.id) == [row]
    await studio.leave.end(conference.id, EndReason.ENDED_BY_API)
    assert (await studio.over(row.id)).duration_ms == 2000


async def test_the_second_to_join_may_be_the_one_who_asks(studio: Studio) -> None:
    alice, bob = await studio.call(), await studio.call()
    conference = await studio.enter(alice)
    await studio.enter(bob)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC, bob.call_id)
    assert len(studio.recordings.running(conference.id)) == 1


async def test_a_room_that_never_starts_is_not_recorded(studio: Studio) -> None:
    alice = await studio.call()
    conference = await studio.enter(alice)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC, alice.call_id)
    await studio.leave.leave(alice, LeaveReason.HUNG_UP)
    await studio.settle()
    assert await studio.recording_kinds() == []
    assert studio.recordings.is_idle


async def test_rooms_that_are_not_there_or_over_are_not_recorded(studio: Studio) -> None:
    with pytest.raises(NotFound):
        await studio.recordings.start_conference(ConferenceId("f" * 32), ROOM)
    alice = await studio.call()
    conference = await studio.enter(alice)
    await studio.leave.leave(alice, LeaveReason.HUNG_UP)
    with pytest.raises(ConferenceEnded):
        await studio.recordings.start_conference(conference.id, ROOM)
    await studio.recordings.record_from_start(conference.id, AUTOMATIC)
    assert studio.recordings.is_idle


async def test_pause_and_resume_are_stored_and_announced(studio: Studio) -> None:
    alice = await studio.call()
    studio.talk(TapKind.RECEIVED, alice.port_id)
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    paused = await studio.recordings.pause(row.id, skip=True)
    assert (paused.state, paused.skips_pauses) == (RecordingState.PAUSED, True)
    assert await studio.store.read.recording(row.id) == paused
    assert studio.recordings.running(alice.call_id) == [paused]
    await studio.hear(5.0)
    assert (await studio.recordings.resume(row.id)).state is RecordingState.IN_PROGRESS
    with pytest.raises(Conflict):
        await studio.recordings.resume(row.id)
    await studio.hear(1.0)
    await studio.recordings.stop(row.id)
    done = await studio.over(row.id)
    assert done.duration_ms == 2000
    assert (await studio.sound(row.id) == LOUD).all()
    assert await studio.recording_kinds() == [
        "recording-started",
        "recording-paused",
        "recording-resumed",
        "recording-stopped",
        "recording-completed",
    ]
    for command in (studio.recordings.pause, studio.recordings.resume, studio.recordings.stop):
        with pytest.raises(Conflict):
            await command(row.id)
        with pytest.raises(NotFound):
            await command(RecordingId("f" * 32))


async def test_a_message_ends_with_silence_or_when_it_is_long_enough(studio: Studio) -> None:
    alice, bob = await studio.call(), await studio.call()
    studio.talk(TapKind.RECEIVED, bob.port_id)
    wish = RecordWish(RecordingSource.RECORD_VERB, track="inbound", silence_ms=2000, max_duration_ms=5000)
    quiet = await studio.recordings.start_call(alice.call_id, wish)
    long = await studio.recordings.start_call(bob.call_id, wish)
    await studio.hear(3.0)
    assert await studio.recordings.taken(quiet.id) is StopReason.SILENCE
    await studio.over(quiet.id)
    await studio.hear(3.0)
    assert await studio.recordings.taken(long.id) is StopReason.MAX_DURATION
    assert (await studio.over(long.id)).duration_ms == 5000


async def test_what_holds_no_voice_or_no_word_is_absent(studio: Studio) -> None:
    alice = await studio.call()
    silent = await studio.recordings.start_call(alice.call_id, CALL._replace(silent_is_absent=True))
    await studio.hear(1.0)
    await studio.recordings.stop(silent.id)
    done = await studio.over(silent.id)
    assert (done.state, done.why) == (RecordingState.ABSENT, "silent")
    short = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.recordings.stop(short.id)
    done = await studio.over(short.id)
    assert (done.state, done.why) == (RecordingState.ABSENT, "too-short")
    with pytest.raises(NotFound):
        await studio.sound(short.id)
    await studio.settle()
    assert [path for path in studio.folder.glob("??/*") if path.is_dir()] == []


async def test_those_who_asked_are_told_of_it(studio: Studio) -> None:
    alice = await studio.call()
    told = frozenset({EventKind.RECORDING_COMPLETED})
    wish = SubscriptionWish("recording-status", told, WebTarget("https://acme.example/done"))
    row = await studio.recordings.start_call(
        alice.call_id, CALL._replace(callbacks=(wish,), dialect="twilio")
    )
    (subscription,) = await studio.store.read.subscriptions(row.id)
    assert (subscription.dialect, subscription.kinds) == ("twilio", told)


async def test_a_disk_that_refuses_ends_the_recording_and_not_the_call(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await studio.call()
    studio.folder.rmdir()
    studio.folder.write_bytes(b"")  # no directory can be made in a file
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    await studio.library._disk.settle()
    await studio.settle()
    failed = await studio.recordings.finished(row.id)
    assert (failed.state, failed.why) == (RecordingState.FAILED, "Not a directory")
    assert failed.ended_at_ms is not None
    assert ("error", "recording failed") in studio.log.lines
    assert studio.recordings.statistics()["failed_total"] == 1
    assert studio.media.taps == {} or not studio.recordings._taps
    assert not alice.ended
    assert (await studio.recording_kinds())[-1] == "recording-failed"
    await studio.recordings.delete(row.id)
    studio.folder.unlink()


async def test_without_taps_nothing_is_begun(studio: Studio) -> None:
    alice = await studio.call()
    studio.media.taps_max = 1
    with pytest.raises(ServerFull):
        await studio.recordings.start_call(alice.call_id, CALL)
    assert await studio.recording_kinds() == []
    assert studio.recordings.is_idle


async def test_deleting_removes_the_sound_and_keeps_the_row(studio: Studio) -> None:
    alice = await studio.call()
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    with pytest.raises(Conflict):
        await studio.recordings.delete(row.id)
    await studio.recordings.stop(row.id)
    await studio.over(row.id)
    gone = await studio.recordings.delete(row.id)
    assert (gone.state, gone.deleted_at_ms) == (RecordingState.DELETED, studio.clock.now_ms())
    with pytest.raises(NotFound):
        await studio.sound(row.id)
    with pytest.raises(NotFound):
        await studio.recordings.delete(row.id)
    assert (await studio.recording_kinds())[-1] == "recording-deleted"


async def test_last_frames_that_never_come_are_not_waited_for(studio: Studio) -> None:
    alice = await studio.call()
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    await studio.recordings.stop(row.id)
    studio.media.pending.clear()
    await studio.settle()
    studio.clock.pass_time(6.0)
    assert (await studio.recordings.finished(row.id)).duration_ms == 1000


async def test_the_next_start_finishes_what_a_crash_cut_off(studio: Studio) -> None:
    alice, bob = await studio.call(), await studio.call()
    studio.talk(TapKind.RECEIVED, alice.port_id)
    cut = await studio.recordings.start_call(alice.call_id, CALL)
    never = await studio.recordings.start_call(bob.call_id, CALL)
    await studio.hear(2.0)
    await studio.library._disk.settle()
    orphan = studio.folder / "fe" / ("fe" + "0" * 30)
    orphan.mkdir(parents=True)
    for path in sorted((studio.folder / never.id[:2] / never.id).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    # Another process comes, on the same store and disk.
    library = RecordingLibrary(studio.folder, studio.log)
    heir = studio.new_recordings(library)
    assert await recover_recordings(studio.store, studio.clock, library, heir, "here") == 2
    done = await heir.finished(cut.id)
    assert (done.state, done.why, done.duration_ms) == (RecordingState.COMPLETED, "server-crashed", 2000)
    assert (await heir.finished(never.id)).state is RecordingState.FAILED
    assert not orphan.exists()
    kinds = await studio.recording_kinds()
    assert sorted(kinds[2:]) == [
        "recording-completed",
        "recording-failed",
        "recording-stopped",
        "recording-stopped",
    ]
    await heir.aclose()


async def test_old_sound_goes_and_later_its_row(studio: Studio) -> None:
    alice = await studio.call()
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    await studio.recordings.stop(row.id)
    await studio.over(row.id)
    still_running = await studio.recordings.start_call(alice.call_id, CALL)
    retire = RetireRecordings(
        studio.store, studio.clock, studio.log, studio.recordings, studio.library, days=30
    )
    studio.clock.pass_time(29.9 * 86_400)
    assert await retire.retire() == 0
    studio.clock.pass_time(0.2 * 86_400)
    assert await retire.retire() == 1
    assert (await studio.recordings.finished(row.id)).state is RecordingState.DELETED
    assert studio.recordings.running(alice.call_id) == [still_running]
    studio.clock.pass_time(39 * 86_400)
    await retire.retire()
    assert await studio.store.read.recording(row.id) is not None
    studio.clock.pass_time(2 * 86_400)
    await retire.retire()
    assert await studio.store.read.recording(row.id) is None


async def test_without_a_retention_sound_is_kept(studio: Studio) -> None:
    alice = await studio.call()
    row = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(1.0)
    await studio.recordings.stop(row.id)
    await studio.over(row.id)
    studio.clock.pass_time(10_000 * 86_400)
    await RetireRecordings(
        studio.store, studio.clock, studio.log, studio.recordings, studio.library, days=0
    ).run()
    assert len(await studio.sound(row.id)) == 8000


@pytest.mark.parametrize("fails", [False, True])
async def test_who_waits_for_a_recording_that_was_settled_elsewhere_does_not_wait_for_ever(
    studio: Studio, fails: bool
) -> None:
    alice = await studio.call()
    studio.talk(TapKind.RECEIVED, alice.port_id)
    recording = await studio.recordings.start_call(alice.call_id, CALL)
    await studio.hear(0.5)
    live = studio.recordings._lives.get(recording.id)
    assert live is not None
    waiting = asyncio.ensure_future(studio.recordings.finished(recording.id))
    async with studio.store.transaction() as tx:
        row = await tx.recording(recording.id)
        assert row is not None
        await tx.put_recording(row.moved(RecordingState.PROCESSING, 1).moved(RecordingState.ABSENT, 1))
    if fails:
        await studio.recordings._end.fail(live, "the disk is full")
    else:
        await studio.recordings._end(live, None)
    async with asyncio.timeout(5):
        assert (await waiting).state is RecordingState.ABSENT
