"""The list of calls."""

from typing import Any

import pytest

from dialects.cast import ALICE, BOB, CAROL, GLOBEX, T0, call, enter
from dialects.twilio_asking import A, ask, read, refusal, sids
from hubbub.dialects.contract import Desk
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.ids import CallId

LIST = f"{A}/Calls.json"
FOREIGN = CallId("f" * 32)


@pytest.fixture(autouse=True)
async def calls(store: Any) -> None:
    await enter(
        store,
        call(ALICE, created_at_ms=T0, answered_at_ms=T0 + 1000),
        call(
            BOB,
            created_at_ms=T0 + 3_600_000,
            status=CallStatus.NO_ANSWER,
            direction=Direction.OUTBOUND_DIAL,
            parent_id=ALICE,
            to_address="client:bob",
            ended_at_ms=T0 + 3_660_000,
        ),
        call(
            CAROL,
            created_at_ms=T0 + 86_400_000,
            status=CallStatus.QUEUED,
            direction=Direction.OUTBOUND_API,
            from_address="+15550000000",
        ),
        call(FOREIGN, account_id=GLOBEX),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [CAROL, BOB, ALICE]),
        ("Status=no-answer", [BOB]),
        ("Status=in-progress", [ALICE]),
        ("To=%2B15559998765", [CAROL, ALICE]),
        ("To=%2B1+555-999-8765", [CAROL, ALICE]),
        ("To=client:bob", [BOB]),
        ("From=%2B15550000000", [CAROL]),
        (f"ParentCallSid=CA{ALICE}", [BOB]),
        (f"ParentCallSid=CA{'9' * 32}", []),
        ("StartTime=2026-05-04", [BOB, ALICE]),
        ("StartTime%3E=2026-05-05", [CAROL]),
        ("StartTime>=2026-05-04T10:00:00Z", [CAROL, BOB]),
        ("StartTime<=2026-05-04T10:00:00Z", [ALICE]),
        ("EndTime>=2026-05-04", [BOB]),
        ("EndTime<=2026-05-04", []),
        ("Status=in-progress&From=%2B15550000000", []),
        ("Status=", [CAROL, BOB, ALICE]),
    ],
)
async def test_filters(desk: Desk, query: str, found: list[CallId]) -> None:
    assert await sids(desk, f"{LIST}?{query}") == [f"CA{each}" for each in found]


async def test_a_row_is_what_a_fetch_says(desk: Desk) -> None:
    page = read(await ask(desk, LIST))
    assert page["uri"] == f"{LIST}?PageSize=50&Page=0"
    for row in page["calls"]:
        assert row == read(await ask(desk, row["uri"]))
    queued, unanswered, live = page["calls"]
    assert (queued["start_time"], queued["direction"]) == (None, "outbound-api")
    assert unanswered["start_time"] == "Mon, 04 May 2026 10:30:00 +0000"
    assert (unanswered["end_time"], unanswered["duration"]) == ("Mon, 04 May 2026 10:31:00 +0000", "0")
    assert unanswered["parent_call_sid"] == f"CA{ALICE}"
    assert live["status"] == "in-progress"


@pytest.mark.parametrize("size", [1, 2, 50])
async def test_pages_lead_through_all_and_back(desk: Desk, size: int) -> None:
    page = read(await ask(desk, f"{LIST}?PageSize={size}"))
    met = [row["sid"] for row in page["calls"]]
    while page["next_page_uri"]:
        page = read(await ask(desk, page["next_page_uri"]))
        met += [row["sid"] for row in page["calls"]]
    assert met == [f"CA{CAROL}", f"CA{BOB}", f"CA{ALICE}"]
    while page["previous_page_uri"]:
        page = read(await ask(desk, page["previous_page_uri"]))
    assert page["calls"][0]["sid"] == f"CA{CAROL}"


@pytest.mark.parametrize(
    "query", ["Status=ringin", "ParentCallSid=x", "StartTime=yesterday", "EndTime%3C=1", "PageSize=x"]
)
async def test_a_value_that_breaks_its_rule_is_refused(desk: Desk, query: str) -> None:
    assert refusal(await ask(desk, f"{LIST}?{query}"))[:2] == (400, 20001)


async def test_other_forms(desk: Desk) -> None:
    assert b"<Calls page=" in (await ask(desk, f"{A}/Calls")).body
    assert (await ask(desk, f"{A}/Calls.csv")).body.startswith(b"Sid,DateCreated,")
