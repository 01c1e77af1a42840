"""The questions of `ports.Reader`, on a database.

Puts the repositories together, one for each noun; a transaction is the same with writes.
"""

from collections.abc import Sequence

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, Subscription
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
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import (
    CallQuery,
    ConferenceQuery,
    DeliveryQuery,
    Member,
    ParticipantQuery,
    RecordingQuery,
)
from hubbub.domain.recording import Recording
from hubbub.services.ports import Entropy, KeptAnswer, Registration
from hubbub.storage.engines.connection import Connection
from hubbub.storage.repositories.accounts import Accounts
from hubbub.storage.repositories.applications import Applications
from hubbub.storage.repositories.calls import Calls
from hubbub.storage.repositories.conferences import Conferences
from hubbub.storage.repositories.deliveries import Deliveries
from hubbub.storage.repositories.events import Events
from hubbub.storage.repositories.kept_answers import KeptAnswers
from hubbub.storage.repositories.participants import Participants
from hubbub.storage.repositories.recordings import Recordings
from hubbub.storage.repositories.registrations import Registrations
from hubbub.storage.repositories.subscriptions import Subscriptions
from hubbub.storage.secrets import Vault


class SqlReader:
    """The questions of `ports.Reader`, each answered by the repository of its noun."""

    def __init__(self, db: Connection, vault: Vault, entropy: Entropy, *, writes: bool = False) -> None:
        self._accounts = Accounts(db, vault)
        self._applications = Applications(db, vault)
        self._calls = Calls(db)
        self._conferences = Conferences(db, writes=writes)
        self._participants = Participants(db)
        self._events = Events(db)
        self._recordings = Recordings(db)
        self._subscriptions = Subscriptions(db, vault)
        self._deliveries = Deliveries(db, self._subscriptions, entropy)
        self._kept_answers = KeptAnswers(db)
        self._registrations = Registrations(db)

    async def account(self, account_id: AccountId) -> Account | None:
        return await self._accounts.find("get_account", account_id)

    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None:
        return await self._accounts.find("get_account_by_bandwidth_id", bandwidth_id)

    async def account_by_email(self, email: str) -> Account | None:
        return await self._accounts.find("get_account_by_email", email)

    async def account_by_friendly_name(self, name: str) -> Account | None:
        return await self._accounts.find("get_account_by_friendly_name", name)

    async def accounts(self) -> list[Account]:
        return await self._accounts.all()

    async def role(self, name: str) -> Role | None:
        return await self._accounts.role(name)

    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        return await self._accounts.verify(kind, username, secret)

    async def credential(self, kind: CredentialKind, username: str) -> Credential | None:
        return await self._accounts.credential(kind, username)

    async def signing_secret(self, account_id: AccountId) -> str | None:
        return await self._accounts.signing_secret(account_id)

    async def application(self, application_id: ApplicationId) -> Application | None:
        return await self._applications.get(application_id)

    async def applications(self, account_id: AccountId | None) -> list[Application]:
        return await self._applications.all(account_id)

    async def number(self, address: str) -> Number | None:
        return await self._applications.number(address)

    async def numbers(self, account_id: AccountId | None) -> list[Number]:
        return await self._applications.numbers(account_id)

    async def trunks(self) -> list[Trunk]:
        return await self._applications.trunks()

    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        return await self._applications.trunk_secret(username)

    async def call(self, call_id: CallId) -> CallLeg | None:
        return await self._calls.get(call_id)

    async def some_calls(self, ids: Sequence[CallId]) -> list[CallLeg]:
        return await self._calls.some(ids)

    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None:
        return await self._calls.get_by_given_id(account_id, given_id)

    async def conference(self, conference_id: ConferenceId) -> Conference | None:
        return await self._conferences.get(conference_id)

    async def some_conferences(self, ids: Sequence[ConferenceId]) -> list[Conference]:
        return await self._conferences.some(ids)

    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        return await self._conferences.page(query, page)

    async def live_conference(self, account_id: AccountId, name: str) -> Conference | None:
        return await self._conferences.live(account_id, name)

    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        return await self._participants.page(query, page)

    async def member(self, conference_id: ConferenceId, call_id: CallId) -> Member | None:
        return await self._participants.member(conference_id, call_id)

    async def stay(
        self, conference_id: ConferenceId, call_id: CallId, joined_at_ms: int
    ) -> Participant | None:
        return await self._participants.stay(conference_id, call_id, joined_at_ms)

    async def member_by_label(self, conference_id: ConferenceId, label: str) -> Member | None:
        return await self._participants.member_by_label(conference_id, label)

    async def room(self, conference_id: ConferenceId) -> Room | None:
        conference = await self._conferences.get(conference_id)
        if conference is None:
            return None
        return Room(conference, await self._participants.present(conference_id))

    async def events(
        self, after: int, limit: int, conference_id: ConferenceId | None = None
    ) -> list[NumberedEvent]:
        return await self._events.after(after, limit, conference_id)

    async def some_events(self, numbers: Sequence[int]) -> list[NumberedEvent]:
        return await self._events.some(numbers)

    async def event(self, number: int) -> NumberedEvent | None:
        return await self._events.get(number)

    async def calls(self, query: CallQuery, page: PageRequest) -> Page[CallLeg]:
        return await self._calls.page(query, page)

    async def recording(self, recording_id: RecordingId) -> Recording | None:
        return await self._recordings.get(recording_id)

    async def recordings(self, query: RecordingQuery, page: PageRequest) -> Page[Recording]:
        return await self._recordings.page(query, page)

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None:
        return await self._subscriptions.get(subscription_id)

    async def some_subscriptions(self, ids: Sequence[SubscriptionId]) -> list[Subscription]:
        return await self._subscriptions.some(ids)

    async def subscriptions(self, subject_id: str) -> list[Subscription]:
        return await self._subscriptions.of(subject_id)

    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        return await self._deliveries.get(delivery_id)

    async def deliveries(self, query: DeliveryQuery, page: PageRequest) -> Page[Delivery]:
        return await self._deliveries.page(query, page)

    async def next_delivery_due_ms(self) -> int | None:
        return await self._deliveries.next_due_ms()

    async def kept_answer(self, account_id: AccountId, key: str) -> KeptAnswer | None:
        return await self._kept_answers.get(account_id, key)

    async def registrations(self, username: str) -> list[Registration]:
        return await self._registrations.of(username)
