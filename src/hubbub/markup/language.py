"""What the markup side of a dialect must offer.

Owns the protocol `MarkupLanguage` and the data that pass through it. A language is pure: it reads
documents, makes requests for them, and says what its vendor does when something fails. It never fetches,
plays or joins. `bootstrap` maps dialect names to languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg, HangupCause
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.errors import Refusal
from hubbub.markup.connection import ConnectionRules
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import Document, Instruction, JoinConference, Remark, Say, Setting


@dataclass(frozen=True, slots=True)
class MarkupCall:
    """What a request for a document may tell of a call."""

    leg: CallLeg
    """As it is now."""
    account: Account
    signing_secret: str | None = field(default=None, repr=False)
    """The account's auth token; None: requests go unsigned."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Custom SIP headers (`X-…`) of the call."""
    base_url: str = ""
    """How customers reach this server; no trailing slash."""
    site: str = "00000001"
    """Eight hex digits that some dialects print in ids."""
    now_ms: int = 0
    parent: CallLeg | None = None
    """The call that this one was made for."""


@dataclass(frozen=True, slots=True)
class MarkupRoom:
    """What a request for a document that is to run in a room may tell."""

    conference: Conference
    account: Account
    call: CallLeg | None = None
    """The one participant who is to hear it; None: everybody."""
    signing_secret: str | None = field(default=None, repr=False)
    base_url: str = ""
    site: str = "00000001"
    now_ms: int = 0


class DocumentRequest(NamedTuple):
    """An HTTP request for a document, ready to send."""

    url: str
    method: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    username: str | None = None
    password: str | None = None
    connection: ConnectionRules | None = None


class FailureKind(StrEnum):
    """Why a document cannot be run. The first seven are a failed fetch's own kinds."""

    REFUSED_TARGET = "refused-target"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    REDIRECTS = "redirects"
    PROTOCOL = "protocol"
    STATUS = "status"
    INVALID = "invalid"
    """It was had and is wrong; the `DocumentError` carries the code."""
    UNSUPPORTED = "unsupported"
    """It holds a verb that this server does not have."""
    LOOP = "loop"
    """The call has asked for too many documents."""

    @classmethod
    def of_fetch(cls, kind: str) -> "FailureKind":
        return cls(kind) if kind in cls._value2member_map_ else cls.PROTOCOL


class Ending(NamedTuple):
    """How a dialect ends a call."""

    cause: HangupCause
    answer_first: bool = False
    """An unanswered call is answered and hung up, not refused."""
    apology: Say | None = None
    """Said before the end, to a call that is answered."""


class Failure(NamedTuple):
    """What a dialect makes of a document that cannot be run."""

    code: str
    falls_back: bool
    """The fallback URL is asked, if there is one."""
    ending: Ending
    """Without a fallback."""


class AfterRefusal(StrEnum):
    """Where a call goes that a room did not take."""

    NEXT = "next"
    """To the instruction after."""
    ACTION = "action"
    """To the action's document; without one to the instruction after."""
    HANG_UP = "hang-up"


class JoinRefusal(NamedTuple):
    remark: Remark | None
    """None: the dialect takes it for no fault."""
    then: AfterRefusal
    cause: HangupCause = HangupCause.APPLICATION_ERROR


class ClipFailure(NamedTuple):
    """What a dialect makes of a sound that cannot be had."""

    code: str
    ending: Ending | None = None
    """None: the next instruction runs."""


class WaitRules(NamedTuple):
    """What a dialect does with the document for those who wait in a room."""

    loops: bool
    """When it is over it begins again; False: silence."""
    failure_leaves: bool
    """Without it the call does not stay in the room."""
    failure_hangs_up: bool
    """Without it the call ends."""


class MarkupLanguage(Protocol):
    @property
    def name(self) -> str:
        """The dialect's name."""

    @property
    def wait_rules(self) -> WaitRules: ...
    @property
    def fallback_covers_call(self) -> bool:
        """Whether the application's fallback stands in for every document of the call, or the first alone."""

    @property
    def recording_refused_code(self) -> str:
        """The dialect's number or word for a recording that could not be begun."""

    @property
    def call_refused_code(self) -> str:
        """For somebody who cannot be called at all."""

    @property
    def tells_after_hangup(self) -> bool:
        """Whether the action of what was under way is asked though the caller has hung up."""

    def parse(
        self, body: bytes, content_type: str, url: str | None, *, setting: Setting = Setting.CALL
    ) -> Document:
        """The program in `body`.

        Args:
            content_type: the header as sent; empty if there was none.
            url: where it came from; None: in a request, and then relative URLs have no meaning.
            setting: where it is to be run: outside of a plain call fewer verbs are allowed.

        Raises:
            DocumentError: it cannot be run at all. Nothing else is ever raised.
        """

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        """The HTTP request for a document, signed and with everything the vendor tells."""

    def room_request(self, room: MarkupRoom, ask: Ask) -> DocumentRequest:
        """The HTTP request for a document that is to run in a room: an announcement, a room's redirect."""

    def answers_before(self, instruction: Instruction) -> bool:
        """Whether an unanswered call is answered before `instruction` is run."""

    def exhausted(self, *, answered: bool) -> Ending:
        """What follows the last instruction."""

    def failed(self, kind: FailureKind, status: int | None = None) -> Failure: ...
    def clip_failed(self, kind: str) -> ClipFailure: ...
    def refused(self, join: JoinConference, refusal: Refusal) -> JoinRefusal: ...
    def stay_details(self, reason: LeaveReason | None) -> tuple[tuple[str, str], ...]:
        """What an action's request tells of the stay in a room; None: the call was not let in."""
