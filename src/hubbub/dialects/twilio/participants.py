"""The Participant resource: list and fetch, of those who are inside now or being called.

https://www.twilio.com/docs/voice/api/conference-participant-resource. A participant is addressed by its
call's SID or by its label, and is gone as soon as it has left.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.twilio.conferences import call_sids, find_conference
from hubbub.dialects.twilio.errors import not_found
from hubbub.dialects.twilio.ids import call_sid, path_segment, read_call_sid
from hubbub.dialects.twilio.paging import make_links, read_paging
from hubbub.dialects.twilio.parameters import read_flag
from hubbub.dialects.twilio.participant_history import page_of, read_history
from hubbub.dialects.twilio.representation import Instance, instance_response, list_response
from hubbub.dialects.twilio.resource import Asked, conference_uri
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.conference import Conference, Participant
from hubbub.domain.paging import Cursor, Page, PageRequest
from hubbub.domain.queries import Member, ParticipantQuery

FILTERS: Final = frozenset({"Muted", "Hold", "Coaching"})
KEYS: Final = (
    "account_sid",
    "conference_sid",
    "call_sid",
    "label",
    "muted",
    "hold",
    "coaching",
    "call_sid_to_coach",
    "start_conference_on_enter",
    "end_conference_on_exit",
    "status",
    "queue_time",
    "date_created",
    "date_updated",
    "uri",
)
STATUSES: Final = {
    CallStatus.QUEUED: "queued",
    CallStatus.RINGING: "connecting",
    CallStatus.IN_PROGRESS: "connected",
    CallStatus.COMPLETED: "complete",
    CallStatus.BUSY: "failed",
    CallStatus.FAILED: "failed",
    CallStatus.NO_ANSWER: "failed",
    CallStatus.CANCELED: "failed",
}


async def list_participants(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    pairs, parameters = asked.parameters
    paging = read_paging(pairs, parameters, FILTERS, "CP")
    query = ParticipantQuery(
        conference.id,
        muted=read_flag(parameters, "Muted"),
        held=read_flag(parameters, "Hold"),
        coaching=read_flag(parameters, "Coaching"),
    )
    if conference.is_live:
        page = await asked.desk.store.read.members(query, paging.request)
    elif asked.desk.settings.twilio_keep_participants:
        page = await _kept(asked, conference, query, paging.request)
    else:
        page = Page[Member]([], has_more=False, has_previous=False)
    members = page.items
    links = make_links(
        paging,
        "CP",
        len(members),
        _cursor(members[0]) if members else None,
        _cursor(members[-1]) if members else None,
        has_more=page.has_more,
        has_previous=page.has_previous,
    )
    instances = [await represent(asked, conference, member) for member in members]
    uri = conference_uri(conference.account_id, conference.id) + "/Participants"
    return list_response("participants", "Participant", instances, KEYS, links, uri, asked.suffix)


async def _kept(
    asked: Asked, conference: Conference, query: ParticipantQuery, request: PageRequest
) -> Page[Member]:
    """Those who were inside a conference that is over, each once, as the log tells."""
    reader = asked.desk.store.read
    stays = {stay.participant.call_id: stay for stay in (await read_history(reader, conference)).stays}
    page = page_of([stay for stay in stays.values() if _matches(query, stay.participant)], request)
    calls = [await reader.call(stay.participant.call_id) for stay in page.items]
    members = [
        Member(stay.participant, call)
        for stay, call in zip(page.items, calls, strict=True)
        if call is not None
    ]
    return Page(members, page.has_more, page.has_previous)


def _matches(query: ParticipantQuery, participant: Participant) -> bool:
    return (
        query.muted in (None, participant.muted)
        and query.held in (None, participant.held)
        and query.coaching in (None, participant.coaching)
    )


async def fetch_participant(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    member = await find_member(asked, conference)
    return instance_response("Participant", await represent(asked, conference, member), asked.suffix)


async def find_member(asked: Asked, conference: Conference) -> Member:
    """Who is inside under the path's second key: a call's SID, else a label, else the id an import gave. To be
    read, where participants are kept, also who was.

    Raises:
        TwilioError: 404.
    """
    reader = asked.desk.store.read
    key = asked.keys[1]
    member: Member | None = None
    call_id = read_call_sid(key)
    if call_id is not None:
        member = await reader.member(conference.id, call_id)
    elif "/" not in key:
        member = await reader.member_by_label(conference.id, key)
        if member is None:
            call = await reader.call_by_given_id(asked.account.id, key)
            member = None if call is None else await reader.member(conference.id, call.id)
    if member is not None and member.participant.is_present and conference.is_live:
        return member
    if asked.desk.settings.twilio_keep_participants and asked.request.method == "GET":
        return member or await _labelled(asked, conference, key)
    raise not_found(asked.path)


async def _labelled(asked: Asked, conference: Conference, label: str) -> Member:
    """The last one who had this label."""
    reader = asked.desk.store.read
    for stay in reversed((await read_history(reader, conference)).stays):
        call = await reader.call(stay.participant.call_id)
        if stay.participant.label == label and call is not None:
            return Member(stay.participant, call)
    raise not_found(asked.path)


async def represent(asked: Asked, conference: Conference, member: Member) -> Instance:
    participant, call = member
    coached: str | None = None
    if participant.coached:
        coached = await call_sids.find(asked.desk.store.read, participant.coached[0])
    return represent_member(conference, member, call_sid(call), coached)


def represent_member(conference: Conference, member: Member, sid: str, coached: str | None) -> Instance:
    participant, call = member
    uri = conference_uri(conference.account_id, conference.id)
    return {
        "account_sid": "AC" + conference.account_id,
        "conference_sid": "CF" + conference.id,
        "call_sid": sid,
        "label": participant.label,
        "muted": participant.muted,
        "hold": participant.held,
        "coaching": participant.coaching,
        "call_sid_to_coach": coached,
        "start_conference_on_enter": participant.start_on_enter,
        "end_conference_on_exit": participant.end_on_exit,
        "status": _status(call),
        "queue_time": None,
        "date_created": rfc2822(participant.joined_at_ms),
        "date_updated": rfc2822(participant.updated_at_ms),
        "uri": f"{uri}/Participants/{path_segment(sid)}",
    }


def _status(call: CallLeg) -> str:
    if call.direction is not Direction.INBOUND:
        if call.status is CallStatus.RINGING:
            return "ringing"
        if call.status is CallStatus.QUEUED and call.sip_call_id is not None:
            return "connecting"
    return STATUSES[call.status]


def _cursor(member: Member) -> Cursor:
    return Cursor(member.participant.joined_at_ms, member.participant.call_id)
