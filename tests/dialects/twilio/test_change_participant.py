"""POST and DELETE of a participant."""

from typing import Any

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import ALICE, BOB, CAROL, STANDUP, call, enter, participant, standup
from dialects.twilio_asking import ROOMS, A, ask, post, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import ConferenceState, ParticipantChanges
from hubbub.domain.errors import CoachedCallAbsent, CoachedCallHeld, Conflict, InvalidValue, NotFound
from hubbub.markup.effects import Ask, Purpose
from hubbub.markup.instructions import WaitKind, WaitMusic

ROOM = f"{ROOMS}/CF{STANDUP}"
ONE = f"{ROOM}/Participants/CA{ALICE}.json"
URL = "http%3A%2F%2Fa.example%2Fsound"
SOUND = WebTarget("http://a.example/sound")


@pytest.fixture(autouse=True)
async def inside(store: Any) -> None:
    await enter(
        store,
        standup(),
        *(call(each) for each in (ALICE, BOB, CAROL)),
        participant(ALICE, label="customer"),
        participant(BOB),
        participant(CAROL, held=True),
    )


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ("Muted=true", "muted", True),
        ("Hold=true", "hold", True),
        ("EndConferenceOnExit=true", "end_conference_on_exit", True),
        (f"Coaching=true&CallSidToCoach=CA{BOB}", "call_sid_to_coach", f"CA{BOB}"),
        (f"CallSidToCoach=CA{BOB}", "coaching", True),
    ],
)
async def test_a_change_is_answered_and_read_back(desk: Desk, form: str, field: str, value: Any) -> None:
    before = read(await ask(desk, ONE))
    said = read(await post(desk, ONE, form))
    assert said[field] == value
    assert read(await ask(desk, ONE)) == said
    # What was not sent stays as it was.
    touched = {field, "date_updated", "coaching", "call_sid_to_coach"}
    assert {key for key in said if said[key] != before[key]} <= touched


async def test_flags_are_taken_back_and_independent(desk: Desk) -> None:
    await post(desk, ONE, f"Muted=true&Hold=true&CallSidToCoach=CA{BOB}")
    said = read(await post(desk, ONE, "Muted=false&Coaching=false"))
    assert (said["muted"], said["hold"], said["coaching"]) == (False, True, False)
    assert said["call_sid_to_coach"] is None


async def test_a_label_is_a_key(desk: Desk) -> None:
    said = read(await post(desk, f"{ROOM}/Participants/customer.json", "Muted=true"))
    assert (said["call_sid"], said["muted"], said["uri"]) == (f"CA{ALICE}", True, ONE)
    assert (await ask(desk, f"{ROOM}/Participants/customer.json", method="DELETE")).status == 204


async def test_nothing_is_a_change_of_nothing(desk: Desk) -> None:
    assert read(await post(desk, ONE, "")) == read(await ask(desk, ONE))


@pytest.mark.parametrize(
    ("form", "music"),
    [
        ("Hold=true", WaitMusic()),
        ("Hold=true&HoldUrl=", WaitMusic(WaitKind.SILENCE)),
        (f"Hold=true&HoldUrl={URL}", WaitMusic(WaitKind.URL, SOUND._replace(method="GET"))),
        (f"Hold=true&HoldUrl={URL}&HoldMethod=POST", WaitMusic(WaitKind.URL, SOUND)),
        ("Hold=false", None),
        ("Muted=true", None),
    ],
)
async def test_hold_music_is_asked_for_by_get_unless_it_says_otherwise(
    desk: Desk, acting: ActingCommands, form: str, music: WaitMusic | None
) -> None:
    await post(desk, ONE, form)
    assert acting.last[2] == {"hold_music": music, "wait_music": None}


async def test_one_who_is_on_hold_already_keeps_the_music(desk: Desk, acting: ActingCommands) -> None:
    await post(desk, f"{ROOM}/Participants/CA{CAROL}.json", "Hold=true")
    assert acting.last[2]["hold_music"] is None


async def test_other_waiting_music_and_beeps_are_modifications(desk: Desk, acting: ActingCommands) -> None:
    await post(desk, ONE, f"WaitUrl={URL}&BeepOnExit=true")
    assert acting.last[1][2] == ParticipantChanges(
        beep_on_exit=True, wait_changed=True, coached_must_be_present=True
    )
    assert acting.last[2]["wait_music"] == WaitMusic(WaitKind.URL, SOUND)


async def test_an_announcement_to_one(desk: Desk, acting: ActingCommands) -> None:
    read(await post(desk, ONE, f"AnnounceUrl={URL}"))
    assert acting.last == ("announce", (STANDUP, ALICE, Ask(Purpose.ROOM, SOUND), "twilio"), {})
    read(await post(desk, ONE, f"AnnounceUrl={URL}&AnnounceMethod=GET&Muted=true"))
    assert acting.last[1][2] == Ask(Purpose.ROOM, SOUND._replace(method="GET"))


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (f"AnnounceUrl={URL}&Hold=true", 20001),
        ("AnnounceUrl=nonsense", 20001),
        (f"AnnounceUrl={URL}&AnnounceMethod=PUT", 21209),
        ("HoldUrl=nonsense", 20001),
        (f"HoldUrl={URL}&HoldMethod=PUT", 21209),
        ("Coaching=true", 16000),
        (f"CallSidToCoach=CA{ALICE}", 16000),
        ("CallSidToCoach=bob", 16028),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_nothing_is_changed(
    desk: Desk, acting: ActingCommands, form: str, code: int
) -> None:
    assert refusal(await post(desk, ONE, f"Muted=true&{form}"))[:2] == (400, code)
    assert acting.asked == []


async def test_the_coached_must_be_there_and_not_on_hold(desk: Desk) -> None:
    assert refusal(await post(desk, ONE, f"CallSidToCoach=CA{'9' * 32}"))[:2] == (400, 16028)
    assert refusal(await post(desk, ONE, f"CallSidToCoach=CA{CAROL}"))[:2] == (400, 16027)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (NotFound("participant", "x"), (404, 20404)),
        (CoachedCallAbsent("x"), (400, 16028)),
        (CoachedCallHeld("x"), (400, 16027)),
        (InvalidValue("coached", "x"), (400, 16000)),
        (Conflict("x"), (409, 16099)),
    ],
)
async def test_a_refusal_has_twilios_number(
    desk: Desk, acting: ActingCommands, raised: Exception, said: tuple[int, int]
) -> None:
    acting.refusal = raised
    assert refusal(await post(desk, ONE, "Muted=true"))[:2] == said


async def test_who_is_kicked_is_gone(desk: Desk, acting: ActingCommands) -> None:
    response = await ask(desk, ONE, method="DELETE", headers=None)
    assert (response.status, response.body) == (204, b"")
    assert acting.last[0] == "kick"
    assert refusal(await ask(desk, ONE))[:2] == (404, 20404)
    assert refusal(await ask(desk, ONE, method="DELETE"))[:2] == (404, 20404)


async def test_nobody_is_changed_in_a_room_that_is_over_or_unknown(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=ConferenceState.COMPLETED))
    assert refusal(await post(desk, ONE, "Muted=true"))[:2] == (404, 20404)
    gone = f"{ROOMS}/CF{'9' * 32}/Participants/CA{ALICE}.json"
    assert refusal(await post(desk, gone, "Muted=true"))[:2] == (404, 20404)
    assert refusal(await post(desk, f"{A}/Conferences/standup/Participants/x.json", ""))[:2] == (405, 20004)
