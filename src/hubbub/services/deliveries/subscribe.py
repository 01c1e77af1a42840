"""Wishes to hear of something become subscriptions to it, in the transaction that makes the thing."""

from collections.abc import Sequence

from hubbub.domain.delivery import Subscription, SubscriptionWish
from hubbub.domain.ids import AccountId, SubscriptionId
from hubbub.services.ports import Entropy, Transaction


async def subscribe(
    tx: Transaction,
    entropy: Entropy,
    account_id: AccountId,
    subject_id: str,
    dialect: str,
    wishes: Sequence[SubscriptionWish],
    now_ms: int,
) -> None:
    """Write `wishes` as subscriptions to `subject_id`. What is appended afterwards is told to them."""
    for wish in wishes:
        await tx.put_subscription(
            Subscription(
                id=SubscriptionId(entropy.id()),
                account_id=account_id,
                subject_id=subject_id,
                dialect=dialect,
                purpose=wish.purpose,
                kinds=wish.kinds,
                target=wish.target,
                fallback=wish.fallback,
                timeout_s=wish.timeout_s,
                created_at_ms=now_ms,
                details=wish.details,
            )
        )
