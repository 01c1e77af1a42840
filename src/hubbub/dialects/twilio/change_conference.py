"""Ending a conference, and announcing to everybody in it.

https://www.twilio.com/docs/voice/api/conference-resource#update-a-conference-resource
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.twilio.conferences import ending_sid, find_conference, represent
from hubbub.dialects.twilio.errors import TwilioError, not_found
from hubbub.dialects.twilio.representation import instance_response
from hubbub.dialects.twilio.resource import DIALECT_NAME, Asked
from hubbub.domain.errors import Conflict, NotFound, Refusal
from hubbub.markup.effects import Ask, Purpose

NOT_ACTIVE: Final = 16001
UNEXPECTED_STATE: Final = 16099


async def update_conference(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    form = asked.form
    ends = form.choice("Status", ("completed",)) is not None
    announcement = form.target("AnnounceUrl", "AnnounceMethod")
    if not conference.is_live:
        # Whoever ends a room twice meant it to be over, and it is.
        if announcement is not None and not ends:
            raise TwilioError(400, "An announcement needs a conference that is not over", code=NOT_ACTIVE)
        if ends and asked.desk.settings.strict:
            raise TwilioError(400, "The conference is over already", code=UNEXPECTED_STATE)
    rooms = asked.desk.commands.rooms
    try:
        if ends and conference.is_live:
            conference = await rooms.end(conference.id)
        elif announcement is not None:
            await rooms.announce(conference.id, None, Ask(Purpose.ROOM, announcement), DIALECT_NAME)
    except NotFound:
        raise not_found(asked.path) from None
    except Conflict as refusal:
        raise TwilioError(409, str(refusal), code=UNEXPECTED_STATE) from None
    except Refusal as refusal:
        raise TwilioError(400, str(refusal)) from None
    instance = represent(
        conference, asked.desk.settings.region, await ending_sid(asked.desk.store.read, conference)
    )
    return instance_response("Conference", instance, asked.suffix)
