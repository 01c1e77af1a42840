"""GET Accounts/{AccountSid}/Calls, and one of them.

Restcomm Connect API guide, "Calls".
"""

from typing import Any
from xml.etree import ElementTree

import pytest

from dialects.cast import ACME, ALICE, BOB, CAROL, GLOBEX, STANDUP, SUBSIDIARY, T0, call, enter, standup
from dialects.restcomm_asking import ACCOUNT, ask, is_empty, read
from hubbub.dialects.contract import Desk
from hubbub.dialects.restcomm import sorting
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.ids import CallId

CALLS = f"{ACCOUNT}/Calls"
JSON = f"{CALLS}.json"
URI = f"/2012-04-24/Accounts/AC{ACME}/Calls"
DAY_MS = 86_400_000


def ended(id_: CallId, **fields: Any) -> Any:
    """A call that rang for two seconds and lasted nine."""
    times = {"answered_at_ms": T0 - 3000, "ended_at_ms": T0 + 6999, "updated_at_ms": T0 + 6999}
    return call(id_, **{"status": CallStatus.COMPLETED, "node": "n1", **times, **fields})


async def sids(desk: Desk, query: str) -> list[str]:
    return [row["sid"] for row in read(await ask(desk, f"{JSON}?{query}"))["calls"]]


async def test_one_call_in_json_to_the_byte(desk: Desk, store: Any) -> None:
    placed = {"placed_at_ms": T0 - 4000, "caller_name": "Alice", "forwarded_from": "+15550111"}
    await enter(
        store, standup(), call(BOB), ended(ALICE, parent_id=BOB, direction=Direction.OUTBOUND_DIAL, **placed)
    )
    assert (await ask(desk, f"{JSON}/CA{ALICE}")).body.decode() == (
        f'{{\n  "sid": "CA{ALICE}",\n  "InstanceId": "ID00000000000000000000000000000001",\n'.replace(
            "0" * 31 + "1", "0" * 31 + "1"
        )
        + '  "date_created": "Mon, 4 May 2026 09:29:55 +0000",\n'
        '  "date_updated": "Mon, 4 May 2026 09:30:07 +0000",\n'
        f'  "parent_call_sid": "CA{BOB}",\n'
        f'  "account_sid": "AC{ACME}",\n'
        '  "to": "+15559998765",\n'
        '  "from": "+15551112345",\n'
        '  "status": "completed",\n'
        '  "start_time": "2026-05-04T09:29:56.125Z",\n'
        '  "end_time": "2026-05-04T09:30:07.124Z",\n'
        '  "duration": 9,\n'
        '  "price_unit": "USD",\n'
        '  "direction": "outbound-dial",\n'
        '  "api_version": "2012-04-24",\n'
        '  "forwarded_from": "+15550111",\n'
        '  "caller_name": "Alice",\n'
        f'  "uri": "{URI}/CA{ALICE}.json",\n'
        '  "ring_duration": 1,\n'
        '  "subresource_uris": {\n'
        f'    "notifications": "{URI}/CA{ALICE}/Notifications.json",\n'
        f'    "recordings": "{URI}/CA{ALICE}/Recordings.json"\n'
        "  }\n"
        "}"
    )


async def test_one_call_in_xml_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE, from_address="a&b"))
    assert (await ask(desk, f"{CALLS}/CA{ALICE}")).body.decode() == (
        "<RestcommResponse>\n"
        "  <Call>\n"
        f"    <Sid>CA{ALICE}</Sid>\n"
        "    <InstanceId/>\n"
        "    <DateCreated>Mon, 4 May 2026 09:29:55 +0000</DateCreated>\n"
        "    <DateUpdated>Mon, 4 May 2026 09:30:00 +0000</DateUpdated>\n"
        "    <ParentCallSid/>\n"
        f"    <AccountSid>AC{ACME}</AccountSid>\n"
        "    <To>+15559998765</To>\n"
        "    <From>a&amp;b</From>\n"
        "    <PhoneNumberSid/>\n"
        "    <Status>in-progress</Status>\n"
        "    <StartTime>2026-05-04T09:29:55.125Z</StartTime>\n"
        "    <EndTime/>\n"
        "    <Duration/>\n"
        "    <Price/>\n"
        "    <PriceUnit>USD</PriceUnit>\n"
        "    <Direction>inbound</Direction>\n"
        "    <AnsweredBy/>\n"
        "    <ApiVersion>2012-04-24</ApiVersion>\n"
        "    <ForwardedFrom/>\n"
        "    <CallerName/>\n"
        f"    <Uri>{URI}/CA{ALICE}</Uri>\n"
        "    <SubresourceUris>\n"
        f"      <Notifications>{URI}/CA{ALICE}/Notifications</Notifications>\n"
        f"      <Recordings>{URI}/CA{ALICE}/Recordings</Recordings>\n"
        "    </SubresourceUris>\n"
        "    <Ring_duration/>\n"
        "  </Call>\n"
        "</RestcommResponse>"
    )


