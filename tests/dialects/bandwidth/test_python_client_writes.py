"""Every write of Bandwidth's Python client, unmodified but for the base URL, against a running server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from bandwidth import ApiClient, CallsApi, ConferencesApi, Configuration, RecordingsApi, StatisticsApi
from bandwidth.exceptions import BadRequestException, ConflictException, NotFoundException
from bandwidth.models import (
    CallRecordingMetadata,
    CallStateEnum,
    ConferenceStateEnum,
    CreateCall,
    RecordingStateEnum,
    UpdateCall,
    UpdateCallRecording,
    UpdateConference,
    UpdateConferenceMember,
)
from bandwidth.models.bxml import Bxml, Pause, PlayAudio, SpeakSentence, StartRecording

from commands_twin import CommandsTwin
from dialects.cast import (
    ACME_NUMBER,
    ALICE,
    APPLICATION,
    BOB,
    RECORDED_CALL,
    RECORDED_ROOM,
    STANDUP,
    application,
    call,
    enter,
    participant,
    recording,
    standup,
)
from hubbub.domain.conference import ParticipantChanges
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import uuid_text
from hubbub.domain.recording import RecordingState
from hubbub.markup.instructions import Play, Say

ROOM = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"
OF_ROOM = "r-00000001-5a112233-4455-4677-8899-aabbccddeeff"
OF_CALL = "r-00000001-5b112233-4455-4677-8899-aabbccddeeff"
URL = "https://app.example/redirect"


@pytest.fixture
async def client(served: int, store: Any) -> AsyncIterator[ApiClient]:
    """Of Acme, which has a live room with Alice and Bob in it."""
    await enter(
        store,
        standup(),
        application(),
        call(ALICE),
        call(BOB),
        participant(ALICE),
        participant(BOB),
        recording(RECORDED_ROOM),
        recording(RECORDED_CALL, conference_id=None, call_id=ALICE),
    )
    configuration = Configuration(
        username="acme",
        password="acme-password",
        host=f"http://127.0.0.1:{served}/api/v2",
        ignore_operation_servers=True,
    )
    client = ApiClient(configuration)
    yield client
    client.rest_client.pool_manager.clear()


async def run(ask: Callable[..., Any], *arguments: Any) -> Any:
    """Call the client beside the server's loop."""
    return await asyncio.to_thread(ask, ACME_NUMBER, *arguments)


async def test_it_ends_and_redirects_a_conference(client: ApiClient, twin: CommandsTwin) -> None:
    api = ConferencesApi(client)
    update = api.update_conference_with_http_info
    ended = await run(update, ROOM, UpdateConference(status=ConferenceStateEnum.COMPLETED))
    assert ended.status_code == 204
    assert twin.last == ("rooms.end", (STANDUP,), {})
    redirected = await run(
        update, ROOM, UpdateConference(redirect_url=URL, username="u", password="p", redirect_method="GET")
    )
    assert redirected.status_code == 204
    name, (_, wish, _), _ = twin.last
    assert name == "rooms.redirect"
    assert wish.target == (URL, "GET", "u", "p")
    with pytest.raises(BadRequestException) as caught:
        await run(api.update_conference, ROOM, UpdateConference())
    assert caught.value.data.type == "validation"
    with pytest.raises(NotFoundException):
        await run(api.update_conference, "Conf-id", UpdateConference(status=ConferenceStateEnum.COMPLETED))


async def test_it_puts_bxml_into_a_conference(client: ApiClient, twin: CommandsTwin) -> None:
    api = ConferencesApi(client)
    bxml = Bxml([SpeakSentence("Hello"), PlayAudio("https://app.example/a.wav"), StartRecording()])
    answer = await run(api.update_conference_bxml_with_http_info, ROOM, bxml.to_bxml())
    assert answer.status_code == 204
    name, (_, document, _), _ = twin.last
    assert name == "rooms.run"
    assert [type(each) for each in document.instructions[:2]] == [Say, Play]
    for wrong in (Bxml([Pause(duration=1)]).to_bxml(), "invalid bxml"):
        with pytest.raises(BadRequestException):
            await run(api.update_conference_bxml, ROOM, wrong)


async def test_it_mutes_holds_and_coaches(client: ApiClient, twin: CommandsTwin) -> None:
    api = ConferencesApi(client)
    update = UpdateConferenceMember(mute=True, hold=False, call_ids_to_coach=[BOB_TEXT])
    answer = await run(api.update_conference_member_with_http_info, ROOM, ALICE_TEXT, update)
    assert answer.status_code == 204
    wanted = ParticipantChanges(muted=True, held=False, coached=(BOB,), one_coach=True)
    assert twin.last == ("rooms.modify", (STANDUP, ALICE, wanted), {})
    with pytest.raises(NotFoundException):
        await run(api.update_conference_member, ROOM, "c-x", update)


