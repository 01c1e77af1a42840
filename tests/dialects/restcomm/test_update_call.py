"""POST Accounts/{AccountSid}/Calls/{CallSid}.

Restcomm Connect API guide, "Modifying live calls".
"""

from typing import Any

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    DEVELOPER,
    GLOBEX,
    STANDUP,
    SUBSIDIARY,
    basic,
    call,
    enter,
    participant,
    standup,
)
from dialects.restcomm_asking import ACCOUNT, ask, is_empty, is_explained, read
from hubbub.dialects.contract import Desk
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus
from hubbub.domain.conference import ParticipantChanges
from hubbub.domain.errors import Conflict
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallChange

CALL = f"{ACCOUNT}/Calls/CA{ALICE}"
JSON = f"{CALL}.json"
UNMUTED = ("modify", (STANDUP, ALICE, ParticipantChanges(muted=False)), {})


@pytest.fixture(autouse=True)
async def alice_is_inside(store: Any) -> None:
    await enter(
        store, standup(), call(ALICE, node="n1"), call(BOB), participant(ALICE, muted=True), participant(BOB)
    )


async def test_completed_hangs_up_and_answers_with_what_was(desk: Desk, acting: ActingCommands) -> None:
    before = read(await ask(desk, JSON))
    assert read(await ask(desk, JSON, form={"Status": "Completed"})) == before
    assert acting.asked == [("end", (ALICE,), {"only_unanswered": False})]
    assert read(await ask(desk, JSON))["status"] == "completed"
    assert is_explained(await ask(desk, JSON, form={"Status": "completed"}), 410, b"already completed")


@pytest.mark.parametrize("status", [CallStatus.QUEUED, CallStatus.RINGING])
async def test_canceled_ends_what_is_not_answered(
    desk: Desk, store: Any, acting: ActingCommands, status: CallStatus
) -> None:
    await enter(store, call(ALICE, status=status, node="n1"))
    assert read(await ask(desk, JSON, form={"Status": "canceled"}))["status"] == status
    assert acting.asked == [("end", (ALICE,), {"only_unanswered": True})]
    assert read(await ask(desk, JSON))["status"] == "canceled"


async def test_canceled_leaves_an_answered_call_alone(desk: Desk, acting: ActingCommands) -> None:
    assert read(await ask(desk, JSON, form={"Status": "canceled"}))["status"] == "in-progress"
    assert acting.asked == [UNMUTED]


async def test_url_gives_another_document(desk: Desk, acting: ActingCommands) -> None:
    form = {
        "Url": "https://app.example/hold",
        "Method": "GET",
        "FallbackUrl": "https://app.example/sorry",
        "StatusCallback": "https://app.example/status",
        "MoveConnectedCallLeg": "TRUE",
    }
    assert read(await ask(desk, JSON, form=form))["status"] == "in-progress"
    [(name, (call_id, change), _)] = acting.asked
    assert (name, call_id) == ("change", ALICE)
    assert isinstance(change, CallChange)
    fallback = WebTarget("https://app.example/sorry", "POST")
    target = WebTarget("https://app.example/hold", "GET")
    assert change.begin == Ask(Purpose.REDIRECT, target, fallback)
    assert (change.dialect, change.fallback, change.move_partner) == ("restcomm", fallback, True)
    assert change.callbacks is not None
    assert change.callbacks[0].target.url == "https://app.example/status"


async def test_the_other_leg_stays_unless_it_is_to_move_and_callbacks_stay_as_they_are(
    desk: Desk, acting: ActingCommands
) -> None:
    await ask(desk, JSON, form={"Url": "https://app.example/hold", "MoveConnectedCallLeg": "1"})
    [(_, (_, change), _)] = acting.asked
    assert (change.move_partner, change.callbacks, change.fallback) == (False, None, None)


@pytest.mark.parametrize(
    ("form", "muted"),
    [({"Mute": "true"}, True), ({"Mute": "false"}, False), ({}, False), ({"Muted": "true"}, False)],
)
async def test_mute_mutes_and_its_absence_unmutes(
    desk: Desk, acting: ActingCommands, form: dict[str, str], muted: bool
) -> None:
    assert (await ask(desk, JSON, form=form)).status == 200
    assert acting.asked == [("modify", (STANDUP, ALICE, ParticipantChanges(muted=muted)), {})]


