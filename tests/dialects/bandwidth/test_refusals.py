"""401, then 403, then 404 and 405, then 400: an order that the vendor's own suites rely on.

https://dev.bandwidth.com/docs/voice/errors
"""

from base64 import b64encode
from typing import Any

import pytest

from dialects.bandwidth_asking import LOGIN, ROOMS, ask, read, refusal
from dialects.cast import ACME, GLOBEX, T0, account, basic, conference, enter, give
from hubbub.dialects.bandwidth import DIALECT
from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.domain.account import AccountStatus, CredentialKind

UNKNOWN = f"{ROOMS}/conf-unknown"
BAD = f"{ROOMS}?pageSize=0"


@pytest.mark.parametrize(
    "path", [ROOMS, UNKNOWN, BAD, "/api/v2", "/api/v2/nowhere", "/api/v2/accounts/1/x", "/api/v1/x"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_credentials_everything_is_401_with_a_challenge(
    desk: Desk, path: str, method: str
) -> None:
    response = await ask(desk, path, method=method, headers={})
    assert refusal(response) == (401, "authentication-error", "Unauthorized")
    assert response.headers == (("WWW-Authenticate", 'Basic realm="Bandwidth Voice API"'),)


@pytest.mark.parametrize(
    ("header", "description"),
    [
        (basic("acme", "Acme-password")["authorization"], "The credentials provided were invalid"),
        (basic("ACME", "acme-password")["authorization"], "The credentials provided were invalid"),
        (basic("acme", "")["authorization"], "The credentials provided were invalid"),
        (basic("nobody", "x")["authorization"], "The credentials provided were invalid"),
        ("Basic ???", "Failed to decode basic authentication token"),
        ("Basic " + "QQ==", "Failed to decode basic authentication token"),
        ("Bearer nonsense", "The credentials provided were invalid"),
        ("Digest x", "Unauthorized"),
    ],
)
async def test_bad_credentials_are_401_with_a_reason(desk: Desk, header: str, description: str) -> None:
    response = await ask(desk, ROOMS, headers={"authorization": header})
    assert refusal(response) == (401, "authentication-error", description)


@pytest.mark.parametrize("number", ["8800000", "1", "not%20an%20account%20id", "9900000x", "%00", "%FF"])
@pytest.mark.parametrize("rest", ["conferences", "conferences/x", "conferences?pageSize=0", "nowhere", ""])
async def test_an_account_that_is_not_ones_own_is_403_whatever_is_asked(
    desk: Desk, number: str, rest: str
) -> None:
    response = await ask(desk, f"/api/v2/accounts/{number}/{rest}")
    assert refusal(response) == (403, "authorization-error", "Access is denied")


@pytest.mark.parametrize(
    "rest", ["", "/conf-unknown", "?pageSize=0", "/conf-unknown/members/x", "/x/recordings"]
)
async def test_a_user_without_voice_access_is_403_before_404_and_400(desk: Desk, rest: str) -> None:
    login = basic("intern", "intern-password")
    response = await ask(desk, f"/api/v2/accounts/9900002/conferences{rest}", headers=login)
    assert refusal(response)[0] == 403


@pytest.mark.parametrize(
    ("rest", "status"),
    [("", 200), ("/x", 404), ("/x/members/y", 404), ("/x/recordings", 200), ("/x/recordings/y", 404)],
)
async def test_a_role_that_permits_reading_reads(desk: Desk, rest: str, status: int) -> None:
    login = basic("dev", "dev-password")
    path = f"/api/v2/accounts/9900003/conferences{rest}"
    assert (await ask(desk, path, headers=login)).status == status


async def test_a_parent_reads_its_subaccount_and_not_the_reverse(desk: Desk) -> None:
    assert (await ask(desk, "/api/v2/accounts/9900001/conferences")).status == 200
    assert (await ask(desk, ROOMS, headers=basic("labs", "labs-password"))).status == 403


@pytest.mark.parametrize("status", sorted(set(AccountStatus) - {AccountStatus.ACTIVE}))
async def test_an_account_that_is_not_active_is_403(desk: Desk, store: Any, status: AccountStatus) -> None:
    await enter(store, account(ACME, "9900000", "Acme", status=status))
    assert refusal(await ask(desk, ROOMS))[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2",
        "/api/v2/accounts",
        "/api/v2/accounts/9900000",
        "/api/v2/accounts/9900000/nowhere",
        "/api/v2/accounts/9900000/Conferences",
        f"{ROOMS}/x/members",
        f"{ROOMS}/x/members/y/z",
        f"{ROOMS}/x/recordings/y/z",
        f"{ROOMS}/x/y",
        f"{ROOMS}/x/y/z",
        "/api/v1/oauth2",
    ],
)
async def test_an_unknown_path_is_404_in_the_vendors_shape(desk: Desk, path: str) -> None:
    assert refusal(await ask(desk, path)) == (404, "validation", "Not Found")


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "BREW", "TRACE"])
@pytest.mark.parametrize(
    ("rest", "allowed"),
    [
        ("conferences", "GET, HEAD"),
        ("conferences/x", "GET, HEAD, POST"),
        ("conferences/x/bxml", "PUT"),
        ("conferences/x/members/y", "GET, HEAD, PUT"),
        ("conferences/x/recordings", "GET, HEAD"),
        ("conferences/x/recordings/y/media", "GET, HEAD"),
        ("calls", "GET, HEAD, POST"),
        ("calls/x", "GET, HEAD, POST"),
        ("calls/x/recording", "PUT"),
        ("calls/x/recordings/y", "GET, HEAD, DELETE"),
        ("recordings", "GET, HEAD"),
        ("statistics", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_there_is_405_with_allow(
    desk: Desk, method: str, rest: str, allowed: str
) -> None:
    response = await ask(desk, f"/api/v2/accounts/9900000/{rest}", method=method)
    assert refusal(response) == (405, "validation", "Method Not Allowed")
    assert response.headers == (("Allow", allowed),)


@pytest.mark.parametrize("path", ["conferences", "calls/x", "conferences/x/members/y"])
async def test_nothing_is_deleted_that_the_vendor_does_not_delete(desk: Desk, path: str) -> None:
    assert (await ask(desk, f"/api/v2/accounts/9900000/{path}", method="DELETE")).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2//accounts/9900000/conferences",
        "/api/v2/accounts/9900000/conferences/",
        "//api/v2/accounts//9900000//conferences//",
    ],
)
async def test_double_and_trailing_slashes_are_served_without_a_redirect(desk: Desk, path: str) -> None:
    assert (await ask(desk, path)).status == 200


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense", ""])
async def test_accept_is_ignored(desk: Desk, accept: str) -> None:
    assert (await ask(desk, ROOMS, headers=LOGIN | {"accept": accept})).status == 200


async def test_a_latin_1_password_is_understood(desk: Desk, store: Any) -> None:
    await give(store, ACME, CredentialKind.USER, "j\u00f6rg", "gr\u00fcn")
    for charset in ("latin-1", "utf-8"):
        header = "Basic " + b64encode("j\u00f6rg:gr\u00fcn".encode(charset)).decode()
        assert (await ask(desk, ROOMS, headers={"authorization": header})).status == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "validation"),
        (413, "validation"),
        (429, "error"),
        (431, "validation"),
        (500, "internal-error"),
        (503, "system-overloaded"),
    ],
)
def test_the_shells_refusals_have_the_vendors_shape(status: int, kind: str) -> None:
    request = HttpRequest("GET", ROOMS, "", {}, b"", "http://x")
    assert refusal(DIALECT.refuse(request, status, "Too much")) == (status, kind, "Too much")


async def test_a_conference_of_another_account_looks_like_one_that_does_not_exist(
    desk: Desk, store: Any
) -> None:
    await enter(store, conference(1, account_id=GLOBEX, created_at_ms=T0))
    foreign = await ask(desk, f"{ROOMS}/conf-00000001-00000000-0000-0000-0000-000000000001")
    absent = await ask(desk, f"{ROOMS}/conf-00000001-00000000-0000-0000-0000-000000000002")
    assert read(foreign)["description"].replace("1]", "2]") == read(absent)["description"]
