"""Who is asking Twilio's API, and whether the account in the path is theirs to see.

https://www.twilio.com/docs/iam/api/authtoken and https://www.twilio.com/docs/iam/api-keys: the user name is
an account's SID with its auth token, or an API key's SID with its secret. A main account's credentials reach
its sub-accounts by path, never the other way.
"""

from typing import Final

from hubbub.dialects.contract import HttpRequest
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.errors import TwilioError, unauthenticated
from hubbub.dialects.twilio.ids import read_account_sid
from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, CredentialKind
from hubbub.services.accounts.authenticate import Caller, authenticate, is_permitted, is_within
from hubbub.services.ports import Reader

_FORBIDDEN: Final = {
    AccountStatus.SUSPENDED: (20403, "Account is suspended"),
    AccountStatus.CLOSED: (20403, "Account is closed"),
    AccountStatus.INACTIVE: (20005, "Account not active"),
    AccountStatus.UNINITIALIZED: (20005, "Account not active"),
}


async def identify(request: HttpRequest, reader: Reader) -> Caller:
    """The caller.

    Raises:
        TwilioError: 401, or 403 for an account that is not active.
    """
    header = request.headers.get("authorization")
    credentials = parse_basic(header) if header is not None else None
    if credentials is None:
        raise unauthenticated()
    username, password = credentials
    account_id = read_account_sid(username)
    if account_id is not None:
        caller = await authenticate(reader, CredentialKind.AUTH_TOKEN, account_id, password)
    else:
        key = read_sid("SK", username)
        if key is None:
            raise unauthenticated()
        caller = await authenticate(reader, CredentialKind.API_KEY, key, password)
    if caller is None:
        raise unauthenticated()
    if caller.account.status is not AccountStatus.ACTIVE:
        code, message = _FORBIDDEN[caller.account.status]
        raise TwilioError(403, message, code=code)
    return caller


async def open_account(reader: Reader, caller: Caller, sid: str) -> Account:
    """The account of the path: the caller's own or one below it.

    Raises:
        TwilioError: 401 for any other, whether it exists or not.
    """
    account_id = read_account_sid(sid)
    if account_id is None:
        raise unauthenticated()
    if account_id == caller.account.id:
        return caller.account
    account = await reader.account(account_id)
    if account is None or not await may_open(reader, caller, account):
        raise unauthenticated()
    return account


async def may_open(reader: Reader, caller: Caller, account: Account) -> bool:
    """Whether an account is the caller's own or one below it."""
    return await is_within(reader, account, caller.account.id)


async def require(reader: Reader, caller: Caller, permission: str) -> None:
    """Let the caller pass if its role and a restricted key allow `Domain:Action:Target`.

    Raises:
        TwilioError: 403, code 20403.
    """
    if caller.account.role == ADMINISTRATOR and not caller.credential.permissions:
        return
    if not await is_permitted(reader, caller, permission):
        raise TwilioError(403, "Forbidden: the credentials do not permit this")
