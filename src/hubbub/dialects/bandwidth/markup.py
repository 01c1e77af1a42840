"""BXML: documents into instructions, and what Bandwidth does when they fail.

Bandwidth Voice API, "BXML". A document is right or wrong as a whole: a wrong verb or value ends the call
with `invalid-bxml`. Attributes that nobody knows are passed over, because older libraries misspell some; an
empty attribute counts as not there. Verbs of one family are read in the `markup_….py` beside it, requests
are made in `markup_requests.py`.
"""

import re
from typing import Final

from hubbub.dialects.bandwidth.callback_words import CONFERENCE, wish
from hubbub.dialects.bandwidth.ids import CALL, parse
from hubbub.dialects.bandwidth.markup_attributes import BxmlElement
from hubbub.dialects.bandwidth.markup_gather import read_gather, read_start_gather
from hubbub.dialects.bandwidth.markup_record import read_record, read_start_recording
from hubbub.dialects.bandwidth.markup_requests import document_request, room_request
from hubbub.dialects.bandwidth.markup_sound import read_audio, read_digits, read_speech
from hubbub.dialects.bandwidth.markup_transfer import read_bridge, read_forward, read_transfer
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Beep, LeaveReason
from hubbub.domain.errors import InvalidValue, Refusal
from hubbub.domain.ids import CallId
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import (
    Dial,
    Document,
    DocumentError,
    Hangup,
    Instruction,
    JoinConference,
    Pause,
    PauseRecording,
    Redirect,
    Reject,
    Remark,
    ReportDigits,
    ResumeRecording,
    Ring,
    SetTag,
    Setting,
    Skip,
    StopRecording,
    Unsupported,
    WaitKind,
    WaitMusic,
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
from hubbub.markup.media_type import charset_of
from hubbub.markup.xml_document import XmlRefused, read_xml

INVALID: Final = "invalid-bxml"
CALLBACK_ERROR: Final = "callback-error"
APPLICATION_ERROR: Final = "application-error"

MEMBERS_MAX: Final = 20
"""Of a conference, where the vendor's own limits are kept."""
DURATION_MIN_S: Final = 0.1
DURATION_MAX_S: Final = 86_400.0

_CONFERENCE_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_ELSEWHERE: Final = frozenset(
    [
        "Connect",
        "Refer",
        "StartStream",
        "StartTranscription",
        "StopStream",
        "StopTranscription",
    ]
)
"""Verbs that Bandwidth has and this server has not."""
_ROOM_VERBS: Final = frozenset(
    {"PlayAudio", "SpeakSentence", "StartRecording", "StopRecording", "PauseRecording", "ResumeRecording"}
)
"""One other makes the whole document wrong."""
_NOT_BEFORE_BRIDGING: Final = frozenset({"Bridge", "Conference", "Forward", "Transfer"})
_NO_FALLBACK: Final = frozenset({FailureKind.INVALID, FailureKind.UNSUPPORTED, FailureKind.LOOP})


_SILENT: Final = (
    Redirect,
    Hangup,
    Reject,
    SetTag,
    ReportDigits,
    StopRecording,
    PauseRecording,
    ResumeRecording,
    Skip,
    Unsupported,
)
"""What leaves a call unanswered."""


class BxmlLanguage:
    """Bandwidth's `MarkupLanguage`."""

    name = "bandwidth"
    fallback_covers_call = False
    recording_refused_code = APPLICATION_ERROR
    call_refused_code = APPLICATION_ERROR
    tells_after_hangup = False
    wait_rules = WaitRules(loops=False, failure_leaves=False, failure_hangs_up=False)

    def __init__(self, limits: MarkupLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits

    def parse(
        self, body: bytes, content_type: str, url: str | None, *, setting: Setting = Setting.CALL
    ) -> Document:
        """An empty body is a document without verbs. The type is not looked at: customers send `text/html`."""
        if not body.strip():
            return Document((), url)
        try:
            root = read_xml(body, charset_of(content_type), self._limits)
        except XmlRefused as error:
            raise DocumentError(INVALID, str(error)) from None
        if root.name not in ("Response", "Bxml"):
            raise DocumentError(INVALID, f"the root element is <{root.name}>, not <Response> or <Bxml>")
        instructions: list[Instruction] = []
        try:
            for child in root.children:
                _check_place(child.name, setting)
                instructions += _read_verb(BxmlElement(child, url), self._limits, setting)
        except InvalidValue as error:
            raise DocumentError(INVALID, str(error)) from None
        return Document(tuple(instructions), url)

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        return document_request(call, ask)

    def room_request(self, room: MarkupRoom, ask: Ask) -> DocumentRequest:
        return room_request(room, ask)

    def answers_before(self, instruction: Instruction) -> bool:
        """Every verb that makes or takes sound answers; `Ring` unless it says otherwise."""
        if isinstance(instruction, Ring):
            return instruction.answer
        if isinstance(instruction, Dial):
            return not instruction.answer_on_bridge
        return not isinstance(instruction, _SILENT)

    def exhausted(self, *, answered: bool) -> Ending:
        return Ending(HangupCause.COMPLETED if answered else HangupCause.REJECTED)

    def failed(self, kind: FailureKind, status: int | None = None) -> Failure:
        if kind is FailureKind.INVALID:
            return Failure(INVALID, False, Ending(HangupCause.DOCUMENT_INVALID))
        if kind in _NO_FALLBACK:
            return Failure(APPLICATION_ERROR, False, Ending(HangupCause.APPLICATION_ERROR))
        return Failure(CALLBACK_ERROR, True, Ending(HangupCause.CALLBACK_FAILED))

    def clip_failed(self, kind: str) -> ClipFailure:
        return ClipFailure(APPLICATION_ERROR, Ending(HangupCause.APPLICATION_ERROR))

    def refused(self, join: JoinConference, refusal: Refusal) -> JoinRefusal:
        """A full room and a second coach end the call."""
        return JoinRefusal(Remark(APPLICATION_ERROR, str(refusal)), AfterRefusal.HANG_UP)

    def stay_details(self, reason: LeaveReason | None) -> tuple[tuple[str, str], ...]:
        return ()


def _check_place(name: str, setting: Setting) -> None:
    if setting is Setting.ROOM and name not in _ROOM_VERBS:
        raise InvalidValue(name, f"<{name}> has no place in a document for a conference")
    if setting is Setting.CALLED and name in _NOT_BEFORE_BRIDGING:
        raise InvalidValue(name, f"<{name}> has no place in an answer to transferAnswer")


def _read_verb(element: BxmlElement, limits: MarkupLimits, setting: Setting) -> list[Instruction]:
    match element.name:
        case "Conference":
            return element.tagged(_read_conference(element, limits))
        case "SpeakSentence":
            return [read_speech(element, limits)]
        case "PlayAudio":
            return [read_audio(element)]
        case "Pause":
            return [Pause(_duration_ms(element, 1.0))]
        case "Ring":
            return [Ring(_duration_ms(element, 5.0), element.boolean("answerCall", True))]
        case "Redirect":
            target = element.target("redirectUrl", "redirectMethod", "username", "password")
            if target is None:
                raise InvalidValue("redirectUrl", f"line {element.line}: <Redirect> needs a redirectUrl")
            fallback = element.target(
                "redirectFallbackUrl", "redirectFallbackMethod", "fallbackUsername", "fallbackPassword"
            )
            return element.tagged(Redirect(target, fallback))
        case "Hangup":
            return [Hangup()]
        case "Tag":
            return [SetTag(element.checked_tag(element.text))]
        case "Gather":
            return read_gather(element, limits)
        case "StartGather":
            return read_start_gather(element)
        case "StopGather":
            return [ReportDigits(())]
        case "SendDtmf":
            return [read_digits(element)]
        case "Record":
            return read_record(element)
        case "StartRecording":
            return read_start_recording(element, in_room=setting is Setting.ROOM)
        case "StopRecording":
            return [StopRecording()]
        case "PauseRecording":
            return [PauseRecording()]
        case "ResumeRecording":
            return [ResumeRecording()]
        case "Transfer":
            return read_transfer(element)
        case "Bridge":
            return read_bridge(element)
        case "Forward":
            return read_forward(element)
        case name if name in _ELSEWHERE:
            return [Unsupported(name)]
        case name:
            raise InvalidValue(name, f"line {element.line}: <{name}> is no verb")


def _read_conference(element: BxmlElement, limits: MarkupLimits) -> JoinConference:
    if element.has_children:
        raise InvalidValue("Conference", f"line {element.line}: <Conference> holds no verbs")
    # For years a library wrote the name into an attribute and left the text empty.
    name = element.text or element.value("name") or ""
    if _CONFERENCE_NAME.fullmatch(name) is None:
        raise InvalidValue(
            "name", f"line {element.line}: a conference name has 1 to 100 letters, digits, '-', '_' or '.'"
        )
    events = element.target("conferenceEventUrl", "conferenceEventMethod", "username", "password")
    fallback = element.target(
        "conferenceEventFallbackUrl",
        "conferenceEventFallbackMethod",
        "fallbackUsername",
        "fallbackPassword",
    )
    timeout_s = element.decimal("callbackTimeout", None, minimum=1.0, maximum=25.0)
    return JoinConference(
        name=name,
        muted=element.boolean("mute", False),
        held=element.boolean("hold", False),
        coached=_read_coached(element),
        one_coach=True,
        beep=Beep.NONE,
        max_participants=MEMBERS_MAX if limits.strict else None,
        events=events,
        callbacks=wish(CONFERENCE, events, fallback, timeout_s),
        wait=WaitMusic(WaitKind.SILENCE),
    )


def _read_coached(element: BxmlElement) -> tuple[CallId, ...]:
    coached: list[CallId] = []
    for text in (element.value("callIdsToCoach") or "").split(","):
        if not text.strip():
            continue
        parsed = parse(CALL, text.strip())
        if parsed is None:
            raise InvalidValue("callIdsToCoach", f"line {element.line}: {text[:80]!r} is no call id")
        coached.append(CallId(parsed.id))
    return tuple(dict.fromkeys(coached))


def _duration_ms(element: BxmlElement, default_s: float) -> int:
    seconds = element.decimal("duration", default_s, minimum=DURATION_MIN_S, maximum=DURATION_MAX_S)
    assert seconds is not None
    return round(seconds * 1000)


LANGUAGE: Final = BxmlLanguage
"""Found and made by `dialects.registry`."""
