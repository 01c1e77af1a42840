"""Restcomm's participants: the calls inside a conference.

Owns rendering. Four names look like slips and are the vendor's: the collection is `calls`, the id is `sid`
(the call's), the flag of those whose leaving ends the room is `end_conference_on_enter`, and `uri` points at
Calls. Times are the call's, not the membership's.

Restcomm Connect API guide, "Conference participants".
"""

from urllib.parse import quote

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.ids import call_sid, find_call, is_well_formed, read_conference_sid
from hubbub.dialects.restcomm.paging import envelope, json_list, list_uri, read_ask, xml_list
from hubbub.dialects.restcomm.representation import (
    indented,
    json_answer,
    json_html_text,
    xml_answer,
    xml_element,
)
from hubbub.dialects.shared.dates import rfc2822
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import Member, ParticipantQuery


async def list_participants(asked: Asked) -> HttpResponse:
    """GET …/Conferences/{CF}/Participants: those inside now. A room that is over or unknown has none."""
    ask = read_ask(asked.parameters)
    if not is_well_formed(asked.sid):
        raise refused(404)
    reader = asked.desk.store.read
    conference_id = read_conference_sid(asked.sid)
    conference = None if conference_id is None else await reader.conference(conference_id)
    if conference is not None and conference.account_id != asked.account.id:
        raise refused(403)
    page: Page[Member] = Page([], False, False, 0)
    if conference is not None and conference.is_live:
        page = await reader.members(
            ParticipantQuery(conference.id),
            PageRequest(min(ask.size, ask.limit), offset=ask.offset, total_limit=ask.limit),
        )
    total = min(page.total or 0, ask.limit)
    rows = page.items[: max(total - ask.offset, 0)]
    last_sid = call_sid(rows[-1].call) if rows else ""
    around = envelope(ask, total, len(rows), list_uri(asked.segments), last_sid)
    render = _json if asked.as_json else _xml
    texts = [
        render(row.call, row.participant, conference, ask.offset + index == 0)
        for index, row in enumerate(rows)
    ]
    if asked.as_json:
        return json_answer(json_list(around, "calls", texts, json_html_text))
    return xml_answer(xml_list(around, "Calls", texts))


async def get_participant(asked: Asked) -> HttpResponse:
    """GET …/Participants/{CA}: the call's record, whichever conference the path names."""
    call = await find_call(asked.desk.store.read, asked.account, asked.sid)
    if call is None:
        raise refused(404)
    if call.account_id != asked.account.id:
        raise refused(403)
    return await participant_answer(asked, call)


async def participant_answer(asked: Asked, call: CallLeg) -> HttpResponse:
    """200 with one call as a participant."""
    reader = asked.desk.store.read
    participant = conference = None
    is_first = False
    if call.conference_id is not None:
        member = await reader.member(call.conference_id, call.id)
        participant = None if member is None else member.participant
        room = await reader.room(call.conference_id)
        if room is not None:
            conference = room.conference
            is_first = bool(room.participants) and room.participants[0].call_id == call.id
    if asked.as_json:
        return json_answer(indented(_json(call, participant, conference, is_first), -4))
    return xml_answer(indented(_xml(call, participant, conference, is_first), -2))


def waits_for_moderator(participant: Participant, conference: Conference) -> bool:
    """Whether a member is inside a room that has not begun, and could not begin it."""
    return (
        participant.is_present
        and conference.is_live
        and not conference.moderator_present
        and not participant.start_on_enter
    )


class _Fields:
    """What both forms print of a participant."""

    __slots__ = ("created", "end", "hold", "muted", "sid", "start", "updated", "uri")

    def __init__(
        self, call: CallLeg, participant: Participant | None, conference: Conference | None, is_first: bool
    ) -> None:
        """
        Args:
            participant: None for a call that is in no conference: it is printed with the defaults.
            is_first: whether it has been inside longest. The first to wait for a moderator hears music, which
                is what `hold` says; in a room that no node mixes, an imported one, nobody hears any.
        """
        waits = (
            participant is not None
            and conference is not None
            and waits_for_moderator(participant, conference)
        )
        plays = waits and is_first and conference is not None and conference.node is not None
        self.sid = call_sid(call)
        self.created = rfc2822(call.created_at_ms, padded=False)
        changed_ms = participant.updated_at_ms if participant is not None else 0
        self.updated = rfc2822(max(call.updated_at_ms, changed_ms), padded=False)
        self.muted = _word(waits or (participant is not None and participant.muted))
        self.hold = _word(plays or (participant is not None and participant.held))
        self.start = _word(participant is None or participant.start_on_enter)
        self.end = _word(participant is not None and participant.end_on_exit)
        self.uri = f"/2012-04-24/Accounts/AC{call.account_id}/Calls/{quote(self.sid, safe='')}"


def _word(value: bool) -> str:
    return "true" if value else "false"


def _json(
    call: CallLeg, participant: Participant | None, conference: Conference | None, is_first: bool
) -> str:
    """As it stands in a list."""
    fields = _Fields(call, participant, conference, is_first)
    room = "" if conference is None else f'"conference_sid": "CF{conference.id}",\n      '
    return f"""    {{
      "sid": {json_html_text(fields.sid)},
      {room}"date_created": "{fields.created}",
      "date_updated": "{fields.updated}",
      "account_sid": "AC{call.account_id}",
      "muted": {fields.muted},
      "hold": {fields.hold},
      "start_conference_on_enter": {fields.start},
      "end_conference_on_enter": {fields.end},
      "uri": "{fields.uri}.json"
    }}"""


def _xml(
    call: CallLeg, participant: Participant | None, conference: Conference | None, is_first: bool
) -> str:
    """As it stands in a list."""
    fields = _Fields(call, participant, conference, is_first)
    return f"""    <Call>
      {xml_element("Sid", fields.sid)}
      {xml_element("ConferenceSid", None if conference is None else f"CF{conference.id}")}
      <DateCreated>{fields.created}</DateCreated>
      <DateUpdated>{fields.updated}</DateUpdated>
      <AccountSid>AC{call.account_id}</AccountSid>
      <Muted>{fields.muted}</Muted>
      <Hold>{fields.hold}</Hold>
      <StartConferenceOnEnter>{fields.start}</StartConferenceOnEnter>
      <EndConferenceOnEnter>{fields.end}</EndConferenceOnEnter>
      <Uri>{fields.uri}</Uri>
    </Call>"""
