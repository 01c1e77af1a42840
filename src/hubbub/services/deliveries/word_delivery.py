"""Turns a delivery into the request that tells it, in the words of its dialect.

Owns the gathering of what the request may tell. Leaves the words to the dialects' `CallbackWriter`s and the
sending to `services.deliveries.deliver`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

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

    async def gather(self, deliveries: Sequence[Delivery]) -> "Gathered":
        """Read what may be told, for all of a batch at once: many are about the same room."""
        reader = self._reader
        found = Gathered()
        numbers = {delivery.event_number for delivery in deliveries}
        found.events = {entry.number: entry for entry in await reader.some_events([*numbers])}
        found.subscriptions = await self._subscribed({delivery.subscription_id for delivery in deliveries})
        for account_id in {delivery.account_id for delivery in deliveries}:
            found.accounts[account_id] = await reader.account(account_id)
            found.secrets[account_id] = await reader.signing_secret(account_id)
        events = [entry.event for entry in found.events.values()]
        rooms = {room for event in events if (room := event.conference_id) is not None}
        if rooms:
            found.conferences = {room.id: room for room in await reader.some_conferences([*rooms])}
        calls = {call for event in events if (call := event.call_id) is not None}
        if calls:
            found.calls = {leg.id: leg for leg in await reader.some_calls([*calls])}
            parents = {leg.parent_id for leg in found.calls.values()} - found.calls.keys() - {None}
            if parents:
                legs = await reader.some_calls([each for each in parents if each is not None])
                found.calls.update([(leg.id, leg) for leg in legs])
        for event in events:
            recording_id = event.data.get("recording_id")
            if recording_id is not None and recording_id not in found.recordings:
                found.recordings[recording_id] = await reader.recording(RecordingId(recording_id))
            if event.kind is EventKind.CALL_ENDED and event.call_id in found.calls:
                leg = found.calls[event.call_id]
                found.asked_with_calls[leg.id] = await self._asked_with_call(leg)
        return found

    def word(self, delivery: Delivery, found: "Gathered") -> Worded:
        """The delivery as it is told now.

        Args:
            found: what was gathered for it, and perhaps for others.

        Raises:
            Untellable: a part of it is gone.
        """
        subscription = found.subscriptions.get(delivery.subscription_id)
        if subscription is None:
            raise Untellable("the subscription is gone")
        writer = self._writers.get(subscription.dialect)
        if writer is None:
            raise Untellable(f"this server has no callbacks of the dialect {subscription.dialect!r}")
        entry = found.events.get(delivery.event_number)
        if entry is None:
            raise Untellable("the event is gone")
        account = found.accounts.get(delivery.account_id)
        if account is None:
            raise Untellable("the account is gone")
        event = entry.event
        # A key that is None is nobody's.
        call = found.calls.get(event.call_id)
        context = CallbackContext(
            subscription=subscription,
            delivery=delivery,
            entry=entry,
            account=account,
            call=call,
            conference=found.conferences.get(event.conference_id),
            recording=found.recordings.get(event.data.get("recording_id")),
            call_recording=(
                found.asked_with_calls.get(event.call_id) if event.kind is EventKind.CALL_ENDED else None
            ),
            signing_secret=found.secrets[account.id],
            base_url=self._base_url,
            site=self._site,
            parent=None if call is None else found.calls.get(call.parent_id),
        )
        return Worded(context, writer, writer.write(context))

    async def _subscribed(self, ids: set[SubscriptionId]) -> dict[SubscriptionId, Subscription]:
        known = self._subscriptions
        found = {own_id: known[own_id] for own_id in ids if own_id in known}
        if len(found) < len(ids):
            if len(known) >= SUBSCRIPTIONS_MAX:
                known.clear()
            for subscription in await self._reader.some_subscriptions([*(ids - found.keys())]):
                found[subscription.id] = known[subscription.id] = subscription
        return found

    async def _asked_with_call(self, call: CallLeg) -> Recording | None:
        query = RecordingQuery(frozenset({call.account_id}), call_id=call.id, of_conferences=False)
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


class Gathered:
    """What the store has of all that a batch may tell."""

    __slots__ = (
        "accounts",
        "asked_with_calls",
        "calls",
        "conferences",
        "events",
        "recordings",
        "secrets",
        "subscriptions",
    )

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Account | None] = {}
        self.asked_with_calls: dict[CallId | None, Recording | None] = {}
        self.calls: dict[CallId | None, CallLeg] = {}
        self.conferences: dict[ConferenceId | None, Conference] = {}
        self.events: dict[int, NumberedEvent] = {}
        self.recordings: dict[str | None, Recording | None] = {}
        self.secrets: dict[AccountId, str | None] = {}
        self.subscriptions: dict[SubscriptionId, Subscription] = {}
