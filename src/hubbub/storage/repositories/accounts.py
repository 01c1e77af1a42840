"""Accounts, their credentials and roles, as rows."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hubbub.domain.account import Account, AccountStatus, Credential, CredentialKind, Role
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.secrets import Vault

_STATUS: Final = {status.value: status for status in AccountStatus}


class Accounts:
    """Reads and writes accounts, credentials and roles."""

    __slots__ = ("_db", "_vault")

    def __init__(self, db: Connection, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def find(self, statement: str, key: str) -> Account | None:
        """The account that `get_account…` finds by `key`."""
        row = await self._db.one(statement, (key,))
        return None if row is None else _account(row)

    async def all(self) -> list[Account]:
        return [_account(row) for row in await self._db.all("list_accounts")]

    async def put(self, account: Account) -> None:
        await self._db.run("put_account", account)

    async def role(self, name: str) -> Role | None:
        row = await self._db.one("get_role", (name,))
        return None if row is None else Role(row[0], from_list(row[1]))

    async def put_role(self, role: Role) -> None:
        await self._db.run("put_role", (role.name, as_list(role.permissions)))

    async def verify(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        row = await self._db.one("get_credential", (kind, username))
        # Compared also when nobody has the name, so that the time does not tell.
        matches = self._vault.matches(row[6] if row else None, kind, username, secret)
        return _credential(row, kind) if row is not None and matches else None

    async def credential(self, kind: CredentialKind, username: str) -> Credential | None:
        row = await self._db.one("get_credential", (kind, username))
        return None if row is None else _credential(row, kind)

    async def signing_secret(self, account_id: str) -> str | None:
        row = await self._db.one("get_sealed_secret", (CredentialKind.AUTH_TOKEN, account_id))
        if row is None or row[0] is None:
            return None
        return self._vault.open(row[0], _context(CredentialKind.AUTH_TOKEN, account_id))

    async def put_credential(self, credential: Credential, secret: str) -> None:
        kind, username = credential.kind, credential.username
        sealed = None
        if kind is CredentialKind.AUTH_TOKEN:
            sealed = self._vault.seal(secret, _context(kind, username))
        values = (
            credential.id,
            credential.account_id,
            kind,
            username,
            as_list(credential.permissions),
            credential.created_at_ms,
            self._vault.digest(kind, username, secret),
            sealed,
        )
        await self._db.run("put_credential", values)


def as_list(values: Sequence[str] | Sequence[int]) -> str:
    """A JSON array."""
    return msgspec.json.encode(values).decode()


def from_list(text: str) -> tuple[str, ...]:
    """What `as_list` wrote."""
    return msgspec.json.decode(text, type=tuple[str, ...])


def _context(kind: str, username: str) -> str:
    return f"credential {kind} {username}"


def _credential(row: Row, kind: CredentialKind) -> Credential:
    return Credential(row[0], row[1], kind, row[3], from_list(row[4]), row[5])


def _account(row: Row) -> Account:
    values: list[Any] = list(row)
    values[4] = _STATUS[values[4]]
    return Account._make(values)
