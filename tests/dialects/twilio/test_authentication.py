"""Who may see what: tokens, keys, sub-accounts, roles, accounts out of service."""

from typing import Any

import pytest

from dialects.cast import (
    ACME,
    ACME_TOKEN,
    DEVELOPER,
    GLOBEX,
    INTERN,
    STANDUP,
    SUBSIDIARY,
    T0,
    account,
    basic,
    enter,
    standup,
)
from dialects.twilio_asking import ROOMS, ask, refusal
from hubbub.dialects.contract import Desk
from hubbub.domain.account import AccountStatus, Credential, CredentialKind
from hubbub.domain.ids import AccountId, CredentialId

KEY = CredentialId("5" * 32)
NOBODY = (401, 20003, "Authenticate")


def rooms(account_id: str) -> str:
    return f"/2010-04-01/Accounts/AC{account_id}/Conferences.json"


async def give_key(store: Any, account_id: AccountId, *permissions: str) -> None:
    credential = Credential(KEY, account_id, CredentialKind.API_KEY, KEY, permissions, T0)
    async with store.transaction() as transaction:
        await transaction.put_credential(credential, "key-secret")


async def test_an_account_sid_and_its_token_open_the_account(desk: Desk) -> None:
    assert (await ask(desk, rooms(ACME), headers=basic("AC" + ACME, ACME_TOKEN))).status == 200
    assert (await ask(desk, rooms(ACME), headers=basic("AC" + ACME.upper(), ACME_TOKEN))).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic Og=="},
        {"authorization": "Bearer abc"},
        {"authorization": "Basic \xff"},
        basic("AC" + ACME, "wrong"),
        basic("AC" + ACME, ""),
        basic(ACME, ACME_TOKEN),
        basic("AC" + GLOBEX, ACME_TOKEN),
        basic("AC" + "9" * 32, ACME_TOKEN),
        basic("acme", "acme-password"),
        basic("SK" + KEY, "key-secret"),
        basic("\x00", "\x00"),
    ],
)
async def test_anything_else_is_nobody(desk: Desk, headers: dict[str, str]) -> None:
    response = await ask(desk, rooms(ACME), headers=headers)
    assert refusal(response) == NOBODY
    assert ("WWW-Authenticate", 'Basic realm="Twilio API"') in response.headers


async def test_a_key_opens_its_account(desk: Desk, store: Any) -> None:
    await give_key(store, ACME)
    assert (await ask(desk, rooms(ACME), headers=basic("SK" + KEY, "key-secret"))).status == 200
    assert refusal(await ask(desk, rooms(ACME), headers=basic("SK" + KEY, "wrong"))) == NOBODY
    assert refusal(await ask(desk, rooms(GLOBEX), headers=basic("SK" + KEY, "key-secret"))) == NOBODY


async def test_a_restricted_key_opens_only_what_it_names(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    await give_key(store, ACME, "RestComm:Read:Conferences")
    key = basic("SK" + KEY, "key-secret")
    assert (await ask(desk, rooms(ACME), headers=key)).status == 200
    response = await ask(desk, f"{ROOMS}/CF{STANDUP}/Participants.json", headers=key)
    assert refusal(response)[:2] == (403, 20403)


async def test_a_parent_sees_its_subsidiary_and_not_the_other_way_round(desk: Desk) -> None:
    assert (await ask(desk, rooms(SUBSIDIARY))).status == 200
    assert refusal(await ask(desk, rooms(ACME), headers=basic("AC" + SUBSIDIARY, "labs-token"))) == NOBODY


@pytest.mark.parametrize("sid", [GLOBEX, "9" * 32, "short", ""])
async def test_accounts_that_are_not_ones_own_do_not_tell_whether_they_exist(desk: Desk, sid: str) -> None:
    assert refusal(await ask(desk, rooms(sid))) == NOBODY


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (AccountStatus.SUSPENDED, 20403),
        (AccountStatus.CLOSED, 20403),
        (AccountStatus.INACTIVE, 20005),
        (AccountStatus.UNINITIALIZED, 20005),
    ],
)
async def test_an_account_that_is_not_active_is_forbidden(
    desk: Desk, store: Any, status: AccountStatus, code: int
) -> None:
    await enter(store, account(GLOBEX, "8800000", "Globex", status=status))
    response = await ask(desk, rooms(GLOBEX), headers=basic("AC" + GLOBEX, "globex-token"))
    assert refusal(response)[:2] == (403, code)
    assert refusal(await ask(desk, rooms(GLOBEX), headers=basic("AC" + GLOBEX, "wrong"))) == NOBODY


async def test_a_role_holds_here_too(desk: Desk) -> None:
    response = await ask(desk, rooms(INTERN), headers=basic("AC" + INTERN, "intern-token"))
    assert refusal(response)[:2] == (403, 20403)
    response = await ask(desk, rooms(DEVELOPER), headers=basic("AC" + DEVELOPER, "dev-token"))
    assert response.status == 200
