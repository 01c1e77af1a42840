"""What goes into the interpreter and what comes out of it, as data.

An `Effect` is something the interpreter wants done. At most one effect of an answer is *open*: it is the
last, and one of the inputs named in its docstring must follow. The others are done and forgotten.
"""

from dataclasses import dataclass
from enum import StrEnum

from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import Refusal
from hubbub.domain.recording import Recording
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    Document,
    Gather,
    JoinConference,
    Meet,
    Play,
    Record,
    RecordingControl,
    Ring,
    Say,
    SendDigits,
)
from hubbub.markup.outcomes import Collected as Collected
from hubbub.markup.outcomes import Connected as Connected
from hubbub.markup.outcomes import MessageTaken as MessageTaken
from hubbub.markup.outcomes import Outcome as Outcome
from hubbub.markup.outcomes import Stayed as Stayed


class Purpose(StrEnum):
    """Why a document is asked for; dialects name it in the request."""

    INCOMING = "incoming"
    """An inbound call wants its first document."""
    ANSWERED = "answered"
    """An outbound call was answered and wants its first document."""
    REDIRECT = "redirect"
    ACTION = "action"
    """A verb is over and its author named the next document."""
    GATHER = "gather"
    """An action after digits were gathered."""
    DIALLED = "dialled"
    """An action after others were called."""
    SCREEN = "screen"
    """What one who was dialled hears before being connected."""
    BRIDGED = "bridged"
    """An action after a live call was connected."""
    BRIDGE_TARGET = "bridge-target"
    """An action of the call that was connected to another."""
    RECORDED = "recorded"
    """An action after a message was taken."""
    ROOM = "room"
    """What to run in a room, or to play to one who is inside."""
    WAIT = "wait"
    """What to play to one who waits in a room."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request that a fallback stands in for."""

    code: str
    url: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish for a document. The dialect makes the HTTP request of it."""

    purpose: Purpose
    target: WebTarget
    fallback: WebTarget | None = None
    details: tuple[tuple[str, str], ...] = ()
    """More parameters, in the dialect's words."""
    failed: Failed | None = None
    """Set when `target` is a fallback."""
    conference: Conference | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A document that came in a request instead of from a URL."""

    body: bytes
    content_type: str


# --- effects --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetch:
    """Open: `Fetched` or `FetchFailed`."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the call. Open: `Answered`."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Open: `PlaybackEnded` or `PlaybackFailed`."""

    say: Say


@dataclass(frozen=True, slots=True)
class PlayClip:
    """Open: `PlaybackEnded` or `PlaybackFailed`."""

    play: Play


@dataclass(frozen=True, slots=True)
class PlayRinging:
    """Play a ringing tone, or none to an unanswered call. Open: `PauseElapsed`."""

    ring: Ring


@dataclass(frozen=True, slots=True)
class DialDigits:
    """Send digits with their pauses. Open: `PauseElapsed`."""

    send: SendDigits


@dataclass(frozen=True, slots=True)
class Wait:
    """Open: `PauseElapsed`."""

    duration_ms: int


@dataclass(frozen=True, slots=True)
class Collect:
    """Take digits. Open: `Collected`, or `PlaybackFailed` when a prompt's failure ends it."""

    gather: Gather


@dataclass(frozen=True, slots=True)
class Connect:
    """Call others and be connected. Open: `Connected`."""

    dial: Dial


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """Be connected with a live call. Open: `Connected`."""

    bridge: Bridge


@dataclass(frozen=True, slots=True)
class Attend:
    """Be connected with the call that dialled or bridged this one. Open: `Connected`."""

    meet: Meet


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Open: `MessageTaken`."""

    record: Record


@dataclass(frozen=True, slots=True)
class ControlRecording:
    """Begin, end, pause or resume a recording of the call, or of the room the document runs in."""

    control: RecordingControl


@dataclass(frozen=True, slots=True)
class ReportDigits:
    """Tell of each digit from now on; without callbacks, of none."""

    callbacks: tuple[SubscriptionWish, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Enter a room. Open: `Joined`, then `LeftConference`; or `JoinRefused`."""

    join: JoinConference


@dataclass(frozen=True, slots=True)
class Leave:
    """Take the call out of its room. `LeftConference` is still to follow."""

    reason: LeaveReason


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Cut what is playing short."""


@dataclass(frozen=True, slots=True)
class Retag:
    """Change the call's free text."""

    tag: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Put a fault of the document on record."""

    code: str
    message: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse the call, which is not answered. Nothing follows."""

    cause: HangupCause


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call. Nothing follows."""

    cause: HangupCause


@dataclass(frozen=True, slots=True)
class Finish:
    """A document that is run elsewhere than on a call is over. Nothing follows."""

    failed: bool = False
    """It could not be had or was wrong; the dialect decides what that does to the call."""


Effect = (
    Fetch
    | Answer
    | Speak
    | PlayClip
    | PlayRinging
    | DialDigits
    | Wait
    | Collect
    | ReportDigits
    | Connect
    | ConnectTo
    | Attend
    | TakeMessage
    | ControlRecording
    | Join
    | Leave
    | StopPlaying
    | Retag
    | Note
    | Refuse
    | HangUp
    | Finish
)

OPEN_EFFECTS = (
    Fetch,
    Answer,
    Speak,
    PlayClip,
    PlayRinging,
    DialDigits,
    Wait,
    Collect,
    Connect,
    ConnectTo,
    Attend,
    TakeMessage,
    Join,
)
LAST_EFFECTS = (Refuse, HangUp, Finish)


# --- inputs ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    """Where the document was: the asked target as its author wrote it, without the parameters that a GET
    carries, unless HTTP redirects led elsewhere. Relative URLs and an empty Redirect resolve against it."""
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchFailed:
    kind: str
    """refused-target, connect, timeout, too-large, redirects, protocol, status."""
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    pass


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    heard_ms: int
    """How long it sounded."""


@dataclass(frozen=True, slots=True)
class PlaybackFailed:
    """The sound could not be had: a failed fetch's kind, or `audio` for a file that is no sound, or `speech`."""

    kind: str
    message: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PauseElapsed:
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Digit:
    digit: str


@dataclass(frozen=True, slots=True)
class Joined:
    pass


@dataclass(frozen=True, slots=True)
class JoinRefused:
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class StayTimedOut:
    """The `time_limit_ms` of the room's instruction is over."""


@dataclass(frozen=True, slots=True)
class LeftConference:
    reason: LeaveReason
    recording: Recording | None = None
    """Of this call's stay, where the document wanted one."""


@dataclass(frozen=True, slots=True)
class WaitFailed:
    """What was to be heard while waiting could not be had; the room is to be left for it."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """Somebody gave the call another document: whatever runs is dropped."""

    begin: Ask | Given | Document
    fallback: WebTarget | None = None
    """For this document, and where the dialect has it so from now on for the whole call."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    outcome: "Connected | MessageTaken | LeftConference | None" = None
    """Of what was under way, where its author is still to be told."""


Input = (
    Fetched
    | FetchFailed
    | Answered
    | PlaybackEnded
    | PlaybackFailed
    | PauseElapsed
    | Collected
    | Connected
    | MessageTaken
    | Digit
    | Joined
    | JoinRefused
    | StayTimedOut
    | LeftConference
    | WaitFailed
    | Redirected
    | CallEnded
)
