"""Recordings of conferences and of calls: lists, one, its sound, its end.

https://dev.bandwidth.com/apis/voice-apis/voice/#tag/Recordings
"""

import json
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.bandwidth_asking import BASE, LOGIN, ROOMS, ask, read, refusal
from dialects.cast import (
    ALICE,
    BOB,
    GLOBEX,
    RECORDED_CALL,
    RECORDED_ROOM,
    T0,
    call,
    enter,
    recording,
    standup,
)
from hubbub.dialects.bandwidth.recordings import duration_text
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat, Layout, RecordingState

ROOM_TEXT = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ROOM = f"{ROOMS}/{ROOM_TEXT}"
CALLS = "/api/v2/accounts/9900000/calls"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
CALL = f"{CALLS}/{ALICE_TEXT}"
OF_ROOM = "r-00000001-5a112233-4455-4677-8899-aabbccddeeff"
OF_CALL = "r-00000001-5b112233-4455-4677-8899-aabbccddeeff"
SOUND = bytes(range(100))


@pytest.fixture(autouse=True)
async def two_recordings(store: Any, twin: CommandsTwin) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        recording(RECORDED_ROOM, name="minutes"),
        recording(RECORDED_CALL, conference_id=None, call_id=ALICE, layout=Layout.STEREO),
    )
    twin.sounds |= {RECORDED_ROOM: SOUND, RECORDED_CALL: SOUND}


async def content(response: HttpResponse) -> bytes:
    assert response.stream is not None
    sent = b"".join([chunk async for chunk in response.stream.chunks])
    assert len(sent) == response.stream.length_bytes
    return sent


async def test_a_conference_recording_in_the_list_and_alone(desk: Desk) -> None:
    expected = {
        "accountId": "9900000",
        "conferenceId": ROOM_TEXT,
        "name": "standup",
        "recordingId": OF_ROOM,
        "recordingName": "minutes",
        "duration": "PT13.67S",
        "channels": 1,
        "startTime": "2026-05-04T09:30:00.225Z",
        "endTime": "2026-05-04T09:30:13.895Z",
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{BASE}{ROOM}/recordings/{OF_ROOM}/media",
    }
    assert read(await ask(desk, f"{ROOM}/recordings")) == [expected]
    assert read(await ask(desk, f"{ROOM}/recordings/{OF_ROOM}")) == expected


async def test_a_call_recording_in_both_lists_and_alone(desk: Desk) -> None:
    found = read(await ask(desk, f"{CALL}/recordings/{OF_CALL}"))
    assert found == {
        "accountId": "9900000",
        "callId": ALICE_TEXT,
        "to": "+15559998765",
        "from": "+15551112345",
        "direction": "inbound",
        "recordingId": OF_CALL,
        "duration": "PT13.67S",
        "channels": 2,
        "startTime": "2026-05-04T09:30:00.225Z",
        "endTime": "2026-05-04T09:30:13.895Z",
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{BASE}{CALL}/recordings/{OF_CALL}/media",
    }
    assert read(await ask(desk, f"{CALL}/recordings")) == [found]
    assert read(await ask(desk, "/api/v2/accounts/9900000/recordings")) == [found]


@pytest.mark.parametrize(
    ("state", "fields", "status"),
    [
        (RecordingState.IN_PROGRESS, {"ended_at_ms": None, "duration_ms": None}, "processing"),
        (RecordingState.PAUSED, {"ended_at_ms": None, "duration_ms": None}, "processing"),
        (RecordingState.PROCESSING, {"duration_ms": None}, "processing"),
        (RecordingState.ABSENT, {}, "error"),
        (RecordingState.FAILED, {"size_bytes": None}, "error"),
        (RecordingState.FAILED, {}, "partial"),
        (RecordingState.DELETED, {}, "deleted"),
    ],
)
async def test_what_cannot_be_downloaded_has_no_media_url(
    desk: Desk, store: Any, state: RecordingState, fields: dict[str, Any], status: str
) -> None:
    await enter(store, recording(RECORDED_ROOM, state=state, **fields))
    found = read(await ask(desk, f"{ROOM}/recordings/{OF_ROOM}"))
    assert found["status"] == status
    assert "mediaUrl" not in found
    assert ("duration" in found, "endTime" in found) == (
        fields.get("duration_ms", 1) is not None,
        fields.get("ended_at_ms", 1) is not None,
    )


