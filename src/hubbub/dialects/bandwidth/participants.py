"""Bandwidth's members: a call inside a conference. A member's id is its call's id.

Owns rendering, and finding a member. There is no list of members but the one inside a conference.

Bandwidth API reference, `getConferenceMember`, `getConference`.
"""

from typing import Final
from urllib.parse import quote

from hubbub.dialects.bandwidth.errors import JSON, not_found
from hubbub.dialects.bandwidth.ids import CALL, call_text, conference_text, parse, unknown_call_text
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.json import json_string
from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference
from hubbub.domain.ids import CallId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import Member, ParticipantQuery
from hubbub.services.ports import Reader

_READ_AT_ONCE: Final = 1000


async def get_member(
    request: HttpRequest, desk: Desk, account: Account, conference: Conference, member_id: str
) -> HttpResponse:
    """GET …/members/{memberId}; 404 once the call has left."""
    reader = desk.store.read
    own_site = desk.settings.site
    member = await find_member(desk, account, conference, member_id)
    coached = {id_: await _call_id(reader, id_, own_site) for id_ in member.participant.coached}
    body = _render(member, coached, _prefix(request, account, conference, own_site), own_site)
    return HttpResponse(200, body.encode("utf-8", "replace"), JSON)


async def active_members(
    request: HttpRequest, desk: Desk, account: Account, conference: Conference
) -> list[str]:
    """Those inside, in order of joining, each as a JSON object. Nobody is inside what is over."""
    if not conference.is_live:
        return []
    reader = desk.store.read
    own_site = desk.settings.site
    members: list[Member] = []
    after = None
    while True:
        page = await reader.members(ParticipantQuery(conference.id), PageRequest(_READ_AT_ONCE, after=after))
        # A call that is still being made is no member: nothing is heard of it yet.
        members += [member for member in page.items if not member.participant.pending]
        if not page.has_more:
            break
        last = page.items[-1].participant
        after = Cursor(last.joined_at_ms, last.call_id)
    texts = {member.call.id: call_text(member.call, own_site) for member in members}
    for member in members:
        for id_ in member.participant.coached:
            if id_ not in texts:
                texts[id_] = await _call_id(reader, id_, own_site)
    prefix = _prefix(request, account, conference, own_site)
    return [_render(member, texts, prefix, own_site) for member in members]


async def find_member(desk: Desk, account: Account, conference: Conference, member_id: str) -> Member:
    """The member with this id, who is inside.

    Raises:
        Refused: 404; also for one whose call is still being made, and once it has left.
    """
    call = await find_call(desk.store.read, account, member_id, desk.settings.site)
    member = None if call is None else await desk.store.read.member(conference.id, call.id)
    if member is None or not conference.is_live:
        raise not_found("Member", member_id)
    if not member.participant.is_present or member.participant.pending:
        raise not_found("Member", member_id)
    return member


async def find_call(reader: Reader, account: Account, text: str, own_site: str) -> CallLeg | None:
    """The account's call with this id, or None: malformed, unknown, and foreign ids are not told apart."""
    parsed = parse(CALL, text)
    call = None if parsed is None else await reader.call(CallId(parsed.id))
    if call is None or call.account_id != account.id or call_text(call, own_site) != text:
        call = await reader.call_by_given_id(account.id, text)
    return call


async def _call_id(reader: Reader, call_id: CallId, own_site: str) -> str:
    call = await reader.call(call_id)
    return unknown_call_text(call_id, own_site) if call is None else call_text(call, own_site)


def _prefix(request: HttpRequest, account: Account, conference: Conference, own_site: str) -> str:
    """What all members of a conference share: its id, and where they are found."""
    id_ = conference_text(conference.id, conference.site, own_site)
    url = f"{request.base_url}/api/v2/accounts/{account.bandwidth_id}/conferences/{id_}/members/"
    return f'"conferenceId":"{id_}","memberUrl":{json_string(url)[:-1]}'


def _render(member: Member, call_texts: dict[CallId, str], prefix: str, own_site: str) -> str:
    participant = member.participant
    id_ = call_text(member.call, own_site)
    coached = ",".join([json_string(call_texts[call_id]) for call_id in participant.coached])
    return (
        f'{{"callId":{json_string(id_)},{prefix}{quote(id_, safe="", errors="replace")}",'
        f'"mute":{"true" if participant.muted else "false"},'
        f'"hold":{"true" if participant.held else "false"},'
        f'"callIdsToCoach":[{coached if participant.coaching else ""}]}}'
    )
