"""Shows a delivery to a person: what it tells of, and the request as it would be sent now, its secrets masked."""

from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from hubbub.domain.delivery import Delivery
from hubbub.domain.events import NumberedEvent
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.word_delivery import Untellable, WordDelivery
from hubbub.services.ports import Reader

MASK: Final = "***"
_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})


class ShownRequest(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]
    username: str | None
    """Sent with its password when the receiver asks for them."""
    body: str


class ShownDelivery(NamedTuple):
    entry: NumberedEvent | None
    dialect: str | None
    purpose: str | None
    request: ShownRequest | None
    why_not: str | None
    """Why there is no request."""


class ShowDelivery:
    def __init__(self, reader: Reader, wording: WordDelivery) -> None:
        self._reader = reader
        self._wording = wording

    async def __call__(self, delivery: Delivery) -> ShownDelivery:
        subscription = await self._reader.subscription(delivery.subscription_id)
        entry = await self._reader.event(delivery.event_number)
        request, why_not = None, None
        try:
            request = self._wording.word(delivery, await self._wording.gather([delivery])).request
            if request is None:
                why_not = "the dialect does not tell of this event"
        except Untellable as error:
            why_not = str(error)
        except Exception as error:
            # A dialect's fault is what somebody who looks here may be looking for.
            why_not = f"it cannot be worded: {type(error).__name__}: {error}"
        return ShownDelivery(
            entry,
            None if subscription is None else subscription.dialect,
            None if subscription is None else subscription.purpose,
            None if request is None else masked(request),
            why_not,
        )


def masked(request: DocumentRequest) -> ShownRequest:
    """The request without its secrets."""
    return ShownRequest(
        request.method,
        _masked_url(request.url),
        {name: MASK if name.lower() in _SECRET_HEADERS else value for name, value in request.headers},
        request.username,
        request.body.decode("utf-8", "replace"),
    )


def _masked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url
    name, colon, _ = user.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}:{MASK}@{host}" if colon else f"{name}@{host}"))
