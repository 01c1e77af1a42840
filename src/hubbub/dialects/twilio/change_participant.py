"""Changing a participant who is inside, and putting one out.

https://www.twilio.com/docs/voice/api/conference-participant-resource#update-a-participant-resource. What is not
sent stays as it is. Everything is checked before anything is changed.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.twilio.add_participant import coaching_refused, read_coached, read_music
from hubbub.dialects.twilio.conferences import find_conference
from hubbub.dialects.twilio.errors import TwilioError, not_found
from hubbub.dialects.twilio.participants import find_member, represent
from hubbub.dialects.twilio.representation import instance_response
from hubbub.dialects.twilio.resource import DIALECT_NAME, Asked
from hubbub.domain.conference import ParticipantChanges
from hubbub.domain.errors import (
    CoachedCallAbsent,
    CoachedCallHeld,
    Conflict,
    InvalidValue,
    NotFound,
    Refusal,
)
from hubbub.markup.effects import Ask, Purpose
from hubbub.markup.instructions import WaitMusic

UNEXPECTED_STATE: Final = 16099


async def update_participant(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    member = await find_member(asked, conference)
    form = asked.form
    held = form.flag("Hold")
    hold_music = read_music(form, "HoldUrl", "HoldMethod", "GET")
    if hold_music is None and held and not member.participant.held:
        hold_music = WaitMusic()
    wait_music = read_music(form, "WaitUrl", "WaitMethod", "POST")
    announcement = form.target("AnnounceUrl", "AnnounceMethod")
    if announcement is not None and held:
        raise TwilioError(
            400, "AnnounceUrl and Hold=true exclude each other: one on hold hears the hold music"
        )
    coached = read_coached(form)
    if coached and coached[0] == member.call.id:
        raise TwilioError(400, "A participant cannot coach itself", code=16000)
    changes = ParticipantChanges(
        muted=form.flag("Muted"),
        held=held,
        coached=coached,
        end_on_exit=form.flag("EndConferenceOnExit"),
        beep_on_exit=form.flag("BeepOnExit"),
        wait_changed=wait_music is not None,
        coached_must_be_present=True,
    )
    rooms = asked.desk.commands.rooms
    try:
        member = await rooms.modify(
            conference.id, member.call.id, changes, hold_music=hold_music, wait_music=wait_music
        )
        if announcement is not None:
            await rooms.announce(conference.id, member.call.id, Ask(Purpose.ROOM, announcement), DIALECT_NAME)
    except Refusal as refusal:
        raise _refused(refusal, asked.path) from None
    return instance_response("Participant", await represent(asked, conference, member), asked.suffix)


async def delete_participant(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    member = await find_member(asked, conference)
    try:
        await asked.desk.commands.rooms.kick(conference.id, member.call.id)
    except Refusal as refusal:
        raise _refused(refusal, asked.path) from None
    return HttpResponse(204)


def _refused(refusal: Refusal, path: str) -> TwilioError:
    match refusal:
        case NotFound():
            return not_found(path)
        case CoachedCallAbsent() | CoachedCallHeld():
            return coaching_refused(refusal)
        case InvalidValue(field="coached"):
            return TwilioError(400, str(refusal), code=16000)
        case Conflict():
            return TwilioError(409, str(refusal), code=UNEXPECTED_STATE)
        case _:
            return TwilioError(400, str(refusal))
