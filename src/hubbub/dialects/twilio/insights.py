"""Twilio's Voice Insights of conferences and their participants, from our own log.

https://www.twilio.com/docs/voice/voice-insights/api/conference. The vendor serves it from another host, and there
alone keeps who was in a conference after its end. Dates are ISO 8601, words have underscores, pages a `meta`
object with absolute links. What is measured by the vendor's own network (issues, tags, metrics) is null.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.dates import iso_s, parse_iso
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio import auth
from hubbub.dialects.twilio.conferences import PHASES, REASONS, call_sids, ending_sid
from hubbub.dialects.twilio.errors import JSON_TYPE, invalid, not_found
from hubbub.dialects.twilio.ids import call_sid, read_conference_sid
from hubbub.dialects.twilio.paging import Links, make_links, read_paging
from hubbub.dialects.twilio.participant_history import History, Stay, page_of, read_history
from hubbub.dialects.twilio.resource import Asked
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.conference import Conference, ConferenceState
from hubbub.domain.paging import Cursor
from hubbub.domain.queries import ConferenceQuery

ROOT: Final = "/v1/Conferences"
PAGE_SIZE_MAX: Final = 100
"""Each row of a list is read from the log."""
FILTERS: Final = frozenset(
    {"ConferenceSid", "FriendlyName", "Status", "CreatedAfter", "CreatedBefore", "Subaccount"}
)
PARTICIPANT_FILTERS: Final = frozenset({"ParticipantSid", "Label"})
STATUSES: Final = {
    "in_progress": PHASES["in-progress"],
    "not_started": PHASES["init"],
    "completed": PHASES["completed"],
}
STATUS_WORDS: Final = {
    ConferenceState.INIT: "not_started",
    ConferenceState.IN_PROGRESS: "in_progress",
    ConferenceState.COMPLETED: "completed",
}
CALL_STATUSES: Final = {
    CallStatus.QUEUED: "ringing",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
    CallStatus.COMPLETED: "completed",
    CallStatus.BUSY: "busy",
    CallStatus.FAILED: "fail",
    CallStatus.NO_ANSWER: "noanswer",
    CallStatus.CANCELED: "canceled",
}


class Row(NamedTuple):
    conference: Conference
    history: History


async def list_conferences(asked: Asked) -> HttpResponse:
    pairs, parameters = asked.parameters
    asked = await _of_account(asked, parameters.get("Subaccount"))
    paging = read_paging(pairs, parameters, FILTERS, "CF")
    if paging.request.size > PAGE_SIZE_MAX:
        paging = paging._replace(request=paging.request._replace(size=PAGE_SIZE_MAX))
    reader = asked.desk.store.read
    status = parameters.get("Status") or None
    if status is not None and status not in STATUSES:
        raise invalid("Status", f"it is one of {', '.join(STATUSES)}")
    rows: list[Conference]
    one = parameters.get("ConferenceSid")
    if one:
        conference_id = read_conference_sid(one)
        found = None if conference_id is None else await reader.conference(conference_id)
        rows = [found] if found is not None and found.account_id == asked.account.id else []
        more = previous = False
    else:
        page = await reader.conferences(
            ConferenceQuery(
                asked.account.id,
                None if status is None else STATUSES[status],
                name=parameters.get("FriendlyName") or None,
                created_from_ms=_moment(parameters, "CreatedAfter"),
                created_until_ms=_moment(parameters, "CreatedBefore"),
            ),
            paging.request,
        )
        rows, more, previous = page.items, page.has_more, page.has_previous
    cursors = [Cursor(row.created_at_ms, row.id) for row in rows]
    links = make_links(
        paging,
        "CF",
        len(rows),
        cursors[0] if rows else None,
        cursors[-1] if rows else None,
        has_more=more,
        has_previous=previous,
    )
    shown = [await _conference(asked, Row(row, await read_history(reader, row))) for row in rows]
    return _page("conferences", shown, links, asked.request.base_url + ROOT)


def _moment(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if not text:
        return None
    at_ms = parse_iso(text)
    if at_ms is None:
        raise invalid(name, "a date is written as in ISO 8601")
    return at_ms


async def fetch_conference(asked: Asked) -> HttpResponse:
    return _answer(await _conference(asked, await _find(asked)))


async def list_participants(asked: Asked) -> HttpResponse:
    row = await _find(asked)
    pairs, parameters = asked.parameters
    paging = read_paging(pairs, parameters, PARTICIPANT_FILTERS, "CP")
    label, sid = parameters.get("Label") or None, parameters.get("ParticipantSid") or None
    stays = [
        stay
        for stay in row.history.stays
        if label in (None, stay.participant.label) and sid in (None, "CP" + stay.sid)
    ]
    page = page_of(stays, paging.request)
    cursors = [Cursor(each.participant.joined_at_ms, each.participant.call_id) for each in page.items]
    links = make_links(
        paging,
        "CP",
        len(page.items),
        cursors[0] if cursors else None,
        cursors[-1] if cursors else None,
        has_more=page.has_more,
        has_previous=page.has_previous,
    )
    shown = [await _participant(asked, row.conference, stay) for stay in page.items]
    return _page("participants", shown, links, _url(asked, row.conference) + "/Participants")


async def fetch_participant(asked: Asked) -> HttpResponse:
    row = await _find(asked)
    digits = read_sid("CP", asked.keys[1])
    for stay in row.history.stays:
        if stay.sid == digits:
            return _answer(await _participant(asked, row.conference, stay))
    raise not_found(asked.path)


async def _of_account(asked: Asked, subaccount: str | None) -> Asked:
    """The request as if for a sub-account.

    Raises:
        TwilioError: 401 for an account that is not the caller's.
    """
    if not subaccount:
        return asked
    account = await auth.open_account(asked.desk.store.read, asked.caller, subaccount)
    return asked._replace(account=account)


async def _find(asked: Asked) -> Row:
    conference_id = read_conference_sid(asked.keys[0])
    reader = asked.desk.store.read
    conference = None if conference_id is None else await reader.conference(conference_id)
    if conference is None:
        raise not_found(asked.path)
    if conference.account_id != asked.account.id:
        owner = await reader.account(conference.account_id)
        if owner is None or not await auth.may_open(reader, asked.caller, owner):
            raise not_found(asked.path)
    return Row(conference, await read_history(reader, conference))


async def _conference(asked: Asked, row: Row) -> dict[str, Any]:
    conference, history = row
    reader = asked.desk.store.read
    ended = conference.completed_at_ms
    until_ms = asked.desk.clock.now_ms() if ended is None else ended
    started = history.started_at_ms
    inside = {stay.participant.call_id for stay in history.stays if stay.joined}
    calls = [await reader.call(each) for each in inside]
    url = _url(asked, conference)
    return {
        "conference_sid": "CF" + conference.id,
        "account_sid": "AC" + conference.account_id,
        "friendly_name": conference.name,
        "create_time": iso_s(conference.created_at_ms),
        "start_time": None if started is None else iso_s(started),
        "end_time": None if ended is None else iso_s(ended),
        "duration_seconds": (until_ms - conference.created_at_ms) // 1000,
        "connect_duration_seconds": 0 if started is None else (until_ms - started) // 1000,
        "status": STATUS_WORDS[conference.state],
        "max_participants": 250,
        "max_concurrent_participants": history.concurrent_max,
        "unique_participants": len({_far_end(call) for call in calls if call is not None}),
        "end_reason": REASONS[conference.reason_ended].replace("-", "_") if conference.reason_ended else None,
        "ended_by": await ending_sid(reader, conference),
        "mixer_region": asked.desk.settings.region,
        "mixer_region_requested": conference.region,
        "recording_enabled": None,
        "detected_issues": None,
        "tags": [],
        "tag_info": None,
        "processing_state": "in_progress" if conference.is_live else "complete",
        "url": url,
        "links": {"participants": url + "/Participants"},
    }


async def _participant(asked: Asked, conference: Conference, stay: Stay) -> dict[str, Any]:
    participant = stay.participant
    reader = asked.desk.store.read
    call = await reader.call(participant.call_id)
    left = participant.left_at_ms
    until_ms = asked.desk.clock.now_ms() if left is None else left
    return {
        "participant_sid": "CP" + stay.sid,
        "label": participant.label,
        "conference_sid": "CF" + conference.id,
        "call_sid": "CA" + participant.call_id if call is None else call_sid(call),
        "account_sid": "AC" + conference.account_id,
        "call_direction": None if call is None else _direction(call),
        "from": None if call is None else call.from_address,
        "to": None if call is None else call.to_address,
        "call_status": None if call is None else CALL_STATUSES[call.status],
        "country_code": None,
        "is_moderator": participant.start_on_enter or participant.end_on_exit,
        "join_time": iso_s(participant.joined_at_ms) if stay.joined else None,
        "leave_time": None if left is None else iso_s(left),
        "duration_seconds": (until_ms - participant.joined_at_ms) // 1000 if stay.joined else 0,
        "outbound_queue_length": None,
        "outbound_time_in_queue": None,
        "jitter_buffer_size": None,
        "is_coach": stay.was_coach,
        "coached_participants": [await call_sids.find(reader, each) for each in stay.coached],
        "participant_region": None,
        "conference_region": asked.desk.settings.region,
        "call_type": None if call is None else _call_type(call),
        "processing_state": "in_progress" if left is None else "complete",
        "properties": {
            "start_conference_on_enter": participant.start_on_enter,
            "end_conference_on_exit": participant.end_on_exit,
            "muted": participant.muted,
            "hold": participant.held,
            "reason_participant_left": None
            if participant.leave_reason is None
            else participant.leave_reason.value.replace("-", "_"),
        },
        "events": None,
        "metrics": None,
        "url": f"{_url(asked, conference)}/Participants/CP{stay.sid}",
    }


def _far_end(call: CallLeg) -> str:
    return call.from_address if call.direction is Direction.INBOUND else call.to_address


def _direction(call: CallLeg) -> str:
    return "inbound" if call.direction is Direction.INBOUND else "outbound"


def _call_type(call: CallLeg) -> str:
    address = _far_end(call)
    if address.startswith("client:"):
        return "client"
    return "carrier" if address.startswith("+") else "sip"


def _url(asked: Asked, conference: Conference) -> str:
    return f"{asked.request.base_url}{ROOT}/CF{conference.id}"


def _page(key: str, rows: Sequence[dict[str, Any]], links: Links, url: str) -> HttpResponse:
    meta = {
        "page": links.page,
        "page_size": links.page_size,
        "first_page_url": f"{url}?{links.first}",
        "previous_page_url": None if links.previous is None else f"{url}?{links.previous}",
        "url": f"{url}?{links.this}",
        "next_page_url": None if links.next is None else f"{url}?{links.next}",
        "key": key,
    }
    return _answer({key: rows, "meta": meta})


def _answer(value: dict[str, Any]) -> HttpResponse:
    return HttpResponse(200, json_bytes(value), JSON_TYPE)
