"""GET /accounts/{accountId}/conferences.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/listConferences
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.bandwidth_asking import BASE, ROOMS, ask, read, refusal
from dialects.cast import GLOBEX, STANDUP, T0, conference, enter, standup
from hubbub.dialects.bandwidth.errors import Refused
from hubbub.dialects.bandwidth.paging import read_page_size, read_time, read_token, token
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import Cursor


async def test_an_account_without_conferences_gets_an_empty_array(desk: Desk) -> None:
    response = await ask(desk, ROOMS)
    assert response == HttpResponse(200, b"[]", "application/json")


async def test_a_list_is_a_bare_array_oldest_first_to_the_byte(desk: Desk, store: Any) -> None:
    finished = conference(
        1, event_url="https://app.example/conf", event_method="GET", tag="t\u00e4g", site="95ac8d8d"
    )
    await enter(store, standup(created_at_ms=T0 + 9000), finished, conference(2, site=""))
    response = await ask(desk, ROOMS)
    assert response.body.decode() == (
        '[{"id":"conf-95ac8d8d-00000000-0000-0000-0000-000000000001","name":"myConf",'
        '"createdTime":"2026-05-04T09:30:01.125Z","completedTime":"2026-05-04T09:30:01.625Z",'
        '"conferenceEventUrl":"https://app.example/conf","conferenceEventMethod":"GET","tag":"t\u00e4g"},'
        '{"id":"conf-00000000-0000-0000-0000-000000000002","name":"myConf",'
        '"createdTime":"2026-05-04T09:30:02.125Z","completedTime":"2026-05-04T09:30:02.625Z",'
        '"conferenceEventUrl":null,"conferenceEventMethod":"POST","tag":null},'
        '{"id":"conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211","name":"standup",'
        '"createdTime":"2026-05-04T09:30:09.125Z",'
        '"conferenceEventUrl":null,"conferenceEventMethod":"POST","tag":null}]'
    )


async def test_active_members_are_left_out_of_list_items(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    assert "activeMembers" not in read(await ask(desk, ROOMS))[0]


async def test_names_that_need_escaping_come_back_whole(desk: Desk, store: Any) -> None:
    name = '"quoted" \\ \u2028 [x] \U0001f600 <&>'
    await enter(store, conference(1, name=name))
    assert read(await ask(desk, ROOMS))[0]["name"] == name


@pytest.mark.parametrize("method", [None, "POST", "post", "PUT", ""])
async def test_an_event_method_is_get_or_post_in_upper_case(desk: Desk, store: Any, method: str) -> None:
    await enter(store, conference(1, event_method=method), conference(2, event_method="get"))
    assert [row["conferenceEventMethod"] for row in read(await ask(desk, ROOMS))] == ["POST", "GET"]


async def test_another_accounts_conferences_are_not_listed(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, account_id=GLOBEX))
    assert read(await ask(desk, ROOMS)) == []


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("name=odd", [1, 3]),
        ("name=Odd", []),
        ("name=od", []),
        ("name=o%64d", [1, 3]),
        ("name=", []),
        ("name=odd&name=even", [1, 3]),
        ("minCreatedTime=2026-05-04T09:30:02.125Z", [2, 3]),
        ("minCreatedTime=2026-05-04T09:30:02.126Z", [3]),
        ("maxCreatedTime=2026-05-04T09:30:02.125Z", [1, 2]),
        ("maxCreatedTime=2026-05-04T09:30:02.124Z", [1]),
        ("minCreatedTime=2026-05-04T11:30:02.125%2B02:00&maxCreatedTime=2026-05-04T09:30:02.125Z", [2]),
        ("minCreatedTime=2026-05-04T11:30:02.125+02:00", [2, 3]),
        ("minCreatedTime=2026-05-04T04:30:02.125-05:00", [2, 3]),
        ("minCreatedTime=2026-05-04T09:30:03Z", [3]),
        ("name=odd&minCreatedTime=2026-05-04T09:30:02.125Z", [3]),
        ("state=active&nonsense", [1, 2, 3]),
    ],
)
async def test_filters_are_exact_inclusive_and_joined_by_and(
    desk: Desk, store: Any, query: str, numbers: list[int]
) -> None:
    await enter(store, *(conference(n, name="odd" if n % 2 else "even") for n in (1, 2, 3)))
    assert [int(row["id"][-12:]) for row in read(await ask(desk, f"{ROOMS}?{query}"))] == numbers


async def test_an_items_own_created_time_finds_it_as_both_bounds(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), conference(2), conference(3))
    created = read(await ask(desk, ROOMS))[1]["createdTime"]
    rows = read(await ask(desk, f"{ROOMS}?minCreatedTime={created}&maxCreatedTime={created}"))
    assert [row["createdTime"] for row in rows] == [created]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1000])
async def test_following_links_visits_every_conference_once_in_order(
    desk: Desk, store: Any, size: int
) -> None:
    twins = [conference(n, created_at_ms=T0) for n in (7, 8)]
    await enter(store, *(conference(n) for n in (1, 2)), *twins)
    seen: list[str] = []
    url = f"{ROOMS}?pageSize={size}"
    while url:
        response = await ask(desk, url)
        rows = read(response)
        assert len(rows) <= size
        seen += [row["id"][-1] for row in rows]
        url = next_path(response)
    assert seen == ["7", "8", "1", "2"]


def next_path(response: HttpResponse) -> str:
    """Where the Link header leads, without the host; empty when there is none."""
    if not response.headers:
        return ""
    ((name, value),) = response.headers
    assert name == "Link"
    assert value.startswith(f"<{BASE}/")
    assert value.endswith('>; rel="next"')
    return value[1 + len(BASE) : -len('>; rel="next"')]


async def test_a_next_link_keeps_every_filter_and_the_page_size(desk: Desk, store: Any) -> None:
    await enter(store, *(conference(n, name="a&b c") for n in (1, 2)))
    query = "name=a%26b%20c&minCreatedTime=2026-05-04T11:30:00+02:00&pageSize=1&junk=1"
    parts = urlsplit(next_path(await ask(desk, f"{ROOMS}?{query}")))
    assert parts.path == ROOMS
    kept = dict(parse_qsl(parts.query))
    assert kept.pop("pageToken")
    assert kept == {"name": "a&b c", "minCreatedTime": "2026-05-04T11:30:00 02:00", "pageSize": "1"}
    assert [row["id"][-1] for row in read(await ask(desk, f"{parts.path}?{parts.query}"))] == ["2"]


async def test_an_exactly_full_last_page_has_no_link(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), conference(2))
    assert next_path(await ask(desk, f"{ROOMS}?pageSize=2")) == ""
    assert next_path(await ask(desk, f"{ROOMS}?pageSize=1")) != ""


async def test_a_page_token_stays_valid_while_conferences_appear(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), conference(5))
    url = next_path(await ask(desk, f"{ROOMS}?pageSize=1"))
    await enter(store, conference(0, id=ConferenceId("f" * 32)), conference(3))
    assert [row["id"][-1] for row in read(await ask(desk, url))] == ["3"]


async def test_a_page_without_a_size_holds_1000(desk: Desk, store: Any) -> None:
    await enter(store, *(conference(n) for n in range(1001)))
    response = await ask(desk, ROOMS)
    assert len(read(response)) == 1000
    assert len(read(await ask(desk, next_path(response)))) == 1


@pytest.mark.parametrize("size", ["0", "1001", "-1", "999999999", "9" * 5000])
async def test_a_page_size_out_of_range_is_400_with_the_vendors_words(desk: Desk, size: str) -> None:
    assert refusal(await ask(desk, f"{ROOMS}?pageSize={size}")) == (
        400,
        "validation",
        f"pageSize must be within the range [1, 1000], but was {size}",
    )


@pytest.mark.parametrize("size", ["", "abc", "1.5", "%2B5", "+5", "0x10", "1_0", "%D9%A1", "-", "1e2"])
async def test_a_page_size_that_is_no_integer_is_400(desk: Desk, size: str) -> None:
    status, kind, _ = refusal(await ask(desk, f"{ROOMS}?pageSize={size}"))
    assert (status, kind) == (400, "validation")


@pytest.mark.parametrize("time", ["", "yesterday", "31/05/2016", "2026-13-01T00:00:00Z", "1777887000", "%00"])
@pytest.mark.parametrize("field", ["minCreatedTime", "maxCreatedTime"])
async def test_a_time_that_is_none_is_400_naming_the_field(desk: Desk, field: str, time: str) -> None:
    status, kind, description = refusal(await ask(desk, f"{ROOMS}?{field}={time}"))
    assert (status, kind) == (400, "validation")
    assert field in description


@pytest.mark.parametrize(
    "text", ["", "x", "eyJwYWdlVG9rZW4iOiJ0b2tlbiJ9", "A" * 31, "A" * 33, "A" * 31 + "%2B"]
)
async def test_a_page_token_we_did_not_make_is_400(desk: Desk, text: str) -> None:
    assert refusal(await ask(desk, f"{ROOMS}?pageToken={text}"))[0] == 400


@given(st.integers(-(2**63), 2**63 - 1), st.text("0123456789abcdef", min_size=32, max_size=32))
def test_every_page_token_reads_back_and_needs_no_escaping(created_at_ms: int, id_: str) -> None:
    cursor = Cursor(created_at_ms, id_)
    assert read_token(token(cursor)) == cursor
    assert token(cursor).replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers_of_parameters(text: str) -> None:
    for reader in (read_token, read_page_size, lambda text: read_time("minCreatedTime", text)):
        status = 400
        try:
            reader(text)
        except Refused as refused:
            status = refused.response.status
        assert status == 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=80).filter(lambda text: text.isascii()))
async def test_no_query_breaks_the_list(desk: Desk, text: str) -> None:
    response = await ask(desk, f"{ROOMS}?{text}")
    assert response.status in (200, 400)
    read(response)


async def test_the_room_that_is_live_is_listed_at_once(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    (row,) = read(await ask(desk, f"{ROOMS}?name=standup"))
    assert row["id"].replace("-", "").endswith(STANDUP)
    assert "completedTime" not in row
