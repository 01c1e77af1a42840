"""Why a call ended, between SIP's words and the domain's: two tables and nothing else.

SIP knows status codes (RFC 3261 §21) and the user agent's `EndCause`; the domain knows `HangupCause`.
"""

from __future__ import annotations

from typing import Final

from hubbub.domain.call import HangupCause
from hubbub.protocol.sip.events import CallEnded, EndCause

_REFUSALS: Final = {
    HangupCause.BUSY: 486,
    HangupCause.REJECTED: 603,
    HangupCause.NO_ANSWER: 480,
    HangupCause.SERVER_FULL: 503,
    HangupCause.SERVER_STOPPED: 503,
    HangupCause.CALLBACK_FAILED: 500,
    HangupCause.DOCUMENT_INVALID: 500,
    HangupCause.APPLICATION_ERROR: 500,
    HangupCause.SIGNALLING_FAILED: 500,
}
"""The status that refuses an unanswered call; 480 for every other cause."""

ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'
"""The Reason of the CANCEL to a phone that was not the first to answer (RFC 3326 §2)."""
_BUSY: Final = frozenset((486, 600))
_NOBODY_THERE: Final = frozenset((408, 480))
_UNWANTED: Final = frozenset((403, 603, 607, 608))


def refusal_status(cause: HangupCause) -> int:
    """The status that refuses an inbound call for this cause."""
    return _REFUSALS.get(cause, 480)


def cause_of_refusal(status: int) -> HangupCause:
    """Why our INVITE failed, by the status that answered it."""
    if status in _BUSY:
        return HangupCause.BUSY
    if status in _NOBODY_THERE:
        return HangupCause.NO_ANSWER
    if status in _UNWANTED:
        return HangupCause.REJECTED
    if status == 487:
        return HangupCause.CANCELED
    return HangupCause.SIGNALLING_FAILED


def cause_of_end(event: CallEnded) -> HangupCause:
    """Why a call ended, when it was not the server that ended it."""
    if event.cause is EndCause.HANG_UP:
        return HangupCause.HANGUP if event.by == "remote" else HangupCause.COMPLETED
    if event.cause is EndCause.CANCELLED:
        return HangupCause.CANCELED
    if event.cause is EndCause.REJECTED:
        return cause_of_refusal(event.status or 500)
    if event.cause is EndCause.NO_RESPONSE and event.status != 408:
        return HangupCause.NO_ANSWER  # it rang and rang; 408 is a far end that never said a word
    return HangupCause.SIGNALLING_FAILED


def reason_header(cause: HangupCause) -> str | None:
    """The Reason of our BYE or CANCEL (RFC 3326), where the cause is one that Q.850 has a number for."""
    if cause in (HangupCause.COMPLETED, HangupCause.ENDED_BY_API, HangupCause.HANGUP):
        return 'Q.850;cause=16;text="Normal call clearing"'
    if cause in (HangupCause.SERVER_STOPPED, HangupCause.SERVER_FULL):
        return 'Q.850;cause=41;text="Temporary failure"'
    if cause is HangupCause.MEDIA_TIMEOUT:
        return 'Q.850;cause=102;text="Recovery on timer expiry"'
    return None