async def test_a_form_that_bandwidth_does_not_know_is_told_and_sent_as_wav(
    desk: Desk, store: Any, twin: CommandsTwin
) -> None:
    await enter(store, recording(RECORDED_ROOM, format=AudioFormat.FLAC))
    assert read(await ask(desk, f"{ROOM}/recordings/{OF_ROOM}"))["fileFormat"] == "wav"
    await ask(desk, f"{ROOM}/recordings/{OF_ROOM}/media")
    assert twin.last[1] == (RECORDED_ROOM, AudioFormat.WAV)


@pytest.mark.parametrize("format_", [AudioFormat.WAV, AudioFormat.MP3])
@pytest.mark.parametrize("path", [f"{ROOM}/recordings/{OF_ROOM}", f"{CALL}/recordings/{OF_CALL}"])
async def test_the_sound_comes_as_a_stream_whatever_is_accepted(
    desk: Desk, store: Any, path: str, format_: AudioFormat
) -> None:
    for row in (
        recording(RECORDED_ROOM, format=format_),
        recording(RECORDED_CALL, conference_id=None, call_id=ALICE, format=format_),
    ):
        await enter(store, row)
    response = await ask(desk, f"{path}/media", headers=LOGIN | {"accept": "application/json"})
    assert response.status == 200
    types = {AudioFormat.WAV: "audio/vnd.wave", AudioFormat.MP3: "audio/mpeg"}
    assert response.content_type == types[format_]
    assert await content(response) == SOUND


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=90-", 90, 99),
        ("bytes=90-1000", 90, 99),
        ("bytes=-10", 90, 99),
        ("bytes=-1000", 0, 99),
        ("bytes=5-5", 5, 5),
    ],
)
async def test_a_range_of_it_is_206(desk: Desk, header: str, first: int, last: int) -> None:
    response = await ask(desk, f"{ROOM}/recordings/{OF_ROOM}/media", headers=LOGIN | {"range": header})
    assert response.status == 206
    assert dict(response.headers)["Content-Range"] == f"bytes {first}-{last}/100"
    assert await content(response) == SOUND[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=9-5", "bytes=a-b", "bytes=-", "lines=0-1", "bytes=0-1,5-6", ""])
async def test_a_range_that_makes_no_sense_is_passed_over(desk: Desk, header: str) -> None:
    response = await ask(desk, f"{ROOM}/recordings/{OF_ROOM}/media", headers=LOGIN | {"range": header})
    assert response.status == 200
    assert await content(response) == SOUND


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
async def test_a_range_behind_the_end_is_416(desk: Desk, header: str) -> None:
    response = await ask(desk, f"{ROOM}/recordings/{OF_ROOM}/media", headers=LOGIN | {"range": header})
    assert refusal(response) == (416, "validation", "Requested Range Not Satisfiable")
    assert response.headers == (("Content-Range", "bytes */100"),)


async def test_sound_that_is_not_finished_or_gone_is_404(desk: Desk, twin: CommandsTwin) -> None:
    twin.refusal = NotFound("recording", RECORDED_ROOM)
    response = await ask(desk, f"{ROOM}/recordings/{OF_ROOM}/media")
    assert refusal(response) == (404, "validation", f"Recording [{OF_ROOM}] not found")


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOM}/recordings/{OF_CALL}",
        f"{ROOM}/recordings/r-1",
        f"{ROOMS}/conf-x/recordings/{OF_ROOM}",
        f"{CALL}/recordings/{OF_ROOM}",
        f"{CALL}/recordings/r-1",
        f"{CALLS}/c-x/recordings/{OF_CALL}",
    ],
)
@pytest.mark.parametrize("rest", ["", "/media"])
async def test_a_recording_of_something_else_is_404_by_name(desk: Desk, path: str, rest: str) -> None:
    id_ = path.rpartition("/")[2]
    assert refusal(await ask(desk, path + rest)) == (404, "validation", f"Recording [{id_}] not found")


@pytest.mark.parametrize("path", [f"{ROOMS}/conf-x/recordings", f"{CALLS}/c-x/recordings"])
async def test_lists_of_what_nobody_knows_are_empty(desk: Desk, path: str) -> None:
    assert (await ask(desk, path)).body == b"[]"


