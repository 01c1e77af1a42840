"""Accounts, credentials, roles: who owns what, and who may do what.

Owns the tenancy tree and the permission language. Leaves hashing and encryption of secrets to `storage`,
and how a vendor writes a user name to `dialects`.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.domain.ids import AccountId, CredentialId

ADMINISTRATOR: Final = "Administrator"
"""The role that passes every permission check (Restcomm's word, kept because imports carry it)."""


class AccountStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    INACTIVE = "inactive"
    UNINITIALIZED = "uninitialized"


class Account(NamedTuple):
    """A tenant. Rooms, calls and numbers belong to exactly one."""

    id: AccountId
    parent_id: AccountId | None
    """The account above, or None for a main account."""
    friendly_name: str
    email: str | None
    status: AccountStatus
    role: str
    """Name of a `Role`, or `ADMINISTRATOR`."""
    bandwidth_id: str
    """A decimal number, unique on this server: some vendors' accounts are numbers."""
    created_at_ms: int
    updated_at_ms: int


class CredentialKind(StrEnum):
    AUTH_TOKEN = "auth_token"  # noqa: S105 - the name of a kind, not a secret
    """The account's own token; the user name is the account itself. Also signs callbacks."""
    API_KEY = "api_key"
    """A key and its secret, for the key's account."""
    USER = "user"
    """A user name and a password."""


class Credential(NamedTuple):
    """Something that proves to be an account. The secret itself is never here."""

    id: CredentialId
    account_id: AccountId
    kind: CredentialKind
    username: str
    """Unique within its kind; for `AUTH_TOKEN` the account id."""
    permissions: tuple[str, ...]
    """Empty: as the account's role says. Otherwise a restricted credential's own list."""
    created_at_ms: int


class Role(NamedTuple):
    """A named list of permissions, each `Domain:Action[,Action]:Target` where `*` stands for any."""

    name: str
    permissions: tuple[str, ...]


def permits(permission: str, wanted: str) -> bool:
    """Whether one granted `permission` covers the `wanted` one.

    Both are `Domain:Action:Target`; a granted part may be `*` or, for actions, a comma list.
    """
    granted = permission.split(":")
    asked = wanted.split(":")
    if len(granted) != 3 or len(asked) != 3:
        return False
    return all(
        part == "*" or ask in {word.strip() for word in part.split(",")}
        for part, ask in zip(granted, asked, strict=True)
    )


def role_permits(role_name: str, role: Role | None, wanted: str) -> bool:
    """Whether an account of role `role_name` may do `wanted`. A role nobody configured permits nothing."""
    if role_name == ADMINISTRATOR:
        return True
    return role is not None and any(permits(permission, wanted) for permission in role.permissions)
