"""A store of plain lists, for dialect tests: what the Reader port promises, and nothing clever."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import ConferenceQuery, Member, ParticipantQuery


def page_of(rows: list[Any], keys: list[tuple[int, str]], page: PageRequest) -> Page[Any]:
    """`rows` in ascending order of `keys`, cut as asked."""
    order = sorted(zip(keys, rows, strict=True), key=lambda pair: pair[0], reverse=page.descending)
    sign = -1 if page.descending else 1

    def behind(key: tuple[int, str], cursor: tuple[int, str]) -> bool:
        return (key > cursor) if sign == 1 else (key < cursor)

    start, stop = page.offset, page.offset + page.size
    if page.after is not None:
        start = sum(not behind(key, tuple(page.after)) for key, _ in order)
        stop = start + page.size
    elif page.before is not None:
        stop = sum(behind(tuple(page.before), key) for key, _ in order)
        start = max(0, stop - page.size)
    total = None if page.total_limit is None else min(len(order), page.total_limit)
    items = [row for _, row in order[start:stop]]
    return Page(items, stop < len(order), start > 0, total)


class TinyStore:
    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._secrets: dict[tuple[CredentialKind, str], tuple[Credential, str]] = {}
        self._roles: dict[str, Role] = {}
        self._calls: dict[str, CallLeg] = {}
        self._conferences: dict[str, Conference] = {}
        self._participants: list[Participant] = []

    @property
    def read(self) -> "TinyStore":
        return self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["TinyStore"]:
        yield self

    async def put_account(self, account: Account) -> None:
        self._accounts[account.id] = account

    async def put_credential(self, credential: Credential, secret: str) -> None:
        self._secrets[credential.kind, credential.username] = (credential, secret)

    async def put_role(self, role: Role) -> None:
        self._roles[role.name] = role

    async def put_call(self, call: CallLeg) -> None:
        self._calls[call.id] = call

    async def put_conference(self, conference: Conference) -> None:
        self._conferences[conference.id] = conference

    async def put_participants(self, participants: Sequence[Participant]) -> None:
        for each in participants:
            kept = [
                p
                for p in self._participants
                if (p.conference_id, p.call_id) != (each.conference_id, each.call_id)
            ]
            self._participants = [*kept, each]

    async def account(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    async def role(self, name: str) -> Role | None:
        return self._roles.get(name)

    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        credential, right = self._secrets.get((kind, username), (None, None))
        return credential if right == secret else None

    async def call(self, call_id: str) -> CallLeg | None:
        return self._calls.get(call_id)

    async def call_by_given_id(self, account_id: str, given_id: str) -> CallLeg | None:
        for call in self._calls.values():
            if call.account_id == account_id and call.given_id == given_id:
                return call
        return None

    async def conference(self, conference_id: str) -> Conference | None:
        return self._conferences.get(conference_id)

    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        rows = [
            c
            for c in self._conferences.values()
            if c.account_id == query.account_id
            and (query.phases is None or c.phase in query.phases)
            and (query.name is None or c.name == query.name)
            and (query.created_from_ms or 0) <= c.created_at_ms
            and (query.created_until_ms is None or c.created_at_ms <= query.created_until_ms)
            and (query.updated_from_ms or 0) <= c.updated_at_ms
            and (query.updated_until_ms is None or c.updated_at_ms <= query.updated_until_ms)
        ]
        return page_of(rows, [(c.created_at_ms, c.id) for c in rows], page)

    def _members(self, conference_id: str) -> list[Member]:
        return [
            Member(p, self._calls[p.call_id]) for p in self._participants if p.conference_id == conference_id
        ]

    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        rows = [
            m
            for m in self._members(query.conference_id)
            if m.participant.is_present
            and query.muted in (None, m.participant.muted)
            and query.held in (None, m.participant.held)
            and query.coaching in (None, m.participant.coaching)
        ]
        return page_of(rows, [(m.participant.joined_at_ms, m.participant.call_id) for m in rows], page)

    async def member(self, conference_id: str, call_id: str) -> Member | None:
        for member in self._members(conference_id):
            if member.participant.call_id == call_id:
                return member
        return None

    async def member_by_label(self, conference_id: str, label: str) -> Member | None:
        for member in self._members(conference_id):
            if member.participant.label == label and member.participant.is_present:
                return member
        return None
