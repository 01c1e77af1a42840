"""A store of dictionaries, as far as the read surface needs one."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hubbub.dialects.restcomm.filters import like
from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import ConferenceQuery, Member, ParticipantQuery


class FakeStore:
    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._secrets: dict[tuple[CredentialKind, str], tuple[Credential, str]] = {}
        self._roles: dict[str, Role] = {}
        self._calls: dict[str, CallLeg] = {}
        self._conferences: dict[str, Conference] = {}
        self._participants: list[Participant] = []

    @property
    def read(self) -> "FakeStore":
        return self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["FakeStore"]:
        yield self

    async def put_account(self, account: Account) -> None:
        self._accounts[account.id] = account

    async def put_credential(self, credential: Credential, secret: str) -> None:
        self._secrets[credential.kind, credential.username] = credential, secret

    async def put_role(self, role: Role) -> None:
        self._roles[role.name] = role

    async def put_call(self, call: CallLeg) -> None:
        self._calls[call.id] = call

    async def put_conference(self, conference: Conference) -> None:
        self._conferences[conference.id] = conference

    async def put_participants(self, participants: Sequence[Participant]) -> None:
        for new in participants:
            key = new.conference_id, new.call_id, new.joined_at_ms
            self._participants = [
                old for old in self._participants if (old.conference_id, old.call_id, old.joined_at_ms) != key
            ]
            self._participants.append(new)

    async def account(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None:
        return _only(a for a in self._accounts.values() if a.bandwidth_id == bandwidth_id)

    async def account_by_email(self, email: str) -> Account | None:
        return _only(a for a in self._accounts.values() if a.email == email)

    async def account_by_friendly_name(self, name: str) -> Account | None:
        return _only(a for a in self._accounts.values() if a.friendly_name == name)

    async def role(self, name: str) -> Role | None:
        return self._roles.get(name)

    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        credential, kept = self._secrets.get((kind, username), (None, None))
        return credential if kept == secret else None

    async def signing_secret(self, account_id: str) -> str | None:
        kept = self._secrets.get((CredentialKind.AUTH_TOKEN, account_id))
        return None if kept is None else kept[1]

    async def call(self, call_id: str) -> CallLeg | None:
        return self._calls.get(call_id)

    async def call_by_given_id(self, account_id: str, given_id: str) -> CallLeg | None:
        return _only(c for c in self._calls.values() if c.account_id == account_id and c.given_id == given_id)

    async def conference(self, conference_id: str) -> Conference | None:
        return self._conferences.get(conference_id)

    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        rows = sorted(
            (c for c in self._conferences.values() if _matches(c, query)),
            key=lambda c: (c.created_at_ms, c.id),
        )
        return _page(rows, [(c.created_at_ms, c.id) for c in rows], page)

    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        rows = sorted(
            (p for p in self._participants if p.conference_id == query.conference_id and p.is_present),
            key=lambda p: (p.joined_at_ms, p.call_id),
        )
        members = [Member(p, self._calls[p.call_id]) for p in rows]
        return _page(members, [(p.joined_at_ms, p.call_id) for p in rows], page)

    async def member(self, conference_id: str, call_id: str) -> Member | None:
        found = [p for p in self._participants if (p.conference_id, p.call_id) == (conference_id, call_id)]
        if not found:
            return None
        return Member(max(found, key=lambda p: p.joined_at_ms), self._calls[call_id])

    async def room(self, conference_id: str) -> Room | None:
        conference = self._conferences.get(conference_id)
        if conference is None:
            return None
        inside = [p for p in self._participants if p.conference_id == conference_id and p.is_present]
        return Room(conference, tuple(sorted(inside, key=lambda p: (p.joined_at_ms, p.call_id))))


def _matches(row: Conference, query: ConferenceQuery) -> bool:
    return (
        row.account_id == query.account_id
        and (query.phases is None or row.phase in query.phases)
        and (query.name is None or row.name == query.name)
        and (query.name_like is None or like(query.name_like, row.name))
        and (query.created_from_ms is None or row.created_at_ms >= query.created_from_ms)
        and (query.created_until_ms is None or row.created_at_ms <= query.created_until_ms)
        and (query.updated_from_ms is None or row.updated_at_ms >= query.updated_from_ms)
        and (query.updated_until_ms is None or row.updated_at_ms <= query.updated_until_ms)
    )


def _page(rows: list[Any], keys: list[tuple[int, str]], page: PageRequest) -> Page[Any]:
    kept = [row for row, key in zip(rows, keys, strict=True) if page.after is None or key > page.after]
    kept = kept[page.offset :]
    total = None if page.total_limit is None else min(len(rows), page.total_limit)
    return Page(kept[: page.size], len(kept) > page.size, len(kept) < len(rows), total)


def _only(rows: Iterable[Any]) -> Any:
    return next(iter(rows), None)
