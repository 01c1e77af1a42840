"""Whether a callback that failed is tried again, and when. Pure.

Two kinds: as the vendor does it, which forgets soon, and on request `exponential`: again and again for up to a
day, with full jitter, so that a receiver that comes back is not met by everybody at once
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from typing import Final, NamedTuple

from hubbub.domain.delivery import Subscription
from hubbub.services.deliveries.callbacks import RetryPolicy

VENDOR: Final = "vendor"
EXPONENTIAL: Final = "exponential"
RETRY_DETAIL: Final = "retry"
"""The key in a subscription's details by which it asks for one of the two."""

BASE_MS: Final = 1_000
CAP_MS: Final = 3_600_000
EXPONENTIAL_ATTEMPTS: Final = 35
"""1, 2, 4 … 2048 s and then an hour each come to 23 hours at the longest."""


class FailedAttempt(NamedTuple):
    """What went wrong, in the words of `ports.FetchFailed`."""

    kind: str
    message: str
    status: int | None = None

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.message}"[:300]


def is_exponential(subscription: Subscription, default: str) -> bool:
    """Whether the subscription is tried for a day; `default` says it where the subscription does not."""
    return dict(subscription.details).get(RETRY_DETAIL, default) == EXPONENTIAL


def exponential_delay_ms(attempts: int, failure: FailedAttempt, chance: float) -> int | None:
    """How long to wait after so many attempts, the last of which failed; None: not at all any more.

    Args:
        chance: 0 <= chance < 1.
    """
    if attempts >= EXPONENTIAL_ATTEMPTS or failure.kind == "refused-target":
        return None
    return int(chance * min(CAP_MS, BASE_MS << min(attempts - 1, 30)))


def vendor_delay_ms(policy: RetryPolicy, attempts: int, failure: FailedAttempt) -> int | None:
    """As `exponential_delay_ms`, by a dialect's policy."""
    if attempts >= policy.attempts_max or not _is_worth_another(policy, failure):
        return None
    if not policy.delays_ms:
        return 0
    return policy.delays_ms[min(attempts - 1, len(policy.delays_ms) - 1)]


def _is_worth_another(policy: RetryPolicy, failure: FailedAttempt) -> bool:
    match failure.kind:
        case "connect" | "protocol":
            # A connection that broke off is a failure of the connection too.
            return policy.on_connect_failure
        case "timeout":
            return policy.on_timeout
        case "status":
            return policy.on_status and (failure.status or 0) // 100 in policy.status_classes
    return False
