"""Where state lives: questions that read what was last committed, and changes that happen together."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, Subscription
from hubbub.domain.events import Event, NumberedEvent
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


class KeptAnswer(NamedTuple):
    """What was answered to a request that carried an idempotency key."""

    fingerprint: str
    """Of the request: another one under the same key is an error."""
    status: int
    content_type: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    kept_at_ms: int


class Registration(NamedTuple):
    """One contact of a SIP user (RFC 3261 §10)."""

    username: str
    account_id: AccountId
    contact_uri: str
    source: str
    """`udp:host:port` or `tcp:host:port`: where the REGISTER came from, and where calls for it go."""
    expires_at_ms: int
    sip_call_id: str
    cseq: int
    user_agent: str | None = None


class Reader(Protocol):
    """Questions to the store. Every answer is what was last committed: read-after-write always."""

    async def account(self, account_id: AccountId) -> Account | None: ...
    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None: ...
    async def account_by_email(self, email: str) -> Account | None: ...
    async def account_by_friendly_name(self, name: str) -> Account | None: ...
    async def accounts(self) -> list[Account]: ...
    async def role(self, name: str) -> Role | None: ...
    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        """The credential, if `secret` is its secret; compared in constant time."""

    async def credential(self, kind: CredentialKind, username: str) -> Credential | None:
        """Who has this user name; no secret is looked at."""

    async def signing_secret(self, account_id: AccountId) -> str | None:
        """The account's auth token in the clear, to sign with."""

    async def application(self, application_id: ApplicationId) -> Application | None: ...
    async def applications(self, account_id: AccountId | None) -> list[Application]: ...
    async def number(self, address: str) -> Number | None: ...
    async def numbers(self, account_id: AccountId | None) -> list[Number]: ...
    async def trunks(self) -> list[Trunk]: ...
    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        """The trunk with this digest user name, and its password in the clear: digest needs it."""

    async def call(self, call_id: CallId) -> CallLeg | None: ...
    async def some_calls(self, ids: Sequence[CallId]) -> list[CallLeg]:
        """Those of `ids` that are there, in no order; so do `some_…` of other things."""

    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None: ...
    async def conference(self, conference_id: ConferenceId) -> Conference | None: ...
    async def some_conferences(self, ids: Sequence[ConferenceId]) -> list[Conference]: ...
    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]: ...
    async def live_conference(self, account_id: AccountId, name: str) -> Conference | None: ...
    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]: ...
    async def member(self, conference_id: ConferenceId, call_id: CallId) -> Member | None:
        """The membership, present or past; the newest where there were several."""

    async def stay(
        self, conference_id: ConferenceId, call_id: CallId, joined_at_ms: int
    ) -> Participant | None:
        """The membership that began at this very moment, present or past."""

    async def member_by_label(self, conference_id: ConferenceId, label: str) -> Member | None:
        """Present members only."""

    async def room(self, conference_id: ConferenceId) -> Room | None:
        """The conference and those present."""

    async def events(
        self, after: int, limit: int, conference_id: ConferenceId | None = None
    ) -> list[NumberedEvent]:
        """Events with a number greater than `after`, in order."""

    async def event(self, number: int) -> NumberedEvent | None: ...
    async def some_events(self, numbers: Sequence[int]) -> list[NumberedEvent]: ...
    async def calls(self, query: CallQuery, page: PageRequest) -> Page[CallLeg]: ...
    async def recording(self, recording_id: RecordingId) -> Recording | None: ...
    async def recordings(self, query: RecordingQuery, page: PageRequest) -> Page[Recording]: ...
    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None: ...
    async def some_subscriptions(self, ids: Sequence[SubscriptionId]) -> list[Subscription]: ...
    async def subscriptions(self, subject_id: str) -> list[Subscription]: ...
    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None: ...
    async def deliveries(self, query: DeliveryQuery, page: PageRequest) -> Page[Delivery]: ...
    async def next_delivery_due_ms(self) -> int | None:
        """When the earliest delivery that waits for nothing but time is due, or its lease is over."""

    async def kept_answer(self, account_id: AccountId, key: str) -> KeptAnswer | None: ...
    async def registrations(self, username: str) -> list[Registration]:
        """All, those that have expired too."""


