"""Bandwidth's recordings, of conferences and of calls: metadata, lists and the sound.

Owns rendering and Bandwidth's words for a recording's state. A list never says 404: recordings of a conference or
a call that nobody knows are an empty array, as the vendor answers.

Bandwidth API reference, "Recordings", `listConferenceRecordings`, `getConferenceRecording`,
`downloadConferenceRecording`.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from hubbub.dialects.bandwidth.errors import JSON, error, not_found
from hubbub.dialects.bandwidth.ids import (
    CONFERENCE,
    RECORDING,
    call_text,
    conference_text,
    parse,
    recording_text,
    unknown_call_text,
)
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.recording_media import download
from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg, Direction
from hubbub.domain.conference import Conference
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import ConferenceId, RecordingId, uuid_text
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import AudioFormat, Recording, RecordingState
from hubbub.services.ports import Reader

_READ_AT_ONCE: Final = 1000
_STATES: Final[dict[RecordingState, str]] = {
    RecordingState.COMPLETED: "complete",
    RecordingState.ABSENT: "error",
    RecordingState.DELETED: "deleted",
}
"""The open ones and those being finished are `processing`; a failed one is `partial` where sound was kept."""
_MEDIA_TYPES: Final = {AudioFormat.WAV: "audio/vnd.wave", AudioFormat.MP3: "audio/mpeg"}


async def list_conference_recordings(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str
) -> HttpResponse:
    """GET …/conferences/{conferenceId}/recordings."""
    conference = await _conference(desk, account, conference_id)
    rows = []
    if conference is not None:
        query = RecordingQuery(frozenset({account.id}), conference_id=conference.id, of_conferences=True)
        found = every(desk.store.read, query)
        rows = [_of_conference(request, desk, account, conference, recording) async for recording in found]
    return HttpResponse(200, json_bytes(rows), JSON)


async def get_conference_recording(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str, recording_id: str
) -> HttpResponse:
    """GET …/conferences/{conferenceId}/recordings/{recordingId}."""
    conference = await _conference(desk, account, conference_id)
    recording = await find(desk, account, recording_id)
    if conference is None or recording is None or recording.conference_id != conference.id:
        raise not_found("Recording", recording_id)
    return HttpResponse(200, json_bytes(_of_conference(request, desk, account, conference, recording)), JSON)


async def download_conference_recording(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str, recording_id: str
) -> HttpResponse:
    """GET …/conferences/{conferenceId}/recordings/{recordingId}/media; 404 until it is finished."""
    conference = await _conference(desk, account, conference_id)
    recording = await find(desk, account, recording_id)
    if conference is None or recording is None or recording.conference_id != conference.id:
        raise not_found("Recording", recording_id)
    return await send_media(request, desk, recording, recording_id)


async def send_media(
    request: HttpRequest, desk: Desk, recording: Recording, recording_id: str
) -> HttpResponse:
    """The sound, or a range of it. `Accept` is not looked at: clients ask for JSON here too.

    Raises:
        Refused: 404 while it is being made, and when it is gone.
    """
    format_ = _format(recording)
    try:
        response = await download(
            desk.commands.recordings, request, recording.id, format_, content_type=_MEDIA_TYPES[format_]
        )
    except NotFound:
        raise not_found("Recording", recording_id) from None
    if response.status == 416:
        return error(416, headers=response.headers)
    return response


async def find(desk: Desk, account: Account, text: str) -> Recording | None:
    """The account's recording with this id, or None: malformed, unknown, and foreign ids are not told apart."""
    parsed = parse(RECORDING, text)
    if parsed is None or parsed.site != desk.settings.site:
        return None
    recording = await desk.store.read.recording(RecordingId(parsed.id))
    return None if recording is None or recording.account_id != account.id else recording


async def every(reader: Reader, query: RecordingQuery) -> AsyncIterator[Recording]:
    """All recordings that fit, oldest first: these lists have no pages."""
    after = None
    while True:
        page = await reader.recordings(query, PageRequest(_READ_AT_ONCE, after=after))
        for recording in page.items:
            yield recording
        if not page.has_more:
            return
        after = Cursor(page.items[-1].created_at_ms, page.items[-1].id)


