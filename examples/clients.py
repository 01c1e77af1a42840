"""How the examples speak to Hubbub: Twilio's own library, and for the others plain HTTP beneath the account's address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client


@asynccontextmanager
async def open_client(dialect: str, hubbub: str, credentials: Mapping[str, Any]) -> AsyncIterator[Any]:
    """What an example's `application` is given first.

    Args:
        dialect: twilio, bandwidth or restcomm.
        hubbub: where the server's REST APIs are, as in http://127.0.0.1:8080.
        credentials: of the account in this dialect, as in the server's credentials.json.
    """
    if dialect == "twilio":
        async with AsyncTwilioHttpClient() as http:
            client = Client(credentials["account_sid"], credentials["auth_token"], http_client=http)
            client.api.base_url = hubbub
            yield client
        return
    base_url, auth = account(dialect, hubbub, credentials)
    async with httpx.AsyncClient(base_url=base_url, auth=auth) as plain:
        yield plain


def account(dialect: str, hubbub: str, credentials: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    """Where an account's resources are, and its user name and password."""
    if dialect == "bandwidth":
        where = f"/api/v2/accounts/{credentials['account_id']}"
        return hubbub + where, (credentials["username"], credentials["password"])
    where = f"/restcomm/2012-04-24/Accounts/{credentials['account_sid']}"
    return hubbub + where, (credentials["account_sid"], credentials["auth_token"])
