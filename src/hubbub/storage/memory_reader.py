"""The tables in memory, and the questions of `ports.Reader` about them."""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple, TypeVar

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import (
    AccountId,
    ApplicationId,
    CallId,
    ConferenceId,
    DeliveryId,
    RecordingId,
    SubscriptionId,
)
from hubbub.domain.paging import Cursor, Page, PageRequest
from hubbub.domain.queries import (
    CallQuery,
    ConferenceQuery,
    DeliveryQuery,
    Member,
    ParticipantQuery,
    RecordingQuery,
)
from hubbub.domain.recording import Recording
from hubbub.services.ports import KeptAnswer, Registration
from hubbub.storage.memory_lists import (
    asks_for_call,
    asks_for_conference,
    asks_for_delivery,
    asks_for_recording,
    page_of,
)

T = TypeVar("T")
Stay = tuple[ConferenceId, CallId, int]
OPEN: Final = frozenset({DeliveryState.DUE, DeliveryState.SENDING})


class Secret:
    """A secret that no repr shows."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "Secret(…)"


class Followed(NamedTuple):
    """A subscription and what became of it."""

    subscription: Subscription
    next_sequence: int = 0
    ended: bool = False


@dataclass(repr=False)
class Tables:
    """Everything there is."""

    accounts: dict[AccountId, Account] = field(default_factory=dict)
    credentials: dict[str, tuple[Credential, Secret]] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    applications: dict[ApplicationId, Application] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    trunks: dict[str, tuple[Trunk, Secret | None]] = field(default_factory=dict)
    calls: dict[CallId, CallLeg] = field(default_factory=dict)
    conferences: dict[ConferenceId, Conference] = field(default_factory=dict)
    participants: dict[Stay, Participant] = field(default_factory=dict)
    events: dict[int, NumberedEvent] = field(default_factory=dict)
    recordings: dict[RecordingId, Recording] = field(default_factory=dict)
    subscriptions: dict[SubscriptionId, Followed] = field(default_factory=dict)
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    kept_answers: dict[tuple[AccountId, str], KeptAnswer] = field(default_factory=dict)
    registrations: dict[tuple[str, str], Registration] = field(default_factory=dict)

    def copied(self) -> "Tables":
        return Tables(*(dict(getattr(self, table.name)) for table in fields(self)))


class MemoryReader:
    """`ports.Reader` over dictionaries."""

    def __init__(self, tables: Callable[[], Tables]) -> None:
        self._tables = tables

    async def account(self, account_id: AccountId) -> Account | None:
        return self._tables().accounts.get(account_id)

    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None:
        return first(a for a in await self.accounts() if a.bandwidth_id == bandwidth_id)

    async def account_by_email(self, email: str) -> Account | None:
        return first(a for a in await self.accounts() if a.email == email)

    async def account_by_friendly_name(self, name: str) -> Account | None:
        return first(a for a in await self.accounts() if a.friendly_name == name)

    async def accounts(self) -> list[Account]:
        return sorted(self._tables().accounts.values(), key=lambda a: (a.created_at_ms, a.id))

    async def role(self, name: str) -> Role | None:
        return self._tables().roles.get(name)

    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        for credential, kept in self._tables().credentials.values():
            if (credential.kind, credential.username) == (kind, username):
                same = hmac.compare_digest(_bytes(kept.text), _bytes(secret))
                return credential if same else None
        return None

    async def credential(self, kind: CredentialKind, username: str) -> Credential | None:
        found = (credential for credential, _ in self._tables().credentials.values())
        return first(c for c in found if (c.kind, c.username) == (kind, username))

    async def signing_secret(self, account_id: AccountId) -> str | None:
        for credential, kept in self._tables().credentials.values():
            if (credential.kind, credential.username) == (CredentialKind.AUTH_TOKEN, account_id):
                return kept.text
        return None

    async def application(self, application_id: ApplicationId) -> Application | None:
        return self._tables().applications.get(application_id)

    async def applications(self, account_id: AccountId | None) -> list[Application]:
        found = self._tables().applications.values()
        return sorted(
            (a for a in found if account_id in (None, a.account_id)), key=lambda a: (a.created_at_ms, a.id)
        )

    async def number(self, address: str) -> Number | None:
        return first(n for n in self._tables().numbers.values() if n.address == address)

    async def numbers(self, account_id: AccountId | None) -> list[Number]:
        found = self._tables().numbers.values()
        return sorted(
            (n for n in found if account_id in (None, n.account_id)), key=lambda n: (n.created_at_ms, n.id)
        )

    async def trunks(self) -> list[Trunk]:
        return sorted(
            (trunk for trunk, _ in self._tables().trunks.values()), key=lambda t: (t.created_at_ms, t.id)
        )

    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        for trunk, password in self._tables().trunks.values():
            if trunk.username == username and password is not None:
                return trunk, password.text
        return None

    async def call(self, call_id: CallId) -> CallLeg | None:
        return self._tables().calls.get(call_id)

    async def some_calls(self, ids: Sequence[CallId]) -> list[CallLeg]:
        return [found for own_id in ids if (found := await self.call(own_id)) is not None]

    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None:
        calls = self._tables().calls.values()
        return first(c for c in calls if (c.account_id, c.given_id) == (account_id, given_id))

    async def conference(self, conference_id: ConferenceId) -> Conference | None:
        return self._tables().conferences.get(conference_id)

    async def some_conferences(self, ids: Sequence[ConferenceId]) -> list[Conference]:
        return [found for own_id in ids if (found := await self.conference(own_id)) is not None]

    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        rows = [c for c in self._tables().conferences.values() if asks_for_conference(query, c)]
        return page_of(rows, page, lambda c: Cursor(c.created_at_ms, c.id))

    async def live_conference(self, account_id: AccountId, name: str) -> Conference | None:
        conferences = self._tables().conferences.values()
        return first(c for c in conferences if c.is_live and (c.account_id, c.name) == (account_id, name))

    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        calls = self._tables().calls
        rows = [
            Member(p, calls[p.call_id])
            for p in present(self._tables(), query.conference_id)
            if p.call_id in calls
            and query.muted in (None, p.muted)
            and query.held in (None, p.held)
            and query.coaching in (None, p.coaching)
        ]
        return page_of(rows, page, lambda m: Cursor(m.participant.joined_at_ms, m.participant.call_id))

    async def member(self, conference_id: ConferenceId, call_id: CallId) -> Member | None:
        stays = [
            p
            for p in self._tables().participants.values()
            if (p.conference_id, p.call_id) == (conference_id, call_id)
        ]
        call = self._tables().calls.get(call_id)
        if not stays or call is None:
            return None
        return Member(max(stays, key=lambda p: p.joined_at_ms), call)

    async def stay(
        self, conference_id: ConferenceId, call_id: CallId, joined_at_ms: int
    ) -> Participant | None:
        return self._tables().participants.get((conference_id, call_id, joined_at_ms))

    async def member_by_label(self, conference_id: ConferenceId, label: str) -> Member | None:
        calls = self._tables().calls
        return first(
            Member(p, calls[p.call_id])
            for p in present(self._tables(), conference_id)
            if p.label == label and p.call_id in calls
        )

    async def room(self, conference_id: ConferenceId) -> Room | None:
        conference = self._tables().conferences.get(conference_id)
        if conference is None:
            return None
        return Room(conference, present(self._tables(), conference_id))

    async def events(
        self, after: int, limit: int, conference_id: ConferenceId | None = None
    ) -> list[NumberedEvent]:
        found = (
            entry
            for number, entry in self._tables().events.items()
            if number > after and conference_id in (None, entry.event.conference_id)
        )
        return [entry for entry, _ in zip(found, range(limit), strict=False)]

    async def event(self, number: int) -> NumberedEvent | None:
        return self._tables().events.get(number)

    async def some_events(self, numbers: Sequence[int]) -> list[NumberedEvent]:
        return [found for number in numbers if (found := await self.event(number)) is not None]

    async def calls(self, query: CallQuery, page: PageRequest) -> Page[CallLeg]:
        rows = [c for c in self._tables().calls.values() if asks_for_call(query, c)]
        return page_of(rows, page, lambda c: Cursor(c.created_at_ms, c.id))

    async def recording(self, recording_id: RecordingId) -> Recording | None:
        return self._tables().recordings.get(recording_id)

    async def recordings(self, query: RecordingQuery, page: PageRequest) -> Page[Recording]:
        rows = [r for r in self._tables().recordings.values() if asks_for_recording(query, r)]
        return page_of(rows, page, lambda r: Cursor(r.created_at_ms, r.id))

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None:
        found = self._tables().subscriptions.get(subscription_id)
        return None if found is None else found.subscription

    async def some_subscriptions(self, ids: Sequence[SubscriptionId]) -> list[Subscription]:
        return [found for own_id in ids if (found := await self.subscription(own_id)) is not None]

    async def subscriptions(self, subject_id: str) -> list[Subscription]:
        found = [f.subscription for f in self._tables().subscriptions.values() if not f.ended]
        return sorted((s for s in found if s.subject_id == subject_id), key=lambda s: (s.created_at_ms, s.id))

    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        return self._tables().deliveries.get(delivery_id)

    async def deliveries(self, query: DeliveryQuery, page: PageRequest) -> Page[Delivery]:
        rows = [d for d in self._tables().deliveries.values() if asks_for_delivery(query, d)]
        return page_of(rows, page, lambda d: Cursor(d.created_at_ms, d.id))

    async def next_delivery_due_ms(self) -> int | None:
        return min((ready for ready, *_ in ready_of(self._tables())), default=None)

    async def kept_answer(self, account_id: AccountId, key: str) -> KeptAnswer | None:
        return self._tables().kept_answers.get((account_id, key))

    async def registrations(self, username: str) -> list[Registration]:
        found = self._tables().registrations.values()
        return sorted((r for r in found if r.username == username), key=lambda r: r.contact_uri)


def first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)


def present(tables: Tables, conference_id: ConferenceId) -> tuple[Participant, ...]:
    """Those present in a conference, in order of joining."""
    found = (p for p in tables.participants.values() if p.conference_id == conference_id and p.is_present)
    return tuple(sorted(found, key=lambda p: (p.joined_at_ms, p.call_id)))


def ready_of(tables: Tables) -> list[tuple[int, int, int, Delivery]]:
    """The first open delivery of each queue, behind when it may be taken, its event and its queue."""
    firsts: dict[int, Delivery] = {}
    still_open = (d for d in tables.deliveries.values() if d.state in OPEN)
    # Those of one event in the order of making, which is a dictionary's.
    for delivery in sorted(still_open, key=lambda each: each.event_number):
        firsts.setdefault(delivery.queue, delivery)
    return [(_ready_at_ms(d), d.event_number, queue, d) for queue, d in firsts.items()]


def _ready_at_ms(delivery: Delivery) -> int:
    if delivery.state is DeliveryState.DUE or delivery.leased_until_ms is None:
        return delivery.due_at_ms
    return delivery.leased_until_ms


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
