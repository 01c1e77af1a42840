"""What a customer's document can tell a call to do, in our words.

Owns the neutral instruction set: frozen data, one class per instruction, and `Document`, a program of
them. Leaves the spelling (TwiML, BXML, RCML) to the dialects and the doing to `interpreter` and the use
cases. A verb that its vendor has and we have not becomes `Unsupported`, which ends the call in the
dialect's way when it is reached: nothing is skipped in silence.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Beep, JoinRequest
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.markup.dialling import Bridge, Dial, DialTarget, Meet
from hubbub.markup.gathering import Gather, Prompt, ReportDigits
from hubbub.markup.recording import (
    PauseRecording,
    Record,
    RecordingControl,
    RecordingWish,
    ResumeRecording,
    StartRecording,
    StopRecording,
)
from hubbub.markup.sounds import FOREVER, Pause, Play, Ring, Say, SendDigits, WaitKind, WaitMusic

__all__ = [
    "FOREVER",
    "Bridge",
    "Dial",
    "DialTarget",
    "Document",
    "DocumentError",
    "Gather",
    "Hangup",
    "Instruction",
    "JitterSize",
    "JoinConference",
    "Meet",
    "Pause",
    "PauseRecording",
    "Play",
    "Prompt",
    "Record",
    "RecordingControl",
    "RecordingWish",
    "Redirect",
    "Reject",
    "Remark",
    "ReportDigits",
    "ResumeRecording",
    "Ring",
    "Say",
    "SendDigits",
    "SetTag",
    "Setting",
    "Skip",
    "StartRecording",
    "StopRecording",
    "Unsupported",
    "WaitKind",
    "WaitMusic",
]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document; the rest of this one is dropped."""

    target: WebTarget
    fallback: WebTarget | None = None


@dataclass(frozen=True, slots=True)
class Hangup:
    cause: HangupCause = HangupCause.COMPLETED


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a call that is not answered; one that is answered is hung up."""

    cause: HangupCause
    """BUSY or REJECTED."""


@dataclass(frozen=True, slots=True)
class SetTag:
    """Replace the call's free text."""

    tag: str | None


@dataclass(frozen=True, slots=True)
class Skip:
    """A verb that was written wrongly: told, and passed over."""

    code: str
    message: str
    action: WebTarget | None = None
    """Where the verb's own next document would have been."""
    details: tuple[tuple[str, str], ...] | None = None
    """What the action is told of the verb, in the dialect's words; None: as of a room that let nobody in."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A verb of the vendor's that this server does not have."""

    verb: str


class JitterSize(StrEnum):
    """How much a leg's jitter buffer may hold."""

    OFF = "off"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class JoinConference:
    """Enter a room and stay until something takes the call out."""

    name: str
    """The room's name; empty when `conference_id` names a live one."""
    conference_id: ConferenceId | None = None
    muted: bool = False
    held: bool = False
    coached: tuple[CallId, ...] = ()
    coached_must_be_present: bool = False
    one_coach: bool = False
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str | None = None
    beep: Beep = Beep.NONE
    max_participants: int | None = None
    events: WebTarget | None = None
    """Where the room says that its events go."""
    callbacks: tuple[SubscriptionWish, ...] = ()
    """Who wants to hear of the conference, if this call makes it."""
    region: str | None = None
    jitter: JitterSize | None = None
    wait: WaitMusic = field(default_factory=WaitMusic)
    action: WebTarget | None = None
    """Asked for the next document when the call leaves the room and lives on."""
    leave_on_star: bool = False
    time_limit_ms: int | None = None
    """How long this call may stay."""
    recording: RecordingWish | None = None
    """Of the room, from its start."""
    opening_recording: RecordingWish | None = None
    """Of the room, if this call is the first that may start it. It belongs to this call, and goes on without it."""
    leg_recording: RecordingWish | None = None
    """Of this call, as long as it stays; not where `opening_recording` is wanted and there is one of the room."""
    hang_up_when_evicted: bool = False
    """Without an `action`, a call that the room's end put out is hung up instead of going on."""

    def request(self, call_id: CallId, call_tag: str | None = None) -> JoinRequest:
        """The wish to enter, as the room's rules read it. A room that is made takes the call's own tag."""
        return JoinRequest(
            call_id=call_id,
            muted=self.muted,
            held=self.held,
            coached=self.coached,
            coached_must_be_present=self.coached_must_be_present,
            start_on_enter=self.start_on_enter,
            end_on_exit=self.end_on_exit,
            label=self.label,
            beep=self.beep,
            max_participants=self.max_participants,
            one_coach=self.one_coach,
            tag=call_tag,
            events=self.events,
            region=self.region,
            callbacks=self.callbacks,
        )


Instruction = (
    Say
    | Play
    | SendDigits
    | Pause
    | Ring
    | Redirect
    | Hangup
    | Reject
    | SetTag
    | Skip
    | Unsupported
    | JoinConference
    | Gather
    | ReportDigits
    | Dial
    | Bridge
    | Meet
    | Record
    | StartRecording
    | StopRecording
    | PauseRecording
    | ResumeRecording
)


class Setting(StrEnum):
    """Where a document is run; dialects allow different verbs in each."""

    CALL = "call"
    WAITING = "waiting"
    """By one who waits in a room or is on hold there."""
    ROOM = "room"
    """In a room, to be heard by everybody or by one participant."""
    CALLED = "called"
    """By one who was dialled, before it is connected to the caller."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a document that its author should know; the call goes on."""

    code: str
    """The dialect's own number or word."""
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """One program."""

    instructions: tuple[Instruction, ...]
    base_url: str | None
    """What the document's relative URLs were resolved against; None: it came in a request."""
    remarks: tuple[Remark, ...] = ()


class DocumentError(Exception):
    """The document cannot be run at all. `code` is the dialect's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
