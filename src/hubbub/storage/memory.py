"""The store in memory: for tests of use cases, where a file would only be in the way.

A verified fake: the suite in tests/storage runs against it and against the databases, and both must answer
alike. It keeps dictionaries, looks through them all, and copies a table before the first change in a
transaction; nobody should serve calls from it. `memory_reader` answers its questions.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Final

from hubbub.domain.account import Account, Credential, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription, queue_of
from hubbub.domain.errors import NameTaken
from hubbub.domain.events import Event, NumberedEvent
from hubbub.domain.ids import AccountId, CallId, RecordingId
from hubbub.domain.recording import Recording, RecordingState
from hubbub.services.ports import Entropy, KeptAnswer, Reader, Registration, Transaction
from hubbub.storage.memory_reader import Followed, MemoryReader, Secret, Tables, present, ready_of
from hubbub.storage.repositories.deliveries import leased, made_of
from hubbub.storage.repositories.subscriptions import Follower
from hubbub.storage.unit_of_work import WriteLock

UNFINISHED: Final = frozenset({RecordingState.IN_PROGRESS, RecordingState.PAUSED, RecordingState.PROCESSING})


class MemoryTransaction(MemoryReader):
    """`ports.Transaction` on copies of the dictionaries."""

    def __init__(self, tables: Tables, entropy: Entropy) -> None:
        super().__init__(self._open_tables)
        self._copy: Tables | None = tables
        self._entropy = entropy
        self.written: list[NumberedEvent] = []
        self.deliveries_written = False

    def _open_tables(self) -> Tables:
        if self._copy is None:
            raise RuntimeError("the transaction is over")
        return self._copy

    def close(self) -> Tables:
        """The tables as they are now; later use of the transaction raises."""
        tables = self._open_tables()
        self._copy = None
        return tables

    async def put_account(self, account: Account) -> None:
        for other in self._tables().accounts.values():
            if other.bandwidth_id == account.bandwidth_id and other.id != account.id:
                raise NameTaken("another account has this number")
        self._tables().accounts[account.id] = account

    async def put_credential(self, credential: Credential, secret: str) -> None:
        for other, _ in self._tables().credentials.values():
            same = (other.kind, other.username) == (credential.kind, credential.username)
            if same and other.id != credential.id:
                raise NameTaken("another credential has this user name")
        self._tables().credentials[credential.id] = (credential, Secret(secret))

    async def put_role(self, role: Role) -> None:
        self._tables().roles[role.name] = role

    async def put_application(self, application: Application) -> None:
        self._tables().applications[application.id] = application

    async def put_number(self, number: Number) -> None:
        for other in self._tables().numbers.values():
            if other.address == number.address and other.id != number.id:
                raise NameTaken("another number has this address")
        self._tables().numbers[number.id] = number

    async def put_trunk(self, trunk: Trunk, password: str | None) -> None:
        for other, _ in self._tables().trunks.values():
            if trunk.username is not None and other.username == trunk.username and other.id != trunk.id:
                raise NameTaken("another trunk has this user name")
        self._tables().trunks[trunk.id] = (trunk, None if password is None else Secret(password))

    async def put_call(self, call: CallLeg) -> None:
        if call.given_id is not None:
            other = await self.call_by_given_id(call.account_id, call.given_id)
            if other is not None and other.id != call.id:
                raise NameTaken("another call has this given id")
        self._tables().calls[call.id] = call

    async def move_call(self, call: CallLeg, before: CallLeg | None = None) -> None:
        there = self._tables().calls.get(call.id)
        if there is None:
            return
        self._tables().calls[call.id] = there._replace(
            conference_id=call.conference_id,
            status=call.status,
            updated_at_ms=call.updated_at_ms,
            answered_at_ms=call.answered_at_ms,
            ended_at_ms=call.ended_at_ms,
            hangup_cause=call.hangup_cause,
            sip_status=call.sip_status,
            tag=call.tag,
            placed_at_ms=call.placed_at_ms,
        )

    async def put_conference(self, conference: Conference) -> None:
        if conference.is_live:
            other = await self.live_conference(conference.account_id, conference.name)
            if other is not None and other.id != conference.id:
                raise NameTaken("another live conference has this name")

        self._tables().conferences[conference.id] = conference

    async def put_participants(self, participants: Sequence[Participant]) -> None:
        for p in participants:
            self._tables().participants[p.conference_id, p.call_id, p.joined_at_ms] = p

    async def append(self, events: Sequence[Event]) -> None:
        log = self._tables().events
        numbered = []
        for event in events:
            own = None
            if event.conference_id is not None:
                own = 1 + sum(e.event.conference_id == event.conference_id for e in log.values())
            entry = NumberedEvent(len(log) + 1, own, event)
            log[entry.number] = entry
            numbered.append(entry)
        self.written += numbered
        self._make_deliveries(numbered)

    def _make_deliveries(self, events: Sequence[NumberedEvent]) -> None:
        tables = self._tables()
        followers = [
            Follower(
                own_id,
                f.subscription.account_id,
                f.subscription.subject_id,
                f.subscription.kinds,
                f.next_sequence,
                queue_of(f.subscription.subject_id, f.subscription.target.url),
            )
            for own_id, f in tables.subscriptions.items()
            if not f.ended
        ]
        made, sequences = made_of(events, followers, self._entropy)
        for delivery in made:
            tables.deliveries[delivery.id] = delivery
            self.deliveries_written = True
        for own_id, number in sequences.items():
            tables.subscriptions[own_id] = tables.subscriptions[own_id]._replace(next_sequence=number)

    async def delete_call(self, call_id: CallId) -> None:
        self._tables().calls.pop(call_id, None)

    async def put_recording(self, recording: Recording) -> None:
        self._tables().recordings[recording.id] = recording

    async def delete_recording(self, recording_id: RecordingId) -> None:
        self._tables().recordings.pop(recording_id, None)

    async def open_recordings(self, node: str) -> list[Recording]:
        found = (r for r in self._tables().recordings.values() if r.node == node and r.state in UNFINISHED)
        return sorted(found, key=lambda r: (r.created_at_ms, r.id))

    async def put_subscription(self, subscription: Subscription) -> None:
        before = self._tables().subscriptions.get(subscription.id, Followed(subscription))
        self._tables().subscriptions[subscription.id] = Followed(subscription, before.next_sequence)

    async def delete_subscriptions(self, subject_id: str, purpose: str | None = None) -> None:
        subscriptions = self._tables().subscriptions
        for own_id, followed in subscriptions.items():
            subscription = followed.subscription
            if subscription.subject_id == subject_id and purpose in (None, subscription.purpose):
                subscriptions[own_id] = followed._replace(ended=True)
        self._forget_subscriptions()

    def _forget_subscriptions(self) -> None:
        needed = {d.subscription_id for d in self._tables().deliveries.values()}
        subscriptions = self._tables().subscriptions
        for own_id in [own_id for own_id, f in subscriptions.items() if f.ended and own_id not in needed]:
            del subscriptions[own_id]

    async def lease_deliveries(
        self, now_ms: int, until_ms: int, limit: int, node: str | None = None
    ) -> list[Delivery]:
        ready = sorted(entry for entry in ready_of(self._tables()) if entry[0] <= now_ms)
        taken = [leased(delivery, now_ms, until_ms, node) for *_, delivery in ready[:limit]]
        self._tables().deliveries.update((each.id, each) for each in taken)
        return taken

    async def release_deliveries(self, node: str, now_ms: int) -> int:
        deliveries = self._tables().deliveries
        released = [
            d._replace(state=DeliveryState.DUE, leased_until_ms=None, updated_at_ms=now_ms)
            for d in deliveries.values()
            if d.state is DeliveryState.SENDING and d.leased_by == node
        ]
        deliveries.update((each.id, each) for each in released)
        self.deliveries_written = self.deliveries_written or bool(released)
        return len(released)

    async def put_delivery(self, delivery: Delivery) -> None:
        self._tables().deliveries[delivery.id] = delivery
        self.deliveries_written = True

    async def settle_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            await self.put_delivery(delivery)

    async def forget_deliveries(self, before_ms: int, limit: int) -> int:
        deliveries = self._tables().deliveries
        old = [
            d
            for d in deliveries.values()
            if d.state is DeliveryState.DELIVERED and d.updated_at_ms < before_ms
        ]
        old.sort(key=lambda d: d.updated_at_ms)
        for delivery in old[:limit]:
            del deliveries[delivery.id]
        self._forget_subscriptions()
        return len(old[:limit])

    async def keep_answer(self, account_id: AccountId, key: str, answer: KeptAnswer) -> None:
        self._tables().kept_answers[account_id, key] = answer

    async def forget_answers(self, before_ms: int) -> None:
        kept = self._tables().kept_answers
        for key in [key for key, answer in kept.items() if answer.kept_at_ms < before_ms]:
            del kept[key]

    async def put_registration(self, registration: Registration) -> None:
        self._tables().registrations[registration.username, registration.contact_uri] = registration

    async def delete_registration(self, username: str, contact_uri: str) -> None:
        self._tables().registrations.pop((username, contact_uri), None)

    async def live_calls(self, node: str) -> list[CallLeg]:
        found = (c for c in self._tables().calls.values() if c.node == node and c.ended_at_ms is None)
        return sorted(found, key=lambda c: (c.created_at_ms, c.id))

    async def live_rooms(self, node: str) -> list[Room]:
        found = (c for c in self._tables().conferences.values() if c.node == node and c.is_live)
        return [
            Room(c, present(self._tables(), c.id))
            for c in sorted(found, key=lambda c: (c.created_at_ms, c.id))
        ]


class MemoryStore:
    """`ports.Store` without a database."""

    def __init__(self, entropy: Entropy | None = None) -> None:
        """Without `entropy`, deliveries have their numbers as ids and tokens."""
        self._entropy = entropy or _Numbers()
        self._tables = Tables()
        self._reader = MemoryReader(lambda: self._tables)
        self._lock = WriteLock()
        self._version = 0

    @property
    def read(self) -> Reader:
        return self._reader

    def version(self) -> int:
        return self._version

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return _Block(self)

    def on_commit(self, listener: Callable[[Sequence[NumberedEvent]], None]) -> None:
        self._lock.on_commit(listener)

    def on_delivery(self, listener: Callable[[], None]) -> None:
        self._lock.on_delivery(listener)

    async def aclose(self) -> None:
        """Nothing to close."""

    async def begin(self) -> MemoryTransaction:
        """Wait for the writer's place; used by `transaction`."""
        await self._lock.acquire()
        return MemoryTransaction(self._tables.copied(), self._entropy)

    def end(self, transaction: MemoryTransaction, *, commit: bool) -> None:
        """Keep or drop what the transaction did; used by `transaction`."""
        try:
            tables = transaction.close()
            if commit:
                self._tables = tables
                self._version += 1
                self._lock.announce(transaction.written, deliveries_written=transaction.deliveries_written)
        finally:
            self._lock.release()


class _Block:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def __aenter__(self) -> MemoryTransaction:
        self._transaction = await self._store.begin()
        return self._transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.end(self._transaction, commit=kind is None)


class _Numbers:
    """`ports.Entropy` that counts."""

    def __init__(self) -> None:
        self._last = 0

    def id(self) -> str:
        return self.token(32)

    def token(self, size: int) -> str:
        self._last += 1
        return f"{self._last:0{size}x}"

    def random(self) -> float:
        return 0.5
