"""POST …/conferences/{conferenceId} and PUT …/bxml.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/updateConference
"""

import json
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.bandwidth_asking import LOGIN, ROOMS, ask, refusal
from dialects.cast import STANDUP, conference, enter, standup
from hubbub.dialects.contract import Desk, DialectSettings, HttpResponse
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import ConferenceState
from hubbub.domain.errors import ConferenceEnded, Conflict, NotFound
from hubbub.markup.effects import Purpose
from hubbub.markup.instructions import Play, Say

ROOM = f"{ROOMS}/conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
JSON = LOGIN | {"content-type": "application/json"}
XML = LOGIN | {"content-type": "application/xml"}
URL = "https://app.example/redirect"


async def post(desk: Desk, body: Any, path: str = ROOM, headers: dict[str, str] = JSON) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(desk, path, method="POST", headers=headers, body=raw)


@pytest.fixture(autouse=True)
async def live(store: Any) -> None:
    await enter(store, standup())


async def test_completed_ends_the_room(desk: Desk, twin: CommandsTwin) -> None:
    response = await post(desk, {"status": "completed"})
    assert (response.status, response.body, response.content_type) == (204, b"", None)
    assert twin.asked == [("rooms.end", (STANDUP,), {})]


async def test_a_url_is_asked_with_its_method_and_credentials_and_a_fallback(
    desk: Desk, twin: CommandsTwin
) -> None:
    body = {
        "status": "active",
        "redirectUrl": URL,
        "redirectMethod": "GET",
        "username": "u",
        "password": "p",
        "redirectFallbackUrl": "http://other.example/",
        "fallbackUsername": "fu",
        "fallbackPassword": "fp",
    }
    assert (await post(desk, body)).status == 204
    name, (room, wish, dialect), _ = twin.last
    assert (name, room, dialect, wish.purpose) == ("rooms.redirect", STANDUP, "bandwidth", Purpose.ROOM)
    assert wish.target == WebTarget(URL, "GET", "u", "p")
    assert wish.fallback == WebTarget("http://other.example/", "POST", "fu", "fp")
    assert wish.conference.id == STANDUP


async def test_what_the_python_client_always_sends_is_taken_with_completed(
    desk: Desk, twin: CommandsTwin
) -> None:
    """Its models write both methods into every body, and a sample of the vendor's docs sends credentials."""
    body = {
        "status": "completed",
        "redirectMethod": "POST",
        "redirectFallbackMethod": "POST",
        "username": "u",
        "password": "p",
    }
    assert (await post(desk, body)).status == 204
    assert twin.last[0] == "rooms.end"


async def test_null_is_nothing_as_the_c_sharp_client_means_it(desk: Desk, twin: CommandsTwin) -> None:
    names = ("redirectUrl", "redirectFallbackUrl", "redirectMethod", "username", "fallbackPassword")
    assert (await post(desk, {"status": "completed"} | dict.fromkeys(names))).status == 204
    assert (await post(desk, {"status": None, "redirectUrl": URL, "redirectMethod": None})).status == 204
    assert [name for name, _, _ in twin.asked] == ["rooms.end", "rooms.redirect"]


async def test_unknown_fields_are_passed_over(desk: Desk, twin: CommandsTwin) -> None:
    assert (await post(desk, {"state": "completed", "tag": 7, "redirectUrl": URL})).status == 204
    assert twin.last[0] == "rooms.redirect"


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({}, "Missing at least one required field. Required fields are [redirectUrl]"),
        ({"status": "active"}, "Missing at least one required field. Required fields are [redirectUrl]"),
        ({"redirectUrl": ""}, "Missing at least one required field. Required fields are [redirectUrl]"),
        ({"redirectUrl": "/next"}, "Invalid redirectUrl: only http and https are allowed"),
        ({"redirectUrl": "ftp://a.example/"}, "Invalid redirectUrl: only http and https are allowed"),
        ({"redirectUrl": URL, "redirectFallbackUrl": "x"}, "Invalid redirectFallbackUrl: only http and https are allowed"),
        ({"redirectUrl": 7}, "Invalid redirectUrl: must be a string"),
        ({"redirectUrl": URL + "a" * 2048}, "redirectUrl must contain at most 2048 characters"),
        ({"redirectUrl": URL, "redirectMethod": "PUT"}, "Invalid redirectUrl method. Supported methods: [POST, GET]"),
        ({"redirectUrl": URL, "username": "u" * 1025}, "username must contain at most 1024 characters"),
        ({"status": "over"}, "Invalid status: must be one of [active, completed]"),
        ({"status": True}, "Invalid status: must be a string"),
        ({"status": "completed", "redirectUrl": URL}, "Invalid redirectUrl: not allowed when status is completed"),
        (
            {"status": "completed", "redirectFallbackUrl": URL},
            "Invalid redirectFallbackUrl: not allowed when status is completed",
        ),
        ([], "There is something wrong with the request"),
        (b"{", "There is something wrong with the request"),
        (b"", "There is something wrong with the request"),
        (b"[" * 5000, "There is something wrong with the request"),
        (b'{"redirectUrl": "\xff"}', "There is something wrong with the request"),
    ],
)  # fmt: skip
async def test_a_wrong_body_is_400_and_asks_for_nothing(
    desk: Desk, twin: CommandsTwin, body: Any, description: str
) -> None:
    assert refusal(await post(desk, body)) == (400, "validation", description)
    assert twin.asked == []


