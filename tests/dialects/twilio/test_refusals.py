"""Routes, methods and limits that lead nowhere, in Twilio's words."""

from typing import Any

import pytest

from dialects.cast import ALICE, STANDUP, call, enter, participant, standup
from dialects.twilio_asking import BASE, LOGIN, ROOMS, A, ask, refusal
from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.twilio import DIALECT

ROOM = f"{ROOMS}/CF{STANDUP}"


@pytest.fixture(autouse=True)
async def room(store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))


@pytest.mark.parametrize(
    "path",
    [
        "/2010-04-01",
        "/2010-04-01.json",
        "/2010-04-01/Accounts.json",
        f"{A}.json",
        f"{A}/conferences.json",
        f"{A}/Messages.json",
        f"{ROOM}/Nothing.json",
        f"{ROOM}/Participants/CA{ALICE}/More.json",
        f"{A}/Conferences/.json",
    ],
)
async def test_a_path_that_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    response = await ask(desk, path)
    if path.endswith(".json"):
        assert refusal(response) == (404, 20404, f"The requested resource {path} was not found")
    else:
        assert (response.status, response.content_type) == (404, "application/xml")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (f"{ROOMS}.json", "GET"),
        (f"{ROOM}.json", "GET, POST"),
        (f"{ROOM}/Participants.json", "GET, POST"),
        (f"{ROOM}/Participants/CA{ALICE}.json", "GET, POST, DELETE"),
        (f"{ROOM}/Recordings.json", "GET, POST"),
        (f"{A}/Recordings.json", "GET"),
        (f"{A}/Recordings/RE{'1' * 32}.json", "GET, DELETE"),
        (f"{A}/Calls/CA{ALICE}.json", "GET, POST, DELETE"),
    ],
)
async def test_a_method_that_is_not_supported_says_which_are(
    desk: Desk, method: str, path: str, allowed: str
) -> None:
    response = await ask(desk, path, method=method, body=b"Status=completed")
    assert refusal(response) == (405, 20004, "Method not allowed")
    assert response.headers == (("Allow", allowed),)


async def test_nothing_is_made_deleted_or_written_where_the_vendor_does_not(desk: Desk) -> None:
    for method, path in (
        ("POST", f"{ROOMS}.json"),
        ("DELETE", f"{ROOM}.json"),
        ("DELETE", f"{ROOM}/Participants.json"),
        ("POST", f"{A}/Recordings.json"),
        ("POST", f"{A}/Recordings/RE{'1' * 32}.json"),
    ):
        assert refusal(await ask(desk, path, method=method))[:2] == (405, 20004)


async def test_strangers_are_asked_who_they_are_before_anything_else(desk: Desk) -> None:
    for method, path in (("POST", f"{ROOM}.json"), ("GET", f"{A}/Messages.json")):
        assert (await ask(desk, path, method=method, headers={})).status == 401


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, 20001),
        (408, None),
        (413, None),
        (414, None),
        (429, 20429),
        (431, None),
        (500, 20500),
        (503, 20503),
    ],
)
async def test_the_shells_refusals_come_in_this_dialects_form(status: int, code: int | None) -> None:
    def refused(path: str) -> Any:
        return DIALECT.refuse(HttpRequest("GET", path, "", {}, b"", BASE), status, "Too <much>")

    assert refusal(refused(f"{ROOMS}.json")) == (status, code, "Too <much>")
    xml = refused(ROOMS).body.decode()
    assert f"<Message>Too &lt;much&gt;</Message>{'<MoreInfo>' if code else '<Status>'}" in xml


async def test_a_get_with_a_body_and_a_form_content_type_is_normal(desk: Desk) -> None:
    headers = {**LOGIN, "content-type": "application/x-www-form-urlencoded", "accept": "*/*"}
    response = await ask(desk, f"{ROOM}.json", headers=headers, body=b"Status=nonsense")
    assert response.status == 200
