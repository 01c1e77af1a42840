"""The store in memory: for tests of use cases, where a file would only be in the way.

A verified fake: the suite in tests/storage runs against it and against the databases, and both must answer
alike. It keeps dictionaries, looks through them all, and copies a table before the first change in a
transaction; nobody should serve calls from it.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import TypeVar

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.errors import NameTaken
from hubbub.domain.events import Event, NumberedEvent
from hubbub.domain.ids import AccountId, ApplicationId, CallId, ConferenceId
from hubbub.domain.paging import Cursor, Page, PageRequest
from hubbub.domain.queries import ConferenceQuery, Member, ParticipantQuery, matches_like
from hubbub.services.ports import Reader, Transaction
from hubbub.storage.repositories.participants import check
from hubbub.storage.unit_of_work import WriteLock

T = TypeVar("T")
Stay = tuple[ConferenceId, CallId, int]


class _Secret:
    """A secret that no repr shows."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "_Secret(…)"


@dataclass(repr=False)
class _Tables:
    accounts: dict[AccountId, Account] = field(default_factory=dict)
    credentials: dict[str, tuple[Credential, _Secret]] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    applications: dict[ApplicationId, Application] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    trunks: dict[str, tuple[Trunk, _Secret | None]] = field(default_factory=dict)
    calls: dict[CallId, CallLeg] = field(default_factory=dict)
    conferences: dict[ConferenceId, Conference] = field(default_factory=dict)
    participants: dict[Stay, Participant] = field(default_factory=dict)
    events: dict[int, NumberedEvent] = field(default_factory=dict)

    def copied(self) -> "_Tables":
        return _Tables(*(dict(getattr(self, table.name)) for table in fields(self)))


class MemoryReader:
    """`ports.Reader` over dictionaries."""

    def __init__(self, tables: Callable[[], _Tables]) -> None:
        self._tables = tables

    async def account(self, account_id: AccountId) -> Account | None:
        return self._tables().accounts.get(account_id)

    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None:
        return _first(a for a in await self.accounts() if a.bandwidth_id == bandwidth_id)

    async def account_by_email(self, email: str) -> Account | None:
        return _first(a for a in await self.accounts() if a.email == email)

    async def account_by_friendly_name(self, name: str) -> Account | None:
        return _first(a for a in await self.accounts() if a.friendly_name == name)

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
        return _first(c for c in found if (c.kind, c.username) == (kind, username))

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
        return _first(n for n in self._tables().numbers.values() if n.address == address)

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

    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None:
        calls = self._tables().calls.values()
        return _first(c for c in calls if (c.account_id, c.given_id) == (account_id, given_id))

    async def conference(self, conference_id: ConferenceId) -> Conference | None:
        return self._tables().conferences.get(conference_id)

    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        rows = [c for c in self._tables().conferences.values() if _asked_for(query, c)]
        return _page(rows, page, lambda c: Cursor(c.created_at_ms, c.id))

    async def live_conference(self, account_id: AccountId, name: str) -> Conference | None:
        conferences = self._tables().conferences.values()
        return _first(c for c in conferences if c.is_live and (c.account_id, c.name) == (account_id, name))

    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        calls = self._tables().calls
        rows = [
            Member(p, calls[p.call_id])
            for p in _present(self._tables(), query.conference_id)
            if p.call_id in calls
            and query.muted in (None, p.muted)
            and query.held in (None, p.held)
            and query.coaching in (None, p.coaching)
        ]
        return _page(rows, page, lambda m: Cursor(m.participant.joined_at_ms, m.participant.call_id))

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
        return _first(
            Member(p, calls[p.call_id])
            for p in _present(self._tables(), conference_id)
            if p.label == label and p.call_id in calls
        )

    async def room(self, conference_id: ConferenceId) -> Room | None:
        conference = self._tables().conferences.get(conference_id)
        if conference is None:
            return None
        return Room(conference, _present(self._tables(), conference_id))

    async def events(
        self, after: int, limit: int, conference_id: ConferenceId | None = None
    ) -> list[NumberedEvent]:
        found = (
            entry
            for number, entry in self._tables().events.items()
            if number > after and conference_id in (None, entry.event.conference_id)
        )
        return [entry for entry, _ in zip(found, range(limit), strict=False)]


