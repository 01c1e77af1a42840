"""RCML: documents into instructions, and what Restcomm does when they fail.

Restcomm Connect user guide, "RCML". Names are case-sensitive, values lenient: a wrong one is a notification
and its default holds. Sound and plain text in place of a document are played and said. Where Restcomm's
manual and its released source disagree, the reading chosen is written where it is made. Verbs of one family
are read in the `markup_….py` beside it, requests are made in `markup_requests.py`.
"""

from typing import Final

from hubbub.dialects.restcomm.markup_attributes import (
    PARSE_FAILED,
    VALUE,
    Reading,
    repair_ampersands,
)
from hubbub.dialects.restcomm.markup_dial import read_dial
from hubbub.dialects.restcomm.markup_gather import read_gather
from hubbub.dialects.restcomm.markup_messages import read_message
from hubbub.dialects.restcomm.markup_record import read_record
from hubbub.dialects.restcomm.markup_requests import document_request, room_request
from hubbub.dialects.restcomm.markup_sound import read_pause, read_play, read_say
from hubbub.dialects.shared.implicit_document import implicit_document
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, Refusal
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

CONTENT_TYPE: Final = "12300"
NOT_FOUND: Final = "21402"
NO_CONNECTION: Final = "11001"

_WAIT_VERBS: Final = frozenset({"Say", "Play", "Redirect"})
"""The released source lacks Redirect here, the manual has it."""
_FETCH_FAILURES: Final = frozenset(FailureKind) - {
    FailureKind.INVALID,
    FailureKind.UNSUPPORTED,
    FailureKind.LOOP,
}


class RcmlLanguage:
    """Restcomm's `MarkupLanguage`."""

    name = "restcomm"
    fallback_covers_call = True
    recording_refused_code = VALUE
    call_refused_code = VALUE
    tells_after_hangup = True
    wait_rules = WaitRules(loops=True, failure_leaves=False, failure_hangs_up=False)

    def __init__(
        self, limits: MarkupLimits = DEFAULT_LIMITS, *, music_for_lone_moderator: bool = False
    ) -> None:
        """
        Args:
            music_for_lone_moderator: play waiting music also to one who is alone in a started room.
        """
        self._limits = limits
        self._music_while_alone = music_for_lone_moderator

    def parse(
        self, body: bytes, content_type: str, url: str | None, *, setting: Setting = Setting.CALL
    ) -> Document:
        if len(body) > self._limits.document_bytes_max:
            raise DocumentError(PARSE_FAILED, f"over {self._limits.document_bytes_max} bytes")
        kind = media_type_of(content_type)
        implicit = implicit_document(kind, body, url, self._limits, waiting=setting is Setting.WAITING)
        if implicit is not None:
            return implicit
        if kind and "xml" not in kind and "html" not in kind:
            raise DocumentError(CONTENT_TYPE, f"content type {kind} is no RCML")
        try:
            root = read_xml(repair_ampersands(body), charset_of(content_type), self._read_limits())
        except XmlRefused as error:
            raise DocumentError(PARSE_FAILED, str(error)) from None
        if root.name != "Response":
            raise DocumentError(PARSE_FAILED, f"the root element is <{root.name}>, not <Response>")
        reading = Reading(url, self._limits)
        instructions = [
            instruction
            for element in root.children
            if (instruction := self._read_verb(element, reading, setting)) is not None
        ]
        return Document(tuple(instructions), url, tuple(reading.remarks))

    def _read_limits(self) -> MarkupLimits:
        # A repaired ampersand is five bytes for one; the limit was held against what was sent.
        return self._limits._replace(document_bytes_max=self._limits.document_bytes_max * 5)

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        return document_request(call, ask)

    def room_request(self, room: MarkupRoom, ask: Ask) -> DocumentRequest:
        return room_request(room, ask)

    def answers_before(self, instruction: Instruction) -> bool:
        """A Reject or a Pause at the beginning leaves the call unanswered; every other verb answers."""
        if isinstance(instruction, Dial):
            return not instruction.answer_on_bridge
        return not isinstance(instruction, Reject | Pause | SetTag | Skip | Unsupported)

    def exhausted(self, *, answered: bool) -> Ending:
        return Ending(HangupCause.COMPLETED if answered else HangupCause.REJECTED)

    def failed(self, kind: FailureKind, status: int | None = None) -> Failure:
        if kind in _FETCH_FAILURES:
            code = NOT_FOUND if status == 404 else NO_CONNECTION
            return Failure(code, True, Ending(HangupCause.CALLBACK_FAILED))
        cause = HangupCause.DOCUMENT_INVALID if kind is FailureKind.INVALID else HangupCause.APPLICATION_ERROR
        return Failure(PARSE_FAILED if kind is FailureKind.INVALID else VALUE, False, Ending(cause))

    def clip_failed(self, kind: str) -> ClipFailure:
        return ClipFailure(CONTENT_TYPE if kind == "audio" else NO_CONNECTION)

    def refused(self, join: JoinConference, refusal: Refusal) -> JoinRefusal:
        """A full room is no error to anyone: the next verb runs."""
        remark = None if isinstance(refusal, ConferenceFull) else Remark(VALUE, str(refusal))
        return JoinRefusal(remark, AfterRefusal.NEXT)

    def stay_details(self, reason: LeaveReason | None) -> tuple[tuple[str, str], ...]:
        """As the manual has it: a status, and neither DialCallSid nor DialCallDuration."""
        return (("DialCallStatus", "completed" if reason is not None else "failed"),)

    # --- verbs ------------------------------------------------------------------------------------------

    def _read_verb(self, element: Element, reading: Reading, setting: Setting) -> Instruction | None:
        name = element.name
        if setting in (Setting.WAITING, Setting.ROOM) and name not in _WAIT_VERBS:
            reading.warn(VALUE, f"<{name}> is not allowed in a document for one who waits")
            return Hangup(HangupCause.APPLICATION_ERROR)
        if setting is Setting.CALLED and name == "Dial":
            reading.warn(VALUE, f"<{name}> is not allowed in a document for one who was dialled")
            return None
        match name:
            case "Say":
                return read_say(element, reading)
            case "Play":
                return read_play(element, reading)
            case "Pause":
                return read_pause(element, reading)
            case "Redirect":
                return _read_redirect(element, reading)
            case "Hangup":
                return Hangup()
            case "Reject":
                busy = reading.value(element, "reason").lower() == "busy"
                return Reject(HangupCause.BUSY if busy else HangupCause.REJECTED)
            case "Record":
                return read_record(element, reading)
            case "Gather":
                return read_gather(element, reading)
            case "Dial":
                return read_dial(element, reading, music_while_alone=self._music_while_alone)
            case "Sms" | "Email" | "Fax":
                return read_message(element, reading)
            case _:
                reading.warn(VALUE, f"line {element.line}: <{name}> is no verb")
                return None


def _read_redirect(element: Element, reading: Reading) -> Instruction | None:
    if not element.text:
        return None
    url = reading.url(element.text)
    if url is None:
        return Skip("11100", f"<Redirect> to {element.text[:80]!r}, which is no URL")
    return Redirect(WebTarget(url, reading.method(element, "method")))


LANGUAGE: Final = RcmlLanguage
"""Found and made by `dialects.registry`."""
