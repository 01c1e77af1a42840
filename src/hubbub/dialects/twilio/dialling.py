"""What creating a call and adding a participant have in common: whom to call, as whom, and how.

https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource and
https://www.twilio.com/docs/voice/api/conference-participant-resource#create-a-participant. Machine detection is
checked and has no effect: a call's `answered_by` stays null. `Byoc`, `CallReason`, `CallToken`,
`ClientNotificationUrl` and whatever newer libraries send are taken and not looked at.
"""

import re
from typing import Final

from hubbub.dialects.twilio import callback_words as words
from hubbub.dialects.twilio.errors import TwilioError
from hubbub.dialects.twilio.form import Form, wrong
from hubbub.dialects.twilio.resource import DIALECT_NAME
from hubbub.domain.account import Account
from hubbub.domain.application import normalise_address
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import InvalidValue, Refusal, ServerDraining, ServerFull
from hubbub.domain.recording import Layout, RecordingSource
from hubbub.services.commands import CallWish, RecordWish

TIMEOUT_S: Final = 60
TIMEOUT_MAX_S: Final = 600
TIMEOUT_ADDED_S: Final = 5
"""The vendor rings for so much longer than it is asked to."""
TIME_LIMIT_MAX_S: Final = 86_400
ADDRESS_LENGTH_MAX: Final = 1_024
CREDENTIAL_LENGTH_MAX: Final = 255
TRIMS: Final = ("trim-silence", "do-not-trim")
CHANNELS: Final = ("mono", "dual")
TRACKS: Final = ("inbound", "outbound", "both")
DETECTIONS: Final = ("Enable", "DetectMessageEnd")

_NUMBER: Final = re.compile(r"\+?[0-9]{1,20}\Z")
_CLIENT: Final = re.compile(r"client:[^\s@<>?]{1,256}(?:\?\S*)?\Z")
_SIP: Final = re.compile(r"sips?:[^\s<>@]{1,256}@[^\s<>@]{1,512}\Z")
_USER: Final = re.compile(r"[^\s@<>:;,\"\\]{1,256}\Z")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f]")


def read_call(form: Form, account: Account, *, timeout_min_s: int) -> CallWish:
    """The wish to call somebody, without what the call is for.

    Raises:
        TwilioError: 400.
    """
    to = _read_to(form)
    caller = form.filled("CallerId") or form.filled("From")
    if caller is None:
        raise TwilioError(400, "A 'From' phone number is required", code=21213)
    from_ = _read_from(caller, dials_number=_NUMBER.match(to) is not None)
    username, password = _read_credentials(form)
    timeout_s = form.number("Timeout", timeout_min_s, TIMEOUT_MAX_S, code=21208) or TIMEOUT_S
    check_machine_detection(form)
    return CallWish(
        account=account,
        to=to,
        from_=from_,
        dialect=DIALECT_NAME,
        timeout_s=float(timeout_s + TIMEOUT_ADDED_S),
        time_limit_s=form.number("TimeLimit", 1, TIME_LIMIT_MAX_S),
        username=username,
        password=password,
        callbacks=call_callbacks(form),
        record=read_record_wish(form, RecordingSource.OUTBOUND_CALL) if form.flag("Record") else None,
    )


def call_callbacks(form: Form) -> tuple[SubscriptionWish, ...]:
    """The wish to hear of the call; `completed` where no event is named."""
    target = form.target("StatusCallback", "StatusCallbackMethod")
    events = form.words("StatusCallbackEvent", words.CALL_EVENTS, words.CALL_DEFAULT)
    return words.wish(words.CALL, target, events)


def read_record_wish(form: Form, source: RecordingSource, prefix: str = "") -> RecordWish:
    """How to record, from the parameters that begin with `prefix`."""
    target = form.target(f"{prefix}RecordingStatusCallback", f"{prefix}RecordingStatusCallbackMethod")
    events = form.words(
        f"{prefix}RecordingStatusCallbackEvent", words.RECORDING_EVENTS, words.RECORDING_DEFAULT
    )
    dual = form.choice("RecordingChannels", CHANNELS, "mono") == "dual" and not prefix
    trims = form.choice(f"{prefix}Trim", TRIMS, "trim-silence") == "trim-silence"
    track = form.choice("RecordingTrack", TRACKS, "both") or "both"
    return RecordWish(
        source=source,
        layout=Layout.STEREO if dual else Layout.MONO,
        track="both" if prefix else track,
        trim_silence=trims,
        silent_is_absent=trims,
        callbacks=words.wish(words.RECORDING, target, events),
        dialect=DIALECT_NAME,
    )


def check_machine_detection(form: Form) -> None:
    """Raises TwilioError, 400 with code 21234, for what the vendor would refuse."""
    form.choice("MachineDetection", DETECTIONS, code=21234)
    for name, least, most in (
        ("Timeout", 3, 59),
        ("SpeechThreshold", 1000, 6000),
        ("SpeechEndThreshold", 500, 5000),
        ("SilenceTimeout", 2000, 10_000),
    ):
        form.number(f"MachineDetection{name}", least, most, code=21234)


def call_refused(refusal: Refusal) -> TwilioError:
    """Why a call cannot be made, in the vendor's numbers."""
    match refusal:
        case InvalidValue(field="from" | "from_"):
            return TwilioError(400, str(refusal), code=21212)
        case InvalidValue():
            return TwilioError(400, str(refusal), code=21211)
        case ServerFull():
            return TwilioError(429, str(refusal), headers=(("Retry-After", "1"),))
        case ServerDraining():
            return TwilioError(503, str(refusal), headers=(("Retry-After", "5"),))
        case _:
            return TwilioError(400, str(refusal))


def _read_to(form: Form) -> str:
    text = form.filled("To")
    if text is None:
        raise TwilioError(400, "No 'To' number is specified", code=21201)
    text = normalise_address(text)
    if len(text) > ADDRESS_LENGTH_MAX or not (_NUMBER.match(text) or _CLIENT.match(text) or _SIP.match(text)):
        raise wrong("To", "it is a number in E.164, sip:USER@HOST or client:NAME", 21211)
    return text


def _read_from(text: str, *, dials_number: bool) -> str:
    """A caller that dials a number is a number; any other may be a client or the user part of an address."""
    text = normalise_address(text)
    if _NUMBER.match(text):
        return text
    if dials_number or not (_CLIENT.match(text) or _SIP.match(text) or _USER.match(text)):
        raise wrong("From", "it is a number in E.164, or client:NAME or a SIP user to call such", 21212)
    return text


def _read_credentials(form: Form) -> tuple[str | None, str | None]:
    username, password = form.text("SipAuthUsername") or None, form.text("SipAuthPassword") or None
    for name, value, too_long, unfit in (
        ("SipAuthUsername", username, 21221, 21222),
        ("SipAuthPassword", password, 21223, 21224),
    ):
        if value is not None and len(value) > CREDENTIAL_LENGTH_MAX:
            raise wrong(name, f"it has at most {CREDENTIAL_LENGTH_MAX} characters", too_long)
        if value is not None and _UNFIT.search(value):
            raise wrong(name, "it has no control characters", unfit)
    if username is not None and password is None:
        raise TwilioError(400, "SipAuthPassword is required with SipAuthUsername", code=21225)
    return username, password if username is not None else None
