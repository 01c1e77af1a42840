"""Who may do what: 401 before there is a path, 403 for what is not one's own, empty bodies.

Restcomm Connect API guide, "Authentication", "Accounts: multi-tenancy", "Roles and permissions".
"""

from base64 import b64encode
from hashlib import md5
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
    account,
    basic,
    enter,
    give,
    standup,
)
from dialects.restcomm_asking import ACCOUNT, LOGIN, ROOMS, ask, is_empty
from hubbub.dialects.contract import Desk, DialectSettings, HttpRequest, HttpResponse
from hubbub.dialects.restcomm import DIALECT
from hubbub.domain.account import AccountStatus, CredentialKind, Role
from hubbub.domain.ids import AccountId

CHALLENGE = (("WWW-Authenticate", 'Basic realm="Restcomm realm"'),)
LEGS = f"{ROOMS}/CF{STANDUP}/Participants"


def rooms_of(account_id: str) -> str:
    return ROOMS.replace(ACME, account_id)


def is_challenge(response: HttpResponse) -> bool:
    return is_empty(response, 401) and response.headers == CHALLENGE


@pytest.mark.parametrize(
    "path", [ROOMS, "/2012-04-24", "/restcomm/2012-04-24/nowhere", f"{ROOMS}?Page=x", f"{ROOMS}/CFx"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_without_credentials_even_an_unknown_path_is_401(desk: Desk, path: str, method: str) -> None:
    assert is_challenge(await ask(desk, path, method=method, headers={}))


@pytest.mark.parametrize(
    "header",
    [
        basic("AC" + ACME, "wrong")["authorization"],
        basic("AC" + ACME, "")["authorization"],
        basic("AC" + GLOBEX, ACME_TOKEN)["authorization"],
        basic("AC" + "0" * 32, ACME_TOKEN)["authorization"],
        basic("Acme", ACME_TOKEN)["authorization"],
        basic("nobody@acme.example", ACME_TOKEN)["authorization"],
        basic(ACME, ACME_TOKEN)["authorization"],
        basic("AC" + ACME, ACME_TOKEN)["authorization"].replace("Basic", "basic"),
        basic("AC" + ACME, ACME_TOKEN)["authorization"].replace("Basic", "BASIC"),
        "Bearer x",
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"no colon").decode(),
    ],
)
async def test_wrong_credentials_are_401_with_the_realm(desk: Desk, header: str) -> None:
    assert is_challenge(await ask(desk, ROOMS, headers={"authorization": header}))


@pytest.mark.parametrize("username", ["AC" + ACME, "boss@acme.example"])
async def test_the_user_is_an_account_sid_or_its_email(desk: Desk, username: str) -> None:
    assert (await ask(desk, ROOMS, headers=basic(username, ACME_TOKEN))).status == 200


async def test_a_password_may_be_the_text_whose_md5_is_the_token(desk: Desk, store: Any) -> None:
    digest = md5(b"my:human password", usedforsecurity=False).hexdigest()
    await give(store, ACME, CredentialKind.AUTH_TOKEN, ACME, digest)
    for password in ("my:human password", digest):
        assert (await ask(desk, ROOMS, headers=basic("AC" + ACME, password))).status == 200
    assert is_challenge(await ask(desk, ROOMS, headers=basic("AC" + ACME, digest.upper())))


@pytest.mark.parametrize("status", [AccountStatus.CLOSED, AccountStatus.SUSPENDED, AccountStatus.INACTIVE])
async def test_an_account_that_is_not_active_is_403_and_says_so(
    desk: Desk, store: Any, status: AccountStatus
) -> None:
    await enter(store, account(ACME, "9900000", "Acme", status=status))
    response = await ask(desk, ROOMS)
    assert (response.status, response.content_type) == (403, "text/plain")
    assert b"not active" in response.body
    assert is_challenge(await ask(desk, ROOMS, headers=basic("AC" + ACME, "wrong")))


async def test_an_uninitialized_account_is_let_through(desk: Desk, store: Any) -> None:
    await enter(store, account(ACME, "9900000", "Acme", status=AccountStatus.UNINITIALIZED))
    assert (await ask(desk, ROOMS)).status == 200


async def test_an_ancestor_may_read_and_a_descendant_may_not(desk: Desk, store: Any) -> None:
    grandchild = "ef" * 16
    await enter(store, account(AccountId(grandchild), "9900009", "Lab 9", parent_id=SUBSIDIARY))
    for account_id in (ACME, SUBSIDIARY, grandchild):
        assert (await ask(desk, rooms_of(account_id))).status == 200
    labs = basic("AC" + SUBSIDIARY, "labs-token")
    assert (await ask(desk, rooms_of(grandchild), headers=labs)).status == 200
    assert is_empty(await ask(desk, ROOMS, headers=labs), 403)


@pytest.mark.parametrize("name", ["AC" + GLOBEX, "Globex", "boss@globex.example"])
async def test_a_strangers_account_is_403_and_empty(desk: Desk, name: str) -> None:
    assert is_empty(await ask(desk, rooms_of("").replace("AC/", f"{name}/")), 403)


@pytest.mark.parametrize("name", ["AC" + "0" * 32, "ACx", "nobody@x", "%00", "[", "a%2Fb"])
async def test_an_account_nobody_has_is_404_and_empty(desk: Desk, name: str) -> None:
    assert is_empty(await ask(desk, rooms_of("").replace("AC/", f"{name}/")), 404)


async def test_a_friendly_name_cannot_stand_in_for_another_accounts_sid(desk: Desk, store: Any) -> None:
    await enter(store, account(SUBSIDIARY, "9900001", "AC" + GLOBEX, parent_id=ACME))
    assert is_empty(await ask(desk, rooms_of(GLOBEX)), 403)


@pytest.mark.parametrize("rest", ["", "/CFx", f"/CF{STANDUP}/Participants", f"/CF{STANDUP}/Participants/CAx"])
async def test_a_role_nobody_configured_may_do_nothing(desk: Desk, rest: str) -> None:
    login = basic("AC" + INTERN, "intern-token")
    assert is_empty(await ask(desk, rooms_of(INTERN) + rest, headers=login), 403)


@pytest.mark.parametrize(
    ("permission", "rooms", "legs"),
    [
        ("RestComm:Read:Conferences", 200, 403),
        ("RestComm:Modify,Read:Conferences", 200, 403),
        ("RestComm:*:Calls", 403, 200),
        ("*:*:*", 200, 200),
        ("RestComm:Modify:*", 403, 403),
        ("RestComm:Read", 403, 403),
    ],
)
async def test_conferences_and_participants_take_their_own_permissions(
    desk: Desk, store: Any, permission: str, rooms: int, legs: int
) -> None:
    await enter(store, Role("Developer", (permission,)))
    login = basic("AC" + DEVELOPER, "dev-token")
    path = rooms_of(DEVELOPER)
    assert (await ask(desk, path, headers=login)).status == rooms
    assert (await ask(desk, f"{path}/CF{STANDUP}/Participants", headers=login)).status == legs


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize(
    ("path", "others"),
    [
        (ROOMS, ()),
        (f"{ROOMS}/CFx", ()),
        (f"{ROOMS}.json", ()),
        (LEGS, ()),
        (f"{LEGS}/CAx", ("POST",)),
        (f"{ACCOUNT}/Calls", ("POST",)),
        (f"{ACCOUNT}/Calls.json/CAx", ("POST",)),
        (f"{ACCOUNT}/Calls/CAx/Recordings", ()),
        (f"{ACCOUNT}/Recordings", ()),
        (f"{ACCOUNT}/Recordings/REx", ("DELETE",)),
        (f"{ACCOUNT}/Recordings/REx.wav", ()),
    ],
)
async def test_what_is_not_supported_is_405_with_allow(
    desk: Desk, method: str, path: str, others: tuple[str, ...]
) -> None:
    response = await ask(desk, path, method=method)
    if method in others:
        assert response.status != 405
    else:
        assert is_empty(response, 405)
        assert response.headers == (("Allow", ", ".join(("GET", "HEAD", *others))),)


@pytest.mark.parametrize(
    "path",
    [
        "/2012-04-24",
        "/2012-04-24/Accounts",
        ACCOUNT,
        f"{ACCOUNT}/Rooms",
        f"{ACCOUNT}/conferences",
        f"/2012-04-24/accounts/AC{ACME}/Conferences",
        f"{ROOMS}/CFx/Calls",
        f"{LEGS}/CAx/y",
    ],
)
async def test_an_unknown_path_is_404_and_empty(desk: Desk, path: str) -> None:
    assert is_empty(await ask(desk, path), 404)


@pytest.mark.parametrize(
    "path", [f"/2012-04-24/Accounts/AC{ACME}/Conferences", f"{ROOMS}/", ROOMS.replace("/Acc", "//Acc")]
)
async def test_both_roots_and_stray_slashes_lead_to_the_same(desk: Desk, store: Any, path: str) -> None:
    await enter(store, standup())
    assert (await ask(desk, path)).body == (await ask(desk, ROOMS)).body


APPLICATION = DialectSettings(restcomm_application_url="https://app.example:8443/designer")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example:8443", True),
        ("https://app.example", False),
        ("https://app.example:844", False),
        ("https://app.exam", False),
        ("https:", False),
        ("", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_only_pages_of_the_application_server_may_read_answers(
    desk: Desk, origin: str, allowed: bool
) -> None:
    response = await ask(desk._replace(settings=APPLICATION), ROOMS, headers=LOGIN | {"origin": origin})
    assert response.status == 200
    assert (("Access-Control-Allow-Origin", origin) in response.headers) is allowed
    assert any(name.startswith("Access-Control") for name, _ in response.headers) is allowed


async def test_without_the_setting_no_page_may(desk: Desk) -> None:
    response = await ask(desk, ROOMS, headers=LOGIN | {"origin": "https://app.example:8443"})
    assert response.headers == ()


async def test_a_preflight_needs_no_password_and_a_refusal_can_be_read(desk: Desk) -> None:
    desk = desk._replace(settings=APPLICATION)
    origin = {"origin": "https://app.example:8443"}
    preflight = await ask(desk, ROOMS, method="OPTIONS", headers=origin)
    assert preflight.status == 200
    assert (
        dict(preflight.headers)["Access-Control-Allow-Headers"]
        == "origin, content-type, accept, authorization"
    )
    refused = await ask(desk, ROOMS, headers=origin)
    assert refused.status == 401
    assert dict(refused.headers)["Access-Control-Allow-Credentials"] == "true"
    stranger = await ask(desk, ROOMS, method="OPTIONS", headers={"origin": "https://evil.example"})
    assert is_challenge(stranger)


@pytest.mark.parametrize("status", [400, 413, 429, 431, 500, 503])
def test_the_shells_refusals_are_bare(status: int) -> None:
    request = HttpRequest("GET", ROOMS, "", {}, b"", "http://x")
    assert is_empty(DIALECT.refuse(request, status, "Too much"), status)
