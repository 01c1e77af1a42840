"""A conference is recorded by BXML: paused, stopped, told of, downloaded; what nobody heard is not in it.

https://dev.bandwidth.com/docs/voice/bxml/startRecording
"""

from __future__ import annotations

import numpy as np

from hubbub.audio import wav
from hubbub.audio.ears import hear
from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference

START = '<StartRecording recordingAvailableUrl="{url}" recordingName="minutes" tag="ignored" multiChannel="true"/>'
URL = "https://acme.example/recorded"


async def test_a_conference_recording_holds_what_was_heard_and_skips_its_pauses(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(conference("board", tag="monday")))
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(1.0)
    room = await app.room("board")
    path = f"/conferences/{room['id']}"
    [bobs] = [call["callId"] for call in await app.get("/calls?from=bob")]
    await app.put_bxml(path, START.format(url=URL), START.format(url="https://acme.example/never"))
    await lab.run_for(2.0)
    await app.put(f"{path}/members/{bobs}", mute=True)
    await lab.run_for(2.0)
    (listed,) = await app.get(f"{path}/recordings")
    assert (listed["status"], "mediaUrl" in listed) == ("processing", False)
    await app.put_bxml(path, "<PauseRecording/>")
    await lab.run_for(3.0)
    await app.put_bxml(path, "<ResumeRecording/>")
    await app.put(f"{path}/members/{bobs}", mute=False)
    await lab.run_for(1.0)
    await app.put_bxml(path, "<StopRecording/>")
    await lab.run_for(2.0)

    (told,) = app.of_type("conferenceRecordingAvailable")
    assert (told["path"], told["name"], told["tag"], told["status"]) == (
        "/recorded",
        "board",
        "monday",
        "complete",
    )
    found = await app.get(f"{path}/recordings/{told['recordingId']}")
    assert (found["channels"], found["fileFormat"], found["recordingName"]) == (1, "wav", "minutes")
    assert {key: found[key] for key in ("duration", "mediaUrl", "startTime")} == {
        key: told[key] for key in ("duration", "mediaUrl", "startTime")
    }
    assert 4.8 < float(found["duration"].removeprefix("PT").removesuffix("S")) < 5.2
    sound = await lab.get(told["mediaUrl"])
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/vnd.wave")
    pcm = wav.read_wav(sound.body)
    assert abs(len(pcm) / 8000 - 5.0) < 0.2
    assert alice.tone_hz is not None
    assert bob.tone_hz is not None

    def tones(start_s: float, end_s: float) -> set[int]:
        levels = hear(np.asarray(pcm[round(start_s * 8000) : round(end_s * 8000)]), sorted(lab.voices_hz))
        return {hz for hz, level in levels.tones_dbfs.items() if level > -40}

    assert tones(0.3, 1.8) == {alice.tone_hz, bob.tone_hz}
    assert tones(2.3, 3.8) == {alice.tone_hz}
    assert tones(4.2, 4.8) == {alice.tone_hz, bob.tone_hz}
    assert await app.get("/recordings") == []
    assert app.of_type("recordingAvailable") == []


async def test_a_recording_ends_with_its_conference_and_is_told_after_it(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(conference("board", conferenceEventUrl="/events")))
    app.on("conferenceCreated", lambda event: bxml(START.format(url=URL)))
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(2.0)
    alice.hangs_up()
    await lab.run_for(3.0)
    assert app.types()[-2:] == ["conferenceCompleted", "conferenceRecordingAvailable"]
    assert app.events[-1]["status"] == "complete"


async def test_a_call_recording_is_paused_by_the_api_listed_and_deleted(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on(
        "initiate",
        lambda event: bxml(f'<StartRecording recordingAvailableUrl="{URL}"/>', "<Pause duration='20'/>"),
    )
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(1.0)
    [call] = await app.get("/calls")
    path = f"/calls/{call['callId']}"
    await app.put(f"{path}/recording", state="paused")
    await lab.run_for(2.0)
    await app.put(f"{path}/recording", state="recording")
    await lab.run_for(1.0)
    await app.post(path, state="completed")
    await lab.run_for(2.0)
    (told,) = app.of_type("recordingAvailable")
    (found,) = await app.get(f"{path}/recordings")
    assert found["recordingId"] == told["recordingId"]
    assert 1.8 < float(found["duration"].removeprefix("PT").removesuffix("S")) < 2.4
    assert [row["recordingId"] for row in await app.get("/recordings")] == [found["recordingId"]]
    assert (await lab.get(found["mediaUrl"])).status == 200
    part = await lab.get(found["mediaUrl"], headers={"range": "bytes=0-3"})
    assert (part.status, part.body) == (206, b"RIFF")
    deleted = await lab.request(
        "DELETE", f"/api/v2/accounts/{{accountId}}{path}/recordings/{found['recordingId']}"
    )
    assert deleted.status == 204
    assert (await lab.get(found["mediaUrl"])).status == 404
    (gone,) = await app.get(f"{path}/recordings")
    assert (gone["status"], "mediaUrl" in gone) == ("deleted", False)


async def test_a_call_that_is_recorded_at_once_is_answered_first(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml("<StartRecording/>", conference("board")))
    await lab.caller("alice").dial(NUMBER)
    await lab.run_for(1.0)
    events = [each.event for each in await lab.events()]
    assert [str(event.kind) for event in events][1:4] == [
        "call-received",
        "call-answered",
        "recording-started",
    ]
    times = [event.occurred_at_ms for event in events]
    assert times == sorted(times)
