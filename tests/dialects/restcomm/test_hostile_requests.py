"""Whatever a body, a path or a query holds, the answer is one of the vendor's refusals or a proper one."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.cast import ACME, ALICE, RECORDED_CALL, call, enter, participant, recording, standup
from dialects.restcomm_asking import ACCOUNT, LOGIN, ROOMS, ask
from hubbub.dialects.contract import Desk, HttpRequest
from hubbub.dialects.restcomm import DIALECT

CALL = f"{ACCOUNT}/Calls/CA{ALICE}"
WRITES = (f"{ACCOUNT}/Calls", CALL, f"{ROOMS}/CFx/Participants/CA{ALICE}")
NAMES = ("From", "To", "Url", "Method", "Status", "Mute", "Timeout", "StatusCallback", "StatusCallbackEvent")
HARD = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
ANY = st.text(max_size=30)


@pytest.fixture(autouse=True)
async def alice_inside(store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE, node="n1"),
        participant(ALICE),
        recording(RECORDED_CALL, conference_id=None, call_id=ALICE),
    )


@HARD
@given(st.lists(st.tuples(st.sampled_from(NAMES), ANY | st.sampled_from(["true", "https://a.example/"]))))
async def test_any_form_is_done_or_refused(desk: Desk, pairs: list[tuple[str, str]]) -> None:
    body = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs).encode()
    for path in WRITES:
        headers = LOGIN | {"content-type": "application/x-www-form-urlencoded"}
        response = await ask(desk, path, method="POST", headers=headers, body=body)
        assert response.status in (200, 400, 410)


@HARD
@given(st.binary(max_size=200), st.sampled_from(["", "multipart/form-data; boundary=b", "x", "text/xml"]))
async def test_any_bytes_are_a_form_or_none(desk: Desk, body: bytes, content_type: str) -> None:
    for path in WRITES:
        headers = LOGIN | {"content-type": content_type}
        response = await ask(desk, path, method="POST", headers=headers, body=body)
        assert response.status in (200, 400, 410, 415)


@HARD
@given(ANY, ANY, st.sampled_from(["GET", "HEAD", "POST", "DELETE"]))
async def test_any_path_and_query_is_answered(desk: Desk, path: str, query: str, method: str) -> None:
    for prefix in (f"{ACCOUNT}/Calls/", f"{ACCOUNT}/Recordings/", f"{CALL}/Recordings", f"{ACCOUNT}/Calls?"):
        where, mark, more = prefix.partition("?")
        request = HttpRequest(
            method, where + ("" if mark else path), more + query, LOGIN, b"", "http://hub.example"
        )
        response = await DIALECT.handle(request, desk)
        assert response.status in (200, 400, 403, 404, 405, 406)


@HARD
@given(st.dictionaries(st.sampled_from(["To", "From", "Status", "CallSid", "ParentCallSid", "SortBy"]), ANY))
async def test_any_filter_is_a_pattern_or_a_refusal(desk: Desk, filters: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in filters.items())
    for path in (f"{ACCOUNT}/Calls.json", f"{ACCOUNT}/Recordings"):
        assert (await ask(desk, f"{path}?{query}")).status in (200, 400)


@pytest.mark.parametrize("path", ["/restcomm/2012-04-24/Recordings", f"/2012-04-24/Accounts/AC{ACME}"])
@pytest.mark.parametrize("rest", [".wav", "/RE.wav", "/x/y.wav", "/.wav", "/wav"])
async def test_nothing_else_opens_without_credentials(desk: Desk, path: str, rest: str) -> None:
    assert (await ask(desk, path + rest, headers={})).status == 401
