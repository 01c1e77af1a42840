"""TwiML: documents into instructions, and what Twilio does when they fail.

https://www.twilio.com/docs/voice/twiml and https://www.twilio.com/docs/api/errors. Owns the reading of
verbs; those of one family are read in the `markup_….py` beside it, requests are made in
`markup_requests.py`. A wrong value is a warning and its default holds; a wrong verb is told and passed over.
"""

from typing import Final

from hubbub.dialects.shared.implicit_document import implicit_document
from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.dialects.twilio.markup_dial import read_dial
from hubbub.dialects.twilio.markup_gather import read_gather
from hubbub.dialects.twilio.markup_recording import read_record, read_start, read_stop
from hubbub.dialects.twilio.markup_requests import document_request, room_request
from hubbub.dialects.twilio.markup_sound import read_pause, read_play, read_say
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import (
    CoachedCallAbsent,
    ConferenceFull,
    Conflict,
    InvalidValue,
    LabelTaken,
    NotFound,
    Refusal,
)
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import (
    Dial,
    Document,
    DocumentError,
    Hangup,
    Instruction,
    JoinConference,
    Pause,
    Redirect,
    Reject,
    Remark,
    Say,
    SetTag,
    Setting,
    Skip,
    Unsupported,
)
from hubbub.markup.language import (
    AfterRefusal,
    ClipFailure,
    DocumentRequest,
    Ending,
    Failure,
    FailureKind,
    JoinRefusal,
    MarkupCall,
    MarkupRoom,
    WaitRules,
)
from hubbub.markup.limits import DEFAULT_LIMITS, MarkupLimits
from hubbub.markup.media_type import charset_of, media_type_of
from hubbub.markup.xml_document import Element, XmlRefused, read_xml

PARSE_FAILED: Final = "12100"
SCHEMA: Final = "12200"
CONTENT_TYPE: Final = "12300"
RETRIEVAL_FAILED: Final = "11200"

_XML_TYPES: Final = frozenset({"", "text/xml", "application/xml", "text/html", "application/xhtml+xml"})
_ROOM_VERBS: Final = frozenset({"Say", "Play", "Pause", "Redirect"})
_NOT_BEFORE_BRIDGING: Final = {"Dial": "13201", "Reject": SCHEMA}
_ELSEWHERE: Final = frozenset(
    [
        "Connect",
        "Echo",
        "Enqueue",
        "Leave",
        "Message",
        "Pay",
        "Prompt",
        "Queue",
        "Refer",
        "Siprec",
        "Sms",
        "Stream",
    ]
)
"""Verbs that Twilio has and this server has not."""
_APOLOGY: Final = Say("We are sorry. An application error has occurred. Goodbye.", language="en-US")

_FAILURE_CODES: Final[dict[FailureKind, str]] = {
    FailureKind.REFUSED_TARGET: "11100",
    FailureKind.CONNECT: "11205",
    FailureKind.TIMEOUT: "11200",
    FailureKind.TOO_LARGE: "11750",
    FailureKind.REDIRECTS: "11200",
    FailureKind.PROTOCOL: "11200",
    FailureKind.STATUS: "11200",
    FailureKind.INVALID: PARSE_FAILED,
    FailureKind.UNSUPPORTED: SCHEMA,
    FailureKind.LOOP: SCHEMA,
}


