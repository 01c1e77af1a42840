"""Who is inside, by list, by call and by label."""

from typing import Any

import pytest

from dialects.cast import ALICE, BOB, CAROL, STANDUP, T0, call, enter, participant, standup
from dialects.twilio_asking import ROOMS, ask, read, refusal, sids
from hubbub.dialects.contract import Desk
from hubbub.domain.call import CallStatus
from hubbub.domain.conference import ConferenceState
from hubbub.domain.ids import CallId

ROOM = f"{ROOMS}/CF{STANDUP}"
LIST = f"{ROOM}/Participants.json"
KEYS = {
    "account_sid",
    "call_sid",
    "call_sid_to_coach",
    "coaching",
    "conference_sid",
    "date_created",
    "date_updated",
    "end_conference_on_exit",
    "hold",
    "label",
    "muted",
    "queue_time",
    "start_conference_on_enter",
    "status",
    "uri",
}


@pytest.fixture(autouse=True)
async def inside(store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        call(BOB),
        call(CAROL),
        participant(ALICE, label="customer", joined_at_ms=T0),
        participant(BOB, muted=True, end_on_exit=True, joined_at_ms=T0 + 1000),
        participant(CAROL, held=True, coaching=True, coached=(ALICE,), joined_at_ms=T0 + 2000),
    )


async def test_the_latest_to_join_comes_first(desk: Desk) -> None:
    assert await sids(desk, LIST) == [f"CA{CAROL}", f"CA{BOB}", f"CA{ALICE}"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Muted=true", [BOB]),
        ("Muted=false", [CAROL, ALICE]),
        ("Hold=true", [CAROL]),
        ("Hold=False", [BOB, ALICE]),
        ("Coaching=TRUE", [CAROL]),
        ("Coaching=false&Muted=false", [ALICE]),
        ("Muted=1", [BOB]),
        ("Muted=nonsense", [CAROL, ALICE]),
        ("Muted=true&Hold=true", []),
    ],
)
async def test_flags_filter(desk: Desk, query: str, found: list[CallId]) -> None:
    assert await sids(desk, f"{LIST}?{query}") == [f"CA{call_id}" for call_id in found]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_pages_lead_through_everybody_and_back(desk: Desk, size: int) -> None:
    page = read(await ask(desk, f"{LIST}?Muted=false&PageSize={size}"))
    met = [row["call_sid"] for row in page["participants"]]
    while page["next_page_uri"]:
        assert "Muted=false&" in page["next_page_uri"]
        page = read(await ask(desk, page["next_page_uri"]))
        met += [row["call_sid"] for row in page["participants"]]
    assert met == [f"CA{CAROL}", f"CA{ALICE}"]
    while page["previous_page_uri"]:
        page = read(await ask(desk, page["previous_page_uri"]))
    assert page["page"] == 0
    assert page["participants"][0]["call_sid"] == f"CA{CAROL}"


async def test_a_participant_is_found_by_call_or_by_label_and_says_its_call(desk: Desk) -> None:
    by_call = read(await ask(desk, f"{ROOM}/Participants/CA{ALICE}.json"))
    assert by_call == read(await ask(desk, f"{ROOM}/Participants/customer.json"))
    assert by_call["uri"] == f"{ROOM}/Participants/CA{ALICE}.json"
    assert set(by_call) == KEYS
    assert by_call in read(await ask(desk, LIST))["participants"]


async def test_a_coach_names_whom_it_coaches(desk: Desk) -> None:
    carol = read(await ask(desk, f"{ROOM}/Participants/CA{CAROL}.json"))
    assert (carol["coaching"], carol["call_sid_to_coach"]) == (True, f"CA{ALICE}")
    bob = read(await ask(desk, f"{ROOM}/Participants/CA{BOB}.json"))
    assert (bob["coaching"], bob["call_sid_to_coach"], bob["label"]) == (False, None, None)
    assert (bob["end_conference_on_exit"], bob["start_conference_on_enter"]) == (True, True)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (CallStatus.QUEUED, "queued"),
        (CallStatus.RINGING, "connecting"),
        (CallStatus.IN_PROGRESS, "connected"),
        (CallStatus.COMPLETED, "complete"),
        (CallStatus.BUSY, "failed"),
    ],
)
async def test_the_status_is_told_in_participants_words(
    desk: Desk, store: Any, status: CallStatus, said: str
) -> None:
    await enter(store, call(ALICE, status=status))
    assert read(await ask(desk, f"{ROOM}/Participants/CA{ALICE}.json"))["status"] == said


async def test_labels_are_decoded_and_may_hold_anything_but_a_slash(desk: Desk, store: Any) -> None:
    await enter(store, participant(ALICE, label="My Desk+1.é"), participant(BOB, label="a/b"))
    found = read(await ask(desk, f"{ROOM}/Participants/My%20Desk+1.%C3%A9.json"))
    assert found["call_sid"] == f"CA{ALICE}"
    assert (await ask(desk, f"{ROOM}/Participants/a%2Fb.json")).status == 404
    assert (await ask(desk, f"{ROOM}/Participants/a/b.json")).status == 404


async def test_who_left_is_gone(desk: Desk, store: Any) -> None:
    await enter(store, participant(ALICE, label="customer", joined_at_ms=T0, left_at_ms=T0 + 9000))
    assert await sids(desk, LIST) == [f"CA{CAROL}", f"CA{BOB}"]
    for key in (f"CA{ALICE}", "customer"):
        assert refusal(await ask(desk, f"{ROOM}/Participants/{key}.json"))[:2] == (404, 20404)


async def test_a_conference_that_is_over_has_nobody_inside(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=ConferenceState.COMPLETED))
    assert await sids(desk, LIST) == []
    assert (await ask(desk, f"{ROOM}/Participants/CA{ALICE}.json")).status == 404


async def test_an_imported_call_is_named_by_the_id_it_came_with(desk: Desk, store: Any) -> None:
    imported = CallId("e" * 32)
    await enter(store, call(imported, given_id="c-95 ac"), participant(imported, joined_at_ms=T0 + 3000))
    first = read(await ask(desk, LIST))["participants"][0]
    assert (first["call_sid"], first["uri"]) == ("c-95 ac", f"{ROOM}/Participants/c-95%20ac.json")
    assert read(await ask(desk, first["uri"])) == first


async def test_strangers_are_not_found(desk: Desk) -> None:
    for key in ("CA" + "9" * 32, "nobody", "CAshort", "%00", "CF" + STANDUP):
        assert refusal(await ask(desk, f"{ROOM}/Participants/{key}.json"))[:2] == (404, 20404)
    assert refusal(await ask(desk, f"{ROOMS}/CF{'9' * 32}/Participants.json"))[:2] == (404, 20404)
