"""`<Dial>`: around a `<Conference>`, or around those to call.

https://www.twilio.com/docs/voice/twiml/dial, /number, /sip and /client. `callerId`, `timeout` and `answerOnBridge`
have no effect on a conference and are not looked at there. `ringTone` is accepted: callers hear one.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from hubbub.dialects.twilio.callback_words import CALL, CALL_DEFAULT, CALL_EVENTS, split_words, wish
from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.dialects.twilio.markup_conference import read_conference
from hubbub.dialects.twilio.markup_recording import read_recording_wish
from hubbub.domain.application import WebTarget, normalise_address
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import Dial, DialTarget, Instruction, RecordingWish, Skip, Unsupported
from hubbub.markup.xml_document import Element

SCHEMA: Final = "12200"
BAD_NUMBER: Final = "13223"
TIME_LIMIT_S: Final = 14_400
TARGETS_MAX: Final = 10
_RECORDS: Final = (
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)
_NOUNS: Final = frozenset({"Number", "Sip", "Client"})
_DIGITS: Final = frozenset("0123456789*#wW")
_NUMBER_SIGNS: Final = frozenset("+0123456789-.() *#")


def read_dial(element: Element, reading: Reading) -> Instruction:
    """The room to join, those to call, or what is wrong with the wish."""
    action = reading.target(element, "action", "method", "11100", "13210")
    conferences = [child for child in element.children if child.name == "Conference"]
    others = [child for child in element.children if child.name != "Conference"]
    if not conferences:
        return _read_call(element, reading, action)
    if len(conferences) > 1 or others or element.text:
        return Skip("13000", f"line {element.line}: <Conference> stands alone in its <Dial>", action)
    join = read_conference(conferences[0], reading)
    if isinstance(join, Skip):
        return Skip(join.code, join.message, action)
    return replace(
        join,
        action=action,
        leave_on_star=reading.boolean(element, "hangupOnStar", False, "13213"),
        time_limit_ms=_time_limit_ms(element, reading),
        leg_recording=_read_recording(element, reading),
    )


def _read_call(element: Element, reading: Reading, action: WebTarget | None) -> Instruction:
    strange = [child.name for child in element.children if child.name not in _NOUNS]
    if strange:
        return Unsupported(f"Dial><{strange[0]}")
    targets: list[DialTarget] = []
    if element.text:
        number = _number(element.text)
        if number is None:
            return Skip(BAD_NUMBER, f"line {element.line}: {element.text[:80]!r} is no number", action)
        targets.append(DialTarget(number))
    for child in element.children:
        target = _read_target(child, reading)
        if isinstance(target, Skip):
            return replace(target, action=action)
        targets.append(target)
    if not 1 <= len(targets) <= TARGETS_MAX:
        return Skip(SCHEMA, f"line {element.line}: <Dial> calls 1 to {TARGETS_MAX} addresses", action)
    return Dial(
        targets=tuple(targets),
        one_by_one=reading.boolean(element, "sequential", False, SCHEMA),
        caller_id=element.attributes.get("callerId", "").strip() or None,
        ring_ms=1000 * reading.number(element, "timeout", 30, "13212", minimum=1, maximum=600),
        time_limit_ms=_time_limit_ms(element, reading),
        answer_on_bridge=reading.boolean(element, "answerOnBridge", False, SCHEMA),
        release_on_star=reading.boolean(element, "hangupOnStar", False, "13213"),
        recording=_read_recording(element, reading),
        action=action,
    )


def _time_limit_ms(element: Element, reading: Reading) -> int:
    return 1000 * reading.number(element, "timeLimit", TIME_LIMIT_S, SCHEMA, minimum=1, maximum=86_400)


def _read_recording(element: Element, reading: Reading) -> RecordingWish | None:
    kind = reading.choice(element, "record", _RECORDS, "do-not-record", SCHEMA)
    if kind in ("do-not-record", "false"):
        return None
    return read_recording_wish(
        element, reading, RecordingSource.DIAL, dual=kind.endswith("-dual"), trims="do-not-trim"
    )


def _read_target(element: Element, reading: Reading) -> DialTarget | Skip:
    to = _address(element)
    if to is None:
        return Skip(
            BAD_NUMBER, f"line {element.line}: <{element.name}> of {element.text[:80]!r}, which is no address"
        )
    digits = element.attributes.get("sendDigits", "").strip()
    if len(digits) > 128 or not set(digits) <= _DIGITS:
        reading.warn("13222", f"line {element.line}: sendDigits={digits[:80]!r} is not of 0-9 * # w W")
        digits = ""
    progress = reading.target(element, "statusCallback", "statusCallbackMethod", "11100", SCHEMA)
    return DialTarget(
        to=to,
        username=element.attributes.get("username", "").strip() or None,
        password=element.attributes.get("password") or None,
        send_digits=digits,
        screen=reading.target(element, "url", "method", "11100", "13221"),
        callbacks=wish(CALL, progress, _progress_words(element, reading)),
    )


def _progress_words(element: Element, reading: Reading) -> tuple[str, ...]:
    words = split_words(element.attributes.get("statusCallbackEvent", ""))
    unknown = [word for word in words if word not in CALL_EVENTS]
    if unknown:
        reading.warn(SCHEMA, f"statusCallbackEvent knows no {unknown[0][:80]!r}")
    return words or CALL_DEFAULT


def _address(element: Element) -> str | None:
    """Whom a noun names, as calls are made; None: nobody."""
    match element.name:
        case "Number":
            return _number(element.text)
        case "Sip":
            text = element.text
            return text if text.lower().startswith(("sip:", "sips:")) and "@" in text else None
        case _:
            return _client(element)


def _number(text: str) -> str | None:
    if not set(text) <= _NUMBER_SIGNS or not any(ch.isdigit() for ch in text):
        return None
    plain = normalise_address(text)
    return plain if plain.startswith("+") else "".join(ch for ch in plain if ch in "0123456789*#")


def _client(element: Element) -> str | None:
    """A client's name, in the text or in an `<Identity>`; its `<Parameter>`s go along as a query."""
    identity = next((child.text for child in element.children if child.name == "Identity"), "")
    name = identity or element.text
    if not name:
        return None
    pairs = [
        (child.attributes.get("name", ""), child.attributes.get("value", ""))
        for child in element.children
        if child.name == "Parameter" and child.attributes.get("name")
    ]
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    name = name.removeprefix("client:")
    return f"client:{name}?{query}" if query else f"client:{name}"
