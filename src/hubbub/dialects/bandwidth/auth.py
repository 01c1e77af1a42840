"""Who is asking Bandwidth's API, and whether this account and this operation are theirs.

The order is the vendor's, and its own client suites depend on it: 401, then 403, only then 404 and 400. A
user without voice access learns nothing about which conferences exist.

Basic with a user and password, or `Bearer` with a token of `POST /api/v1/oauth2/token`.
Bandwidth docs, "Account Credentials".
"""

from typing import Final

from hubbub.dialects.bandwidth import tokens
from hubbub.dialects.bandwidth.errors import (
    INVALID_CREDENTIALS,
    JSON,
    REALM,
    UNREADABLE_CREDENTIALS,
    error,
    forbidden,
    unauthorised,
)
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.query import first, parse_form
from hubbub.domain.account import Account, AccountStatus, CredentialKind
from hubbub.services.accounts.authenticate import Caller, authenticate, is_permitted, is_within
from hubbub.services.ports import Reader

FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = (("Cache-Control", "no-store"),)
"""RFC 6749 §5.1: a token must not be kept by a cache."""


async def identify(request: HttpRequest, desk: Desk) -> Caller:
    """The caller.

    Raises:
        Refused: 401.
    """
    header = request.headers.get("authorization", "")
    if not header:
        raise unauthorised()
    if header[:7].lower() == "bearer ":
        caller = await tokens.verify(desk.store.read, header[7:].strip(), desk.clock.now_ms())
        if caller is None:
            raise unauthorised(INVALID_CREDENTIALS)
        return caller
    credentials = parse_basic(header)
    if credentials is None:
        raise unauthorised(UNREADABLE_CREDENTIALS if header[:6].lower() == "basic " else None)
    caller = await authenticate(
        desk.store.read, CredentialKind.USER, credentials.username, credentials.password
    )
    if caller is None:
        raise unauthorised(INVALID_CREDENTIALS)
    return caller


async def open_account(reader: Reader, caller: Caller, bandwidth_id: str) -> Account:
    """The account named in the path, if it is the caller's or one below it.

    Raises:
        Refused: 403, for an account of somebody else and for a name that is no account alike.
    """
    if caller.account.status is not AccountStatus.ACTIVE:
        raise forbidden()
    if caller.account.bandwidth_id == bandwidth_id:
        return caller.account
    account = await reader.account_by_bandwidth_id(bandwidth_id)
    if account is None or not await is_within(reader, account, caller.account.id):
        raise forbidden()
    return account


async def require(reader: Reader, caller: Caller, permission: str) -> None:
    """Raises Refused (403) unless the caller's role and credential allow `permission`."""
    if not await is_permitted(reader, caller, permission):
        raise forbidden()


async def give_token(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Answer `POST /api/v1/oauth2/token` (RFC 6749 §4.4.2, errors §5.2)."""
    credentials = parse_basic(request.headers.get("authorization", ""))
    caller = None
    if credentials is not None:
        for kind in (CredentialKind.USER, CredentialKind.API_KEY):
            caller = await authenticate(desk.store.read, kind, credentials.username, credentials.password)
            if caller is not None:
                break
    if caller is None:
        return _oauth_error(401, "invalid_client", (REALM,))
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != FORM:
        return error(415, f"Content type '{content_type}' not supported" if content_type else None)
    grant = first(parse_form(request.body), "grant_type")
    if grant is None:
        return _oauth_error(400, "invalid_request")
    if grant != "client_credentials":
        return _oauth_error(400, "unsupported_grant_type")
    token = await tokens.issue(desk.store.read, caller, desk.clock.now_ms())
    if token is None:
        return _oauth_error(400, "unauthorized_client")
    body = json_bytes({"access_token": token, "token_type": "Bearer", "expires_in": tokens.LIFETIME_S})
    return HttpResponse(200, body, JSON, _NO_STORE)


def _oauth_error(status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    return HttpResponse(status, json_bytes({"error": code}), JSON, (*headers, *_NO_STORE))
