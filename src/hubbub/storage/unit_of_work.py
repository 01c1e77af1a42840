"""The store on a database: readers see what is committed, one writer at a time.

Adds the writes of `ports.Transaction` to the questions of `reader`. Two connections: one that only reads and
so never sees half a transaction, one that writes.
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol

from hubbub.domain.account import Account, Credential, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, Subscription
from hubbub.domain.events import Event, NumberedEvent
from hubbub.domain.ids import AccountId, CallId, RecordingId
from hubbub.domain.recording import Recording
from hubbub.services.ports import Entropy, KeptAnswer, Registration
from hubbub.storage.engines.connection import Connection
from hubbub.storage.reader import SqlReader
from hubbub.storage.secrets import Vault

Listener = Callable[[Sequence[NumberedEvent]], None]


class SqlTransaction(SqlReader):
    """One open transaction of `ports.Transaction`; useless once its block is left."""

    def __init__(self, db: Connection, vault: Vault, entropy: Entropy) -> None:
        super().__init__(db, vault, entropy, writes=True)
        self.written: list[NumberedEvent] = []
        """The events appended so far, with the numbers they will have."""
        self.deliveries_written = False

    async def finish(self) -> None:
        """Write what was kept for the end; the last thing before a commit."""
        await self._conferences.flush()

    async def put_account(self, account: Account) -> None:
        await self._accounts.put(account)

    async def put_credential(self, credential: Credential, secret: str) -> None:
        await self._accounts.put_credential(credential, secret)

    async def put_role(self, role: Role) -> None:
        await self._accounts.put_role(role)

    async def put_application(self, application: Application) -> None:
        await self._applications.put(application)

    async def put_number(self, number: Number) -> None:
        await self._applications.put_number(number)

    async def put_trunk(self, trunk: Trunk, password: str | None) -> None:
        await self._applications.put_trunk(trunk, password)

    async def put_call(self, call: CallLeg) -> None:
        await self._calls.put(call)

    async def move_call(self, call: CallLeg, before: CallLeg | None = None) -> None:
        await self._calls.move(call, before)

    async def put_conference(self, conference: Conference) -> None:
        await self._conferences.put(conference)

    async def put_participants(self, participants: Sequence[Participant]) -> None:
        await self._participants.put(participants)

    async def append(self, events: Sequence[Event]) -> None:
        numbered = await self._events.append(events)
        self.written += numbered
        if await self._deliveries.make(numbered):
            self.deliveries_written = True

    async def delete_call(self, call_id: CallId) -> None:
        await self._calls.delete(call_id)

    async def put_recording(self, recording: Recording) -> None:
        await self._recordings.put(recording)

    async def delete_recording(self, recording_id: RecordingId) -> None:
        await self._recordings.delete(recording_id)

    async def open_recordings(self, node: str) -> list[Recording]:
        return await self._recordings.open_on(node)

    async def put_subscription(self, subscription: Subscription) -> None:
        await self._subscriptions.put(subscription)

    async def delete_subscriptions(self, subject_id: str, purpose: str | None = None) -> None:
        await self._subscriptions.end(subject_id, purpose)

    async def lease_deliveries(
        self, now_ms: int, until_ms: int, limit: int, node: str | None = None
    ) -> list[Delivery]:
        return await self._deliveries.lease(now_ms, until_ms, limit, node)

    async def release_deliveries(self, node: str, now_ms: int) -> int:
        released = await self._deliveries.release(node, now_ms)
        self.deliveries_written = self.deliveries_written or released > 0
        return released

    async def put_delivery(self, delivery: Delivery) -> None:
        await self._deliveries.put(delivery)
        self.deliveries_written = True

    async def settle_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        await self._deliveries.settle(deliveries)
        self.deliveries_written = True

    async def forget_deliveries(self, before_ms: int, limit: int) -> int:
        return await self._deliveries.forget(before_ms, limit)

    async def keep_answer(self, account_id: AccountId, key: str, answer: KeptAnswer) -> None:
        await self._kept_answers.keep(account_id, key, answer)

    async def forget_answers(self, before_ms: int) -> None:
        await self._kept_answers.forget(before_ms)

    async def put_registration(self, registration: Registration) -> None:
        await self._registrations.put(registration)

    async def delete_registration(self, username: str, contact_uri: str) -> None:
        await self._registrations.delete(username, contact_uri)

    async def live_calls(self, node: str) -> list[CallLeg]:
        return await self._calls.live(node)

    async def live_rooms(self, node: str) -> list[Room]:
        return [
            Room(conference, await self._participants.present(conference.id))
            for conference in await self._conferences.live_on(node)
        ]


class Writer(Protocol):
    """A connection that can hold a transaction."""

    async def begin(self) -> Connection:
        """Open the transaction. What is returned works until it is over."""

    async def commit(self) -> None: ...
    async def roll_back(self) -> None: ...


class WriteLock:
    """One writer at a time in this process, in order of asking; and who hears of what was committed."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None
        self._listeners: list[Listener] = []
        self._delivery_listeners: list[Callable[[], None]] = []

    def on_commit(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def on_delivery(self, listener: Callable[[], None]) -> None:
        self._delivery_listeners.append(listener)

    async def acquire(self) -> None:
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise RuntimeError("this task is in a transaction already: it would wait for itself for ever")
        await self._lock.acquire()
        self._owner = task

    def release(self) -> None:
        self._owner = None
        self._lock.release()

    def announce(self, events: Sequence[NumberedEvent], *, deliveries_written: bool) -> None:
        """Tell every listener, before the next writer begins: they hear of events in their order."""
        if events:
            for listener in self._listeners:
                _tell(listener, events)
        if deliveries_written:
            for wake in self._delivery_listeners:
                _tell(wake)


def _tell(listener: Callable[..., None], *values: object) -> None:
    try:
        listener(*values)
    except Exception as error:  # a listener's bug must not look like a failed commit
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a listener failed on committed events", "exception": error}
        )


class SqlTransactionBlock:
    """`async with store.transaction() as tx`: commit on leaving, roll back when the block raises."""

    __slots__ = ("_entropy", "_lock", "_transaction", "_vault", "_writer")

    def __init__(self, writer: Writer, lock: WriteLock, vault: Vault, entropy: Entropy) -> None:
        self._writer = writer
        self._lock = lock
        self._vault = vault
        self._entropy = entropy
        self._transaction: SqlTransaction | None = None

    async def __aenter__(self) -> SqlTransaction:
        await self._lock.acquire()
        try:
            connection = await self._writer.begin()
        except BaseException:
            self._lock.release()
            raise
        self._transaction = SqlTransaction(connection, self._vault, self._entropy)
        return self._transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        transaction, self._transaction = self._transaction, None
        assert transaction is not None
        try:
            if kind is not None:
                await self._writer.roll_back()
                return
            try:
                await transaction.finish()
                await self._writer.commit()
            except BaseException:
                await self._writer.roll_back()
                raise
            self._lock.announce(transaction.written, deliveries_written=transaction.deliveries_written)
        finally:
            self._lock.release()
