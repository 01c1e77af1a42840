"""Turns a delivery into the request that tells it, in the words of its dialect.

Owns the gathering of what the request may tell. Leaves the words to the dialects' `CallbackWriter`s and the
sending to `services.deliveries.deliver`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from hubbub.domain.delivery import Delivery, Subscription
from hubbub.domain.events import EventKind
from hubbub.domain.ids import CallId, RecordingId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingSource
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext, CallbackWriter
from hubbub.services.ports import FetchRequest, Reader

T = TypeVar("T")
SUBSCRIPTIONS_MAX: Final = 4096
SPARSE_MAX: Final = 4
"""Events of a batch are read in one go if there are at the most so many in the log for each that is told."""
RECORDINGS_MAX: Final = 10
"""How many recordings of a call, the oldest first, are looked through for the one that was asked for with it."""


class Worded(NamedTuple):
    """A delivery, and all that is needed to tell it."""

    context: CallbackContext
    writer: CallbackWriter
    request: DocumentRequest | None
    """None: it is not told after all."""


class Untellable(Exception):
    """What the delivery tells of, or whom, is gone: it will never be told."""


class WordDelivery:
    """
    Args:
        writers: by dialect.
        base_url: how customers reach this server.
        site: see `config.Settings.site`.
        body_bytes_max: the longest answer that is looked at.
    """

    def __init__(
        self,
        reader: Reader,
        writers: Mapping[str, CallbackWriter],
        *,
        base_url: str,
        site: str,
        body_bytes_max: int,
    ) -> None:
        self._reader = reader
        self._writers = writers
        self._base_url = base_url
        self._site = site
        self._body_bytes_max = body_bytes_max
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        """Those asked for lately: one never changes, and has a delivery for everything that happens."""

    async def look_ahead(self, deliveries: Sequence[Delivery], seen: "Seen") -> None:
        """Read the events of a batch in one go, where they lie close together in the log."""
        if len(deliveries) < 2:
            return
        first = min(delivery.event_number for delivery in deliveries)
        span = max(delivery.event_number for delivery in deliveries) - first + 1
        if span <= SPARSE_MAX * len(deliveries):
            for entry in await self._reader.events(first - 1, span):
                seen.know(entry.number, self._reader.event, entry)

    async def word(self, delivery: Delivery, seen: "Seen | None" = None) -> Worded:
        """The delivery as it is told now.

        Args:
            seen: what was read already for other deliveries of one batch.

        Raises:
            Untellable: a part of it is gone.
        """
        reader = self._reader
        seen = seen if seen is not None else Seen()
        subscription = self._subscriptions.get(delivery.subscription_id)
        if subscription is None:
            subscription = await reader.subscription(delivery.subscription_id)
            if subscription is None:
                raise Untellable("the subscription is gone")
            if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
                self._subscriptions.clear()
            self._subscriptions[delivery.subscription_id] = subscription
        writer = self._writers.get(subscription.dialect)
        if writer is None:
            raise Untellable(f"this server has no callbacks of the dialect {subscription.dialect!r}")
        entry = await seen.once(delivery.event_number, reader.event)
        if entry is None:
            raise Untellable("the event is gone")
        account = await seen.once(delivery.account_id, reader.account)
        if account is None:
            raise Untellable("the account is gone")
        event = entry.event
        recording_id = event.data.get("recording_id")
        call = None if event.call_id is None else await seen.once(event.call_id, reader.call)
        context = CallbackContext(
            subscription=subscription,
            delivery=delivery,
            entry=entry,
            account=account,
            call=call,
            conference=(
                None
                if event.conference_id is None
                else await seen.once(event.conference_id, reader.conference)
            ),
            recording=(
                None if recording_id is None else await seen.once(RecordingId(recording_id), reader.recording)
            ),
            call_recording=(
                await seen.once(event.call_id, self._asked_with_call)
                if event.kind is EventKind.CALL_ENDED and event.call_id is not None
                else None
            ),
            signing_secret=await seen.once(account.id, reader.signing_secret),
            base_url=self._base_url,
            site=self._site,
            parent=(
                None
                if call is None or call.parent_id is None
                else await seen.once(call.parent_id, reader.call)
            ),
        )
        return Worded(context, writer, writer.write(context))

    async def _asked_with_call(self, call_id: CallId) -> Recording | None:
        call = await self._reader.call(call_id)
        if call is None:
            return None
        query = RecordingQuery(frozenset({call.account_id}), call_id=call_id, of_conferences=False)
        found = await self._reader.recordings(query, PageRequest(RECORDINGS_MAX))
        asked = (each for each in found.items if each.source is RecordingSource.OUTBOUND_CALL)
        return next(asked, None)

    def fetch_request(self, worded: Worded, request: DocumentRequest) -> FetchRequest:
        """The request as the web client takes it."""
        return FetchRequest(
            url=request.url,
            method=request.method,
            headers=request.headers,
            body=request.body,
            username=request.username,
            password=request.password,
            timeout_s=worded.writer.timeout_s(worded.context.subscription),
            body_bytes_max=self._body_bytes_max,
            connection=request.connection,
        )


class Seen:
    """Answers of the store that hold for one batch: many deliveries are about the same room."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Any, str], Any] = {}

    def know(self, key: Any, ask: Callable[[Any], Awaitable[Any]], answer: object) -> None:
        """What `ask` would answer is known."""
        self._answers[key, ask.__name__] = answer

    async def once(self, key: Any, ask: Callable[[Any], Awaitable[T]]) -> T:
        place = (key, ask.__name__)
        if place in self._answers:
            found: T = self._answers[place]
            return found
        answer = self._answers[place] = await ask(key)
        return answer
