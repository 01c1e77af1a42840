"""Which of Bandwidth's webhooks a subscription is for, and which of our events each of them tells.

Owns the wishes that BXML verbs and the API make of their URL attributes. Leaves the wording to `callbacks`.

Bandwidth Voice API, "Webhooks".
"""

from typing import Final

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind

CONFERENCE: Final = "conference"
"""`conferenceEventUrl` of the call that makes the room: created, member join, member exit, completed."""
DISCONNECT: Final = "disconnect"
"""`disconnectUrl` of a call, or the call status URL of an application."""
TRANSFER_DISCONNECT: Final = "transferDisconnect"
"""`transferDisconnectUrl` of a leg that a Transfer made."""
RECORDING_AVAILABLE: Final = "recordingAvailable"
"""`recordingAvailableUrl`; of a recording in a conference it is told as `conferenceRecordingAvailable`."""
DTMF: Final = "dtmf"
"""`dtmfUrl` of a StartGather: one for each key, until StopGather."""

KINDS: Final[dict[str, frozenset[EventKind]]] = {
    CONFERENCE: frozenset(
        {
            EventKind.CONFERENCE_CREATED,
            EventKind.PARTICIPANT_JOINED,
            EventKind.PARTICIPANT_LEFT,
            EventKind.CONFERENCE_ENDED,
        }
    ),
    DISCONNECT: frozenset({EventKind.CALL_ENDED}),
    TRANSFER_DISCONNECT: frozenset({EventKind.CALL_ENDED}),
    DTMF: frozenset({EventKind.DIGIT_PRESSED}),
    RECORDING_AVAILABLE: frozenset(
        {EventKind.RECORDING_COMPLETED, EventKind.RECORDING_ABSENT, EventKind.RECORDING_FAILED}
    ),
}
"""The events that each purpose wants."""


def wish(
    purpose: str,
    target: WebTarget | None,
    fallback: WebTarget | None = None,
    timeout_s: float | None = None,
    details: tuple[tuple[str, str], ...] = (),
) -> tuple[SubscriptionWish, ...]:
    """The wish for one purpose, or none without a URL.

    Args:
        timeout_s: `callbackTimeout`; None: the vendor's 15 seconds.
        details: `tag`, where the verb names one that its webhook carries instead of the call's.
    """
    if target is None:
        return ()
    return (SubscriptionWish(purpose, KINDS[purpose], target, fallback, timeout_s, details),)
