"""POST …/Conferences/{ConferenceSid}/Participants/{CallSid}.

Restcomm Connect API guide, "Mute a participant".
"""

from typing import Any
from xml.etree import ElementTree

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ALICE,
    DEVELOPER,
    GLOBEX,
    INTERN,
    SUBSIDIARY,
    T0,
    basic,
    call,
    enter,
    participant,
    standup,
)
from dialects.restcomm_asking import ROOMS, ask, is_empty, is_explained, read
from hubbub.dialects.contract import Desk
from hubbub.domain.call import CallStatus
from hubbub.domain.errors import Conflict
from hubbub.domain.ids import ConferenceId

MEMBER = f"{ROOMS}/CF0f1e2d3c4b5a46978877665544332211/Participants/CA{ALICE}"
JSON = f"{MEMBER}.json"


async def alice_inside(store: Any, **fields: Any) -> None:
    await enter(store, standup(), call(ALICE, **fields), participant(ALICE))


async def test_the_answer_has_the_new_state_and_a_newer_date(desk: Desk, store: Any) -> None:
    await alice_inside(store)
    before = read(await ask(desk, JSON))
    after = read(await ask(desk, JSON, form={"Mute": "true"}))
    assert list(after) == list(before)
    assert (before["muted"], after["muted"]) == (False, True)
    assert before["date_updated"] != after["date_updated"]
    assert read(await ask(desk, JSON)) == after
    xml = ElementTree.fromstring((await ask(desk, MEMBER, form={"Mute": "false"})).body)
    assert xml.findtext("./Call/Muted") == "false"
    assert read(await ask(desk, JSON))["muted"] is False


@pytest.mark.parametrize(
    ("value", "muted"),
    [
        ("true", True),
        ("TRUE", True),
        (" true ", True),
        ("1", False),
        ("yes", False),
        ("", False),
        (None, False),
    ],
)
async def test_only_the_word_true_mutes_and_anything_else_unmutes(
    desk: Desk, store: Any, value: str | None, muted: bool
) -> None:
    await alice_inside(store)
    for first in ("true", "false"):
        await ask(desk, JSON, form={"Mute": first})
        said = read(await ask(desk, JSON, form={} if value is None else {"Mute": value}))
        assert said["muted"] is muted


async def test_muting_twice_is_200_and_no_second_change(desk: Desk, store: Any) -> None:
    await alice_inside(store)
    first = await ask(desk, JSON, form={"Mute": "true"})
    assert (await ask(desk, JSON, form={"Mute": "true"})).body == first.body


@pytest.mark.parametrize("form", [{"Muted": "true"}, {"Hold": "true"}, {"Kick": "true"}, {"Announce": "x"}])
async def test_other_fields_do_nothing_but_the_absent_mute_unmutes(
    desk: Desk, store: Any, form: dict[str, str]
) -> None:
    await alice_inside(store)
    await ask(desk, JSON, form={"Mute": "true"})
    said = read(await ask(desk, JSON, form=form))
    assert (said["muted"], said["hold"]) == (False, False)


async def test_the_conference_in_the_path_is_ignored(desk: Desk, store: Any) -> None:
    await alice_inside(store)
    path = JSON.replace("CF0f1e", "CF9999")
    assert read(await ask(desk, path, form={"Mute": "true"}))["muted"] is True


async def test_the_python_and_dotnet_forms_of_the_path_do_the_same(desk: Desk, store: Any) -> None:
    await alice_inside(store)
    path = MEMBER.replace("/Conferences/", "/Conferences.json/").replace(
        "Participants/", "Participants.json/"
    )
    assert read(await ask(desk, path, form={"Mute": "true"}))["muted"] is True


@pytest.mark.parametrize(
    ("sid", "status"), [("CA" + "9" * 32, 406), ("X" * 34, 406), ("CAx", 400), ("x", 400), ("%00", 400)]
)
async def test_an_unknown_call_is_406_and_a_malformed_one_400(
    desk: Desk, store: Any, sid: str, status: int
) -> None:
    await alice_inside(store)
    path = MEMBER.replace("CA" + ALICE, sid)
    assert is_empty(await ask(desk, path, form={"Mute": "true"}), status)


@pytest.mark.parametrize("owner", [GLOBEX, SUBSIDIARY])
async def test_another_accounts_call_is_400_also_to_the_parent(
    desk: Desk, store: Any, acting: ActingCommands, owner: Any
) -> None:
    await enter(store, standup(account_id=owner), call(ALICE, account_id=owner), participant(ALICE))
    assert is_empty(await ask(desk, JSON, form={"Mute": "true"}), 400)
    assert acting.asked == []


async def test_without_the_right_to_modify_or_to_the_account_it_is_403(desk: Desk, store: Any) -> None:
    await alice_inside(store)
    for account_id, token in ((INTERN, "intern-token"), (DEVELOPER, "dev-token")):
        path = JSON.replace(ACME, account_id)
        assert is_empty(await ask(desk, path, headers=basic("AC" + account_id, token), form={}), 403)
    assert is_empty(await ask(desk, JSON, headers=basic("AC" + GLOBEX, "globex-token"), form={}), 403)


async def test_a_call_that_is_over_is_410_and_never_200(
    desk: Desk, store: Any, acting: ActingCommands
) -> None:
    await alice_inside(store, status=CallStatus.COMPLETED)
    assert is_explained(await ask(desk, JSON, form={"Mute": "true"}), 410, b"already completed")
    await alice_inside(store)
    acting.refusal = Conflict("imported")
    assert is_explained(await ask(desk, JSON, form={"Mute": "true"}), 410, b"not live on this server")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": CallStatus.RINGING},
        {"status": CallStatus.QUEUED},
        {"conference_id": None},
        {"conference_id": ConferenceId("9" * 32)},
    ],
)
async def test_a_call_that_is_live_and_in_no_room_is_200_and_stays_as_it_is(
    desk: Desk, store: Any, acting: ActingCommands, fields: dict[str, Any]
) -> None:
    await alice_inside(store, **fields)
    assert (await ask(desk, JSON, form={"Mute": "true"})).status == 200
    assert acting.asked == []


async def test_one_who_left_the_room_is_200_and_stays_as_it_is(
    desk: Desk, store: Any, acting: ActingCommands
) -> None:
    await alice_inside(store)
    await enter(store, participant(ALICE, left_at_ms=T0 + 1))
    assert read(await ask(desk, JSON, form={"Mute": "true"}))["muted"] is False
    assert acting.asked == []
