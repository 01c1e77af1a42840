"""The sound of a recording."""

from typing import Any

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import RECORDED_CALL, RECORDED_ROOM, enter, recording
from dialects.twilio_asking import LOGIN, A, ask, refusal
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.errors import InvalidValue, NotFound
from hubbub.domain.recording import Layout, RecordingState

MEDIA = f"{A}/Recordings/RE{RECORDED_ROOM}"
SOUND = bytes(range(100))


@pytest.fixture(autouse=True)
async def sounds(store: Any, acting: ActingCommands) -> None:
    await enter(
        store, recording(RECORDED_ROOM), recording(RECORDED_CALL, conference_id=None, layout=Layout.STEREO)
    )
    acting.sounds = {RECORDED_ROOM: SOUND, RECORDED_CALL: SOUND}


async def heard(response: HttpResponse) -> bytes:
    assert response.stream is not None
    body = b"".join([chunk async for chunk in response.stream.chunks])
    assert len(body) == response.stream.length_bytes
    return body


@pytest.mark.parametrize(
    ("suffix", "kind"), [("", "audio/x-wav"), (".wav", "audio/x-wav"), (".mp3", "audio/mpeg")]
)
async def test_formats(desk: Desk, acting: ActingCommands, suffix: str, kind: str) -> None:
    response = await ask(desk, MEDIA + suffix)
    assert (response.status, response.content_type) == (200, kind)
    assert ("Accept-Ranges", "bytes") in response.headers
    assert await heard(response) == SOUND
    assert acting.last[1][1] == ("mp3" if suffix == ".mp3" else "wav")


@pytest.mark.parametrize(
    ("range_", "part"),
    [
        ("bytes=0-9", SOUND[:10]),
        ("bytes=90-", SOUND[90:]),
        ("bytes=-5", SOUND[95:]),
        ("bytes=50-1000", SOUND[50:]),
    ],
)
async def test_a_range(desk: Desk, range_: str, part: bytes) -> None:
    response = await ask(desk, MEDIA, headers={**LOGIN, "range": range_})
    assert response.status == 206
    assert await heard(response) == part
    first = SOUND.index(part)
    assert ("Content-Range", f"bytes {first}-{first + len(part) - 1}/100") in response.headers


async def test_a_range_outside_is_refused(desk: Desk) -> None:
    response = await ask(desk, MEDIA + ".wav", headers={**LOGIN, "range": "bytes=100-"})
    assert (response.status, response.headers) == (416, (("Content-Range", "bytes */100"),))


async def test_whoever_has_it_already_is_told_so(desk: Desk) -> None:
    tag = dict((await ask(desk, MEDIA)).headers)["ETag"]
    again = await ask(desk, MEDIA, headers={**LOGIN, "if-none-match": tag})
    assert (again.status, again.body, again.stream) == (304, b"", None)


async def test_two_channels_only_where_there_are_two(desk: Desk) -> None:
    stereo = f"{A}/Recordings/RE{RECORDED_CALL}.wav"
    assert (await ask(desk, f"{stereo}?RequestedChannels=2")).status == 200
    assert (await ask(desk, f"{MEDIA}.wav?RequestedChannels=1")).status == 200
    for path, code in (
        (f"{MEDIA}.wav?RequestedChannels=2", b"16113"),
        (f"{MEDIA}.wav?RequestedChannels=x", b"20001"),
    ):
        refused = await ask(desk, path)
        assert refused.status == 400
        assert b"<Code>" + code in refused.body


@pytest.mark.parametrize("state", [RecordingState.IN_PROGRESS, RecordingState.ABSENT, RecordingState.DELETED])
async def test_no_sound_unless_it_is_finished(desk: Desk, store: Any, state: RecordingState) -> None:
    await enter(store, recording(RECORDED_ROOM, state=state))
    assert (await ask(desk, MEDIA)).status == 404


async def test_sound_that_is_lost_or_has_not_those_channels(desk: Desk, acting: ActingCommands) -> None:
    acting.refusal = NotFound("recording", "x")
    assert (await ask(desk, MEDIA)).status == 404
    acting.refusal = InvalidValue("channels", "x")
    assert (await ask(desk, MEDIA)).status == 400


async def test_sound_needs_a_login_and_an_own_account(desk: Desk) -> None:
    assert (await ask(desk, MEDIA, headers={})).status == 401
    assert (await ask(desk, f"{A}/Recordings/RE{'9' * 32}.mp3")).status == 404
    assert (await ask(desk, f"{A}/Recordings/RE1.wav")).status == 405
    assert refusal(await ask(desk, f"{A}/Recordings/RE{RECORDED_ROOM}.mp3.json"))[:2] == (405, 20004)


async def test_deleting_by_the_path_of_the_sound(desk: Desk) -> None:
    assert (await ask(desk, MEDIA, method="DELETE")).status == 204
    assert (await ask(desk, MEDIA)).status == 404
