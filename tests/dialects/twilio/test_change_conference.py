"""POST of a conference: end it, announce to everybody."""

from typing import Any

import pytest

from desks import make_desk
from dialects.acting_commands import ActingCommands
from dialects.cast import ALICE, STANDUP, call, conference, enter, participant, standup
from dialects.twilio_asking import ROOMS, ask, post, read, refusal
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import ConferenceState
from hubbub.domain.errors import Conflict, InvalidValue, NotFound
from hubbub.markup.effects import Ask, Purpose

ROOM = f"{ROOMS}/CF{STANDUP}.json"
URL = "http%3A%2F%2Fa.example%2Fsound"
SOUND = WebTarget("http://a.example/sound")


@pytest.fixture(autouse=True)
async def room(store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))


async def test_the_end_is_in_the_answer_and_read_back(desk: Desk) -> None:
    said = read(await post(desk, ROOM, "Status=completed"))
    assert (said["status"], said["reason_conference_ended"]) == ("completed", "conference-ended-via-api")
    assert said["call_sid_ending_conference"] is None
    assert read(await ask(desk, ROOM)) == said
    assert read(await ask(desk, f"{ROOMS}/CF{STANDUP}/Participants.json"))["participants"] == []


async def test_a_room_that_nobody_has_met_in_can_be_ended(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=ConferenceState.INIT))
    assert read(await post(desk, ROOM, "Status=completed"))["status"] == "completed"


async def test_ending_twice_is_no_error(desk: Desk, acting: ActingCommands) -> None:
    first = read(await post(desk, ROOM, "Status=completed"))
    assert read(await post(desk, ROOM, "Status=completed")) == first
    assert len(acting.asked) == 1


async def test_a_strict_server_refuses_to_end_twice(desk: Desk, store: Any, acting: ActingCommands) -> None:
    strict = make_desk(store, DialectSettings(strict=True), acting.commands)
    assert read(await post(strict, ROOM, "Status=completed"))["status"] == "completed"
    assert refusal(await post(strict, ROOM, "Status=completed"))[:2] == (400, 16099)


async def test_an_announcement_to_everybody(desk: Desk, acting: ActingCommands) -> None:
    assert read(await post(desk, ROOM, f"AnnounceUrl={URL}"))["status"] == "in-progress"
    assert acting.last == ("announce", (STANDUP, None, Ask(Purpose.ROOM, SOUND), "twilio"), {})
    read(await post(desk, ROOM, f"AnnounceUrl={URL}&AnnounceMethod=GET"))
    assert acting.last[1][2] == Ask(Purpose.ROOM, SOUND._replace(method="GET"))


async def test_nothing_is_a_change_of_nothing(desk: Desk, acting: ActingCommands) -> None:
    assert read(await post(desk, ROOM, "Unknown=1")) == read(await ask(desk, ROOM))
    assert acting.asked == []


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("Status=in-progress", 20001),
        ("AnnounceUrl=x", 20001),
        (f"AnnounceUrl={URL}&AnnounceMethod=PUT", 21209),
    ],
)
async def test_what_breaks_a_rule_is_refused(desk: Desk, form: str, code: int) -> None:
    assert refusal(await post(desk, ROOM, form))[:2] == (400, code)


async def test_nobody_hears_an_announcement_in_a_room_that_is_over(desk: Desk, store: Any) -> None:
    await enter(store, conference(1))
    over = f"{ROOMS}/CF{1:032x}.json"
    assert refusal(await post(desk, over, f"AnnounceUrl={URL}"))[:2] == (400, 16001)
    assert refusal(await post(desk, f"{ROOMS}/standup.json", "Status=completed"))[:2] == (405, 20004)
    assert refusal(await post(desk, f"{ROOMS}/CF{'9' * 32}.json", "Status=completed"))[:2] == (404, 20404)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (NotFound("conference", "x"), (404, 20404)),
        (Conflict("x"), (409, 16099)),
        (InvalidValue("x", "x"), (400, 20001)),
    ],
)
async def test_a_refusal_has_twilios_number(
    desk: Desk, acting: ActingCommands, raised: Exception, said: tuple[int, int]
) -> None:
    acting.refusal = raised
    assert refusal(await post(desk, ROOM, "Status=completed"))[:2] == said
