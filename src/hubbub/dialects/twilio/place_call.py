"""Making a call, which runs a document when it is answered.

https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource. One of `Url`, `Twiml` and
`ApplicationSid` says which document. `Url` wins over `Twiml`; an application wins over both and brings its own
fallback and status callback. Owns these; what is dialled, and how, is read in `dialling`.

`AsyncAmd` and its parameters are taken and have no effect, as all machine detection.
"""

import re
from typing import Final, NamedTuple

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio import callback_words as words
from hubbub.dialects.twilio.calls import represent_call
from hubbub.dialects.twilio.dialling import call_refused, read_call
from hubbub.dialects.twilio.errors import TwilioError
from hubbub.dialects.twilio.form import Form, wrong
from hubbub.dialects.twilio.representation import instance_response
from hubbub.dialects.twilio.resource import DIALECT_NAME, Asked
from hubbub.domain.application import Application, WebTarget
from hubbub.domain.errors import Refusal
from hubbub.domain.ids import ApplicationId
from hubbub.markup.effects import Ask, Given, Purpose

TWIML_LENGTH_MAX: Final = 4_000
TWIML_TYPE: Final = "application/xml; charset=utf-8"
NO_URL: Final = 21205
_DIGITS: Final = re.compile(r"[0-9A-Da-d#*wW]{0,32}\Z")


class Beginning(NamedTuple):
    """What a call runs."""

    document: Ask | Given
    fallback: WebTarget | None


async def create_call(asked: Asked) -> HttpResponse:
    form = asked.form
    application = await _read_application(asked)
    wish = read_call(form, asked.account, timeout_min_s=1)
    if application is not None:
        begin: Ask | Given = Ask(Purpose.ANSWERED, application.voice, application.fallback)
        fallback = application.fallback
        target = application.status_callback
        wish = wish._replace(
            application_id=application.id, callbacks=words.wish(words.CALL, target, words.CALL_DEFAULT)
        )
    else:
        beginning = read_beginning(form, Purpose.ANSWERED)
        if beginning is None:
            raise TwilioError(400, "One of Url, Twiml and ApplicationSid is required", code=NO_URL)
        begin, fallback = beginning
    digits = form.text("SendDigits") or ""
    if _DIGITS.match(digits) is None:
        raise wrong("SendDigits", "it has up to 32 of 0-9 A-D # * w W", 21206)
    try:
        placed = await asked.desk.commands.calls.place(
            wish._replace(begin=begin, fallback=fallback, send_digits=digits)
        )
    except Refusal as refusal:
        raise call_refused(refusal) from None
    instance = await represent_call(asked.desk.store.read, placed.leg, queue_time_ms=placed.queue_time_ms)
    return instance_response("Call", instance, asked.suffix, status=201)


def read_beginning(form: Form, purpose: Purpose) -> Beginning | None:
    """The document that `Url` or `Twiml` names, and the fallback; None where neither was sent."""
    target = form.target("Url", "Method", code=NO_URL)
    fallback = form.target("FallbackUrl", "FallbackMethod")
    if target is not None:
        return Beginning(Ask(purpose, target, fallback), fallback)
    twiml = form.text("Twiml")
    if not (twiml or "").strip():
        return None
    assert twiml is not None
    if len(twiml) > TWIML_LENGTH_MAX:
        raise wrong("Twiml", f"it has at most {TWIML_LENGTH_MAX} characters", 20001)
    return Beginning(Given(twiml.encode("utf-8", "replace"), TWIML_TYPE), fallback)


async def _read_application(asked: Asked) -> Application | None:
    sid = asked.form.filled("ApplicationSid")
    if sid is None:
        return None
    digits = read_sid("AP", sid)
    application = None
    if digits is not None:
        application = await asked.desk.store.read.application(ApplicationId(digits))
    if (
        application is None
        or application.account_id != asked.account.id
        or application.dialect != DIALECT_NAME
    ):
        raise wrong("ApplicationSid", "the account has no such application that speaks TwiML", 21218)
    return application
