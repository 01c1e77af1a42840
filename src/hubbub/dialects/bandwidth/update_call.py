"""What may be done to a live call: redirect it, end it, give it BXML. A call leaves its conference this way too.

Bandwidth API reference, `updateCall`, `updateCallBxml`.
"""

from collections.abc import Awaitable
from typing import TypeVar

from hubbub.dialects.bandwidth.bodies import JsonBody, read_document, read_json
from hubbub.dialects.bandwidth.calls import require_call
from hubbub.dialects.bandwidth.errors import Refused, error, invalid, not_found
from hubbub.dialects.bandwidth.update_conference import (
    ACTIVE,
    COMPLETED,
    NO_REDIRECT_URL,
    read_redirect,
    refuse_redirect,
)
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.domain.account import Account
from hubbub.domain.errors import Conflict, NotFound
from hubbub.markup.effects import Given, Purpose
from hubbub.markup.instructions import Setting
from hubbub.services.commands import CallChange

T = TypeVar("T")

TAG_LENGTH_MAX = 4_096
"""Since 2026."""
TAG_LENGTH_MAX_STRICT = 256
"""Before, and still on the verbs' pages."""


async def update_call(request: HttpRequest, desk: Desk, account: Account, call_id: str) -> HttpResponse:
    """POST accounts/{accountId}/calls/{callId} → 200 with nothing in it."""
    call = await require_call(desk, account, call_id)
    body = read_json(request)
    state = body.choice("state", (ACTIVE, COMPLETED), ACTIVE)
    ask = read_redirect(body, Purpose.REDIRECT, strict=desk.settings.strict)
    tag = read_tag(body, desk)
    if state == COMPLETED:
        refuse_redirect(body, "state")
        if tag is not None:
            raise invalid(f"Invalid tag: not allowed when state is {COMPLETED}")
        await _changing(call_id, desk.commands.calls.end(call.id))
        return HttpResponse(200)
    if ask is None:
        raise invalid(NO_REDIRECT_URL)
    await _changing(call_id, desk.commands.calls.change(call.id, CallChange("bandwidth", begin=ask, tag=tag)))
    return HttpResponse(200)


async def update_call_bxml(request: HttpRequest, desk: Desk, account: Account, call_id: str) -> HttpResponse:
    """PUT accounts/{accountId}/calls/{callId}/bxml → 204: it replaces what runs at once."""
    call = await require_call(desk, account, call_id)
    read_document(request, Setting.CALL)
    begin = Given(request.body, request.headers.get("content-type", ""))
    await _changing(call_id, desk.commands.calls.change(call.id, CallChange("bandwidth", begin=begin)))
    return HttpResponse(204)


def read_tag(body: JsonBody, desk: Desk, doing: str = "Could not update call") -> str | None:
    """The free text; None leaves it, an empty one clears it."""
    tag = body.text("tag")
    longest = TAG_LENGTH_MAX_STRICT if desk.settings.strict else TAG_LENGTH_MAX
    if tag is not None and len(tag) > longest:
        raise invalid(f"{doing}: sendCallback tag must contain at most {longest} characters")
    return tag


async def _changing(call_id: str, change: Awaitable[T]) -> T:
    try:
        return await change
    except NotFound:
        raise not_found("Call", call_id) from None
    except Conflict:
        raise Refused(error(409, f"Call [{call_id}] cannot be modified in its current state")) from None
