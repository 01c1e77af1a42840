"""Turns a delivery into the request that tells it, in the words of its dialect.

Owns the gathering of what the request may tell. Leaves the words to the dialects' `CallbackWriter`s and the
sending to `services.deliveries.deliver`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference
from hubbub.domain.delivery import Delivery, Subscription
from hubbub.domain.events import EventKind, NumberedEvent
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId, SubscriptionId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingSource
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext, CallbackWriter
from hubbub.services.ports import FetchRequest, Reader

K = TypeVar("K")
T = TypeVar("T")
SUBSCRIPTIONS_MAX: Final = 4096
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
        """Read in one go what a batch needs of each kind: events, subscriptions, conferences, calls."""
        if len(deliveries) < 2:
            return
        reader = self._reader
        strangers = {d.subscription_id for d in deliveries} - self._subscriptions.keys()
        for subscription in await reader.some_subscriptions([*strangers]) if strangers else ():
            self._remember(subscription)
        numbers = {d.event_number for d in deliveries}
        entries = await reader.some_events([*numbers])
        seen.events.update(dict.fromkeys(numbers))
        seen.events.update([(entry.number, entry) for entry in entries])
        rooms = {room for entry in entries if (room := entry.event.conference_id) is not None}
        if rooms:
            seen.conferences.update(dict.fromkeys(rooms))
            found = await reader.some_conferences([*rooms])
            seen.conferences.update([(conference.id, conference) for conference in found])
        calls = {call for entry in entries if (call := entry.event.call_id) is not None}
        if calls:
            seen.calls.update(dict.fromkeys(calls))
            legs = await reader.some_calls([*calls])
            seen.calls.update([(leg.id, leg) for leg in legs])

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
            self._remember(subscription)
        writer = self._writers.get(subscription.dialect)
        if writer is None:
            raise Untellable(f"this server has no callbacks of the dialect {subscription.dialect!r}")
        entry = await once(seen.events, delivery.event_number, reader.event)
        if entry is None:
            raise Untellable("the event is gone")
        account = await once(seen.accounts, delivery.account_id, reader.account)
        if account is None:
            raise Untellable("the account is gone")
        event = entry.event
        recording_id = event.data.get("recording_id")
        call = None if event.call_id is None else await once(seen.calls, event.call_id, reader.call)
        context = CallbackContext(
            subscription=subscription,
            delivery=delivery,
            entry=entry,
            account=account,
            call=call,
            conference=(
                None
                if event.conference_id is None
                else await once(seen.conferences, event.conference_id, reader.conference)
            ),
            recording=(
                None
                if recording_id is None
                else await once(seen.recordings, RecordingId(recording_id), reader.recording)
            ),
            call_recording=(
                await once(seen.asked_with_calls, event.call_id, self._asked_with_call)
                if event.kind is EventKind.CALL_ENDED and event.call_id is not None
                else None
            ),
            signing_secret=await once(seen.secrets, account.id, reader.signing_secret),
            base_url=self._base_url,
            site=self._site,
            parent=(
                None
                if call is None or call.parent_id is None
                else await once(seen.calls, call.parent_id, reader.call)
            ),
        )
        return Worded(context, writer, writer.write(context))

    def _remember(self, subscription: Subscription) -> None:
        if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            self._subscriptions.clear()
        self._subscriptions[subscription.id] = subscription

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
    """Answers of the store that hold for one batch: many deliveries are about the same room. None: it is not there."""

    __slots__ = (
        "accounts",
        "asked_with_calls",
        "calls",
        "conferences",
        "events",
        "recordings",
        "secrets",
    )

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Account | None] = {}
        self.asked_with_calls: dict[CallId, Recording | None] = {}
        self.calls: dict[CallId, CallLeg | None] = {}
        self.conferences: dict[ConferenceId, Conference | None] = {}
        self.events: dict[int, NumberedEvent | None] = {}
        self.recordings: dict[RecordingId, Recording | None] = {}
        self.secrets: dict[AccountId, str | None] = {}


async def once(answers: dict[K, T], key: K, ask: Callable[[K], Awaitable[T]]) -> T:
    """What is known of `key`, asked for where nothing is."""
    if key in answers:
        return answers[key]
    answer = answers[key] = await ask(key)
    return answer
