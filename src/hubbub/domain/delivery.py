"""Subscriptions and deliveries: who wants to hear of which facts, and what became of telling them.

A `Subscription` follows one subject (a conference, a call, a recording); every event about the subject whose
kind it wants becomes a `Delivery`, written in the transaction of the event. Leaves the words to the dialects
(`services.deliveries.callbacks`) and the sending to `services.deliveries.deliver`.
"""

from enum import StrEnum
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
    """Deliveries of one stream go out one after another, in order: the subscription's subject."""
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
