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
