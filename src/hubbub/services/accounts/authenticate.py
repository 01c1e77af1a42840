"""Who is asking, and what they may do.

Owns the meaning of a credential and of the account tree. Leaves the spelling of user names and of refusals
to the dialects, and the throttling of guesses to the web shell.
"""

from typing import Final, NamedTuple

from hubbub.domain.account import Account, Credential, CredentialKind, permits, role_permits
from hubbub.domain.ids import AccountId
from hubbub.services.ports import Reader

DEPTH_MAX: Final = 16
"""How many accounts may stand above one another; a longer chain is taken for a loop."""


class Caller(NamedTuple):
    """An account that proved itself, and by what."""

    account: Account
    credential: Credential


async def authenticate(reader: Reader, kind: CredentialKind, username: str, secret: str) -> Caller | None:
    """The caller, or None: unknown name and wrong secret are not told apart."""
    credential = await reader.verify_secret(kind, username, secret)
    if credential is None:
        return None
    account = await reader.account(credential.account_id)
    return None if account is None else Caller(account, credential)


async def is_within(reader: Reader, account: Account, ancestor_id: AccountId) -> bool:
    """Whether `account` is `ancestor_id` or stands anywhere below it."""
    current: Account | None = account
    for _ in range(DEPTH_MAX):
        if current is None:
            return False
        if current.id == ancestor_id:
            return True
        if current.parent_id is None:
            return False
        current = await reader.account(current.parent_id)
    return False


async def accounts_within(reader: Reader, account_id: AccountId) -> frozenset[AccountId]:
    """The account and all that stand below it, at any depth."""
    children: dict[AccountId | None, list[AccountId]] = {}
    for account in await reader.accounts():
        children.setdefault(account.parent_id, []).append(account.id)
    found = {account_id}
    level = [account_id]
    for _ in range(DEPTH_MAX):
        level = [child for parent in level for child in children.get(parent, ()) if child not in found]
        found.update(level)
    return frozenset(found)


async def is_permitted(reader: Reader, caller: Caller, wanted: str) -> bool:
    """Whether the caller's role, narrowed by a restricted credential, allows `Domain:Action:Target`."""
    if caller.credential.permissions and not any(
        permits(permission, wanted) for permission in caller.credential.permissions
    ):
        return False
    if caller.account.role and role_permits(caller.account.role, None, wanted):
        return True
    return role_permits(caller.account.role, await reader.role(caller.account.role), wanted)
