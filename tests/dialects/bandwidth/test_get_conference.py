"""GET /accounts/{accountId}/conferences/{conferenceId}, with those inside.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/getConference
"""

from typing import Any

import pytest

from dialects.bandwidth_asking import BASE, ROOMS, ask, read, refusal
from dialects.cast import (
    ALICE,
    BOB,
    CAROL,
    GLOBEX,
    STANDUP,
    T0,
    call,
    conference,
    enter,
    participant,
    standup,
)
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain.ids import CallId

ROOM = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"


async def test_a_running_conference_shows_its_members_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup(event_url="https://app.example/conf"), call(ALICE), participant(ALICE))
    response = await ask(desk, f"{ROOMS}/{ROOM}")
    assert response.body.decode() == (
        f'{{"id":"{ROOM}","name":"standup","createdTime":"2026-05-04T09:30:00.125Z",'
        '"conferenceEventUrl":"https://app.example/conf","conferenceEventMethod":"POST","tag":null,'
        f'"activeMembers":[{{"callId":"{ALICE_TEXT}","conferenceId":"{ROOM}",'
        f'"memberUrl":"{BASE}{ROOMS}/{ROOM}/members/{ALICE_TEXT}",'
        '"mute":false,"hold":false,"callIdsToCoach":[]}]}'
    )


async def test_members_come_in_order_of_joining_and_those_who_left_are_gone(desk: Desk, store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        call(BOB),
        call(CAROL),
        participant(ALICE, joined_at_ms=T0 + 2),
        participant(BOB, joined_at_ms=T0 + 1, muted=True),
        participant(CAROL, left_at_ms=T0 + 5),
    )
    members = read(await ask(desk, f"{ROOMS}/{ROOM}"))["activeMembers"]
    assert [(m["callId"], m["mute"], m["hold"]) for m in members] == [
        (BOB_TEXT, True, False),
        (ALICE_TEXT, False, False),
    ]


async def test_a_coach_names_the_calls_that_hear_it_present_or_still_to_come(desk: Desk, store: Any) -> None:
    given = "ID" + "1" * 32 + "-CA" + "2" * 32
    await enter(
        store,
        standup(),
        call(ALICE),
        call(BOB, given_id=given),
        participant(ALICE, coaching=True, coached=(BOB, CAROL), held=True),
        participant(BOB, joined_at_ms=T0 + 1),
    )
    alice, bob = read(await ask(desk, f"{ROOMS}/{ROOM}"))["activeMembers"]
    assert alice["hold"] is True
    assert alice["callIdsToCoach"] == [given, "c-00000001-20112233-4455-4677-8899-aabbccddeeff"]
    assert bob["callIdsToCoach"] == []
    assert bob["callId"] == given


async def test_a_finished_conference_has_an_empty_list_of_members(desk: Desk, store: Any) -> None:
    room = standup(state=conference().state, completed_at_ms=T0 + 60_000)
    await enter(store, room, call(ALICE), participant(ALICE))
    said = read(await ask(desk, f"{ROOMS}/{ROOM}"))
    assert said["activeMembers"] == []
    assert said["completedTime"] == "2026-05-04T09:31:00.125Z"


async def test_more_members_than_one_read_brings_are_all_shown(desk: Desk, store: Any) -> None:
    rows: list[Any] = []
    for number in range(1001):
        id_ = CallId(f"{number:032x}")
        rows += [call(id_), participant(id_, joined_at_ms=T0 + number)]
    await enter(store, standup(), *rows)
    members = read(await ask(desk, f"{ROOMS}/{ROOM}"))["activeMembers"]
    assert len({member["callId"] for member in members}) == 1001


async def test_the_form_of_2020_finds_only_a_conference_that_was_imported_with_it(
    desk: Desk, store: Any
) -> None:
    old = "conf-0f1e2d3c-4b5a-4697-8877-665544332211"
    await enter(store, standup())
    assert (await ask(desk, f"{ROOMS}/{old}")).status == 404
    await enter(store, standup(site=""))
    assert read(await ask(desk, f"{ROOMS}/{old}"))["id"] == old
    assert (await ask(desk, f"{ROOMS}/{ROOM}")).status == 404


async def test_an_imported_site_and_our_own_setting_are_part_of_the_id(desk: Desk, store: Any) -> None:
    await enter(store, standup(site="95ac8d8d"), conference(1))
    foreign = ROOM.replace("00000001", "95ac8d8d")
    assert read(await ask(desk, f"{ROOMS}/{foreign}"))["id"] == foreign
    elsewhere = desk._replace(settings=DialectSettings(site="cafe0001"))
    own = "conf-cafe0001-00000000-0000-0000-0000-000000000001"
    assert read(await ask(elsewhere, f"{ROOMS}/{own}"))["id"] == own


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("Conf-id", "Conf-id"),
        (ROOM[:-1], ROOM[:-1]),
        (ROOM.upper(), ROOM.upper()),
        ("CF" + STANDUP, "CF" + STANDUP),
        ("%22%5C%E2%82%AC%FF", '"\\\u20ac\ufffd'),
        ("conf-00000001-ffffffff-4b5a-4697-8877-665544332211",) * 2,
    ],
)
async def test_a_malformed_or_unknown_id_is_404_by_name(
    desk: Desk, store: Any, sent: str, named: str
) -> None:
    await enter(store, standup())
    expected = (404, "validation", f"Conference [{named}] not found")
    assert refusal(await ask(desk, f"{ROOMS}/{sent}")) == expected


async def test_another_accounts_conference_under_ones_own_account_is_404(desk: Desk, store: Any) -> None:
    await enter(store, standup(account_id=GLOBEX))
    assert refusal(await ask(desk, f"{ROOMS}/{ROOM}"))[0] == 404
