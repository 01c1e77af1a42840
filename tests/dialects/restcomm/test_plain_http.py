"""The paths and headers that Restcomm's client libraries send, by plain HTTP against a running server.

The Python and Java libraries put `.json` in the middle of the path, the .NET library at its end; it also
finds the list by the brackets in the text.
"""

import asyncio
import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from dialects.cast import (
    ACME,
    ACME_TOKEN,
    ALICE,
    BOB,
    STANDUP,
    T0,
    basic,
    call,
    conference,
    enter,
    participant,
    standup,
)

BASE = f"/restcomm/2012-04-24/Accounts/AC{ACME}"
LOGIN = {"Authorization": basic("AC" + ACME, ACME_TOKEN)["authorization"]}
PYTHON = LOGIN | {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "python-requests"}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def get(served: int) -> Callable[..., Any]:
    def ask(path: str, headers: dict[str, str], method: str = "GET") -> Answer:
        connection = HTTPConnection("127.0.0.1", served, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    async def get(path: str, headers: dict[str, str] = LOGIN, method: str = "GET") -> Answer:
        return await asyncio.to_thread(ask, path, headers, method)

    return get


async def two_inside(store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        call(BOB),
        participant(ALICE),
        participant(BOB, joined_at_ms=T0 + 1, muted=True),
    )


async def test_the_python_library_reads_a_room_and_its_callers(get: Callable[..., Any], store: Any) -> None:
    await two_inside(store)
    listed = json.loads((await get(f"{BASE}/Conferences.json", PYTHON)).body)
    sid = listed["conferences"][0]["sid"]
    assert json.loads((await get(f"{BASE}/Conferences.json/{sid}", PYTHON)).body)["status"].startswith(
        "RUNNING"
    )
    inside = json.loads((await get(f"{BASE}/Conferences.json/{sid}/Participants.json", PYTHON)).body)
    assert [row["muted"] for row in inside["calls"]] == [False, True]
    leg = inside["calls"][1]["sid"]
    one = await get(f"{BASE}/Conferences.json/{sid}/Participants.json/{leg}", PYTHON)
    assert json.loads(one.body) == inside["calls"][1]
    assert one.headers["Content-Type"] == "application/json"


async def test_the_java_library_converts_start_and_end_and_follows_pages(
    get: Callable[..., Any], store: Any
) -> None:
    await enter(store, *(conference(n) for n in range(5)))
    seen: list[str] = []
    path = f"{BASE}/Conferences.json?PageSize=2"
    while path != "null":
        page = json.loads((await get(path, LOGIN | {"Accept": "application/json, application/xml"})).body)
        assert int(page["start"]) == len(seen)
        seen += [row["sid"] for row in page["conferences"]]
        assert int(page["end"]) in (len(seen) - 1, len(seen))
        path = page["next_page_uri"]
    assert len(set(seen)) == 5


async def test_the_dotnet_library_finds_the_list_between_the_only_brackets(
    get: Callable[..., Any], store: Any
) -> None:
    await enter(store, conference(1, name="[a] {b}"), conference(2))
    text = (await get(f"{BASE}/Conferences.json")).body.decode()
    assert (text.count("["), text.count("]")) == (1, 1)
    rows = json.loads("[" + text.split("[")[1].split("]")[0] + "]")
    assert [row["friendly_name"] for row in rows] == ["[a] {b}", "myConf"]


async def test_a_browsers_request_gets_xml_that_parses(get: Callable[..., Any], store: Any) -> None:
    await two_inside(store)
    answer = await get(
        f"{BASE}/Conferences/CF{STANDUP}/Participants", LOGIN | {"Accept": "text/html,*/*;q=0.8"}
    )
    assert answer.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.body)
    assert [sid.text for sid in root.iterfind("./Calls/Call/Sid")] == ["CA" + ALICE, "CA" + BOB]
    assert root.find("./Calls").attrib["total"] == "2"  # type: ignore[union-attr]


async def test_refusals_are_empty_on_the_wire_too(get: Callable[..., Any], store: Any) -> None:
    await two_inside(store)
    for status, path, headers, method in (
        (401, f"{BASE}/Conferences", {}, "GET"),
        (401, "/2012-04-24/nowhere", {}, "GET"),
        (400, f"{BASE}/Conferences?Page=x", LOGIN, "GET"),
        (403, BASE.replace(ACME, "b" * 32) + "/Conferences", LOGIN, "GET"),
        (404, f"{BASE}/Conferences/CFx", LOGIN, "GET"),
        (405, f"{BASE}/Conferences", LOGIN, "POST"),
        (406, f"{BASE}/Conferences", LOGIN | {"Accept": "text/html"}, "GET"),
    ):
        answer = await get(path, headers, method)
        assert (answer.status, answer.body) == (status, b""), path
        assert "Content-Type" not in answer.headers
        challenge = answer.headers.get("WWW-Authenticate")
        assert challenge == ('Basic realm="Restcomm realm"' if status == 401 else None)


async def test_no_page_of_another_origin_may_read_answers(get: Callable[..., Any]) -> None:
    answer = await get(f"{BASE}/Conferences", LOGIN | {"Origin": "https://evil.example"})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
