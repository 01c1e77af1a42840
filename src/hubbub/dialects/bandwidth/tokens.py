"""OAuth 2 access tokens for client credentials (RFC 6749 §4.4), signed instead of stored.

A token is the claim and its HMAC-SHA256 under the account's own auth token, so that it needs no table, any
node can check it, and changing the auth token ends every token given out before. It narrows nothing and
widens nothing: the credential's permissions travel inside it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec

from hubbub.domain.account import Credential, CredentialKind
from hubbub.domain.ids import AccountId, CredentialId
from hubbub.services.accounts.authenticate import Caller
from hubbub.services.ports import Reader

LIFETIME_S: Final = 3600
"""Bandwidth's own figure. At 60 or less its Python client asks for a token before every call, twice."""
LENGTH_MAX: Final = 8192
_CONTEXT: Final = b"hubbub bandwidth access token 1\0"
"""Signed with the claim, so that no signature made for another purpose passes as a token's."""


class Claim(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What a token says."""

    account_id: str
    credential_id: str
    kind: str
    username: str
    permissions: list[str]
    expires_at_ms: int


async def issue(reader: Reader, caller: Caller, now_ms: int) -> str | None:
    """A token for `caller`, good for `LIFETIME_S`; None when its account has nothing to sign with."""
    secret = await reader.signing_secret(caller.account.id)
    if not secret:
        return None
    credential = caller.credential
    claim = msgspec.json.encode(
        Claim(
            caller.account.id,
            credential.id,
            str(credential.kind),
            credential.username,
            list(credential.permissions),
            now_ms + LIFETIME_S * 1000,
        )
    )
    return f"{_text(claim)}.{_text(_signature(secret, claim))}"


async def verify(reader: Reader, token: str, now_ms: int) -> Caller | None:
    """Who the token was given to; None when it is nonsense, forged or out of date."""
    if len(token) > LENGTH_MAX:
        return None
    claim_text, dot, signature_text = token.partition(".")
    try:
        claim_bytes, signature = _bytes(claim_text), _bytes(signature_text)
        claim = msgspec.json.decode(claim_bytes, type=Claim)
        kind = CredentialKind(claim.kind)
    except (ValueError, msgspec.DecodeError):
        return None
    if not dot or claim.expires_at_ms <= now_ms:
        return None
    account_id = AccountId(claim.account_id)
    secret = await reader.signing_secret(account_id)
    if not secret or not hmac.compare_digest(_signature(secret, claim_bytes), signature):
        return None
    account = await reader.account(account_id)
    if account is None:
        return None
    credential = Credential(
        CredentialId(claim.credential_id), account_id, kind, claim.username, tuple(claim.permissions), 0
    )
    return Caller(account, credential)


def _signature(secret: str, claim: bytes) -> bytes:
    return hmac.new(secret.encode(), _CONTEXT + claim, sha256).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError for what is not base64url (RFC 4648 §5)."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