async def test_the_list_holds_the_same_calls_newest_first_in_pages(desk: Desk, store: Any) -> None:
    await enter(
        store, standup(), *(call(id_, created_at_ms=T0 + n) for n, id_ in enumerate((ALICE, BOB, CAROL)))
    )
    first = read(await ask(desk, f"{JSON}?PageSize=2"))
    assert [row["sid"] for row in first["calls"]] == ["CA" + CAROL, "CA" + BOB]
    assert (first["total"], first["num_pages"], first["start"], first["end"]) == (3, 1, "0", "1")
    assert first["next_page_uri"] == f"{URI}?Page=1&PageSize=2&Limit=10000&AfterSid=CA{BOB}"
    assert first["calls"][0] == read(await ask(desk, f"{JSON}/CA{CAROL}"))
    root = ElementTree.fromstring((await ask(desk, f"{CALLS}?PageSize=2&Page=1")).body)
    assert [sid.text for sid in root.iterfind("./Calls/Call/Sid")] == ["CA" + ALICE]
    assert root.find("./Calls").attrib["total"] == "3"  # type: ignore[union-attr]
    assert is_empty(await ask(desk, f"{CALLS}?PageSize=2&Page=2"), 400)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Status=completed", {ALICE}),
        ("Status=%25ed", {ALICE}),
        ("Status=in_progress", {BOB, CAROL}),
        ("Status=", set()),
        ("Status=resting", set()),
        ("To=alice", {ALICE}),
        ("To=ali", set()),
        ("To=ali%25", {ALICE}),
        ("To=%2B155%25", {BOB, CAROL}),
        ("From=%2B1555111234_&To=%25", {ALICE, BOB, CAROL}),
        ("To=", set()),
        (f"ParentCallSid=CA{ALICE}", {BOB}),
        (f"ParentCallSid=%25CA{ALICE}%25", {BOB}),
        ("ParentCallSid=%25", {ALICE, BOB, CAROL}),
        (f"ParentCallSid=CA{'9' * 32}", set()),
        ("ParentCallSid=", set()),
        (f"ConferenceSid=CF{STANDUP}", {ALICE, CAROL}),
        (f"ConferenceSid=CF{STANDUP}&Status=completed", {ALICE}),
        ("ConferenceSid=CFx", set()),
        ("StartTime=2026-05-04", {ALICE, BOB}),
        ("StartTime=2026-05-05", set()),
        ("EndTime=2026-05-03", set()),
        ("EndTime=2026-05-04", {ALICE}),
        ("SubAccounts=true", {ALICE, BOB, CAROL, "5" * 32}),
        ("SubAccounts=1", {ALICE, BOB, CAROL}),
        ("AfterSid=x&Reverse=true&to=alice", {ALICE, BOB, CAROL}),
    ],
)
async def test_filters_are_patterns_joined_by_and(
    desk: Desk, store: Any, query: str, found: set[str]
) -> None:
    await enter(
        store,
        standup(),
        ended(ALICE, to_address="alice"),
        call(BOB, parent_id=ALICE, conference_id=None),
        call(CAROL, created_at_ms=T0 - DAY_MS),
        call(CallId("5" * 32), account_id=SUBSIDIARY, to_address="lab"),
        call(CallId("6" * 32), account_id=GLOBEX),
    )
    assert set(await sids(desk, query)) == {"CA" + id_ for id_ in found}


