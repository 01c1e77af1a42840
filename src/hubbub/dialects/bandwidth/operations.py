"""Every operation of Bandwidth's Voice API that is served, in one table: path, what answers, the permission it takes.

Bandwidth API reference, "Voice".
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from hubbub.dialects.bandwidth import call_recordings, calls, conferences, participants, recordings
from hubbub.dialects.bandwidth.create_call import create_call
from hubbub.dialects.bandwidth.errors import JSON
from hubbub.dialects.bandwidth.update_call import update_call, update_call_bxml
from hubbub.dialects.bandwidth.update_conference import update_conference, update_conference_bxml
from hubbub.dialects.bandwidth.update_member import update_member
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.permissions import (
    CREATE_CALLS,
    DELETE_RECORDINGS,
    MODIFY_CALLS,
    MODIFY_CONFERENCES,
    MODIFY_RECORDINGS,
    READ_CALLS,
    READ_CONFERENCES,
    READ_RECORDINGS,
)
from hubbub.domain.account import Account

Answer = Callable[..., Awaitable[HttpResponse]]
"""Of the request, the desk, the account and the ids in the path."""
Key = tuple[int, str, str, str]
"""How many segments there are from `accounts` on, and the third, the fifth and the seventh of them."""


class Operation(NamedTuple):
    route: Route
    answer: Answer
    permission: str


async def _statistics(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    """GET accounts/{accountId}/statistics: integers, as the description has it, though a guide shows texts."""
    waiting, waiting_max = desk.commands.calls.queue_size(account.id)
    body = json_bytes({"currentCallQueueSize": waiting, "maxCallQueueSize": waiting_max})
    return HttpResponse(200, body, JSON)


async def _get_member(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str, member_id: str
) -> HttpResponse:
    conference = await conferences.find(desk, account, conference_id)
    return await participants.get_member(request, desk, account, conference, member_id)


async def _update_member(
    request: HttpRequest, desk: Desk, account: Account, conference_id: str, member_id: str
) -> HttpResponse:
    conference = await conferences.find(desk, account, conference_id)
    return await update_member(request, desk, account, conference, member_id)


_CONFERENCES: Final = "/conferences"
_CONFERENCE: Final = "/conferences/{conferenceId}"
_CALLS: Final = "/calls"
_CALL: Final = "/calls/{callId}"
_CALL_RECORDING: Final = _CALL + "/recordings/{recordingId}"
_NO_TRANSCRIPTION: Final = "differs: nothing is transcribed here, so "


def _operation(
    method: str, path: str, name: str, answer: Answer, permission: str, notes: str = ""
) -> Operation:
    tag = path.split("/")[1].capitalize()
    return Operation(Route(method, "/accounts/{accountId}" + path, name, notes, (tag,)), answer, permission)


OPERATIONS: Final = (
    _operation("GET", _CONFERENCES, "listConferences", conferences.list_conferences, READ_CONFERENCES),
    _operation("GET", _CONFERENCE, "getConference", conferences.get_conference, READ_CONFERENCES),
    _operation("POST", _CONFERENCE, "updateConference", update_conference, MODIFY_CONFERENCES),
    _operation(
        "PUT", _CONFERENCE + "/bxml", "updateConferenceBxml", update_conference_bxml, MODIFY_CONFERENCES
    ),
    _operation("GET", _CONFERENCE + "/members/{memberId}", "getConferenceMember", _get_member, READ_CALLS),
    _operation(
        "PUT", _CONFERENCE + "/members/{memberId}", "updateConferenceMember", _update_member, MODIFY_CALLS
    ),
    _operation(
        "GET",
        _CONFERENCE + "/recordings",
        "listConferenceRecordings",
        recordings.list_conference_recordings,
        READ_RECORDINGS,
    ),
    _operation(
        "GET",
        _CONFERENCE + "/recordings/{recordingId}",
        "getConferenceRecording",
        recordings.get_conference_recording,
        READ_RECORDINGS,
    ),
    _operation(
        "GET",
        _CONFERENCE + "/recordings/{recordingId}/media",
        "downloadConferenceRecording",
        recordings.download_conference_recording,
        READ_RECORDINGS,
        "also ranges of bytes",
    ),
    _operation("GET", _CALLS, "listCalls", calls.list_calls, READ_CALLS),
    _operation(
        "POST",
        _CALLS,
        "createCall",
        create_call,
        CREATE_CALLS,
        "differs: machineDetection is read and has no effect; any E.164 number may be `from`",
    ),
    _operation(
        "GET",
        _CALL,
        "getCallState",
        calls.get_call,
        READ_CALLS,
        "differs: also later than 7 days after its end",
    ),
    _operation("POST", _CALL, "updateCall", update_call, MODIFY_CALLS),
    _operation("PUT", _CALL + "/bxml", "updateCallBxml", update_call_bxml, MODIFY_CALLS),
    _operation(
        "PUT",
        _CALL + "/recording",
        "updateCallRecordingState",
        call_recordings.update_call_recording,
        MODIFY_RECORDINGS,
    ),
    _operation(
        "GET",
        _CALL + "/recordings",
        "listCallRecordings",
        call_recordings.list_call_recordings,
        READ_RECORDINGS,
    ),
    _operation(
        "GET", _CALL_RECORDING, "getCallRecording", call_recordings.get_call_recording, READ_RECORDINGS
    ),
    _operation(
        "DELETE",
        _CALL_RECORDING,
        "deleteRecording",
        call_recordings.delete_call_recording,
        DELETE_RECORDINGS,
        "differs: the metadata stays, as `deleted`",
    ),
    _operation(
        "GET",
        _CALL_RECORDING + "/media",
        "downloadCallRecording",
        call_recordings.download_call_recording,
        READ_RECORDINGS,
        "also ranges of bytes",
    ),
    _operation(
        "DELETE",
        _CALL_RECORDING + "/media",
        "deleteRecordingMedia",
        call_recordings.delete_call_recording,
        DELETE_RECORDINGS,
    ),
    _operation(
        "GET",
        _CALL_RECORDING + "/transcription",
        "getRecordingTranscription",
        call_recordings.get_transcription,
        READ_RECORDINGS,
        _NO_TRANSCRIPTION + "always 404",
    ),
    _operation(
        "POST",
        _CALL_RECORDING + "/transcription",
        "transcribeCallRecording",
        call_recordings.transcribe,
        MODIFY_RECORDINGS,
        _NO_TRANSCRIPTION + "always 400",
    ),
    _operation(
        "DELETE",
        _CALL_RECORDING + "/transcription",
        "deleteRecordingTranscription",
        call_recordings.get_transcription,
        DELETE_RECORDINGS,
        _NO_TRANSCRIPTION + "always 404",
    ),
    _operation(
        "GET",
        _CALL + "/transcriptions",
        "listRealTimeTranscriptions",
        call_recordings.list_transcriptions,
        READ_RECORDINGS,
        _NO_TRANSCRIPTION + "always empty",
    ),
    _operation(
        "GET",
        _CALL + "/transcriptions/{transcriptionId}",
        "getRealTimeTranscription",
        call_recordings.get_live_transcription,
        READ_RECORDINGS,
        _NO_TRANSCRIPTION + "always 404",
    ),
    _operation(
        "DELETE",
        _CALL + "/transcriptions/{transcriptionId}",
        "deleteRealTimeTranscription",
        call_recordings.get_live_transcription,
        DELETE_RECORDINGS,
        _NO_TRANSCRIPTION + "always 404",
    ),
    _operation(
        "GET",
        "/recordings",
        "listAccountCallRecordings",
        call_recordings.list_account_recordings,
        READ_RECORDINGS,
    ),
    _operation("GET", "/statistics", "getStatistics", _statistics, READ_CALLS),
)

ROUTES: Final = (
    *(operation.route for operation in OPERATIONS),
    Route("POST", "/oauth2/token", "getOAuth2Token", "below /api/v1; client credentials only", ("OAuth2",)),
)


def key(segments: list[str]) -> Key:
    """Where a path leads, from its segments from `accounts` on. Ids are every second one, and not looked at."""
    count = len(segments)
    return (
        count,
        segments[2],
        segments[4] if count > 4 else "",
        segments[6] if count > 6 else "",
    )


def _targets() -> dict[Key, dict[str, Operation]]:
    found: dict[Key, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        segments = operation.route.template.strip("/").split("/")
        found.setdefault(key(segments), {})[operation.route.method] = operation
    return found


TARGETS: Final = _targets()
"""By place and method."""
