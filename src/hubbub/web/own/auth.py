"""Who asks our own API: whoever one of the vendors' APIs would know.

HTTP Basic with an account's SID and auth token, an API key's SID and secret, or a user name and its password. An
account sees what is its own and its sub-accounts'.
"""

import re
from typing import Final, NamedTuple

from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.domain.account import AccountStatus, CredentialKind
from hubbub.domain.ids import AccountId
from hubbub.services.accounts.authenticate import Caller, accounts_within, authenticate, is_permitted
from hubbub.web.own.errors import CHALLENGE, Refused

READ_EVENTS: Final = "RestComm:Read:Events"
READ_DELIVERIES: Final = "RestComm:Read:Deliveries"
MODIFY_DELIVERIES: Final = "RestComm:Modify:Deliveries"
_SID: Final = re.compile(r"(AC|SK)([0-9a-fA-F]{32})\Z")


class Asker(NamedTuple):
    """A caller, and the accounts it may look at."""

    caller: Caller
    account_ids: frozenset[AccountId]


async def find_caller(request: HttpRequest, desk: Desk) -> Caller | None:
    """The caller, if the credentials are somebody's."""
    credentials = parse_basic(request.headers.get("authorization", ""))
    if credentials is None:
        return None
    kind, username = CredentialKind.USER, credentials.username
    sid = _SID.match(username)
    if sid is not None:
        kind = CredentialKind.AUTH_TOKEN if sid[1] == "AC" else CredentialKind.API_KEY
        username = sid[2].lower()
    return await authenticate(desk.store.read, kind, username, credentials.password)


async def admit(request: HttpRequest, desk: Desk, permission: str) -> Asker:
    """The caller, if it may do `permission`.

    Raises:
        Refused: 401; 403 for an account that is not active, or a role or key that does not allow it.
    """
    caller = await find_caller(request, desk)
    if caller is None:
        raise Refused(401, "A user name and a password are wanted, by HTTP Basic", CHALLENGE)
    if caller.account.status is not AccountStatus.ACTIVE:
        raise Refused(403, f"The account is {caller.account.status}")
    if not await is_permitted(desk.store.read, caller, permission):
        raise Refused(403, f"The credentials do not permit {permission}")
    return Asker(caller, await accounts_within(desk.store.read, caller.account.id))
