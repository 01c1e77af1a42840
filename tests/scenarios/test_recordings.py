"""Rooms and calls are recorded on the mixer's own tick: each track holds its speaker, the mix everybody, and all
have the same length to the sample."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from hubbub.audio.ears import hear
from hubbub.domain.conference import Conference
from hubbub.domain.ids import CallId
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.lab.caller import Caller
from hubbub.lab.lab import Lab
from hubbub.services.commands import RecordWish
from scenarios.rooms import URL, conference

ROOM = RecordWish(RecordingSource.CONFERENCE_COMMAND, layout=Layout.TRACKS)


async def the_room(lab: Lab, name: str = "standup") -> Conference:
    found = await lab.store.read.live_conference(lab.account_id, name)
    assert found is not None
    return found


async def call_of(lab: Lab, caller: Caller) -> CallId:
    """A caller's live call."""
    for live in lab.server.calls:
        leg = await lab.store.read.call(live.call_id)
        if leg is not None and leg.from_address == caller.name:
            return live.call_id
    raise AssertionError(f"{caller.name} is in no call")


async def sound_of(
    lab: Lab, recording: Recording, track: str | None = None, **options: Any
) -> NDArray[np.int16]:
    media = await lab.server.keeping.recordings.open(recording.id, AudioFormat.WAV, track=track, **options)
    data = b"".join([chunk async for chunk in media.chunks])
    return np.asarray(soundfile.read(io.BytesIO(data), dtype="int16")[0])


async def stopped(lab: Lab, recording: Recording) -> Recording:
    await lab.server.keeping.recordings.stop(recording.id)
    done = await lab.server.keeping.recordings.finished(recording.id)
    assert done.state is RecordingState.COMPLETED, done.why
    return done


def timeline_of(lab: Lab, recording: Recording) -> list[dict[str, Any]]:
    path = lab._folder / "recordings" / recording.id[:2] / recording.id / "timeline.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def faults(lab: Lab, sound: NDArray[np.int16], callers: Iterable[Caller]) -> list[str]:
    """What is wrong with a sound that should hold exactly these callers' tones."""
    wanted = {float(each.tone_hz): each.level_dbfs for each in callers if each.tone_hz is not None}
    return [lab.with_names(fault) for fault in hear(sound, lab.voices_hz).mismatches(wanted)]


