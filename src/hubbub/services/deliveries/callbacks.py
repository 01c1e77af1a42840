"""What the webhook side of a dialect must offer: facts of the log in the vendor's words.

A `CallbackWriter` is pure: it makes the HTTP request that tells a subscriber of one event, says which
answers are good ones and how often to try again. Sending and remembering is for `services.deliveries.deliver`.
"""

from typing import NamedTuple, Protocol

from hubbub.domain.account import Account
from hubbub.domain.application import Application
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference
from hubbub.domain.delivery import Delivery, Subscription, SubscriptionWish
from hubbub.domain.events import NumberedEvent
from hubbub.domain.recording import Recording
from hubbub.markup.instructions import Document
from hubbub.markup.language import DocumentRequest


class CallbackContext(NamedTuple):
    """Everything a request may tell."""

    subscription: Subscription
    delivery: Delivery
    entry: NumberedEvent
    account: Account
    call: CallLeg | None
    """The event's call, as it is now; what changes of a call is in the event's data."""
    conference: Conference | None
    recording: Recording | None
    signing_secret: str | None
    base_url: str
    site: str
    parent: CallLeg | None = None
    """The call that the event's call was made for."""
    call_recording: Recording | None = None
    """At the end of a call: what the request that made it wanted recorded. It may not be finished yet."""


class RetryPolicy(NamedTuple):
    """How a dialect tries again."""

    attempts_max: int
    delays_ms: tuple[int, ...]
    """Before the second attempt, the third …; the last one repeats."""
    on_connect_failure: bool = True
    """The receiver could not be reached."""
    on_timeout: bool = False
    on_status: bool = False
    """It answered with a status that is no success."""
    status_classes: frozenset[int] = frozenset({1, 3, 4, 5})
    """Of these statuses, by first digit, when `on_status`."""


class CallbackWriter(Protocol):
    @property
    def name(self) -> str:
        """The dialect's name."""

    def write(self, context: CallbackContext, *, fallback: bool = False) -> DocumentRequest | None:
        """The request; None: this event is not told after all, which counts as delivered.

        Args:
            fallback: it goes to the subscription's fallback.
        """

    def call_wishes(self, application: Application) -> tuple[SubscriptionWish, ...]:
        """What an application's status callback wants to hear of an inbound call; empty without one."""

    def retry_policy(self, subscription: Subscription) -> RetryPolicy: ...
    def timeout_s(self, subscription: Subscription) -> float: ...
    def program(self, context: CallbackContext, url: str, content_type: str, body: bytes) -> Document | None:
        """What a good answer asks to be run in the conference; None: answers are not looked at.

        Raises:
            DocumentError: it is wrong as a whole; told to the log, and nothing is run.
        """