async def of_call(
    request: HttpRequest, desk: Desk, account: Account, call: CallLeg, recording: Recording
) -> dict[str, Any]:
    """A call recording's metadata."""
    site = desk.settings.site
    id_ = call_text(call, site)
    url = f"{request.base_url}/api/v2/accounts/{account.bandwidth_id}/calls/{id_}"
    found = {
        "applicationId": None if call.application_id is None else uuid_text(call.application_id),
        "accountId": account.bandwidth_id,
        "callId": id_,
        "parentCallId": None,
        "to": call.to_address,
        "from": call.from_address,
        "direction": "inbound" if call.direction is Direction.INBOUND else "outbound",
    }
    if call.parent_id is not None:
        parent = await desk.store.read.call(call.parent_id)
        found["parentCallId"] = (
            unknown_call_text(call.parent_id, site) if parent is None else call_text(parent, site)
        )
    return _without_none(found) | about(recording, url, site)


def about(recording: Recording, owner_url: str, own_site: str) -> dict[str, Any]:
    """What metadata and webhooks tell of any recording.

    Args:
        owner_url: of the conference or the call; the media's is below it.
    """
    id_ = recording_text(recording.id, own_site)
    complete = recording.state is RecordingState.COMPLETED
    started_at_ms = recording.created_at_ms if recording.started_at_ms is None else recording.started_at_ms
    said = {
        "recordingId": id_,
        "recordingName": recording.name,
        "duration": None if recording.duration_ms is None else duration_text(recording.duration_ms),
        "channels": recording.channels,
        "startTime": iso_ms(started_at_ms),
        "endTime": None if recording.ended_at_ms is None else iso_ms(recording.ended_at_ms),
        "fileFormat": str(_format(recording)),
        "status": status(recording),
        "mediaUrl": f"{owner_url}/recordings/{id_}/media" if complete else None,
    }
    return _without_none(said)


def status(recording: Recording) -> str:
    """Bandwidth's word for the state."""
    if recording.state is RecordingState.FAILED:
        return "partial" if recording.size_bytes else "error"
    return _STATES.get(recording.state, "processing")


def duration_text(duration_ms: int) -> str:
    """An ISO 8601 duration without padding: `PT13.67S`, `PT1M52.217S`, `PT1H`."""
    seconds, ms = divmod(duration_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}H" if hours else ""
    text += f"{minutes}M" if minutes else ""
    if seconds or ms or not text:
        text += f"{seconds}.{ms:03d}".rstrip("0").rstrip(".") + "S" if ms else f"{seconds}S"
    return "PT" + text


def _of_conference(
    request: HttpRequest, desk: Desk, account: Account, conference: Conference, recording: Recording
) -> dict[str, Any]:
    site = desk.settings.site
    id_ = conference_text(conference.id, conference.site, site)
    url = f"{request.base_url}/api/v2/accounts/{account.bandwidth_id}/conferences/{id_}"
    found = {"accountId": account.bandwidth_id, "conferenceId": id_, "name": conference.name}
    return found | about(recording, url, site)


async def _conference(desk: Desk, account: Account, text: str) -> Conference | None:
    parsed = parse(CONFERENCE, text)
    conference = None if parsed is None else await desk.store.read.conference(ConferenceId(parsed.id))
    if conference is None or conference.account_id != account.id:
        return None
    return conference if conference_text(conference.id, conference.site, desk.settings.site) == text else None


def _format(recording: Recording) -> AudioFormat:
    """WAV and MP3 are all that Bandwidth knows; what was asked for elsewhere in another form is there as WAV."""
    return recording.format if recording.format in _MEDIA_TYPES else AudioFormat.WAV


def _without_none(found: dict[str, Any]) -> dict[str, Any]:
    """No key of these may be null but `mediaUrl`, and that is there "only when it can be downloaded"."""
    return {name: value for name, value in found.items() if value is not None}
