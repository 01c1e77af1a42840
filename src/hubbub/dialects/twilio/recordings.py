"""The Recording resource of an account: list, fetch, delete; and the fields of every recording.

https://www.twilio.com/docs/voice/api/recording. Those below a conference or a call are in `owned_recordings`, the
sound is in `recording_media`.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.conferences import call_sids
from hubbub.dialects.twilio.errors import TwilioError, invalid, not_allowed, not_found
from hubbub.dialects.twilio.ids import read_call_sid, read_conference_sid
from hubbub.dialects.twilio.paging import Paging, make_links, read_paging
from hubbub.dialects.twilio.parameters import read_days, read_flag
from hubbub.dialects.twilio.representation import Instance, instance_response, list_response
from hubbub.dialects.twilio.resource import API_VERSION, Asked, account_uri
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import RecordingId
from hubbub.domain.paging import Cursor
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingSource, RecordingState
from hubbub.services.ports import Reader

DATES: Final = frozenset({"DateCreated", "DateCreated<", "DateCreated>"})
FILTERS: Final = DATES | {"CallSid", "ConferenceSid", "IncludeSoftDeleted"}
KEYS: Final = (
    "sid",
    "account_sid",
    "call_sid",
    "conference_sid",
    "api_version",
    "date_created",
    "date_updated",
    "start_time",
    "duration",
    "price",
    "price_unit",
    "status",
    "channels",
    "source",
    "error_code",
    "encryption_details",
    "uri",
)
ACCOUNT_KEYS: Final = (*KEYS, "subresource_uris", "media_url")
NOT_OVER: Final = 20009

KEPT: Final = frozenset(RecordingState) - {RecordingState.DELETED}
SOURCES: Final = {
    RecordingSource.DIAL: "DialVerb",
    RecordingSource.CONFERENCE: "Conference",
    RecordingSource.OUTBOUND_CALL: "OutboundAPI",
    RecordingSource.RECORD_VERB: "RecordVerb",
    RecordingSource.CALL_COMMAND: "StartCallRecordingAPI",
    RecordingSource.CONFERENCE_COMMAND: "StartConferenceRecordingAPI",
    RecordingSource.START_VERB: "StartCallRecordingAPI",
}
STATUSES: Final = {
    RecordingState.IN_PROGRESS: "in-progress",
    RecordingState.PAUSED: "paused",
    RecordingState.PROCESSING: "processing",
    RecordingState.COMPLETED: "completed",
    RecordingState.ABSENT: "absent",
    RecordingState.FAILED: "absent",
    RecordingState.DELETED: "deleted",
}
"""Typed libraries know no failed recording: what failed is absent, with an error code."""
ERROR_CODES: Final = {"too-short": 16101, "silent": 16102}
FAILED_CODE: Final = 20500


async def list_recordings(asked: Asked) -> HttpResponse:
    pairs, parameters = asked.parameters
    created = read_days(parameters, "DateCreated", times=True)
    query = RecordingQuery(
        frozenset({asked.account.id}),
        states=None if read_flag(parameters, "IncludeSoftDeleted") else KEPT,
        created_from_ms=created.from_ms,
        created_until_ms=created.until_ms,
    )
    if parameters.get("CallSid"):
        call_id = read_call_sid(parameters["CallSid"])
        if call_id is None:
            raise invalid("CallSid", "it is no call's SID")
        query = query._replace(call_id=call_id)
    if parameters.get("ConferenceSid"):
        conference_id = read_conference_sid(parameters["ConferenceSid"])
        if conference_id is None:
            raise invalid("ConferenceSid", "it is no conference's SID")
        query = query._replace(conference_id=conference_id)
    uri = account_uri(asked.account.id) + "/Recordings"
    paging = read_paging(pairs, parameters, FILTERS, "RE")
    return await page_of_recordings(asked, query, paging, uri, ACCOUNT_KEYS)


async def page_of_recordings(
    asked: Asked, query: RecordingQuery, paging: Paging, uri: str, keys: tuple[str, ...]
) -> HttpResponse:
    """A page with the representations that belong under `uri`."""
    reader = asked.desk.store.read
    page = await reader.recordings(query, paging.request)
    rows = page.items
    links = make_links(
        paging,
        "RE",
        len(rows),
        Cursor(rows[0].created_at_ms, rows[0].id) if rows else None,
        Cursor(rows[-1].created_at_ms, rows[-1].id) if rows else None,
        has_more=page.has_more,
        has_previous=page.has_previous,
    )
    instances: list[Instance] = []
    for row in rows:
        instance = await represent(reader, row, uri, at_rest=True)
        instances.append(instance if keys is not ACCOUNT_KEYS else as_account(asked, instance, row))
    return list_response("recordings", "Recording", instances, keys, links, uri, asked.suffix)


async def fetch_recording(asked: Asked) -> HttpResponse:
    recording = await find_recording(asked, asked.keys[0])
    if recording.state is RecordingState.DELETED and not read_flag(asked.parameters[1], "IncludeSoftDeleted"):
        raise not_found(asked.path)
    uri = account_uri(asked.account.id) + "/Recordings"
    instance = await represent(asked.desk.store.read, recording, uri, at_rest=True)
    return instance_response("Recording", as_account(asked, instance, recording), asked.suffix)


async def delete_recording(asked: Asked) -> HttpResponse:
    recording = await find_recording(asked, asked.keys[0])
    return await remove(asked, recording)


async def remove(asked: Asked, recording: Recording) -> HttpResponse:
    """Delete the sound; 404 for what is deleted already, 409 with code 20009 for what is not finished."""
    if recording.state is RecordingState.DELETED:
        raise not_found(asked.path)
    try:
        await asked.desk.commands.recordings.delete(recording.id)
    except NotFound:
        raise not_found(asked.path) from None
    except Conflict as refusal:
        raise TwilioError(409, str(refusal), code=NOT_OVER) from None
    return HttpResponse(204)


async def find_recording(asked: Asked, key: str) -> Recording:
    """The account's recording of this SID, deleted ones too.

    Raises:
        TwilioError: 405 where the key is no recording's SID, 404 where the account has no such recording.
    """
    digits = read_sid("RE", key)
    if digits is None:
        raise not_allowed()
    recording = await asked.desk.store.read.recording(RecordingId(digits))
    if recording is None or recording.account_id != asked.account.id:
        raise not_found(asked.path)
    return recording


async def represent(reader: Reader, recording: Recording, uri: str, *, at_rest: bool) -> Instance:
    """The fields.

    Args:
        uri: of the list that the recording is shown in.
        at_rest: read, not just changed: one in flight is then told as `processing`, whatever it does.
    """
    done = recording.state in (RecordingState.COMPLETED, RecordingState.DELETED)
    in_flight = recording.state.is_open
    call = None if recording.call_id is None else await call_sids.find(reader, recording.call_id)
    return {
        "sid": "RE" + recording.id,
        "account_sid": "AC" + recording.account_id,
        "call_sid": call,
        "conference_sid": None if recording.conference_id is None else "CF" + recording.conference_id,
        "api_version": API_VERSION,
        "date_created": rfc2822(recording.created_at_ms),
        "date_updated": rfc2822(recording.updated_at_ms),
        "start_time": rfc2822(
            recording.created_at_ms if recording.started_at_ms is None else recording.started_at_ms
        ),
        "duration": duration_text(recording) if done else None,
        "price": None,
        "price_unit": "USD" if done else None,
        "status": "processing" if at_rest and in_flight else STATUSES[recording.state],
        "channels": recording.channels,
        "source": SOURCES[recording.source],
        "error_code": error_code(recording),
        "encryption_details": None,
        "uri": f"{uri}/RE{recording.id}",
    }


def as_account(asked: Asked, instance: Instance, recording: Recording) -> Instance:
    """With the fields that only the account's own resource has."""
    uri = f"{account_uri(recording.account_id)}/Recordings/RE{recording.id}"
    more = {"add_on_results": uri + "/AddOnResults", "transcriptions": uri + "/Transcriptions"}
    return {
        **instance,
        "subresource_uris": more,
        "media_url": asked.request.base_url + uri,
    }


def duration_text(recording: Recording) -> str | None:
    """Whole seconds, rounded."""
    return None if recording.duration_ms is None else str((recording.duration_ms + 500) // 1000)


def error_code(recording: Recording) -> int | None:
    """Why there is no sound."""
    if recording.state not in (RecordingState.ABSENT, RecordingState.FAILED):
        return None
    return ERROR_CODES.get(recording.why or "", FAILED_CODE)
