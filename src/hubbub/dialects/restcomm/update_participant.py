"""Muting a member of a room. The answer tells the new state, as the manual has it.

Restcomm Connect API guide, "Mute a participant".
"""

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.change_call import find_to_change, mute
from hubbub.dialects.restcomm.form import is_true, read_form
from hubbub.dialects.restcomm.participants import participant_answer


async def update_participant(asked: Asked) -> HttpResponse:
    """POST …/Participants/{CA}; without `Mute` it unmutes. The conference in the path is ignored."""
    call = await find_to_change(asked, by_root=False)
    await mute(asked, call, muted=is_true(read_form(asked.request), "Mute"))
    return await participant_answer(asked, await asked.desk.store.read.call(call.id) or call)
