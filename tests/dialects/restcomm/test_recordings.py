"""Recordings: the list, those of a call, one, its end, its sound.

Restcomm Connect API guide, "Recordings".
"""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    DEVELOPER,
    GLOBEX,
    INTERN,
    RECORDED_CALL,
    RECORDED_ROOM,
    SUBSIDIARY,
    T0,
    basic,
    call,
    enter,
    recording,
    standup,
)
from dialects.restcomm_asking import ACCOUNT, ask, is_empty, read
from hubbub.dialects.contract import Desk, DialectSettings, HttpResponse
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat, RecordingState

LIST = f"{ACCOUNT}/Recordings"
OF_CALL = f"{ACCOUNT}/Calls/CA{ALICE}/Recordings"
ONE = f"{LIST}/RE{RECORDED_CALL}"
URI = f"/2012-04-24/Accounts/AC{ACME}/Recordings"
SOUND = bytes(range(100))
DAY_MS = 86_400_000
OPEN = DialectSettings(restcomm_open_recordings=True)


@pytest.fixture(autouse=True)
async def two_recordings(store: Any, acting: ActingCommands) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        recording(RECORDED_ROOM, created_at_ms=T0 + 1),
        recording(RECORDED_CALL, conference_id=None, call_id=ALICE),
    )
    acting.sounds |= {RECORDED_ROOM: SOUND, RECORDED_CALL: SOUND}


async def content(response: HttpResponse) -> bytes:
    assert response.stream is not None
    sent = b"".join([chunk async for chunk in response.stream.chunks])
    assert len(sent) == response.stream.length_bytes
    return sent


async def test_one_recording_in_json_to_the_byte(desk: Desk) -> None:
    assert (await ask(desk, f"{ONE}.json")).body.decode() == (
        "{\n"
        f'  "sid": "RE{RECORDED_CALL}",\n'
        '  "date_created": "Mon, 4 May 2026 09:30:00 +0000",\n'
        '  "date_updated": "Mon, 4 May 2026 09:30:20 +0000",\n'
        f'  "account_sid": "AC{ACME}",\n'
        f'  "call_sid": "CA{ALICE}",\n'
        '  "duration": "13.67",\n'
        '  "api_version": "2012-04-24",\n'
        f'  "uri": "{URI}/RE{RECORDED_CALL}.json",\n'
        f'  "file_uri": "http://hub.example/restcomm{URI}/RE{RECORDED_CALL}.wav"\n'
        "}"
    )


async def test_one_recording_in_xml_to_the_byte(desk: Desk) -> None:
    assert (await ask(desk, f"{LIST}/RE{RECORDED_ROOM}")).body.decode() == (
        "<RestcommResponse>\n"
        "  <Recording>\n"
        f"    <Sid>RE{RECORDED_ROOM}</Sid>\n"
        "    <DateCreated>Mon, 4 May 2026 09:30:00 +0000</DateCreated>\n"
        "    <DateUpdated>Mon, 4 May 2026 09:30:20 +0000</DateUpdated>\n"
        f"    <AccountSid>AC{ACME}</AccountSid>\n"
        "    <CallSid/>\n"
        "    <Duration>13.67</Duration>\n"
        "    <ApiVersion>2012-04-24</ApiVersion>\n"
        f"    <Uri>{URI}/RE{RECORDED_ROOM}</Uri>\n"
        f"    <FileUri>http://hub.example/restcomm{URI}/RE{RECORDED_ROOM}.wav</FileUri>\n"
        "  </Recording>\n"
        "</RestcommResponse>"
    )


async def test_the_list_is_newest_first_and_its_links_begin_with_the_context(desk: Desk) -> None:
    page = read(await ask(desk, f"{LIST}.json?PageSize=1"))
    assert [row["sid"] for row in page["recordings"]] == ["RE" + RECORDED_ROOM]
    assert (page["total"], page["num_pages"], page["uri"]) == (2, 1, f"/restcomm{URI}")
    assert page["next_page_uri"].startswith(f"/restcomm{URI}?Page=1&PageSize=1&")
    rest = read(await ask(desk, f"{LIST}.json?PageSize=1&Page=1"))
    assert rest["recordings"] == [read(await ask(desk, f"{ONE}.json"))]


