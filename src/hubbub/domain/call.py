"""CallLeg: the relation with one far end, its states and how it may end.

Dialects write it "Call". Owns the state table; leaves SIP to `protocol`, and what a caller hears to the
conference and the interpreter.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.domain.errors import Conflict
from hubbub.domain.ids import AccountId, ApplicationId, CallId, ConferenceId


class CallStatus(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        return self in FINAL


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    OUTBOUND_DIAL = "outbound-dial"


class HangupCause(StrEnum):
    """Why a leg ended, in our words."""

    HANGUP = "hangup"
    """The far end hung up."""
    COMPLETED = "completed"
    """We hung up: the document ended, or it said Hangup."""
    ENDED_BY_API = "ended-by-api"
    CANCELED = "canceled"
    """The caller gave up before the answer."""
    REJECTED = "rejected"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    MEDIA_TIMEOUT = "media-timeout"
    """No sound came for longer than the setting allows."""
    SIGNALLING_FAILED = "signalling-failed"
    CALLBACK_FAILED = "callback-failed"
    """The customer's server could not be asked what to do."""
    DOCUMENT_INVALID = "document-invalid"
    APPLICATION_ERROR = "application-error"
    SERVER_FULL = "server-full"
    SERVER_STOPPED = "server-stopped"
    """The server was drained."""
    SERVER_CRASHED = "server-crashed"
    """The server died and found the call still open when it came back."""


FINAL: Final = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.FAILED,
        CallStatus.NO_ANSWER,
        CallStatus.CANCELED,
    }
)

TRANSITIONS: Final[dict[CallStatus, frozenset[CallStatus]]] = {
    CallStatus.QUEUED: frozenset(
        {
            CallStatus.RINGING,
            CallStatus.IN_PROGRESS,
            CallStatus.BUSY,
            CallStatus.FAILED,
            CallStatus.NO_ANSWER,
            CallStatus.CANCELED,
        }
    ),
    CallStatus.RINGING: frozenset(
        {
            CallStatus.IN_PROGRESS,
            CallStatus.BUSY,
            CallStatus.FAILED,
            CallStatus.NO_ANSWER,
            CallStatus.CANCELED,
        }
    ),
    CallStatus.IN_PROGRESS: frozenset({CallStatus.COMPLETED, CallStatus.FAILED}),
    CallStatus.COMPLETED: frozenset(),
    CallStatus.BUSY: frozenset(),
    CallStatus.FAILED: frozenset(),
    CallStatus.NO_ANSWER: frozenset(),
    CallStatus.CANCELED: frozenset(),
}
"""The state machine of a leg, drawn in docs/states.md."""


class CallLeg(NamedTuple):
    id: CallId
    account_id: AccountId
    parent_id: CallId | None
    application_id: ApplicationId | None
    conference_id: ConferenceId | None
    """The conference it is in now or was in last."""
    from_address: str
    to_address: str
    direction: Direction
    status: CallStatus
    created_at_ms: int
    updated_at_ms: int
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    hangup_cause: HangupCause | None = None
    sip_status: int | None = None
    sip_call_id: str | None = None
    tag: str | None = None
    """Free text of the customer, sent with its webhooks."""
    site: str | None = None
    """Eight hex digits that some dialects print before the id; None: this server's own."""
    given_id: str | None = None
    """The id as an import gave it, where it cannot be rebuilt from `id`."""
    node: str | None = None
    """The node that serves the leg; None: imported, served by nobody."""
    placed_at_ms: int | None = None
    """When the INVITE of a call of ours left; None: it waits for its turn, or never left."""
    caller_name: str | None = None
    """How the caller of a call that came is called: the display name of its From header."""
    forwarded_from: str | None = None
    """Whom the caller of a call that came had called, where somebody sent it on to us."""

    def moved(self, status: CallStatus, now_ms: int) -> "CallLeg":
        """The leg in its next state.

        Raises:
            Conflict: the state table has no such step.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(f"a call that is {self.status} cannot become {status}")
        return self._replace(
            status=status,
            updated_at_ms=now_ms,
            answered_at_ms=now_ms if status is CallStatus.IN_PROGRESS else self.answered_at_ms,
            ended_at_ms=now_ms if status in FINAL else self.ended_at_ms,
        )

    @property
    def started_at_ms(self) -> int | None:
        """When the call came, or its INVITE left; None: it has not, or never did. An import tells no other time
        than that of its creation."""
        if self.placed_at_ms is not None:
            return self.placed_at_ms
        left_us = self.direction is not Direction.INBOUND and self.node is not None
        return None if left_us or self.status is CallStatus.QUEUED else self.created_at_ms

    @property
    def ringing_ms(self) -> int | None:
        """From the start to the answer, or to the end of a call that was never answered; None before."""
        until_ms = self.answered_at_ms if self.answered_at_ms is not None else self.ended_at_ms
        if until_ms is None:
            return None
        return 0 if self.started_at_ms is None else max(until_ms - self.started_at_ms, 0)

    @property
    def duration_s(self) -> int | None:
        """Whole seconds from answer to end, or None while the leg lives."""
        if self.ended_at_ms is None:
            return None
        if self.answered_at_ms is None:
            return 0
        return (self.ended_at_ms - self.answered_at_ms) // 1000


def final_status(cause: HangupCause, answered: bool) -> CallStatus:
    """The state a leg ends in, from why it ended and whether it had been answered."""
    if answered:
        return CallStatus.COMPLETED if cause not in FAILURES else CallStatus.FAILED
    return UNANSWERED.get(cause, CallStatus.FAILED)


FAILURES: Final = frozenset({HangupCause.SIGNALLING_FAILED, HangupCause.SERVER_CRASHED})
UNANSWERED: Final[dict[HangupCause, CallStatus]] = {
    HangupCause.HANGUP: CallStatus.CANCELED,
    HangupCause.CANCELED: CallStatus.CANCELED,
    HangupCause.ENDED_BY_API: CallStatus.CANCELED,
    HangupCause.REJECTED: CallStatus.BUSY,
    HangupCause.BUSY: CallStatus.BUSY,
    HangupCause.NO_ANSWER: CallStatus.NO_ANSWER,
    HangupCause.COMPLETED: CallStatus.CANCELED,
}
