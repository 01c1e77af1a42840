"""Restcomm's callbacks: how a call comes along. There are none of conferences, and none of recordings.

Owns their parameters. Each event has its number, which does not count: 0 to 3, whatever was asked for. Leaves
which events a wish means to `callback_words`. Answers are not looked at.

Restcomm Connect user guide, "RCML Number: status callback", "Making calls".
"""

from typing import Final, NamedTuple

from hubbub.dialects.restcomm import callback_words as words
from hubbub.dialects.restcomm.ids import call_sid, instance_id
from hubbub.dialects.restcomm.markup_requests import UNKNOWN, form_request
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.shared.query import Pairs
from hubbub.domain.application import Application
from hubbub.domain.call import CallLeg
from hubbub.domain.delivery import Subscription, SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.markup.instructions import Document
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext, RetryPolicy

TIMEOUT_S: Final = 15.0
RETRIES: Final = RetryPolicy(attempts_max=2, delays_ms=(1_000,), on_connect_failure=True)
"""Once more where no connection was made: a receiver that was reached has been told, at most once."""


class Progress(NamedTuple):
    """An event's word, and its number."""

    word: str
    sequence: int


PROGRESS: Final[dict[EventKind, Progress]] = {
    EventKind.CALL_PLACED: Progress("initiated", 0),
    EventKind.CALL_RECEIVED: Progress("ringing", 1),
    EventKind.CALL_RANG: Progress("ringing", 1),
    EventKind.CALL_ANSWERED: Progress("answered", 2),
    EventKind.CALL_ENDED: Progress("completed", 3),
}
INBOUND: Final = frozenset({EventKind.CALL_RECEIVED, EventKind.CALL_ANSWERED, EventKind.CALL_ENDED})
"""What there is to tell of a call that somebody else makes."""


class RestcommCallbacks:
    """Satisfies `hubbub.services.deliveries.callbacks.CallbackWriter`."""

    name = "restcomm"

    def write(self, context: CallbackContext, *, fallback: bool = False) -> DocumentRequest | None:
        progress = PROGRESS.get(context.entry.event.kind)
        if context.subscription.purpose != words.CALL or progress is None or context.call is None:
            return None
        target = (context.subscription.fallback if fallback else None) or context.subscription.target
        return form_request(_parameters(context, context.call, progress), target)

    def call_wishes(self, application: Application) -> tuple[SubscriptionWish, ...]:
        target = application.status_callback
        return () if target is None else (SubscriptionWish(words.CALL, INBOUND, target),)

    def retry_policy(self, subscription: Subscription) -> RetryPolicy:
        return RETRIES

    def timeout_s(self, subscription: Subscription) -> float:
        return TIMEOUT_S if subscription.timeout_s is None else subscription.timeout_s

    def program(self, context: CallbackContext, url: str, content_type: str, body: bytes) -> Document | None:
        return None


def _parameters(context: CallbackContext, call: CallLeg, progress: Progress) -> Pairs:
    said = [
        ("InstanceId", instance_id(context.site)),
        ("AccountSid", "AC" + call.account_id),
        ("CallSid", call_sid(call)),
        ("From", call.from_address),
        ("To", call.to_address),
        ("Direction", str(call.direction)),
        ("CallerName", call.caller_name or UNKNOWN),
        ("ForwardedFrom", call.forwarded_from or UNKNOWN),
    ]
    if call.parent_id is not None:
        said.append(("ParentCallSid", "CA" + call.parent_id))
    said.append(("CallStatus", progress.word))
    if context.entry.event.kind is EventKind.CALL_ENDED:
        said.append(("CallDuration", str(call.duration_s or 0)))
    return [
        *said,
        ("Timestamp", rfc2822(context.entry.event.occurred_at_ms, padded=False)),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(progress.sequence)),
    ]


CALLBACKS: Final = RestcommCallbacks()
"""Found by `dialects.registry`."""
