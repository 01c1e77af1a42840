"""POST /api/v1/oauth2/token, and what the token opens.

RFC 6749 §4.4; https://dev.bandwidth.com/docs/credentials
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import HandClock
from dialects.bandwidth_asking import LOGIN, ROOMS, ask, read
from dialects.cast import ACME, account, basic, enter, give
from hubbub.dialects.bandwidth import tokens
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.account import CredentialKind
from hubbub.domain.ids import AccountId

FORM = {"content-type": "application/x-www-form-urlencoded"}
TOKEN = "/api/v1/oauth2/token"


async def ask_token(
    desk: Desk, headers: dict[str, str] | None = None, body: bytes = b"grant_type=client_credentials"
) -> HttpResponse:
    return await ask(
        desk, TOKEN, method="POST", headers=(LOGIN | FORM) if headers is None else headers, body=body
    )


async def bearer(desk: Desk) -> dict[str, str]:
    return {"authorization": "Bearer " + read(await ask_token(desk))["access_token"]}


async def test_a_token_comes_with_an_integer_of_3600_seconds(desk: Desk) -> None:
    response = await ask_token(desk)
    said = read(response)
    assert list(said) == ["access_token", "token_type", "expires_in"]
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 3600)
    assert ("Cache-Control", "no-store") in response.headers


async def test_a_token_opens_what_its_credential_opens(desk: Desk) -> None:
    headers = await bearer(desk)
    assert (await ask(desk, ROOMS, headers=headers)).status == 200
    assert (await ask(desk, "/api/v2/accounts/8800000/conferences", headers=headers)).status == 403


async def test_a_token_carries_the_restrictions_of_its_credential(desk: Desk, store: Any) -> None:
    await give(store, ACME, CredentialKind.API_KEY, "key", "key-secret", ("RestComm:Read:Calls",))
    answer = await ask_token(desk, basic("key", "key-secret") | FORM)
    headers = {"authorization": "Bearer " + read(answer)["access_token"]}
    assert (await ask(desk, ROOMS, headers=headers)).status == 403
    assert (await ask(desk, f"{ROOMS}/x/members/y", headers=headers)).status == 404


async def test_a_token_ends_after_an_hour(desk: Desk) -> None:
    headers = await bearer(desk)
    assert isinstance(desk.clock, HandClock)
    desk.clock.advance(3599)
    assert (await ask(desk, ROOMS, headers=headers)).status == 200
    desk.clock.advance(1)
    assert (await ask(desk, ROOMS, headers=headers)).status == 401


async def test_a_new_auth_token_ends_the_tokens_given_before(desk: Desk, store: Any) -> None:
    headers = await bearer(desk)
    await give(store, ACME, CredentialKind.AUTH_TOKEN, ACME, "another")
    assert (await ask(desk, ROOMS, headers=headers)).status == 401


async def test_a_token_that_was_tampered_with_is_401(desk: Desk) -> None:
    token = (await bearer(desk))["authorization"]
    for index in range(7, len(token)):
        forged = token[:index] + ("A" if token[index] != "A" else "Q") + token[index + 1 :]
        response = await ask(desk, ROOMS, headers={"authorization": forged})
        # The last character of an encoding carries bits that decode to nothing.
        if index not in (token.index(".") - 1, len(token) - 1):
            assert response.status == 401, index


async def test_a_token_signed_for_another_account_is_401(desk: Desk, store: Any) -> None:
    mine = (await bearer(desk))["authorization"].removeprefix("Bearer ")
    theirs = read(await ask_token(desk, basic("globex", "globex-password") | FORM))["access_token"]
    mixed = f"{mine.split('.')[0]}.{theirs.split('.')[1]}"
    assert (await ask(desk, ROOMS, headers={"authorization": f"Bearer {mixed}"})).status == 401


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=100) | st.text("AQgw.-_=", max_size=100))
async def test_no_text_passes_for_a_token_or_breaks_the_check(desk: Desk, text: str) -> None:
    assert await tokens.verify(desk.store.read, text, 0) is None


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        (FORM, b"grant_type=client_credentials", 401, "invalid_client"),
        (basic("acme", "wrong") | FORM, b"grant_type=client_credentials", 401, "invalid_client"),
        (LOGIN | FORM, b"", 400, "invalid_request"),
        (LOGIN | FORM, b"grant_type=password", 400, "unsupported_grant_type"),
        (LOGIN | FORM, b"\xff\xfe%zz", 400, "invalid_request"),
    ],
)
async def test_a_refused_token_request_has_oauths_own_error(
    desk: Desk, headers: dict[str, str], body: bytes, status: int, error: str
) -> None:
    response = await ask_token(desk, headers, body)
    assert response.status == status
    assert json.loads(response.body) == {"error": error}


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/json"])
async def test_a_body_of_the_wrong_type_is_415_naming_it(desk: Desk, content_type: str) -> None:
    response = await ask_token(desk, LOGIN | {"content-type": content_type}, b"{}")
    assert response.status == 415
    assert read(response)["description"] == f"Content type '{content_type}' not supported"


async def test_a_body_without_a_type_is_415(desk: Desk) -> None:
    assert read(await ask_token(desk, LOGIN))["description"] == "Unsupported Media Type"


async def test_reading_the_token_endpoint_is_405(desk: Desk) -> None:
    response = await ask(desk, TOKEN)
    assert (response.status, response.headers) == (405, (("Allow", "POST"),))


async def test_an_account_with_nothing_to_sign_with_gets_no_token(desk: Desk, store: Any) -> None:
    newcomer = AccountId("e" * 32)
    await enter(store, account(newcomer, "9900004", "Newcomer"))
    await give(store, newcomer, CredentialKind.USER, "new", "new-password")
    response = await ask_token(desk, basic("new", "new-password") | FORM)
    assert (response.status, json.loads(response.body)) == (400, {"error": "unauthorized_client"})
