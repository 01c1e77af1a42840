"""GET accounts/{accountId}/calls and …/calls/{callId}.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/getCallState
"""

from typing import Any

import pytest

from dialects.bandwidth_asking import BASE, ask, read, refusal
from dialects.cast import ACME, ALICE, APPLICATION, BOB, CAROL, GLOBEX, T0, account, call, enter
from hubbub.dialects.contract import Desk
from hubbub.domain.call import CallStatus, Direction, HangupCause
from hubbub.domain.ids import CallId

CALLS = "/api/v2/accounts/9900000/calls"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"


async def ids(desk: Desk, query: str = "") -> list[int]:
    """The last digits of the calls that are listed."""
    return [int(row["callId"][-4:], 16) for row in read(await ask(desk, f"{CALLS}?{query}"))]


def numbered(number: int, **fields: Any) -> Any:
    return call(CallId(f"{number:032x}"), created_at_ms=T0 + number * 1000, **fields)


async def test_a_live_inbound_call_with_an_explicit_null_for_what_is_unset(desk: Desk, store: Any) -> None:
    await enter(store, call(ALICE, application_id=APPLICATION, answered_at_ms=T0 - 4000))
    assert read(await ask(desk, f"{CALLS}/{ALICE_TEXT}")) == {
        "applicationId": "04e88489-df02-4e34-a0ee-27a91849555f",
        "accountId": "9900000",
        "callId": ALICE_TEXT,
        "parentCallId": None,
        "to": "+15559998765",
        "from": "+15551112345",
        "direction": "inbound",
        "state": "answered",
        "stirShaken": None,
        "identity": None,
        "enqueuedTime": None,
        "startTime": "2026-05-04T09:29:55.125Z",
        "answerTime": "2026-05-04T09:29:56.125Z",
        "endTime": None,
        "disconnectCause": None,
        "errorMessage": None,
        "errorId": None,
        "lastUpdate": "2026-05-04T09:30:00.125Z",
    }


async def test_a_leg_of_a_transfer_names_its_parent(desk: Desk, store: Any) -> None:
    await enter(store, call(ALICE), call(BOB, parent_id=ALICE, direction=Direction.OUTBOUND_DIAL))
    state = read(await ask(desk, f"{CALLS}/{BOB_TEXT}"))
    assert (state["parentCallId"], state["direction"]) == (ALICE_TEXT, "outbound")
    assert "applicationId" not in state


@pytest.mark.parametrize(
    ("status", "state", "started"),
    [
        (CallStatus.QUEUED, "queued", False),
        (CallStatus.RINGING, "initiated", True),
        (CallStatus.IN_PROGRESS, "answered", True),
        (CallStatus.NO_ANSWER, "disconnected", True),
    ],
)
async def test_a_state_is_one_of_four_words_and_a_queued_call_has_not_started(
    desk: Desk, store: Any, status: CallStatus, state: str, started: bool
) -> None:
    await enter(store, call(ALICE, status=status, direction=Direction.OUTBOUND_API))
    said = read(await ask(desk, f"{CALLS}/{ALICE_TEXT}"))
    assert said["state"] == state
    assert (said["startTime"] is not None) is started
    assert said["enqueuedTime"] == "2026-05-04T09:29:55.125Z"


async def test_a_call_that_left_the_queue_is_found_by_the_start_that_is_told(desk: Desk, store: Any) -> None:
    ours = {"direction": Direction.OUTBOUND_API, "node": "n1"}
    await enter(store, call(ALICE, status=CallStatus.QUEUED, placed_at_ms=T0 + 2001, **ours))
    said = read(await ask(desk, f"{CALLS}/{ALICE_TEXT}"))
    assert (said["state"], said["enqueuedTime"]) == ("initiated", "2026-05-04T09:29:55.125Z")
    assert said["startTime"] == "2026-05-04T09:30:02.126Z"
    for bounds, found in (
        ("minStartTime={0}&maxStartTime={0}", [said]),
        ("minStartTime=2026-05-04T09:30:02.127Z", []),
        ("maxStartTime=2026-05-04T09:30:02.125Z", []),
    ):
        assert read(await ask(desk, f"{CALLS}?{bounds.format(said['startTime'])}")) == found


