"""The store on a database: readers see what is committed, one writer at a time.

Puts the repositories together into the ports of `services.ports`. Two connections: one that only reads and
so never sees half a transaction, one that writes.
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.events import Event, NumberedEvent
from hubbub.domain.ids import AccountId, ApplicationId, CallId, ConferenceId
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import ConferenceQuery, Member, ParticipantQuery
from hubbub.storage.engines.connection import Connection
from hubbub.storage.repositories.accounts import Accounts
from hubbub.storage.repositories.applications import Applications
from hubbub.storage.repositories.calls import Calls
from hubbub.storage.repositories.conferences import Conferences
from hubbub.storage.repositories.events import Events
from hubbub.storage.repositories.participants import Participants
from hubbub.storage.secrets import Vault

Listener = Callable[[Sequence[NumberedEvent]], None]


class SqlReader:
    """The questions of `ports.Reader`, each answered by the repository of its noun."""

    def __init__(self, db: Connection, vault: Vault, *, writes: bool = False) -> None:
        self._accounts = Accounts(db, vault)
        self._applications = Applications(db, vault)
        self._calls = Calls(db)
        self._conferences = Conferences(db, writes=writes)
        self._participants = Participants(db)
        self._events = Events(db)

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

    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None:
        return await self._calls.get_by_given_id(account_id, given_id)

    async def conference(self, conference_id: ConferenceId) -> Conference | None:
        return await self._conferences.get(conference_id)

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


class SqlTransaction(SqlReader):
    """One open transaction of `ports.Transaction`; useless once its block is left."""

    def __init__(self, db: Connection, vault: Vault) -> None:
        super().__init__(db, vault, writes=True)
        self.written: list[NumberedEvent] = []
        """The events appended so far, with the numbers they will have."""

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

    async def put_conference(self, conference: Conference) -> None:
        await self._conferences.put(conference)

    async def put_participants(self, participants: Sequence[Participant]) -> None:
        await self._participants.put(participants)

    async def append(self, events: Sequence[Event]) -> None:
        self.written += await self._events.append(events)

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

    def on_commit(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def acquire(self) -> None:
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise RuntimeError("this task is in a transaction already: it would wait for itself for ever")
        await self._lock.acquire()
        self._owner = task

    def release(self) -> None:
        self._owner = None
        self._lock.release()

    def announce(self, events: Sequence[NumberedEvent]) -> None:
        """Tell every listener, before the next writer begins: they hear of events in their order."""
        for listener in self._listeners:
            try:
                listener(events)
            except Exception as error:  # a listener's bug must not look like a failed commit
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a listener failed on committed events", "exception": error}
                )


class SqlTransactionBlock:
    """`async with store.transaction() as tx`: commit on leaving, roll back when the block raises."""

    __slots__ = ("_lock", "_transaction", "_vault", "_writer")

    def __init__(self, writer: Writer, lock: WriteLock, vault: Vault) -> None:
        self._writer = writer
        self._lock = lock
        self._vault = vault
        self._transaction: SqlTransaction | None = None

    async def __aenter__(self) -> SqlTransaction:
        await self._lock.acquire()
        try:
            connection = await self._writer.begin()
        except BaseException:
            self._lock.release()
            raise
        self._transaction = SqlTransaction(connection, self._vault)
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
            if transaction.written:
                self._lock.announce(transaction.written)
        finally:
            self._lock.release()
