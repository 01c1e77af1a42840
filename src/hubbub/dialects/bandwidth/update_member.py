"""Changing a member: mute, hold, coaching. Despite PUT it is a merge, so that what was read may be put back.

`callIdsToCoach` makes three differences: a list sets, an empty one ends coaching, and null is as good as nothing,
because the C# client sends it with every mute and a coach must not drop into the open room for that.

Bandwidth API reference, `updateConferenceMember`.
"""

from typing import Any

from hubbub.dialects.bandwidth.bodies import read_json
from hubbub.dialects.bandwidth.errors import invalid, not_found
from hubbub.dialects.bandwidth.ids import CALL, parse
from hubbub.dialects.bandwidth.participants import find_call, find_member
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.domain.account import Account
from hubbub.domain.conference import Conference, ParticipantChanges
from hubbub.domain.errors import ConferenceEnded, InvalidValue, NotFound, SecondCoach
from hubbub.domain.ids import CallId


async def update_member(
    request: HttpRequest, desk: Desk, account: Account, conference: Conference, member_id: str
) -> HttpResponse:
    """PUT …/members/{memberId} → 204; 404 once the call has left."""
    member = await find_member(desk, account, conference, member_id)
    body = read_json(request)
    changes = ParticipantChanges(
        muted=body.boolean("mute"),
        held=body.boolean("hold"),
        coached=await _coached(body.value("callIdsToCoach"), desk, account),
        one_coach=True,
    )
    try:
        await desk.commands.rooms.modify(conference.id, member.call.id, changes)
    except (NotFound, ConferenceEnded):
        raise not_found("Member", member_id) from None
    except SecondCoach:
        raise invalid("Invalid callIdsToCoach: another member of the conference is a coach") from None
    except InvalidValue as refusal:
        raise invalid(f"Invalid callIdsToCoach: {refusal}") from None
    return HttpResponse(204)


async def _coached(value: Any, desk: Desk, account: Account) -> tuple[CallId, ...] | None:
    """The calls to coach; they need not be in the conference, nor exist yet."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid("Invalid callIdsToCoach: must be an array of call ids")
    found: list[CallId] = []
    for text in value:
        call = await find_call(desk.store.read, account, text, desk.settings.site)
        parsed = parse(CALL, text)
        if call is not None:
            found.append(call.id)
        elif parsed is not None:
            found.append(CallId(parsed.id))
        else:
            raise invalid(f"Invalid callIdsToCoach: [{text[:80]}] is not a call id")
    return tuple(dict.fromkeys(found))
