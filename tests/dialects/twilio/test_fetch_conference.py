"""One conference by its SID, in every state, live or imported."""

from typing import Any

import pytest

from dialects.cast import ACME, ALICE, GLOBEX, STANDUP, call, conference, enter, standup
from dialects.twilio_asking import ROOMS, ask, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.dialects.twilio.conferences import REASONS, call_sids
from hubbub.domain.conference import ConferenceState, EndReason
from hubbub.domain.ids import CallId

FIVE_REASONS = {
    "conference-ended-via-api",
    "participant-with-end-conference-on-exit-left",
    "participant-with-end-conference-on-exit-kicked",
    "last-participant-left",
    "last-participant-kicked",
}
ROOM = f"{ROOMS}/CF{STANDUP}.json"


@pytest.mark.parametrize("state", list(ConferenceState))
async def test_a_conference_is_found_in_every_state(desk: Desk, store: Any, state: ConferenceState) -> None:
    await enter(store, standup(state=state))
    assert read(await ask(desk, ROOM))["status"] == state.value


@pytest.mark.parametrize("reason", list(EndReason))
async def test_each_end_is_told_as_one_of_twilios_five(desk: Desk, store: Any, reason: EndReason) -> None:
    ended = standup(state=ConferenceState.COMPLETED, reason_ended=reason, call_ending=ALICE)
    await enter(store, ended)
    room = read(await ask(desk, ROOM))
    assert room["reason_conference_ended"] == REASONS[reason]
    assert REASONS[reason] in FIVE_REASONS
    assert room["call_sid_ending_conference"] == f"CA{ALICE}"


async def test_what_is_not_known_of_an_end_is_null(desk: Desk, store: Any) -> None:
    await enter(store, conference(1))
    room = read(await ask(desk, f"{ROOMS}/CF{1:032x}.json"))
    assert (room["status"], room["reason_conference_ended"]) == ("completed", None)
    assert room["call_sid_ending_conference"] is None


async def test_the_region_is_unknown_until_mixing_starts(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=ConferenceState.INIT))
    assert read(await ask(desk, ROOM))["region"] == "unknown"
    await enter(store, standup())
    assert read(await ask(desk, ROOM))["region"] == "us1"
    await enter(store, standup(region="de1"))
    assert read(await ask(desk, ROOM))["region"] == "de1"


async def test_an_imported_call_that_ended_a_conference_keeps_its_given_id(desk: Desk, store: Any) -> None:
    imported = CallId("e" * 32)
    other = CallId("f" * 32)
    await enter(store, call(imported, given_id="c-95ac8d6e-1a31c52e"), call(other))
    await enter(store, conference(1, call_ending=imported), conference(2, call_ending=other))
    endings = [
        read(await ask(desk, f"{ROOMS}/CF{n:032x}.json"))["call_sid_ending_conference"] for n in (1, 2, 1)
    ]
    assert endings == ["c-95ac8d6e-1a31c52e", f"CA{other}", "c-95ac8d6e-1a31c52e"]
    rows = read(await ask(desk, f"{ROOMS}.json?Status=completed"))["conferences"]
    assert [row["call_sid_ending_conference"] for row in rows] == [f"CA{other}", "c-95ac8d6e-1a31c52e"]
    call_sids._known.clear()


async def test_a_sid_in_capitals_is_the_same_sid(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    assert read(await ask(desk, f"{ROOMS}/CF{STANDUP.upper()}.json"))["sid"] == f"CF{STANDUP}"
    assert read(await ask(desk, ROOM.replace(ACME, ACME.upper())))["account_sid"] == f"AC{ACME}"


@pytest.mark.parametrize(
    "sid", ["standup", "CF1", "cf" + "0" * 32, "CA" + "0" * 32, "CF" + "g" * 32, "%00", "CF%30"]
)
async def test_a_name_or_a_malformed_sid_is_a_method_that_is_not_allowed(
    desk: Desk, store: Any, sid: str
) -> None:
    """What users of the real service get, and stumble over."""
    await enter(store, standup())
    for path in (f"{ROOMS}/{sid}.json", f"{ROOMS}/{sid}/Participants.json", f"{ROOMS}/{sid}/Recordings.json"):
        assert refusal(await ask(desk, path)) == (405, 20004, "Method not allowed")


async def test_an_unknown_or_foreign_sid_is_not_found(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, account_id=GLOBEX))
    for number in (1, 2):
        path = f"{ROOMS}/CF{number:032x}.json"
        assert refusal(await ask(desk, path)) == (
            404,
            20404,
            f"The requested resource {path} was not found",
        )