async def test_it_makes_a_call_and_finds_everything_it_asked_for_in_the_answer(
    client: ApiClient, twin: CommandsTwin
) -> None:
    wish = CreateCall(
        to="+15551112345",
        var_from="+15559998765",
        application_id=uuid_text(APPLICATION),
        answer_url=URL,
        username="u",
        password="p",
        tag="t",
        display_name="Acme",
        call_timeout=12.5,
    )
    answer = await run(CallsApi(client).create_call_with_http_info, wish)
    assert answer.status_code == 201
    assert answer.headers["Location"] == answer.data.call_url
    made = answer.data
    assert len(made.call_id) == 47
    assert (made.to, made.var_from) == (wish.to, "+15559998765")
    assert (made.call_timeout, made.callback_timeout, made.priority, made.tag) == (12.5, 15.0, 5, "t")
    assert (made.answer_url, made.answer_method.value, made.disconnect_method.value) == (URL, "POST", "POST")
    assert (made.username, made.password, made.disconnect_url) == ("u", "*****", None)
    assert twin.last[0] == "calls.place"


async def test_it_redirects_and_ends_a_call_and_gives_it_bxml(client: ApiClient, twin: CommandsTwin) -> None:
    api = CallsApi(client)
    redirected = await run(api.update_call_with_http_info, ALICE_TEXT, UpdateCall(redirect_url=URL, tag="t"))
    assert (redirected.status_code, twin.last[0]) == (200, "calls.change")
    bxml = Bxml([SpeakSentence("Hello"), Pause(duration=3)]).to_bxml()
    assert (await run(api.update_call_bxml_with_http_info, ALICE_TEXT, bxml)).status_code == 204
    ended = await run(api.update_call_with_http_info, ALICE_TEXT, UpdateCall(state=CallStateEnum.COMPLETED))
    assert (ended.status_code, twin.last) == (200, ("calls.end", (ALICE,), {}))
    with pytest.raises(BadRequestException):
        await run(api.update_call, ALICE_TEXT, UpdateCall())
    with pytest.raises(BadRequestException):
        await run(api.update_call_bxml, ALICE_TEXT, "invalid bxml")
    with pytest.raises(NotFoundException):
        await run(api.update_call, "does-not-exist", UpdateCall(state=CallStateEnum.COMPLETED))
    twin.refusal = Conflict("it is over")
    with pytest.raises(ConflictException) as caught:
        await run(api.update_call, ALICE_TEXT, UpdateCall(state=CallStateEnum.COMPLETED))
    assert json.loads(caught.value.body)["description"].endswith("cannot be modified in its current state")


async def test_it_reads_calls(client: ApiClient) -> None:
    api = CallsApi(client)
    state = await run(api.get_call_state, ALICE_TEXT)
    assert (state.call_id, state.state, state.direction.value) == (ALICE_TEXT, "answered", "inbound")
    assert state.answer_time is None
    rows = await run(api.list_calls)
    assert [row.call_id for row in rows] == [ALICE_TEXT, BOB_TEXT]
    statistics = await run(StatisticsApi(client).get_statistics)
    assert (statistics.current_call_queue_size, statistics.max_call_queue_size) == (0, 900)


async def test_it_reads_downloads_and_deletes_recordings(
    client: ApiClient, twin: CommandsTwin, store: Any
) -> None:
    twin.sounds |= {RECORDED_ROOM: b"RIFF of the room", RECORDED_CALL: b"RIFF of the call"}
    rooms, calls = ConferencesApi(client), RecordingsApi(client)
    (listed,) = await run(rooms.list_conference_recordings, ROOM)
    assert await run(rooms.get_conference_recording, ROOM, OF_ROOM) == listed
    assert (listed.duration, listed.status, listed.file_format.value) == ("PT13.67S", "complete", "wav")
    assert await run(rooms.download_conference_recording, ROOM, OF_ROOM) == b"RIFF of the room"
    (of_call,) = await run(calls.list_call_recordings, ALICE_TEXT)
    assert isinstance(of_call, CallRecordingMetadata)
    assert await run(calls.get_call_recording, ALICE_TEXT, OF_CALL) == of_call
    assert [row.recording_id for row in await run(calls.list_account_call_recordings)] == [OF_CALL]
    assert await run(calls.download_call_recording, ALICE_TEXT, OF_CALL) == b"RIFF of the call"
    for delete in (calls.delete_recording_media_with_http_info, calls.delete_recording_with_http_info):
        assert (await run(delete, ALICE_TEXT, OF_CALL)).status_code == 204
    assert twin.last == ("recordings.delete", (RECORDED_CALL,), {})
    with pytest.raises(NotFoundException):
        await run(calls.get_recording_transcription, ALICE_TEXT, OF_CALL)


async def test_it_pauses_and_resumes_a_recording(client: ApiClient, twin: CommandsTwin, store: Any) -> None:
    api = RecordingsApi(client)
    paused = UpdateCallRecording(state=RecordingStateEnum.PAUSED)
    with pytest.raises(NotFoundException):
        await run(api.update_call_recording_state, ALICE_TEXT, paused)
    running = recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=RecordingState.IN_PROGRESS)
    await enter(store, running)
    answer = await run(api.update_call_recording_state_with_http_info, ALICE_TEXT, paused)
    assert answer.status_code == 200
    assert twin.last == ("recordings.pause", (RECORDED_CALL,), {"skip": True})