class Transaction(Reader, Protocol):
    """Changes that happen together or not at all. Reads inside it see its own writes."""

    async def put_account(self, account: Account) -> None: ...
    async def put_credential(self, credential: Credential, secret: str) -> None: ...
    async def put_role(self, role: Role) -> None: ...
    async def put_application(self, application: Application) -> None: ...
    async def put_number(self, number: Number) -> None:
        """Raises NameTaken when the address is another number's."""

    async def put_trunk(self, trunk: Trunk, password: str | None) -> None: ...
    async def put_call(self, call: CallLeg) -> None:
        """Raises NameTaken when the given id is another leg's."""

    async def move_call(self, call: CallLeg, before: CallLeg | None = None) -> None:
        """Write how far a leg that is there has come: its room, state, times, tag and end. What it was made with
        (addresses, account, node …) stays as it is, and so do the indexes of that.

        Args:
            before: the leg as it is stored, where that is known: what has not changed is not written.
        """

    async def put_conference(self, conference: Conference) -> None:
        """Raises NameTaken when another live conference of the account has the name."""

    async def put_participants(self, participants: Sequence[Participant]) -> None: ...
    async def append(self, events: Sequence[Event]) -> None:
        """Number the events and write them with the rest of the transaction, and a due delivery for each
        subscription that follows one of an event's subjects and wants its kind."""

    async def delete_call(self, call_id: CallId) -> None: ...
    async def put_recording(self, recording: Recording) -> None: ...
    async def delete_recording(self, recording_id: RecordingId) -> None:
        """The row too."""

    async def open_recordings(self, node: str) -> list[Recording]:
        """In progress, paused or being finished."""

    async def put_subscription(self, subscription: Subscription) -> None: ...
    async def delete_subscriptions(self, subject_id: str, purpose: str | None = None) -> None:
        """Nothing new is due to them; what is due already goes out, and `subscription` answers them as long as
        one of their deliveries is kept."""

    async def lease_deliveries(
        self, now_ms: int, until_ms: int, limit: int, node: str | None = None
    ) -> list[Delivery]:
        """Take the first open delivery of each queue, where it is due or its lease is over, the one that
        waits longest in front; each is written as sending, leased by `node` until `until_ms`, one attempt more."""

    async def release_deliveries(self, node: str, now_ms: int) -> int:
        """Make due what `node` has leased: for its start, before it leases anything. How many."""

    async def put_delivery(self, delivery: Delivery) -> None: ...
    async def settle_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """As `put_delivery` for each, all of which are there already and may differ in what came of them: their state,
        attempts, times, status and error."""

    async def forget_deliveries(self, before_ms: int, limit: int) -> int:
        """Delete delivered ones last changed before, longest ago first; how many."""

    async def keep_answer(self, account_id: AccountId, key: str, answer: KeptAnswer) -> None: ...
    async def forget_answers(self, before_ms: int) -> None: ...
    async def put_registration(self, registration: Registration) -> None: ...
    async def delete_registration(self, username: str, contact_uri: str) -> None: ...

    async def live_calls(self, node: str) -> list[CallLeg]: ...
    async def live_rooms(self, node: str) -> list[Room]: ...


class Store(Protocol):
    """The one place where state lives."""

    @property
    def read(self) -> Reader: ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """One writer at a time; committed on leaving the block, undone when it raises."""

    def on_commit(self, listener: Callable[[Sequence[NumberedEvent]], None]) -> None:
        """`listener` is called after each commit with the events it wrote."""

    def on_delivery(self, listener: Callable[[], None]) -> None:
        """`listener` is called after each commit that may have made a delivery due: one was made, put, or
        left its queue to the next. What another process commits is not heard of (`version` tells)."""

    def version(self) -> int:
        """Another number after every commit, whichever process made it: as long as it stays, so does every
        answer of `read`. Costs a few microseconds."""

    async def aclose(self) -> None: ...