@pytest.mark.parametrize(
    ("content_type", "description"),
    [
        ("text/plain;charset=UTF-8", "Content type 'text/plain;charset=UTF-8' not supported"),
        ("", "Unsupported Media Type"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_another_content_type_is_415(
    desk: Desk, content_type: str, description: str, method: str
) -> None:
    path = ROOM if method == "POST" else f"{ROOM}/bxml"
    headers = LOGIN | {"content-type": content_type}
    response = await ask(desk, path, method=method, headers=headers, body=b"{}")
    assert refusal(response) == (415, "validation", description)


async def test_a_charset_beside_the_type_is_taken(desk: Desk) -> None:
    headers = LOGIN | {"content-type": "Application/JSON; charset=utf-8"}
    assert (await post(desk, {"status": "completed"}, headers=headers)).status == 204


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_conference_that_is_unknown_or_over_is_404_before_the_body_is_looked_at(
    desk: Desk, store: Any, method: str
) -> None:
    await enter(store, conference(1))
    for id_ in ("conf-x", "conf-00000001-00000000-0000-0000-0000-000000000001"):
        path = f"{ROOMS}/{id_}" + ("/bxml" if method == "PUT" else "")
        response = await ask(desk, path, method=method, body=b"nonsense")
        assert refusal(response) == (404, "validation", f"Conference [{id_}] not found")


@pytest.mark.parametrize("error", [NotFound("conference", "x"), ConferenceEnded("it is over")])
async def test_one_that_ends_in_the_same_moment_is_404(
    desk: Desk, twin: CommandsTwin, error: Exception
) -> None:
    twin.refusal = error
    assert (await post(desk, {"redirectUrl": URL})).status == 404
    assert (await put(desk, b"<Bxml/>")).status == 404


async def test_one_that_was_imported_is_not_ours_to_end(desk: Desk, twin: CommandsTwin) -> None:
    twin.refusal = Conflict("it was imported")
    assert (await post(desk, {"status": "completed"})).status == 400


async def test_credentials_over_http_are_taken_unless_the_server_is_strict(
    desk: Desk, twin: CommandsTwin
) -> None:
    body = {"redirectUrl": "http://app.example/", "username": "u"}
    assert (await post(desk, body)).status == 204
    strict = desk._replace(settings=DialectSettings(strict=True))
    expected = "Invalid redirectUrl: https is required when credentials are given"
    assert refusal(await post(strict, body))[2] == expected


async def put(desk: Desk, body: bytes, headers: dict[str, str] = XML) -> HttpResponse:
    return await ask(desk, f"{ROOM}/bxml", method="PUT", headers=headers, body=body)


@pytest.mark.parametrize("root", ["Bxml", "Response"])
@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
async def test_bxml_is_run_in_the_room(desk: Desk, twin: CommandsTwin, root: str, content_type: str) -> None:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><{root}><SpeakSentence>Hello</SpeakSentence>'
        f"<PlayAudio>https://app.example/a.wav</PlayAudio></{root}>"
    )
    response = await put(desk, body.encode(), LOGIN | {"content-type": content_type})
    assert (response.status, response.body) == (204, b"")
    name, (room, document, dialect), _ = twin.last
    assert (name, room, dialect) == ("rooms.run", STANDUP, "bandwidth")
    assert [type(each) for each in document.instructions] == [Say, Play]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"updateConferenceBxml",
        b"<Bxml>",
        b"<Nothing/>",
        b"<Bxml><Pause/></Bxml>",
        b"<Bxml><SpeakSentence>Hello</SpeakSentence><Hangup/></Bxml>",
        b"<Bxml><Gather/></Bxml>",
        b"<Bxml><Redirect redirectUrl='https://app.example/'/></Bxml>",
        b"<Bxml><Conference>other</Conference></Bxml>",
        b"<Bxml><Tag>t</Tag></Bxml>",
        b"<Bxml><StartStream/></Bxml>",
        b"<Bxml><Nonsense/></Bxml>",
        b"<Bxml><PlayAudio>/relative.wav</PlayAudio></Bxml>",
        b"<Bxml><SpeakSentence>" + b"a" * 70_000 + b"</SpeakSentence></Bxml>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><Bxml>&b;</Bxml>",
    ],
)
async def test_bxml_that_is_wrong_or_out_of_place_is_400_as_a_whole(
    desk: Desk, twin: CommandsTwin, body: bytes
) -> None:
    status, kind, description = refusal(await put(desk, body))
    assert (status, kind) == (400, "validation")
    assert description.startswith("Invalid BXML: ")
    assert twin.asked == []


async def test_a_room_without_a_moderator_may_be_ended_too(
    desk: Desk, store: Any, twin: CommandsTwin
) -> None:
    await enter(store, standup(state=ConferenceState.INIT))
    assert (await post(desk, {"status": "completed"})).status == 204
    assert twin.last[0] == "rooms.end"
