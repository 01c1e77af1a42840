"""Making a call, which runs RCML when it is answered.

Restcomm Connect API guide, "Making calls".
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm import callback_words
from hubbub.dialects.restcomm.asked import DIALECT_NAME, Asked
from hubbub.dialects.restcomm.calls import call_answer
from hubbub.dialects.restcomm.errors import explained
from hubbub.dialects.restcomm.form import filled, read_form, read_target
from hubbub.dialects.shared.query import Pairs
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import InvalidValue, Refusal
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallWish

TIMEOUT_S: Final = 60
TIMEOUT_MAX_S: Final = 600
_CLIENT: Final = "client"


async def create_call(asked: Asked) -> HttpResponse:
    """POST Accounts/{A}/Calls → 200 with the call, which is queued."""
    form = read_form(asked.request)
    for name in ("From", "To", "Url"):
        if filled(form, name) is None:
            raise explained(400, f"{name} is required")
    target = read_target(form, "Url", "Method")
    fallback = read_target(form, "FallbackUrl", "FallbackMethod")
    assert target is not None
    wish = CallWish(
        asked.account,
        address(filled(form, "To") or ""),
        filled(form, "From") or "",
        DIALECT_NAME,
        begin=Ask(Purpose.ANSWERED, target, fallback),
        fallback=fallback,
        timeout_s=float(_timeout_s(form)),
        callbacks=read_callbacks(form),
    )
    try:
        placed = await asked.desk.commands.calls.place(wish)
    except InvalidValue as refusal:
        raise explained(400, str(refusal)) from None
    except Refusal as refusal:
        raise explained(500, str(refusal)) from None
    return await call_answer(asked, placed.leg)


def address(text: str) -> str:
    """`To` as a destination: what holds an `@` is a SIP address, what begins with `client` a client's name."""
    if text.startswith(_CLIENT) and "@" not in text:
        return f"{_CLIENT}:{text.removeprefix(_CLIENT).removeprefix(':')}"
    if "@" in text and text.partition(":")[0].lower() not in ("sip", "sips"):
        return "sip:" + text
    return text


def read_callbacks(form: Pairs) -> tuple[SubscriptionWish, ...]:
    """Who is to be told of the call's progress.

    Raises:
        Refused: 400 for a URL that is none.
    """
    target = read_target(form, "StatusCallback", "StatusCallbackMethod")
    words = [
        word
        for name, value in form
        if name == "StatusCallbackEvent"
        for word in callback_words.split_words(value)
    ]
    return callback_words.wish(target, tuple(words))


def _timeout_s(form: Pairs) -> int:
    text = filled(form, "Timeout")
    if text is None:
        return TIMEOUT_S
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) == 0:
        raise explained(400, "Timeout is a whole number of seconds, at least 1")
    return min(int(text), TIMEOUT_MAX_S)
