"""A call by its SID."""

from typing import Any

from dialects.cast import ALICE, BOB, GLOBEX, T0, call, enter
from dialects.twilio_asking import A, ask, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.ids import CallId


async def test_a_live_call(desk: Desk, store: Any) -> None:
    await enter(store, call(ALICE, answered_at_ms=T0))
    said = read(await ask(desk, f"{A}/Calls/CA{ALICE}.json"))
    assert (said["status"], said["direction"]) == ("in-progress", "inbound")
    assert (said["from"], said["to"]) == ("+15551112345", "+15559998765")
    assert said["start_time"] == "Mon, 04 May 2026 09:29:55 +0000"
    assert said["duration"] is said["end_time"] is said["parent_call_sid"] is None
    assert said["subresource_uris"]["recordings"] == f"{A}/Calls/CA{ALICE}/Recordings.json"


async def test_a_call_tells_who_called_and_who_sent_it_on(desk: Desk, store: Any) -> None:
    await enter(store, call(ALICE, caller_name="Alice", forwarded_from="+15550111"), call(BOB))
    said = read(await ask(desk, f"{A}/Calls/CA{ALICE}.json"))
    assert (said["caller_name"], said["forwarded_from"]) == ("Alice", "+15550111")
    said = read(await ask(desk, f"{A}/Calls/CA{BOB}.json"))
    assert said["caller_name"] is said["forwarded_from"] is None


async def test_a_call_starts_when_it_is_dialled_and_is_found_by_that(desk: Desk, store: Any) -> None:
    ours = {"direction": Direction.OUTBOUND_API, "node": "n1"}
    await enter(
        store,
        call(ALICE, placed_at_ms=T0 + 60_000, **ours),
        call(BOB, status=CallStatus.CANCELED, ended_at_ms=T0, **ours),
    )
    assert read(await ask(desk, f"{A}/Calls/CA{BOB}.json"))["start_time"] is None
    dialled = read(await ask(desk, f"{A}/Calls/CA{ALICE}.json"))
    said = dialled["start_time"]
    assert said == "Mon, 04 May 2026 09:31:00 +0000"
    assert dialled["queue_time"] == "65000"
    found = read(await ask(desk, f"{A}/Calls.json?StartTime%3E=2026-05-04T09:31:00Z"))["calls"]
    assert [row["start_time"] for row in found] == [said]


async def test_an_ended_call_tells_its_seconds_as_a_string(desk: Desk, store: Any) -> None:
    await enter(
        store,
        call(ALICE),
        call(
            BOB,
            status=CallStatus.COMPLETED,
            direction=Direction.OUTBOUND_DIAL,
            parent_id=ALICE,
            answered_at_ms=T0,
            ended_at_ms=T0 + 61_900,
        ),
    )
    said = read(await ask(desk, f"{A}/Calls/CA{BOB}.json"))
    assert (said["status"], said["duration"], said["parent_call_sid"]) == ("completed", "61", f"CA{ALICE}")


async def test_an_imported_call_is_found_by_its_own_id(desk: Desk, store: Any) -> None:
    await enter(store, call(CallId("e" * 32), given_id="c-95ac"))
    said = read(await ask(desk, f"{A}/Calls/c-95ac.json"))
    assert (said["sid"], said["uri"]) == ("c-95ac", f"{A}/Calls/c-95ac.json")


async def test_unknown_foreign_and_malformed_calls(desk: Desk, store: Any) -> None:
    await enter(store, call(BOB, account_id=GLOBEX))
    assert refusal(await ask(desk, f"{A}/Calls/CA{ALICE}.json"))[:2] == (404, 20404)
    assert refusal(await ask(desk, f"{A}/Calls/CA{BOB}.json"))[:2] == (404, 20404)
    assert refusal(await ask(desk, f"{A}/Calls/CA1.json"))[:2] == (405, 20004)