async def test_the_accounts_list_filters_by_the_call_and_its_upper_bound_is_exclusive(
    desk: Desk, store: Any
) -> None:
    await enter(store, call(BOB, to_address="+15550000001"))
    other = RecordingId("5c112233445546778899aabbccddeeff")
    await enter(store, recording(other, conference_id=None, call_id=BOB, created_at_ms=T0 + 1000))
    await enter(store, recording(RecordingId("5d" * 16), conference_id=None, call_id=BOB, account_id=GLOBEX))

    async def found(query: str) -> list[str]:
        rows = read(await ask(desk, f"/api/v2/accounts/9900000/recordings?{query}"))
        return [row["recordingId"][11:13] for row in rows]

    assert await found("") == ["5b", "5c"]
    assert await found("to=%2B15550000001") == ["5c"]
    assert await found("to=+15550000001") == ["5c"]
    assert await found("to=%2B15550000001&from=%2B1") == []
    assert await found("minStartTime=2026-05-04T09:30:01.125Z") == ["5c"]
    assert await found("maxStartTime=2026-05-04T09:30:01.125Z") == ["5b"]
    assert await found("maxStartTime=2026-05-04T09:30:01.126Z") == ["5b", "5c"]


@pytest.mark.parametrize("rest", ["", "/media"])
async def test_deleting_is_204_and_again_too(desk: Desk, store: Any, twin: CommandsTwin, rest: str) -> None:
    path = f"{CALL}/recordings/{OF_CALL}{rest}"
    response = await ask(desk, path, method="DELETE")
    assert (response.status, response.body, response.content_type) == (204, b"", None)
    assert twin.asked == [("recordings.delete", (RECORDED_CALL,), {})]
    deleted = recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=RecordingState.DELETED)
    await enter(store, deleted)
    assert (await ask(desk, path, method="DELETE")).status == 204
    assert len(twin.asked) == 1


async def test_what_is_still_being_made_cannot_be_deleted(desk: Desk, twin: CommandsTwin) -> None:
    twin.refusal = Conflict("it is in progress")
    response = await ask(desk, f"{CALL}/recordings/{OF_CALL}", method="DELETE")
    assert refusal(response) == (400, "validation", f"Recording [{OF_CALL}] is not finished")


async def put_state(desk: Desk, state: object) -> HttpResponse:
    headers = LOGIN | {"content-type": "application/json"}
    body = json.dumps({"state": state}).encode()
    return await ask(desk, f"{CALL}/recording", method="PUT", headers=headers, body=body)


@pytest.mark.parametrize(
    ("now", "wanted", "asked"),
    [
        (RecordingState.IN_PROGRESS, "paused", [("recordings.pause", (RECORDED_CALL,), {"skip": True})]),
        (RecordingState.PAUSED, "recording", [("recordings.resume", (RECORDED_CALL,), {})]),
        (RecordingState.PAUSED, "paused", []),
        (RecordingState.IN_PROGRESS, "recording", []),
    ],
)
async def test_a_running_recording_is_paused_and_resumed(
    desk: Desk, store: Any, twin: CommandsTwin, now: RecordingState, wanted: str, asked: list[Any]
) -> None:
    await enter(store, recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=now))
    response = await put_state(desk, wanted)
    assert (response.status, response.body) == (200, b"")
    assert twin.asked == asked


async def test_pausing_what_is_not_recorded_is_404_and_nonsense_400(desk: Desk) -> None:
    expected = (404, "validation", f"Call [{ALICE_TEXT}] is not being recorded")
    assert refusal(await put_state(desk, "paused")) == expected
    for state in ("stopped", None, 7):
        assert (await put_state(desk, state)).status == 400


async def test_nothing_is_transcribed(desk: Desk) -> None:
    path = f"{CALL}/recordings/{OF_CALL}/transcription"
    for method in ("GET", "DELETE"):
        description = f"Transcription of recording [{OF_CALL}] not found"
        assert refusal(await ask(desk, path, method=method)) == (404, "validation", description)
    headers = LOGIN | {"content-type": "application/json"}
    response = await ask(desk, path, method="POST", headers=headers, body=b"{}")
    assert refusal(response) == (400, "validation", "Transcription is not available on this server")
    assert (await ask(desk, f"{CALL}/transcriptions")).body == b"[]"
    assert refusal(await ask(desk, f"{CALL}/transcriptions/t-1"))[2] == "Transcription [t-1] not found"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "PT0S"),
        (50, "PT0.05S"),
        (13_670, "PT13.67S"),
        (60_000, "PT1M"),
        (112_217, "PT1M52.217S"),
        (3_600_000, "PT1H"),
        (90_061_000, "PT25H1M1S"),
    ],
)
def test_a_duration_is_iso_8601_without_padding(ms: int, text: str) -> None:
    assert duration_text(ms) == text