@pytest.mark.parametrize(
    "query",
    [
        "StartTime=x",
        "EndTime=",
        "Page=x",
        "Page=-1",
        "PageSize=0",
        "Limit=0",
        "ParentCallSid=CA%25",
        "ConferenceSid=%25CF_",
    ],
)
async def test_nonsense_in_the_query_is_400_and_empty(desk: Desk, query: str) -> None:
    assert is_empty(await ask(desk, f"{CALLS}?{query}"), 400)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("DateCreated", "abc"),
        ("DateCreated:asc", "abc"),
        ("DateCreated:desc", "cba"),
        ("From:asc", "bca"),
        ("To:desc", "bac"),
        ("Direction", "bac"),
        ("Status:desc", "bca"),
        ("Duration:desc", "acb"),
        ("Duration", "bca"),
        ("Price", "abc"),
    ],
)
async def test_sort_by_brings_any_order_and_pages_are_cut_from_it(
    desk: Desk, store: Any, sort: str, order: str
) -> None:
    inbound, outbound = Direction.INBOUND, Direction.OUTBOUND_API
    await enter(
        store,
        standup(),
        ended(ALICE, created_at_ms=T0 - 9000, from_address="z", to_address="m", direction=outbound),
        call(BOB, created_at_ms=T0 - 8000, from_address="a", to_address="n", direction=inbound),
        ended(
            CAROL,
            created_at_ms=T0 - 7000,
            from_address="b",
            to_address="a",
            direction=outbound,
            answered_at_ms=T0,
            status=CallStatus.FAILED,
        ),
    )
    names = {"CA" + ALICE: "a", "CA" + BOB: "b", "CA" + CAROL: "c"}
    assert "".join([names[sid] for sid in await sids(desk, f"SortBy={sort}")]) == order
    second = await sids(desk, f"SortBy={sort}&PageSize=2&Page=1")
    assert [names[sid] for sid in second] == [order[2]]
    limited = read(await ask(desk, f"{JSON}?SortBy={sort}&Limit=2"))
    assert (limited["total"], len(limited["calls"])) == (2, 2)


@pytest.mark.parametrize("sort", [":asc", "", "From:up", "Sid", "from", "From:ASC", ":"])
async def test_a_sort_that_is_none_is_400_and_says_why(desk: Desk, sort: str) -> None:
    said = await ask(desk, f"{JSON}?SortBy={sort}")
    assert (said.status, said.content_type) == (400, "application/json")
    assert said.body.startswith(b'{"message":"SortBy: ')
    said = await ask(desk, f"{CALLS}?SortBy={sort}")
    assert (said.status, said.content_type) == (400, "application/xml")
    assert said.body.startswith(b"<RestcommResponse><Message>SortBy: ")


async def test_more_rows_than_can_be_sorted_are_400_and_says_so(
    desk: Desk, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "SORTED_MAX", 2)
    await enter(store, standup(), call(ALICE), call(BOB))
    assert len(await sids(desk, "SortBy=To")) == 2
    await enter(store, call(CAROL))
    said = await ask(desk, f"{JSON}?SortBy=To")
    assert said.status == 400
    assert b"filter them by date" in said.body
    assert len(await sids(desk, "SortBy=DateCreated")) == 3


async def test_a_call_that_is_not_dialled_yet_has_no_times(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE, status=CallStatus.QUEUED, conference_id=None))
    said = read(await ask(desk, f"{JSON}/CA{ALICE}"))
    assert not {"start_time", "end_time", "duration", "ring_duration", "parent_call_sid"} & set(said)
    assert None not in said.values()


@pytest.mark.parametrize("sid", ["CA" + BOB, "x", "%00", "CF" + STANDUP])
async def test_an_unknown_call_is_404_and_a_strangers_403(desk: Desk, store: Any, sid: str) -> None:
    await enter(store, standup(), call(ALICE, account_id=SUBSIDIARY))
    assert is_empty(await ask(desk, f"{CALLS}/{sid}"), 404)
    assert is_empty(await ask(desk, f"{CALLS}/CA{ALICE}"), 403)
    assert (await ask(desk, f"{CALLS}/CA{ALICE}".replace(ACME, SUBSIDIARY))).status == 200


async def test_only_one_pair_of_brackets_is_in_a_list(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE, from_address="[a]"), call(BOB))
    text = (await ask(desk, JSON)).body.decode()
    assert (text.count("["), text.count("]")) == (1, 1)
