"""A `CallbackWriter` of no vendor: JSON of what happened."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from hubbub.domain.application import Application
from hubbub.domain.delivery import Subscription, SubscriptionWish
from hubbub.markup.instructions import Document
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext, RetryPolicy


@dataclass
class PlainCallbacks:
    """Words a callback as JSON: the event's kind and numbers."""

    name: str = "plain"
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(2, (0,)))
    programs: Callable[[bytes], Document | None] = lambda body: None

    def write(self, context: CallbackContext, *, fallback: bool = False) -> DocumentRequest | None:
        event = context.entry.event
        target = context.subscription.fallback if fallback else context.subscription.target
        if target is None or event.data.get("untold"):
            return None
        if event.data.get("broken"):
            raise KeyError("broken")
        body = {
            "kind": event.kind,
            "room": event.conference_id,
            "number": context.entry.conference_number,
            "sequence": context.delivery.sequence,
        }
        headers = (("Token", context.delivery.token), ("Content-Type", "application/json"))
        return DocumentRequest(
            target.url, target.method, headers, json.dumps(body).encode(), target.username, target.password
        )

    def retry_policy(self, subscription: Subscription) -> RetryPolicy:
        return self.policy

    def timeout_s(self, subscription: Subscription) -> float:
        return subscription.timeout_s or 15.0

    def program(self, context: CallbackContext, url: str, content_type: str, body: bytes) -> Document | None:
        return self.programs(body)

    def call_wishes(self, application: Application) -> tuple[SubscriptionWish, ...]:
        return ()