async def test_the_xml_list_has_no_attributes(desk: Desk, store: Any) -> None:
    root = ElementTree.fromstring((await ask(desk, LIST)).body)
    [rows] = root
    assert (rows.tag, rows.attrib, len(rows)) == ("Recordings", {}, 2)
    labs = await ask(desk, LIST.replace(ACME, SUBSIDIARY))
    assert labs.body == b"<RestcommResponse>\n  <Recordings/>\n</RestcommResponse>"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"CallSid=CA{ALICE}", [RECORDED_CALL]),
        (f"CallSid=%25CA{ALICE}", [RECORDED_CALL]),
        (f"CallSid=CA{BOB}", []),
        ("CallSid=", []),
        ("StartTime=2026-05-04", [RECORDED_ROOM, RECORDED_CALL]),
        ("StartTime=2026-05-05", []),
        ("EndTime=2026-05-03", []),
        ("EndTime=2026-05-04", [RECORDED_ROOM, RECORDED_CALL]),
        ("SortBy=DateCreated", [RECORDED_CALL, RECORDED_ROOM]),
        ("SortBy=CallSid:desc", [RECORDED_CALL, RECORDED_ROOM]),
        ("SortBy=Duration", [RECORDED_CALL, RECORDED_ROOM]),
        ("SubAccounts=true", ["5" * 32, RECORDED_ROOM, RECORDED_CALL]),
    ],
)
async def test_filters_and_sorting(desk: Desk, store: Any, query: str, found: list[str]) -> None:
    await enter(store, recording(RecordingId("5" * 32), account_id=SUBSIDIARY, created_at_ms=T0 + 2))
    page = read(await ask(desk, f"{LIST}.json?{query}"))
    assert [row["sid"] for row in page["recordings"]] == ["RE" + id_ for id_ in found]


@pytest.mark.parametrize("query", ["SortBy=Price", "SortBy=Duration:up"])
async def test_a_sort_that_is_none_is_400_and_says_why(desk: Desk, query: str) -> None:
    response = await ask(desk, f"{LIST}.json?{query}")
    assert (response.status, b"SortBy" in response.body) == (400, True)


@pytest.mark.parametrize("query", ["StartTime=x", "CallSid=RE%25", "Page=x", "Page=9"])
async def test_nonsense_in_the_query_is_400_and_empty(desk: Desk, query: str) -> None:
    assert is_empty(await ask(desk, f"{LIST}?{query}"), 400)


async def test_those_of_a_call_are_a_bare_array(desk: Desk, store: Any) -> None:
    body = (await ask(desk, f"{OF_CALL}.json")).body
    assert json.loads(body) == [read(await ask(desk, f"{ONE}.json"))]
    assert body.startswith(b'[\n  {\n    "sid": ')
    assert json.loads((await ask(desk, f"{OF_CALL}.json".replace(ALICE, BOB))).body) == []
    [rows] = ElementTree.fromstring((await ask(desk, OF_CALL)).body)
    assert (rows.tag, len(rows)) == ("Recordings", 1)
    assert is_empty(await ask(desk, f"{ACCOUNT}/Calls/x/Recordings"), 404)
    await enter(store, call(ALICE, account_id=GLOBEX))
    assert is_empty(await ask(desk, OF_CALL), 403)


async def test_a_rooms_recording_belongs_to_the_call_that_wished_it(desk: Desk, store: Any) -> None:
    await enter(store, recording(RECORDED_ROOM, call_id=ALICE, created_at_ms=T0 + 1))
    rows = json.loads((await ask(desk, f"{OF_CALL}.json")).body)
    assert {row["sid"] for row in rows} == {"RE" + RECORDED_CALL, "RE" + RECORDED_ROOM}


@pytest.mark.parametrize("state", sorted(set(RecordingState) - {RecordingState.COMPLETED}))
async def test_what_cannot_be_heard_is_not_there(
    desk: Desk, store: Any, acting: ActingCommands, state: RecordingState
) -> None:
    await enter(store, recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=state))
    assert [row["sid"] for row in read(await ask(desk, f"{LIST}.json"))["recordings"]] == [
        "RE" + RECORDED_ROOM
    ]
    assert (await ask(desk, f"{OF_CALL}.json")).body == b"[]"
    for path, method in ((ONE, "GET"), (ONE, "DELETE"), (f"{ONE}.wav", "GET")):
        assert is_empty(await ask(desk, path, method=method), 404)
    assert acting.asked == []