async def test_each_track_holds_its_speaker_and_the_mix_holds_all(lab: Lab) -> None:
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    room = await the_room(lab)
    recording = await lab.server.keeping.recordings.start_conference(room.id, ROOM)
    ids = {each: await call_of(lab, each) for each in (alice, bob)}
    await lab.run_for(3.0)
    await carol.dial("standup")
    ids[carol] = await call_of(lab, carol)
    await lab.run_for(3.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    done = await stopped(lab, recording)

    mix = await sound_of(lab, done)
    tracks = {each: await sound_of(lab, done, ids[each]) for each in ids}
    assert {len(each) for each in tracks.values()} == {len(mix)}
    assert done.duration_ms == len(mix) // 8 == pytest.approx(8000, abs=300)
    came, left = (
        next(line["sample"] for line in timeline_of(lab, done) if line["what"] == what)
        for what in ("joined", "left")
    )
    assert came == pytest.approx(3 * 8000, abs=4000)
    assert faults(lab, mix[8000:16_000], (alice, bob)) == []
    assert faults(lab, mix[came + 8000 : came + 16_000], (alice, bob, carol)) == []
    assert faults(lab, mix[-8000:], (alice, carol)) == []
    assert faults(lab, tracks[alice][8000:-800], (alice,)) == []
    assert faults(lab, tracks[bob][1600 : left - 1600], (bob,)) == []
    assert faults(lab, tracks[carol][came + 4000 : -800], (carol,)) == []
    assert not tracks[carol][: came - 2000].any()
    assert not tracks[bob][left + 1600 :].any()
    # The mix is the sum of the tracks to the sample, once nobody is coming or going.
    middle = slice(came + 8000, came + 16_000)
    total = sum(tracks[each][middle].astype(np.int32) for each in tracks)
    np.testing.assert_array_equal(mix[middle], np.clip(total, -32_768, 32_767))


async def test_a_mute_is_silence_in_the_track_and_in_the_mix(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    room = await the_room(lab)
    recording = await lab.server.keeping.recordings.start_conference(room.id, ROOM)
    bobs = await call_of(lab, bob)
    path = f"/2010-04-01/Accounts/{{AccountSid}}/Conferences/CF{room.id}/Participants/CA{bobs}.json"
    await lab.run_for(2.0)
    await lab.post(path, {"Muted": "true"})
    await lab.run_for(2.0)
    await lab.post(path, {"Muted": "false"})
    await lab.run_for(2.0)
    done = await stopped(lab, recording)
    muted, unmuted = (
        next(line["sample"] for line in timeline_of(lab, done) if line["what"] == what)
        for what in ("muted", "unmuted")
    )
    mix, track = await sound_of(lab, done), await sound_of(lab, done, bobs)
    assert not track[muted + 800 : unmuted - 800].any()
    assert faults(lab, mix[muted + 800 : unmuted - 800], (alice,)) == []
    for sound in (track[800 : muted - 800], track[unmuted + 1600 : -800]):
        assert faults(lab, sound, (bob,)) == []


async def test_a_coach_is_not_in_the_mix(lab: Lab) -> None:
    sids: dict[str, str] = {}

    def answer(request: Any) -> str:
        name = request.params["From"].removeprefix("sip:").partition("@")[0]
        sids[name] = request.params["CallSid"]
        return conference(coach=sids["alice"]) if name == "carol" else conference()

    lab.customer(URL, answer)
    await lab.number("+15550100", URL)
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial("+15550100")
    await lab.run_for(1.0)
    room = await the_room(lab)
    recording = await lab.server.keeping.recordings.start_conference(room.id, ROOM)
    await lab.run_for(3.0)
    assert alice.hears(bob, carol)
    done = await stopped(lab, recording)
    assert faults(lab, (await sound_of(lab, done))[4000:-800], (alice, bob)) == []


async def test_a_call_has_its_far_end_left_and_what_it_hears_right(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    wish = RecordWish(RecordingSource.CALL_COMMAND, layout=Layout.STEREO)
    recording = await lab.server.keeping.recordings.start_call(await call_of(lab, alice), wish)
    await lab.run_for(2.0)
    alice.hangs_up()
    done = await lab.server.keeping.recordings.finished(recording.id)
    sound = await sound_of(lab, done)
    assert faults(lab, sound[1600:-1600, 0], (alice,)) == []
    assert faults(lab, sound[1600:-1600, 1], (bob,)) == []
    assert done.duration_ms == pytest.approx(2000, abs=300)


async def test_a_pause_leaves_out_exactly_what_was_said_in_it(lab: Lab) -> None:
    """A card number is said while it is paused: not a trace of it may be kept."""
    alice, bob = lab.caller("alice"), lab.caller("bob", is_silent=True)
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    recordings = lab.server.keeping.recordings
    wish = RecordWish(RecordingSource.CONFERENCE_COMMAND)
    recording = await recordings.start_conference((await the_room(lab)).id, wish)
    await lab.run_for(2.0)
    await recordings.pause(recording.id, skip=True)
    await lab.run_for(0.5)
    secret_hz, open_hz = 1730, alice.tone_hz
    alice.says(secret_hz)
    await lab.run_for(5.0)
    alice.says(open_hz)
    await lab.run_for(0.5)
    await recordings.resume(recording.id)
    await lab.run_for(2.0)
    done = await stopped(lab, recording)
    assert done.duration_ms == pytest.approx(4000, abs=100)
    sound = (await sound_of(lab, done))[800:-800]
    heard = hear(sound, [secret_hz, open_hz or 0])
    assert heard.tones_dbfs[secret_hz] < -50


async def test_a_crash_costs_less_than_a_second_and_the_file_is_finished(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    recording = await lab.server.keeping.recordings.start_conference((await the_room(lab)).id, ROOM)
    alices = await call_of(lab, alice)
    await lab.run_for(5.0)
    await lab.crash()
    await lab.restart()
    done = await lab.server.keeping.recordings.finished(recording.id)
    assert (done.state, done.why) == (RecordingState.COMPLETED, "server-crashed")
    assert done.duration_ms is not None
    assert 4000 < done.duration_ms <= 5000
    mix, track = await sound_of(lab, done), await sound_of(lab, done, alices)
    assert len(mix) == len(track)
    assert faults(lab, track[1600:-8000], (alice,)) == []
    kinds = [kind for kind in await lab.event_kinds() if kind.startswith("recording")]
    assert kinds == ["recording-started", "recording-stopped", "recording-completed"]


async def test_a_room_that_is_drained_leaves_a_finished_recording(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    recording = await lab.server.keeping.recordings.start_conference((await the_room(lab)).id, ROOM)
    await lab.run_for(2.0)
    await lab.server.control.drain(lambda: lab.run_for(5.0))
    done = await lab.server.keeping.recordings.finished(recording.id)
    assert done.state is RecordingState.COMPLETED
    assert done.duration_ms == pytest.approx(2000, abs=300)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_after_an_hour_tracks_and_mix_are_equal_to_the_sample(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    recording = await lab.server.keeping.recordings.start_conference((await the_room(lab)).id, ROOM)
    ids = [await call_of(lab, each) for each in (alice, bob)]
    await lab.run_for(3600.0)
    done = await stopped(lab, recording)
    mix = await sound_of(lab, done)
    tracks = [await sound_of(lab, done, call_id) for call_id in ids]
    assert {len(each) for each in tracks} == {len(mix)}
    assert len(mix) == pytest.approx(3600 * 8000, abs=8000)
    # Not a sample of drift: what was said last lies in all files at the same place.
    total = tracks[0][-80_000:].astype(np.int32) + tracks[1][-80_000:]
    np.testing.assert_array_equal(mix[-80_000:], np.clip(total, -32_768, 32_767))
    assert not [line for line in timeline_of(lab, done) if line["what"] == "lost"]


async def test_a_live_room_is_recorded_and_downloaded_through_an_api(lab: Lab) -> None:
    """What Twilio's users ask for: a request about a conference that goes on, in the words of its other requests."""
    told: list[dict[str, str]] = []
    lab.customer("https://acme.example/recorded", lambda request: told.append(dict(request.params)) or "")
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    root = "/2010-04-01/Accounts/{AccountSid}"
    path = f"{root}/Conferences/CF{(await the_room(lab)).id}/Recordings"
    wish = {
        "RecordingStatusCallback": "https://acme.example/recorded",
        "RecordingStatusCallbackEvent": "in-progress completed",
    }
    made = await lab.post(f"{path}.json", wish)
    assert made.status == 201, made.body
    sid = made.json()["sid"]
    await lab.run_for(3.0)
    alice.hangs_up()
    bob.hangs_up()
    await lab.run_for(2.0)
    assert [each["RecordingStatus"] for each in told] == ["in-progress", "completed"]
    fetched = (await lab.get(f"{path}/{sid}.json")).json()
    assert (fetched["status"], fetched["duration"]) == ("completed", "3")
    whole = await lab.get(f"{root}/Recordings/{sid}.wav")
    assert (whole.status, whole.headers["content-type"]) == (200, "audio/x-wav")
    sound = np.asarray(soundfile.read(io.BytesIO(whole.body), dtype="int16")[0])
    assert faults(lab, sound[1600:16_000], (alice, bob)) == []
    part = await lab.get(f"{root}/Recordings/{sid}.wav", headers={"Range": "bytes=0-43"})
    assert (part.status, part.body) == (206, whole.body[:44])
    mp3 = await lab.get(f"{root}/Recordings/{sid}.mp3")
    assert mp3.headers["content-type"] == "audio/mpeg"
    assert (await lab.request("DELETE", f"{root}/Recordings/{sid}.json")).status == 204
    assert (await lab.get(f"{root}/Recordings/{sid}.wav")).status == 404
