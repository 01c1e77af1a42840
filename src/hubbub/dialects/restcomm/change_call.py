"""What every change of a live call begins with: finding it, and muting it.

The refusals are those of the vendor's live modification: a SID that is none is 400, one that nobody has is
406, a call that is over is 410.

Restcomm Connect API guide, "Modifying live calls", "Mute a participant".
"""

from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.errors import Refused, explained, refused
from hubbub.dialects.restcomm.ids import call_sid, find_call, is_call_sid
from hubbub.domain.call import CallLeg, CallStatus
from hubbub.domain.conference import ParticipantChanges
from hubbub.domain.errors import Conflict, NotFound
from hubbub.services.accounts.authenticate import is_within


async def find_to_change(asked: Asked, *, by_root: bool) -> CallLeg:
    """The call that the path ends with.

    Args:
        by_root: a main account may also change calls of the accounts below it under its own path. The vendor
            lets such an account change everybody's; a server of several tenants must not.

    Raises:
        Refused: 400 for a malformed SID or another account's call, 406 for an unknown one.
    """
    reader = asked.desk.store.read
    call = await find_call(reader, asked.account, asked.sid)
    if call is None:
        raise refused(406 if is_call_sid(asked.sid) else 400)
    if call.account_id == asked.account.id:
        return call
    root = asked.caller.account
    owner = await reader.account(call.account_id)
    if by_root and root.parent_id is None and owner is not None and await is_within(reader, owner, root.id):
        return call
    raise refused(400)


def gone(call: CallLeg) -> Refused:
    """410: the call is over, or nothing of it is here."""
    if call.status.is_final:
        return explained(410, f"Call {call_sid(call)} is already completed")
    return explained(410, f"Call {call_sid(call)} is not live on this server")


async def mute(asked: Asked, call: CallLeg, *, muted: bool) -> None:
    """Mute or unmute a call that is inside a room; nothing happens to one that is in none, or not answered.

    Raises:
        Refused: 410.
    """
    if call.status.is_final:
        raise gone(call)
    if call.status is not CallStatus.IN_PROGRESS or call.conference_id is None:
        return
    member = await asked.desk.store.read.member(call.conference_id, call.id)
    if member is None or not member.participant.is_present:
        return
    try:
        await asked.desk.commands.rooms.modify(call.conference_id, call.id, ParticipantChanges(muted=muted))
    except NotFound:
        # It left in between.
        return
    except Conflict:
        raise gone(call) from None
