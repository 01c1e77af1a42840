"""Recordings of calls: lists, one of them, its sound, its deletion, pausing a running one.

Transcriptions are not made: none is ever found, and asking for one is refused.

Bandwidth API reference, "Recordings", "Transcriptions".
"""

from typing import Final

from hubbub.dialects.bandwidth.bodies import read_json
from hubbub.dialects.bandwidth.calls import require_call
from hubbub.dialects.bandwidth.errors import JSON, Refused, error, invalid, not_found
from hubbub.dialects.bandwidth.paging import read_number, read_time
from hubbub.dialects.bandwidth.participants import find_call
from hubbub.dialects.bandwidth.recordings import every, find, of_call, send_media
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.query import first, parse_query
from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import CallId
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingState

LIST_MAX: Final = 1000
"""The account's list has no pages: it ends here."""
PAUSED: Final = "paused"
RECORDING: Final = "recording"
_OPEN: Final = frozenset({RecordingState.IN_PROGRESS, RecordingState.PAUSED})


async def list_account_recordings(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    """GET accounts/{accountId}/recordings: of calls only. `minStartTime` is inclusive, `maxStartTime` is not."""
    pairs = parse_query(request.query)
    to, from_ = read_number(first(pairs, "to")), read_number(first(pairs, "from"))
    until_ms = read_time("maxStartTime", first(pairs, "maxStartTime"))
    query = RecordingQuery(
        frozenset({account.id}),
        of_conferences=False,
        created_from_ms=read_time("minStartTime", first(pairs, "minStartTime")),
        created_until_ms=None if until_ms is None else until_ms - 1,
    )
    calls: dict[CallId, CallLeg | None] = {}
    rows = []
    async for recording in every(desk.store.read, query):
        if recording.call_id is None:
            continue
        if recording.call_id not in calls:
            calls[recording.call_id] = await desk.store.read.call(recording.call_id)
        call = calls[recording.call_id]
        if call is None or to not in (None, call.to_address) or from_ not in (None, call.from_address):
            continue
        rows.append(await of_call(request, desk, account, call, recording))
        if len(rows) == LIST_MAX:
            break
    return HttpResponse(200, json_bytes(rows), JSON)


async def list_call_recordings(
    request: HttpRequest, desk: Desk, account: Account, call_id: str
) -> HttpResponse:
    """GET …/calls/{callId}/recordings."""
    call = await find_call(desk.store.read, account, call_id, desk.settings.site)
    rows = []
    if call is not None:
        query = RecordingQuery(frozenset({account.id}), call_id=call.id, of_conferences=False)
        found = every(desk.store.read, query)
        rows = [await of_call(request, desk, account, call, recording) async for recording in found]
    return HttpResponse(200, json_bytes(rows), JSON)


async def get_call_recording(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, recording_id: str
) -> HttpResponse:
    call, recording = await _require(desk, account, call_id, recording_id)
    return HttpResponse(200, json_bytes(await of_call(request, desk, account, call, recording)), JSON)


async def download_call_recording(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, recording_id: str
) -> HttpResponse:
    _, recording = await _require(desk, account, call_id, recording_id)
    return await send_media(request, desk, recording, recording_id)


async def delete_call_recording(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, recording_id: str
) -> HttpResponse:
    """DELETE of a recording and DELETE of its media: the sound goes, and it is shown as `deleted`."""
    _, recording = await _require(desk, account, call_id, recording_id)
    if recording.state is not RecordingState.DELETED:
        try:
            await desk.commands.recordings.delete(recording.id)
        except NotFound:
            raise not_found("Recording", recording_id) from None
        except Conflict:
            raise invalid(f"Recording [{recording_id}] is not finished") from None
    return HttpResponse(204)


async def update_call_recording(
    request: HttpRequest, desk: Desk, account: Account, call_id: str
) -> HttpResponse:
    """PUT …/calls/{callId}/recording → 200: pause the running one, or go on with it. Pauses are cut out."""
    call = await require_call(desk, account, call_id)
    body = read_json(request)
    state = body.text("state")
    if state not in (PAUSED, RECORDING):
        raise invalid(f"Invalid state: must be one of [{PAUSED}, {RECORDING}]")
    query = RecordingQuery(frozenset({account.id}), call_id=call.id, of_conferences=False, states=_OPEN)
    running = [recording async for recording in every(desk.store.read, query)]
    if not running:
        raise Refused(error(404, f"Call [{call_id}] is not being recorded"))
    recordings = desk.commands.recordings
    try:
        for recording in running:
            if state == PAUSED and recording.state is RecordingState.IN_PROGRESS:
                await recordings.pause(recording.id, skip=True)
            elif state == RECORDING and recording.state is RecordingState.PAUSED:
                await recordings.resume(recording.id)
    except (NotFound, Conflict):
        raise Refused(error(404, f"Call [{call_id}] is not being recorded")) from None
    return HttpResponse(200)


async def get_transcription(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, recording_id: str
) -> HttpResponse:
    """GET and DELETE …/recordings/{recordingId}/transcription: there is none."""
    await _require(desk, account, call_id, recording_id)
    raise Refused(error(404, f"Transcription of recording [{recording_id}] not found"))


async def transcribe(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, recording_id: str
) -> HttpResponse:
    """POST …/recordings/{recordingId}/transcription."""
    await _require(desk, account, call_id, recording_id)
    read_json(request)
    raise invalid("Transcription is not available on this server")


async def list_transcriptions(
    request: HttpRequest, desk: Desk, account: Account, call_id: str
) -> HttpResponse:
    """GET …/calls/{callId}/transcriptions."""
    await require_call(desk, account, call_id)
    return HttpResponse(200, b"[]", JSON)


async def get_live_transcription(
    request: HttpRequest, desk: Desk, account: Account, call_id: str, transcription_id: str
) -> HttpResponse:
    """GET and DELETE …/calls/{callId}/transcriptions/{transcriptionId}."""
    await require_call(desk, account, call_id)
    raise not_found("Transcription", transcription_id)


async def _require(
    desk: Desk, account: Account, call_id: str, recording_id: str
) -> tuple[CallLeg, Recording]:
    """Raises Refused (404), also for a recording of another call or of a conference."""
    call = await find_call(desk.store.read, account, call_id, desk.settings.site)
    recording = await find(desk, account, recording_id)
    if call is None or recording is None or recording.call_id != call.id:
        raise not_found("Recording", recording_id)
    if recording.conference_id is not None:
        raise not_found("Recording", recording_id)
    return call, recording
