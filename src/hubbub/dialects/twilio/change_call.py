"""Changing a live call: hang up, cancel, another document; and forgetting one that is over.

https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.twilio.calls import find_call, represent_call
from hubbub.dialects.twilio.dialling import TIME_LIMIT_MAX_S, call_callbacks
from hubbub.dialects.twilio.errors import TwilioError, invalid, not_found
from hubbub.dialects.twilio.place_call import read_beginning
from hubbub.dialects.twilio.representation import instance_response
from hubbub.dialects.twilio.resource import DIALECT_NAME, Asked
from hubbub.domain.call import CallLeg
from hubbub.domain.errors import Conflict, NotFound, Refusal
from hubbub.markup.effects import Purpose
from hubbub.services.commands import CallChange

NOT_IN_PROGRESS: Final = 21220
NOT_OVER: Final = 20009
STATUSES: Final = ("canceled", "completed")


async def update_call(asked: Asked) -> HttpResponse:
    call = await find_call(asked)
    try:
        call = await _update(asked, call)
    except NotFound:
        raise not_found(asked.path) from None
    except Conflict as refusal:
        raise TwilioError(400, f"Call is not in-progress: {refusal}", code=NOT_IN_PROGRESS) from None
    except Refusal as refusal:
        raise TwilioError(400, str(refusal)) from None
    return instance_response("Call", await represent_call(asked.desk.store.read, call), asked.suffix)


async def _update(asked: Asked, call: CallLeg) -> CallLeg:
    form, commands = asked.form, asked.desk.commands.calls
    status = form.choice("Status", STATUSES)
    if form.filled("Url") is not None and form.filled("Twiml") is not None:
        raise invalid("Twiml", "it excludes Url")
    beginning = read_beginning(form, Purpose.REDIRECT)
    callbacks = call_callbacks(form) if form.filled("StatusCallback") is not None else None
    time_limit_s = form.number("TimeLimit", 1, TIME_LIMIT_MAX_S)
    if status is not None:
        return await commands.end(call.id, only_unanswered=status == "canceled")
    if beginning is None and callbacks is None and time_limit_s is None:
        return call
    return await commands.change(
        call.id,
        CallChange(
            dialect=DIALECT_NAME,
            begin=None if beginning is None else beginning.document,
            fallback=None if beginning is None else beginning.fallback,
            time_limit_s=time_limit_s,
            callbacks=callbacks,
        ),
    )


async def delete_call(asked: Asked) -> HttpResponse:
    call = await find_call(asked)
    try:
        await asked.desk.commands.calls.delete(call.id)
    except NotFound:
        raise not_found(asked.path) from None
    except Conflict as refusal:
        raise TwilioError(409, str(refusal), code=NOT_OVER) from None
    return HttpResponse(204)