@pytest.mark.parametrize("sid", ["RE" + "9" * 32, "x", "CA" + ALICE, "%00"])
async def test_an_unknown_recording_is_404_and_a_strangers_403(desk: Desk, store: Any, sid: str) -> None:
    await enter(store, recording(RECORDED_ROOM, account_id=GLOBEX))
    for method in ("GET", "DELETE"):
        assert is_empty(await ask(desk, f"{LIST}/{sid}", method=method), 404)
        assert is_empty(await ask(desk, f"{LIST}/RE{RECORDED_ROOM}", method=method), 403)
    assert is_empty(await ask(desk, f"{LIST}/{sid}.wav"), 404)
    assert is_empty(await ask(desk, f"{LIST}/RE{RECORDED_ROOM}.wav"), 404)


async def test_deleting_is_an_empty_200_once(desk: Desk, acting: ActingCommands) -> None:
    assert is_empty(await ask(desk, ONE, method="DELETE"), 200)
    assert acting.asked == [("delete recording", (RECORDED_CALL,), {})]
    assert is_empty(await ask(desk, ONE, method="DELETE"), 404)
    assert is_empty(await ask(desk, f"{ONE}.wav"), 404)


async def test_one_that_is_deleted_in_between_is_404(desk: Desk, acting: ActingCommands) -> None:
    acting.refusal = Conflict("gone")
    assert is_empty(await ask(desk, ONE, method="DELETE"), 404)


async def test_reading_and_deleting_take_their_own_permissions(desk: Desk, store: Any) -> None:
    await enter(store, recording(RECORDED_ROOM, account_id=DEVELOPER))
    dev, path = basic("AC" + DEVELOPER, "dev-token"), LIST.replace(ACME, DEVELOPER)
    for method in ("GET", "DELETE"):
        assert (await ask(desk, f"{path}/RE{RECORDED_ROOM}", headers=dev, method=method)).status == 200
    intern, path = basic("AC" + INTERN, "intern-token"), LIST.replace(ACME, INTERN)
    for method in ("GET", "DELETE"):
        assert is_empty(await ask(desk, f"{path}/RE{RECORDED_ROOM}", headers=intern, method=method), 403)
    assert is_empty(await ask(desk, OF_CALL.replace(ACME, INTERN), headers=intern), 403)


@pytest.mark.parametrize(
    ("suffix", "kind", "format_"),
    [(".wav", "audio/x-wav", AudioFormat.WAV), (".mp3", "audio/mpeg", AudioFormat.MP3)],
)
@pytest.mark.parametrize("accept", [None, "audio/*", "text/html"])
async def test_sound_that_is_open_needs_no_credentials(
    desk: Desk, acting: ActingCommands, suffix: str, kind: str, format_: AudioFormat, accept: str | None
) -> None:
    desk = desk._replace(settings=OPEN)
    response = await ask(desk, ONE + suffix, headers={}, accept=accept)
    assert (response.status, response.content_type) == (200, kind)
    assert await content(response) == SOUND
    assert acting.last == ("recordings.open", (RECORDED_CALL, format_), {})


async def test_a_range_of_the_sound_is_206_and_one_outside_416(desk: Desk) -> None:
    desk = desk._replace(settings=OPEN)
    part = await ask(desk, f"{ONE}.wav", headers={"range": "bytes=10-19"})
    assert (part.status, await content(part)) == (206, SOUND[10:20])
    assert ("Content-Range", "bytes 10-19/100") in part.headers
    assert (await ask(desk, f"{ONE}.wav", headers={"range": "bytes=100-"})).status == 416


async def test_the_sound_is_closed_to_strangers(desk: Desk) -> None:
    assert is_empty(await ask(desk, f"{ONE}.wav", headers={}), 401)
    assert await content(await ask(desk, f"{ONE}.wav")) == SOUND
    assert is_empty(await ask(desk, f"{ONE}.wav", headers=basic("AC" + GLOBEX, "globex-token")), 403)
    intern = basic("AC" + INTERN, "intern-token")
    assert is_empty(await ask(desk, f"{ONE}.wav".replace(ACME, INTERN), headers=intern), 403)


async def test_the_sound_is_under_its_own_account_only(desk: Desk) -> None:
    desk = desk._replace(settings=OPEN)
    for name in (SUBSIDIARY, GLOBEX, "0" * 32):
        assert is_empty(await ask(desk, f"{ONE}.wav".replace(ACME, name), headers={}), 404)


async def test_a_stranger_may_do_no_more_than_listen(desk: Desk) -> None:
    for method in ("DELETE", "POST", "PUT"):
        assert is_empty(await ask(desk, f"{ONE}.wav", headers={}, method=method), 401)
