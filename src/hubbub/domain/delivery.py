"""Subscriptions and deliveries: who wants to hear of which facts, and what became of telling them.

A `Subscription` follows one subject (a conference, a call, a recording); every event about the subject whose
kind it wants becomes a `Delivery`, written in the transaction of the event. Leaves the words to the dialects
(`services.deliveries.callbacks`) and the sending to `services.deliveries.deliver`.
"""

from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple

from hubbub.domain.application import WebTarget
from hubbub.domain.events import EventKind
from hubbub.domain.ids import AccountId, DeliveryId, SubscriptionId


class Subscription(NamedTuple):
    id: SubscriptionId
    account_id: AccountId
    subject_id: str
    """The id of a conference, a call or a recording."""
    dialect: str
    purpose: str
    """The dialect's own word for which of its callbacks this is."""
    kinds: frozenset[EventKind]
    target: WebTarget
    fallback: WebTarget | None
    timeout_s: float | None
    """None: as the dialect has it."""
    created_at_ms: int
    details: tuple[tuple[str, str], ...] = ()
    """What else the dialect must remember to word it."""


class SubscriptionWish(NamedTuple):
    """A subscription before it has an id and a subject."""

    purpose: str
    kinds: frozenset[EventKind]
    target: WebTarget
    fallback: WebTarget | None = None
    timeout_s: float | None = None
    details: tuple[tuple[str, str], ...] = ()


class DeliveryState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    """Leased to a sender; due again when the lease is over."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; kept, and may be sent again by hand."""


TRANSITIONS: Final[dict[DeliveryState, frozenset[DeliveryState]]] = {
    DeliveryState.DUE: frozenset({DeliveryState.SENDING}),
    DeliveryState.SENDING: frozenset({DeliveryState.DUE, DeliveryState.DELIVERED, DeliveryState.DEAD}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.DUE}),
    DeliveryState.DEAD: frozenset({DeliveryState.DUE}),
}
"""The state machine of a delivery, drawn in docs/states.md."""


class Delivery(NamedTuple):
    id: DeliveryId
    subscription_id: SubscriptionId
    account_id: AccountId
    event_number: int
    stream: str
    """The subscription's subject."""
    queue: int
    """Deliveries of one queue go out one after another, in order: those of one stream to one receiver (`queue_of`)."""
    sequence: int
    """0, 1, 2 … within the subscription."""
    token: str
    """The same at every attempt: by it a receiver knows a repetition."""
    state: DeliveryState
    attempts: int
    due_at_ms: int
    leased_until_ms: int | None
    created_at_ms: int
    updated_at_ms: int
    status: int | None = None
    """The receiver's last HTTP status."""
    error: str | None = None
    """Why the last attempt failed."""
    leased_by: str | None = None
    """The node that sends it, or was the last to."""


def queue_of(stream: str, url: str) -> int:
    """The queue of what is told of `stream` to the receiver at `url`: a number of 63 bits.

    A receiver is a URL without its fragment, which is never sent: so one that fails holds up nobody else's callbacks,
    and one that asked for several kinds of them at one address gets them in one order. Two queues that fall on one
    number would wait for each other, and nothing worse.
    """
    text = f"{stream} {url.partition('#')[0]}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 1