class MemoryTransaction(MemoryReader):
    """`ports.Transaction` on copies of the dictionaries."""

    def __init__(self, tables: _Tables) -> None:
        super().__init__(self._open_tables)
        self._copy: _Tables | None = tables
        self.written: list[NumberedEvent] = []

    def _open_tables(self) -> _Tables:
        if self._copy is None:
            raise RuntimeError("the transaction is over")
        return self._copy

    def close(self) -> _Tables:
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
        self._tables().credentials[credential.id] = (credential, _Secret(secret))

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
        self._tables().trunks[trunk.id] = (trunk, None if password is None else _Secret(password))

    async def put_call(self, call: CallLeg) -> None:
        if call.given_id is not None:
            other = await self.call_by_given_id(call.account_id, call.given_id)
            if other is not None and other.id != call.id:
                raise NameTaken("another call has this given id")
        self._tables().calls[call.id] = call

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
        for event in events:
            own = None
            if event.conference_id is not None:
                own = 1 + sum(e.event.conference_id == event.conference_id for e in log.values())
            entry = NumberedEvent(len(log) + 1, own, event)
            log[entry.number] = entry
            self.written.append(entry)

    async def live_calls(self, node: str) -> list[CallLeg]:
        found = (c for c in self._tables().calls.values() if c.node == node and not c.status.is_final)
        return sorted(found, key=lambda c: (c.created_at_ms, c.id))

    async def live_rooms(self, node: str) -> list[Room]:
        found = (c for c in self._tables().conferences.values() if c.node == node and c.is_live)
        return [
            Room(c, _present(self._tables(), c.id))
            for c in sorted(found, key=lambda c: (c.created_at_ms, c.id))
        ]


class MemoryStore:
    """`ports.Store` without a database."""

    def __init__(self) -> None:
        self._tables = _Tables()
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

    async def aclose(self) -> None:
        """Nothing to close."""

    async def begin(self) -> MemoryTransaction:
        """Wait for the writer's place; used by `transaction`."""
        await self._lock.acquire()
        return MemoryTransaction(self._tables.copied())

    def end(self, transaction: MemoryTransaction, *, commit: bool) -> None:
        """Keep or drop what the transaction did; used by `transaction`."""
        try:
            tables = transaction.close()
            if commit:
                self._tables = tables
                self._version += 1
                if transaction.written:
                    self._lock.announce(transaction.written)
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


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)


def _present(tables: _Tables, conference_id: ConferenceId) -> tuple[Participant, ...]:
    found = (p for p in tables.participants.values() if p.conference_id == conference_id and p.is_present)
    return tuple(sorted(found, key=lambda p: (p.joined_at_ms, p.call_id)))


def _asked_for(query: ConferenceQuery, conference: Conference) -> bool:
    return (
        conference.account_id == query.account_id
        and (query.phases is None or conference.phase in query.phases)
        and query.name in (None, conference.name)
        and (query.name_like is None or matches_like(query.name_like, conference.name))
        and (query.created_from_ms is None or conference.created_at_ms >= query.created_from_ms)
        and (query.created_until_ms is None or conference.created_at_ms <= query.created_until_ms)
        and (query.updated_from_ms is None or conference.updated_at_ms >= query.updated_from_ms)
        and (query.updated_until_ms is None or conference.updated_at_ms <= query.updated_until_ms)
    )


def _page(rows: list[T], page: PageRequest, cursor_of: Callable[[T], Cursor]) -> Page[T]:
    check(page)
    rows.sort(key=cursor_of, reverse=page.descending)
    total = None if page.total_limit is None else min(len(rows), page.total_limit)
    start, stop = page.offset, page.offset + page.size
    if page.after is not None:
        after = page.after
        start = sum(
            1 for row in rows if (cursor_of(row) <= after) is not page.descending or cursor_of(row) == after
        )
        stop = start + page.size
    elif page.before is not None:
        before = page.before
        stop = sum(
            1 for row in rows if (cursor_of(row) < before) is not page.descending and cursor_of(row) != before
        )
        start = max(0, stop - page.size)
    return Page(rows[start:stop], stop < len(rows), start > 0 and len(rows) > 0, total)
