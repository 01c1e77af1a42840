"""Changing a live call: hang up, cancel, another document, mute.

The answer is the call as it was before, as released. Whoever leaves `Mute` out unmutes, also as released.

Restcomm Connect API guide, "Modifying live calls".
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import DIALECT_NAME, Asked
from hubbub.dialects.restcomm.calls import call_answer
from hubbub.dialects.restcomm.change_call import find_to_change, gone, mute
from hubbub.dialects.restcomm.create_call import read_callbacks
from hubbub.dialects.restcomm.errors import explained
from hubbub.dialects.restcomm.form import filled, is_true, read_form, read_target
from hubbub.dialects.shared.query import Pairs
from hubbub.domain.call import CallLeg, CallStatus
from hubbub.domain.errors import Conflict, NotFound
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallChange

COMPLETED: Final = "completed"
CANCELED: Final = "canceled"


async def update_call(asked: Asked) -> HttpResponse:
    """POST Accounts/{A}/Calls/{CA}."""
    call = await find_to_change(asked, by_root=True)
    form = read_form(asked.request)
    status = (filled(form, "Status") or "").lower()
    if status not in ("", COMPLETED, CANCELED):
        raise explained(400, f"Status is {CANCELED} or {COMPLETED}")
    change = _read_change(form)
    if call.status.is_final:
        raise gone(call)
    before = await call_answer(asked, call)
    if status == COMPLETED or (status == CANCELED and call.status is not CallStatus.IN_PROGRESS):
        await _end(asked, call, only_unanswered=status == CANCELED)
        return before
    if change is not None:
        await _change(asked, call, change)
    if change is None or change.begin is None:
        await mute(asked, call, muted=is_true(form, "Mute"))
    return before


def _read_change(form: Pairs) -> CallChange | None:
    """Another document or other callbacks; None for neither.

    Raises:
        Refused: 400 for a URL that is none.
    """
    target = read_target(form, "Url", "Method")
    fallback = read_target(form, "FallbackUrl", "FallbackMethod")
    callbacks = read_callbacks(form)
    if target is None and not callbacks:
        return None
    return CallChange(
        DIALECT_NAME,
        begin=None if target is None else Ask(Purpose.REDIRECT, target, fallback),
        fallback=fallback,
        callbacks=callbacks or None,
        move_partner=is_true(form, "MoveConnectedCallLeg"),
    )


async def _end(asked: Asked, call: CallLeg, *, only_unanswered: bool) -> None:
    try:
        await asked.desk.commands.calls.end(call.id, only_unanswered=only_unanswered)
    except (Conflict, NotFound):
        now = await asked.desk.store.read.call(call.id) or call
        if not only_unanswered or now.status is not CallStatus.IN_PROGRESS:
            raise gone(now) from None
        # It was answered in between, and an answered one is not cancelled.


async def _change(asked: Asked, call: CallLeg, change: CallChange) -> None:
    try:
        await asked.desk.commands.calls.change(call.id, change)
    except (Conflict, NotFound) as refusal:
        now = await asked.desk.store.read.call(call.id) or call
        if now.status.is_final or now.node is None:
            raise gone(now) from None
        raise explained(409, str(refusal)) from None
