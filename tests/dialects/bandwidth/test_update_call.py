"""POST …/calls/{callId} and PUT …/calls/{callId}/bxml.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/updateCall
"""

import json
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.bandwidth_asking import LOGIN, ask, refusal
from dialects.cast import ALICE, call, enter
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.application import WebTarget
from hubbub.domain.errors import Conflict, NotFound
from hubbub.markup.effects import Ask, Given, Purpose
from hubbub.services.commands import CallChange

ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
CALL = f"/api/v2/accounts/9900000/calls/{ALICE_TEXT}"
URL = "https://app.example/redirect"


@pytest.fixture(autouse=True)
async def one_call(store: Any) -> None:
    await enter(store, call(ALICE))


async def post(desk: Desk, body: Any) -> HttpResponse:
    headers = LOGIN | {"content-type": "application/json"}
    return await ask(desk, CALL, method="POST", headers=headers, body=json.dumps(body).encode())


async def put(desk: Desk, body: bytes, content_type: str = "application/xml") -> HttpResponse:
    headers = LOGIN | {"content-type": content_type}
    return await ask(desk, f"{CALL}/bxml", method="PUT", headers=headers, body=body)


async def test_completed_ends_the_call_and_answers_200_with_nothing(desk: Desk, twin: CommandsTwin) -> None:
    response = await post(desk, {"state": "completed", "redirectMethod": "POST", "tag": None})
    assert (response.status, response.body, response.content_type) == (200, b"", None)
    assert twin.asked == [("calls.end", (ALICE,), {})]


@pytest.mark.parametrize("tag", [None, "new", ""])
async def test_active_redirects_the_call_and_may_change_its_tag(
    desk: Desk, twin: CommandsTwin, tag: str | None
) -> None:
    body = {
        "redirectUrl": URL,
        "username": "u",
        "password": "p",
        "redirectFallbackUrl": "https://other.example/",
        "redirectFallbackMethod": "GET",
        "tag": tag,
    }
    response = await post(desk, body)
    assert (response.status, response.body) == (200, b"")
    begin = Ask(
        Purpose.REDIRECT, WebTarget(URL, "POST", "u", "p"), WebTarget("https://other.example/", "GET")
    )
    assert twin.asked == [("calls.change", (ALICE, CallChange("bandwidth", begin=begin, tag=tag)), {})]


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({}, "Missing at least one required field. Required fields are [redirectUrl]"),
        ({"tag": "t"}, "Missing at least one required field. Required fields are [redirectUrl]"),
        ({"state": "completed", "redirectUrl": URL}, "Invalid redirectUrl: not allowed when state is completed"),
        ({"state": "completed", "tag": ""}, "Invalid tag: not allowed when state is completed"),
        ({"state": "gone"}, "Invalid state: must be one of [active, completed]"),
        ({"redirectUrl": "next"}, "Invalid redirectUrl: only http and https are allowed"),
        (
            {"redirectUrl": URL, "tag": "t" * 4097},
            "Could not update call: sendCallback tag must contain at most 4096 characters",
        ),
    ],
)  # fmt: skip
async def test_a_wrong_body_is_400_and_changes_nothing(
    desk: Desk, twin: CommandsTwin, body: Any, description: str
) -> None:
    assert refusal(await post(desk, body)) == (400, "validation", description)
    assert twin.asked == []


@pytest.mark.parametrize("body", [{"state": "completed"}, {"redirectUrl": URL}])
async def test_a_call_that_is_over_or_not_answered_is_409(
    desk: Desk, twin: CommandsTwin, body: dict[str, str]
) -> None:
    twin.refusal = Conflict("it is over")
    expected = (409, "validation", f"Call [{ALICE_TEXT}] cannot be modified in its current state")
    assert refusal(await post(desk, body)) == expected
    assert refusal(await put(desk, b"<Bxml/>")) == expected


async def test_an_unknown_call_is_404_before_the_body_is_looked_at(desk: Desk, twin: CommandsTwin) -> None:
    for method, rest in (("POST", ""), ("PUT", "/bxml"), ("PUT", "/recording")):
        response = await ask(desk, f"/api/v2/accounts/9900000/calls/c-x{rest}", method=method, body=b"?")
        assert refusal(response) == (404, "validation", "Call [c-x] not found")
    twin.refusal = NotFound("call", ALICE)
    assert (await post(desk, {"state": "completed"})).status == 404


@pytest.mark.parametrize("root", ["Bxml", "Response"])
async def test_bxml_replaces_what_the_call_runs(desk: Desk, twin: CommandsTwin, root: str) -> None:
    body = f"<{root}><Conference>standup</Conference><Pause duration='2'/></{root}>".encode()
    response = await put(desk, body, "text/xml; charset=utf-8")
    assert (response.status, response.body) == (204, b"")
    begin = Given(body, "text/xml; charset=utf-8")
    assert twin.asked == [("calls.change", (ALICE, CallChange("bandwidth", begin=begin)), {})]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"invalid bxml",
        b"<Bxml><SpeakSentence>",
        b"<Nothing/>",
        b"<Bxml><Redirect redirectUrl='/next'/></Bxml>",
        b"<Bxml>" + b" " * 70_000 + b"</Bxml>",
    ],
)
async def test_bxml_that_is_wrong_is_400(desk: Desk, twin: CommandsTwin, body: bytes) -> None:
    status, kind, description = refusal(await put(desk, body))
    assert (status, kind) == (400, "validation")
    assert description.startswith("Invalid BXML: ")
    assert twin.asked == []


async def test_bxml_under_another_content_type_is_415(desk: Desk) -> None:
    assert (await put(desk, b"<Bxml/>", "application/json")).status == 415