@pytest.mark.parametrize(
    ("status", "cause", "word"),
    [
        (CallStatus.COMPLETED, HangupCause.HANGUP, "hangup"),
        (CallStatus.COMPLETED, HangupCause.COMPLETED, "hangup"),
        (CallStatus.COMPLETED, HangupCause.ENDED_BY_API, "hangup"),
        (CallStatus.CANCELED, HangupCause.ENDED_BY_API, "cancel"),
        (CallStatus.CANCELED, HangupCause.CANCELED, "cancel"),
        (CallStatus.BUSY, HangupCause.BUSY, "busy"),
        (CallStatus.BUSY, HangupCause.REJECTED, "rejected"),
        (CallStatus.NO_ANSWER, HangupCause.NO_ANSWER, "timeout"),
        (CallStatus.FAILED, HangupCause.SIGNALLING_FAILED, "error"),
        (CallStatus.COMPLETED, HangupCause.CALLBACK_FAILED, "callback-error"),
        (CallStatus.COMPLETED, HangupCause.DOCUMENT_INVALID, "invalid-bxml"),
        (CallStatus.COMPLETED, HangupCause.APPLICATION_ERROR, "application-error"),
        (CallStatus.FAILED, HangupCause.SERVER_FULL, "node-capacity-exceeded"),
        (CallStatus.COMPLETED, HangupCause.MEDIA_TIMEOUT, "error"),
        (CallStatus.BUSY, None, "busy"),
        (CallStatus.COMPLETED, None, "hangup"),
    ],
)
async def test_the_disconnect_cause_is_the_vendors_word_and_finds_the_call(
    desk: Desk, store: Any, status: CallStatus, cause: HangupCause | None, word: str
) -> None:
    await enter(
        store,
        call(ALICE, status=status, hangup_cause=cause, ended_at_ms=T0),
        call(BOB),
    )
    assert read(await ask(desk, f"{CALLS}/{ALICE_TEXT}"))["disconnectCause"] == word
    if cause is not None:
        found = read(await ask(desk, f"{CALLS}?disconnectCause={word}"))
        assert [row["callId"] for row in found] == [ALICE_TEXT]
    for other in {"hangup", "cancel", "busy", "error", "nonsense"} - {word}:
        assert read(await ask(desk, f"{CALLS}?disconnectCause={other}")) == []


@pytest.mark.parametrize("text", ["c-x", BOB_TEXT, "nonsense"])
async def test_an_unknown_call_is_404_by_name(desk: Desk, store: Any, text: str) -> None:
    await enter(store, call(BOB, account_id=GLOBEX))
    assert refusal(await ask(desk, f"{CALLS}/{text}")) == (404, "validation", f"Call [{text}] not found")


async def test_a_list_is_a_bare_array_oldest_first(desk: Desk, store: Any) -> None:
    await enter(store, numbered(2), numbered(1), numbered(3), call(CAROL, account_id=GLOBEX))
    assert await ids(desk) == [1, 2, 3]


async def test_filters_are_exact_inclusive_and_joined_by_and(desk: Desk, store: Any) -> None:
    await enter(
        store, *(numbered(n, to_address="+15550000001" if n % 2 else "+15550000002") for n in range(6))
    )
    assert await ids(desk, "to=%2B15550000001") == [1, 3, 5]
    assert await ids(desk, "to=+15550000001") == [1, 3, 5]
    assert await ids(desk, "to=%2B1555") == []
    assert await ids(desk, "from=%2B15551112345&minStartTime=2026-05-04T09:30:04.125Z") == [4, 5]
    assert await ids(desk, "maxStartTime=2026-05-04T09:30:01.125Z") == [0, 1]
    assert await ids(desk, "to=%2B15550000001&minStartTime=2026-05-04T11:30:02%2B02:00") == [3, 5]


async def test_a_next_link_keeps_every_filter_and_leads_to_the_end(desk: Desk, store: Any) -> None:
    await enter(store, *(numbered(n) for n in range(5)))
    path = f"{CALLS}?from=%2B15551112345&pageSize=2"
    seen = []
    while path:
        response = await ask(desk, path)
        seen += [int(row["callId"][-4:], 16) for row in read(response)]
        link = dict(response.headers).get("Link", "")
        assert not link or link.startswith(f"<{BASE}{CALLS}?from=%2B15551112345&pageSize=2&pageToken=")
        path = link.partition(">")[0].removeprefix(f"<{BASE}")
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ("pageSize=10001", "pageSize must be within the range [1, 10000], but was 10001"),
        ("pageSize=x", "Invalid pageSize: must be an integer"),
        ("minStartTime=yesterday", "Invalid minStartTime: must be an ISO 8601 date-time"),
        ("pageToken=x", "Invalid pageToken"),
    ],
)
async def test_a_wrong_parameter_is_400(desk: Desk, query: str, description: str) -> None:
    assert refusal(await ask(desk, f"{CALLS}?{query}")) == (400, "validation", description)


async def test_a_role_that_may_only_read_calls_makes_none(desk: Desk, store: Any) -> None:
    await enter(store, account(ACME, "9900000", "Acme", role="Developer"))
    assert (await ask(desk, CALLS)).status == 200
    assert (await ask(desk, CALLS, method="POST")).status == 403
    assert (await ask(desk, f"{CALLS}/c-x", method="POST")).status == 403