async def test_new_callbacks_alone_leave_the_document_running_and_unmute(
    desk: Desk, acting: ActingCommands
) -> None:
    await ask(desk, JSON, form={"StatusCallback": "https://app.example/status"})
    [(_, (_, change), _), last] = acting.asked
    assert change.begin is None
    assert last == UNMUTED


@pytest.mark.parametrize(
    "form",
    [
        {"Status": "in-progress"},
        {"Status": "gone"},
        {"Url": "x"},
        {"FallbackUrl": "ftp://x"},
        {"StatusCallback": "/x"},
    ],
)
async def test_nonsense_is_400_and_named_and_changes_nothing(
    desk: Desk, acting: ActingCommands, form: dict[str, str]
) -> None:
    [name] = form
    assert is_explained(await ask(desk, JSON, form=form), 400, name.encode())
    assert acting.asked == []


@pytest.mark.parametrize(
    ("sid", "status"),
    [
        ("CA" + "9" * 32, 406),
        ("Z" * 34, 406),
        ("ID" + "1" * 32 + "-CA" + "2" * 32, 406),
        ("CAx", 400),
        ("%00", 400),
        ("CA" + "-" * 32, 400),
    ],
)
async def test_an_unknown_call_is_406_and_a_malformed_one_400(desk: Desk, sid: str, status: int) -> None:
    assert is_empty(await ask(desk, f"{ACCOUNT}/Calls/{sid}", form={"Status": "completed"}), status)


async def test_a_main_account_changes_calls_below_it_and_no_strangers(
    desk: Desk, store: Any, acting: ActingCommands
) -> None:
    await enter(store, call(ALICE, account_id=GLOBEX, conference_id=None))
    assert is_empty(await ask(desk, JSON, form={"Status": "completed"}), 400)
    await enter(store, call(ALICE, account_id=SUBSIDIARY, conference_id=None))
    labs = CALL.replace(ACME, SUBSIDIARY)
    assert (await ask(desk, JSON, form={})).status == 200
    assert (await ask(desk, labs, form={})).status == 200
    upwards = basic("AC" + SUBSIDIARY, "labs-token")
    await enter(store, call(ALICE, conference_id=None))
    assert is_empty(await ask(desk, labs, headers=upwards, form={"Status": "completed"}), 400)
    assert is_empty(await ask(desk, CALL, headers=upwards, form={"Status": "completed"}), 403)
    assert acting.asked == []


async def test_modifying_takes_its_own_permission(desk: Desk) -> None:
    path = CALL.replace(ACME, DEVELOPER)
    assert is_empty(await ask(desk, path, headers=basic("AC" + DEVELOPER, "dev-token"), form={}), 403)


async def test_a_call_that_is_over_is_410_whatever_is_asked(
    desk: Desk, store: Any, acting: ActingCommands
) -> None:
    await enter(store, call(ALICE, status=CallStatus.BUSY))
    for form in ({}, {"Mute": "true"}, {"Url": "https://app.example/"}, {"Status": "canceled"}):
        assert is_explained(await ask(desk, JSON, form=form), 410, b"already completed")
    assert acting.asked == []


@pytest.mark.parametrize("form", [{"Mute": "true"}, {"Url": "https://app.example/"}, {"Status": "completed"}])
async def test_an_imported_call_is_410_since_nothing_of_it_is_live(
    desk: Desk, store: Any, acting: ActingCommands, form: dict[str, str]
) -> None:
    await enter(store, call(ALICE))
    acting.refusal = Conflict("it was imported")
    assert is_explained(await ask(desk, JSON, form=form), 410, b"not live on this server")


async def test_a_ringing_call_takes_no_document_yet(desk: Desk, store: Any) -> None:
    await enter(store, call(ALICE, status=CallStatus.RINGING, node="n1"))
    assert is_explained(await ask(desk, JSON, form={"Url": "https://app.example/"}), 409, b"ringing")