class TwimlLanguage:
    """Twilio's `MarkupLanguage`."""

    name = "twilio"
    fallback_covers_call = True
    recording_refused_code = "21220"
    call_refused_code = "13224"
    tells_after_hangup = True
    wait_rules = WaitRules(loops=False, failure_leaves=True, failure_hangs_up=False)

    def __init__(self, limits: MarkupLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits

    def parse(
        self, body: bytes, content_type: str, url: str | None, *, setting: Setting = Setting.CALL
    ) -> Document:
        if len(body) > self._limits.document_bytes_max:
            raise DocumentError("11750", f"the document is over {self._limits.document_bytes_max} bytes")
        kind = media_type_of(content_type)
        implicit = implicit_document(kind, body, url, self._limits, waiting=setting is Setting.WAITING)
        if implicit is not None:
            return implicit
        if kind not in _XML_TYPES:
            raise DocumentError(CONTENT_TYPE, f"content type {kind} is no TwiML")
        try:
            root = read_xml(body, charset_of(content_type), self._limits)
        except XmlRefused as error:
            raise DocumentError(PARSE_FAILED, str(error)) from None
        if root.name != "Response":
            raise DocumentError(SCHEMA, f"the root element is <{root.name}>, not <Response>")
        reading = Reading(url, self._limits)
        instructions = [
            instruction
            for element in root.children
            if (instruction := _read_verb(element, reading, setting)) is not None
        ]
        return Document(tuple(instructions), url, tuple(reading.remarks))

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        return document_request(call, ask)

    def room_request(self, room: MarkupRoom, ask: Ask) -> DocumentRequest:
        return room_request(room, ask)

    def answers_before(self, instruction: Instruction) -> bool:
        """Only Reject, and Pause and Redirect before anything else, leave a call unanswered; and a Dial that
        answers when it connects."""
        if isinstance(instruction, Dial):
            return not instruction.answer_on_bridge
        return not isinstance(instruction, Reject | Pause | Redirect | SetTag | Skip | Unsupported)

    def exhausted(self, *, answered: bool) -> Ending:
        return Ending(HangupCause.COMPLETED, answer_first=True)

    def failed(self, kind: FailureKind, status: int | None = None) -> Failure:
        cause = {
            FailureKind.INVALID: HangupCause.DOCUMENT_INVALID,
            FailureKind.UNSUPPORTED: HangupCause.APPLICATION_ERROR,
            FailureKind.LOOP: HangupCause.APPLICATION_ERROR,
        }.get(kind, HangupCause.CALLBACK_FAILED)
        ending = Ending(cause, answer_first=True, apology=_APOLOGY)
        return Failure(_FAILURE_CODES[kind], kind is not FailureKind.LOOP, ending)

    def clip_failed(self, kind: str) -> ClipFailure:
        """A sound that cannot be had is passed over; 12300 for one that is no sound, 13520 for speech."""
        return ClipFailure({"audio": CONTENT_TYPE, "speech": "13520"}.get(kind, RETRIEVAL_FAILED))

    def refused(self, join: JoinConference, refusal: Refusal) -> JoinRefusal:
        match refusal:
            case CoachedCallAbsent():
                return JoinRefusal(Remark("13240", str(refusal)), AfterRefusal.ACTION)
            case LabelTaken():
                return JoinRefusal(Remark("16025", str(refusal)), AfterRefusal.NEXT)
            case ConferenceFull():
                return JoinRefusal(Remark("16020", str(refusal)), AfterRefusal.ACTION)
            case InvalidValue(field="name"):
                return JoinRefusal(Remark("13237", str(refusal)), AfterRefusal.ACTION)
            case NotFound() | Conflict() if join.conference_id is not None:
                return JoinRefusal(Remark("13236", str(refusal)), AfterRefusal.ACTION)
            case _:
                return JoinRefusal(Remark("16099", str(refusal)), AfterRefusal.ACTION)

    def stay_details(self, reason: LeaveReason | None) -> tuple[tuple[str, str], ...]:
        """After a conference there is neither DialCallSid nor DialCallDuration."""
        if reason is None:
            return (("DialCallStatus", "failed"), ("DialBridged", "false"))
        return (("DialCallStatus", "answered"), ("DialBridged", "true"))


def _read_verb(element: Element, reading: Reading, setting: Setting) -> Instruction | None:
    name = element.name
    if setting in (Setting.WAITING, Setting.ROOM) and name not in _ROOM_VERBS:
        where = "for one who waits" if setting is Setting.WAITING else "that is heard in a conference"
        reading.warn("13238", f"<{name}> is not allowed in a document {where}")
        return None
    if setting is Setting.CALLED and name in _NOT_BEFORE_BRIDGING:
        code = _NOT_BEFORE_BRIDGING[name]
        reading.warn(code, f"<{name}> is not allowed in a document for one who was dialled")
        return None
    match name:
        case "Say":
            return read_say(element, reading)
        case "Play":
            return read_play(element, reading)
        case "Pause":
            return read_pause(element, reading)
        case "Redirect":
            url = reading.url(element.text)
            if url is None:
                return Skip("11100", f"<Redirect> to {element.text!r}, which is no URL")
            return Redirect(WebTarget(url, reading.method(element, "method", "POST", "13710")))
        case "Hangup":
            return Hangup()
        case "Reject":
            reason = reading.choice(element, "reason", ("rejected", "busy"), "rejected", SCHEMA)
            return Reject(HangupCause.BUSY if reason == "busy" else HangupCause.REJECTED)
        case "Record":
            return read_record(element, reading)
        case "Start":
            return read_start(element, reading)
        case "Stop":
            return read_stop(element, reading)
        case "Gather":
            return read_gather(element, reading)
        case "Dial":
            return read_dial(element, reading)
        case _ if name in _ELSEWHERE:
            return Unsupported(name)
        case _:
            reading.warn(SCHEMA, f"line {element.line}: <{name}> is no verb")
            return None


LANGUAGE: Final = TwimlLanguage
"""Found and made by `dialects.registry`."""
