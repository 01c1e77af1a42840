"""Restcomm's recordings: the list, those of one call, one of them, deleting.

Owns parameters and rendering; the sound is in `recording_media`. A recording is there once it can be heard:
one that is still taken, or was given up, is not listed, and one that was deleted is gone. A room's recording
is that of the call whose joining asked for it.

Restcomm Connect API guide, "Recordings".
"""

from collections.abc import Callable
from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.calls import API_VERSION, Members, call_sids, read_accounts
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.filters import read_day, read_sid_pattern
from hubbub.dialects.restcomm.ids import find_call, is_call_sid, read_recording_sid
from hubbub.dialects.restcomm.paging import ROWS_MAX, envelope, json_list, list_uri, read_ask
from hubbub.dialects.restcomm.representation import (
    indented,
    json_answer,
    json_html_text,
    json_members,
    xml_answer,
    xml_members,
)
from hubbub.dialects.restcomm.sorting import read_page, read_sort
from hubbub.dialects.shared.dates import DAY_MS, rfc2822
from hubbub.dialects.shared.query import Pairs
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingState

CONTEXT: Final = "/restcomm"
"""What links of this list begin with, and those of no other."""
AUDIBLE: Final = frozenset({RecordingState.COMPLETED})
SORTS: Final[dict[str, Callable[[Recording], tuple[object, ...]]]] = {
    "DateCreated": lambda recording: (recording.created_at_ms,),
    "Duration": lambda recording: (recording.duration_ms or 0,),
    "CallSid": lambda recording: (recording.call_id or "",),
}


async def list_recordings(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Recordings, newest first; both dates are of the creation."""
    pairs = asked.parameters
    ask = read_ask(pairs)
    sort = read_sort(asked, SORTS)
    query = await _read_query(asked, pairs)
    rows: list[Recording] = []
    total = 0
    if query is not None:
        rows, total = await read_page(asked, ask, sort, SORTS, asked.desk.store.read.recordings, query)
    uri = CONTEXT + list_uri(asked.segments)
    around = envelope(ask, total, len(rows), uri, "RE" + rows[-1].id if rows else "")
    texts = [await _row(asked, row) for row in rows]
    if asked.as_json:
        return json_answer(json_list(around, "recordings", texts, json_html_text))
    return xml_answer(_xml_list(texts))


async def _read_query(asked: Asked, pairs: Pairs) -> RecordingQuery | None:
    """What the filters ask for; None where nothing can match."""
    from_ms, until_ms = read_day(pairs, "StartTime"), read_day(pairs, "EndTime")
    query = RecordingQuery(
        await read_accounts(asked, pairs),
        states=AUDIBLE,
        created_from_ms=from_ms,
        created_until_ms=None if until_ms is None else until_ms + DAY_MS,
    )
    sid = read_sid_pattern(pairs, "CallSid")
    if sid is None:
        return query
    call = await find_call(asked.desk.store.read, asked.account, sid)
    return None if call is None else query._replace(call_id=call.id)


async def list_call_recordings(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Calls/{CA}/Recordings: all of them, as a bare array in JSON. A call nobody knows has
    none."""
    reader = asked.desk.store.read
    call = await find_call(reader, asked.account, asked.sid)
    if call is None:
        if not is_call_sid(asked.sid):
            raise refused(404)
        rows: list[Recording] = []
    elif call.account_id != asked.account.id:
        raise refused(403)
    else:
        query = RecordingQuery(frozenset({asked.account.id}), call_id=call.id, states=AUDIBLE)
        rows = (await reader.recordings(query, PageRequest(ROWS_MAX))).items
    texts = [await _row(asked, row) for row in rows]
    if asked.as_json:
        return json_answer(
            "[\n" + ",\n".join([indented(text, -2) for text in texts]) + "\n]" if texts else "[]"
        )
    return xml_answer(_xml_list(texts))


async def get_recording(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Recordings/{RE}."""
    text = await _row(asked, await _find(asked))
    return json_answer(indented(text, -4)) if asked.as_json else xml_answer(indented(text, -2))


async def delete_recording(asked: Asked) -> HttpResponse:
    """DELETE Accounts/{A}/Recordings/{RE} → an empty 200."""
    recording = await _find(asked)
    try:
        await asked.desk.commands.recordings.delete(recording.id)
    except (NotFound, Conflict):
        raise refused(404) from None
    return HttpResponse(200)


async def _find(asked: Asked) -> Recording:
    """The recording that the path ends with.

    Raises:
        Refused: 404; 403 where another account owns it.
    """
    recording_id = read_recording_sid(asked.sid)
    recording = None if recording_id is None else await asked.desk.store.read.recording(recording_id)
    if recording is None or recording.state not in AUDIBLE:
        raise refused(404)
    if recording.account_id != asked.account.id:
        raise refused(403)
    return recording


async def _row(asked: Asked, recording: Recording) -> str:
    """As it stands in a list."""
    call = None
    if recording.call_id is not None:
        call = await call_sids.find(asked.desk.store.read, recording.call_id)
    uri = f"/{API_VERSION}/Accounts/AC{recording.account_id}/Recordings/RE{recording.id}"
    file_uri = f"{asked.request.base_url}{CONTEXT}{uri}.wav"
    created, updated = (
        rfc2822(at_ms, padded=False) for at_ms in (recording.created_at_ms, recording.updated_at_ms)
    )
    names = _JSON_NAMES if asked.as_json else _XML_NAMES
    values = (
        "RE" + recording.id,
        created,
        updated,
        "AC" + recording.account_id,
        call,
        duration_text(recording),
        API_VERSION,
        uri + ".json" if asked.as_json else uri,
        file_uri,
    )
    members: Members = list(zip(names, values, strict=True))
    return json_members(members) if asked.as_json else xml_members("Recording", members)


_JSON_NAMES: Final = (
    "sid",
    "date_created",
    "date_updated",
    "account_sid",
    "call_sid",
    "duration",
    "api_version",
    "uri",
    "file_uri",
)
_XML_NAMES: Final = (
    "Sid",
    "DateCreated",
    "DateUpdated",
    "AccountSid",
    "CallSid",
    "Duration",
    "ApiVersion",
    "Uri",
    "FileUri",
)


def duration_text(recording: Recording) -> str:
    """Decimal seconds: `14.7`."""
    return str((recording.duration_ms or 0) / 1000)


def _xml_list(rows: list[str]) -> str:
    """The vendor's list of recordings has no attributes."""
    if not rows:
        return "  <Recordings/>"
    return "\n".join(["  <Recordings>", *rows, "  </Recordings>"])
