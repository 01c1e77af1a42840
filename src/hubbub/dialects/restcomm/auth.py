"""Who is asking Restcomm's API, and for which account.

Basic only, the scheme written exactly so. The user is an account's SID or e-mail address, never a friendly
name; the password is the auth token, or a text whose MD5 is the auth token (as its console made them). It is
asked before anything else: a path that does not exist is 401 to a stranger.

Restcomm Connect API guide, "Authentication", "Accounts: multi-tenancy".
"""

import hashlib
from typing import Final

from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.restcomm.errors import not_active, refused, unauthorised
from hubbub.dialects.restcomm.ids import read_account_sid
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.domain.account import Account, AccountStatus, CredentialKind
from hubbub.services.accounts.authenticate import Caller, authenticate, is_permitted, is_within
from hubbub.services.ports import Reader

_USABLE: Final = frozenset({AccountStatus.ACTIVE, AccountStatus.UNINITIALIZED})
"""An uninitialized account may use everything below `Accounts`, and there is nothing else here."""


async def identify(request: HttpRequest, desk: Desk) -> Caller:
    """The caller.

    Raises:
        Refused: 401; 403 for an account that is closed, suspended or inactive.
    """
    header = request.headers.get("authorization", "")
    credentials = parse_basic(header) if header.startswith("Basic ") else None
    if credentials is None:
        raise unauthorised()
    reader = desk.store.read
    account_id = read_account_sid(credentials.username)
    if account_id is None and "@" in credentials.username:
        named = await reader.account_by_email(credentials.username)
        account_id = None if named is None else named.id
    if account_id is None:
        raise unauthorised()
    kind = CredentialKind.AUTH_TOKEN
    caller = await authenticate(reader, kind, account_id, credentials.password)
    if caller is None:
        digest = hashlib.md5(credentials.password.encode("utf-8", "replace"), usedforsecurity=False)
        caller = await authenticate(reader, kind, account_id, digest.hexdigest())
    if caller is None:
        raise unauthorised()
    if caller.account.status not in _USABLE:
        raise not_active()
    return caller


async def open_account(reader: Reader, caller: Caller, text: str, permission: str) -> Account:
    """The account named in the path, if the caller may do `permission` and stands at or above it.

    A path may name an account by SID, friendly name or e-mail address. A SID is tried first: the vendor tries
    it last, and there an account could call itself by another's SID.

    Raises:
        Refused: 403; 404 where no account has the name.
    """
    if not await is_permitted(reader, caller, permission):
        raise refused(403)
    account_id = read_account_sid(text)
    if account_id == caller.account.id:
        return caller.account
    account = None if account_id is None else await reader.account(account_id)
    if account is None:
        account = await reader.account_by_friendly_name(text) or await reader.account_by_email(text)
    if account is None:
        raise refused(404)
    if not await is_within(reader, account, caller.account.id):
        raise refused(403)
    return account
