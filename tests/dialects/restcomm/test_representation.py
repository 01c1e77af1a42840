"""XML by default, JSON by `.json` anywhere or by Accept.

Restcomm Connect API guide, "Requests", "Responses".
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.cast import ACME, ALICE, STANDUP, call, enter, participant, standup
from dialects.restcomm_asking import LOGIN, ROOMS, ask, is_empty
from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.restcomm import DIALECT
from hubbub.dialects.restcomm.representation import split_path

ROOM = f"CF{STANDUP}"
LEG = f"CA{ALICE}"
JSON = "application/json"
XML = "application/xml"


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOMS}.json/{ROOM}/Participants/{LEG}",
        f"{ROOMS}.json/{ROOM}/Participants.json/{LEG}",
        f"{ROOMS}/{ROOM}/Participants.json/{LEG}",
        f"{ROOMS}/{ROOM}.json/Participants/{LEG}",
        f"{ROOMS}/{ROOM}/Participants/{LEG}.json",
        f"{ROOMS}.json/{ROOM}.json/Participants.json/{LEG}.json",
        f"/2012-04-24/Accounts.json/AC{ACME}.json/Conferences/{ROOM}/Participants/{LEG}",
    ],
)
async def test_json_may_stand_in_any_segment_and_in_several(desk: Desk, store: Any, path: str) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    plain = await ask(desk, f"{ROOMS}/{ROOM}/Participants/{LEG}", accept=JSON)
    response = await ask(desk, path, accept="application/xml")
    assert response == plain
    assert response.content_type == JSON


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, XML),
        ("", XML),
        ("*/*", XML),
        ("application/xml", XML),
        ("application/*", XML),
        ("text/html, */*;q=0.1", XML),
        ("application/json", JSON),
        ("application/json, application/xml", JSON),
        ("application/xml, application/json;q=0", JSON),
        ("text/json", JSON),
        ("application/vnd.x+json", JSON),
        ("APPLICATION/JSON", JSON),
    ],
)
async def test_accept_decides_where_the_path_does_not(
    desk: Desk, accept: str | None, content_type: str
) -> None:
    response = await ask(desk, ROOMS, accept=accept)
    assert (response.status, response.content_type) == (200, content_type)


@pytest.mark.parametrize("accept", ["text/html", "text/xml", "image/*", "nonsense"])
async def test_an_accept_that_names_neither_form_is_406_without_a_suffix(desk: Desk, accept: str) -> None:
    assert is_empty(await ask(desk, ROOMS, accept=accept), 406)
    assert (await ask(desk, f"{ROOMS}.json", accept=accept)).content_type == JSON


@pytest.mark.parametrize(
    "path", [f"{ROOMS}.xml", f"{ROOMS}.jsonx", f"{ROOMS}.json.json", f"{ROOMS}.JSON", f"{ROOMS}/{ROOM}.xml"]
)
async def test_other_suffixes_do_not_exist(desk: Desk, store: Any, path: str) -> None:
    await enter(store, standup())
    assert is_empty(await ask(desk, path), 404)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
async def test_no_path_query_or_accept_breaks_it(desk: Desk, path: str, query: str, accept: str) -> None:
    for prefix in (ROOMS, f"{ROOMS}/", "/2012-04-24", f"{ROOMS}/{ROOM}/Participants/"):
        request = HttpRequest("GET", prefix + path, query, LOGIN | {"accept": accept}, b"", "http://x")
        response = await DIALECT.handle(request, desk)
        assert response.status in (200, 400, 403, 404, 406)


@given(st.lists(st.text("abc.json", max_size=8), max_size=6))
def test_only_one_suffix_is_taken_off_each_segment(parts: list[str]) -> None:
    segments, as_json = split_path("/".join(parts))
    kept = [part for part in parts if part]
    assert as_json == (".json" in "/".join(parts))
    assert [s for s, part in zip(segments, kept, strict=True) if s not in (part, part[:-5])] == []
