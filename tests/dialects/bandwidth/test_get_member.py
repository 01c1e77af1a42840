"""GET …/conferences/{conferenceId}/members/{memberId}.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/getConferenceMember
"""

from typing import Any

from dialects.bandwidth_asking import BASE, ROOMS, ask, read, refusal
from dialects.cast import ALICE, BOB, GLOBEX, T0, call, conference, enter, participant, standup
from hubbub.dialects.contract import Desk

ROOM = f"{ROOMS}/conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"


async def test_a_member_to_the_byte(desk: Desk, store: Any) -> None:
    coach = participant(ALICE, muted=True, coaching=True, coached=(BOB,))
    await enter(store, standup(), call(ALICE), call(BOB), coach)
    response = await ask(desk, f"{ROOM}/members/{ALICE_TEXT}")
    assert response.body.decode() == (
        f'{{"callId":"{ALICE_TEXT}","conferenceId":"{ROOM[len(ROOMS) + 1 :]}",'
        f'"memberUrl":"{BASE}{ROOM}/members/{ALICE_TEXT}",'
        f'"mute":true,"hold":false,"callIdsToCoach":["{BOB_TEXT}"]}}'
    )


async def test_a_member_url_leads_back_to_the_member(desk: Desk, store: Any) -> None:
    given = "abc/def ghi%\u00e9"
    await enter(store, standup(), call(ALICE, given_id=given), participant(ALICE))
    (member,) = read(await ask(desk, ROOM))["activeMembers"]
    assert member["callId"] == given
    assert read(await ask(desk, member["memberUrl"].removeprefix(BASE))) == member


async def test_a_member_that_is_unknown_or_malformed_is_404_by_name(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE))
    for text in (ALICE_TEXT, BOB_TEXT, "nonsense"):
        expected = (404, "validation", f"Member [{text}] not found")
        assert refusal(await ask(desk, f"{ROOM}/members/{text}")) == expected


async def test_a_member_that_has_left_is_404(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    assert (await ask(desk, f"{ROOM}/members/{ALICE_TEXT}")).status == 200
    await enter(store, participant(ALICE, left_at_ms=T0 + 1))
    assert (await ask(desk, f"{ROOM}/members/{ALICE_TEXT}")).status == 404


async def test_nobody_is_a_member_of_what_is_over(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=conference().state), call(ALICE), participant(ALICE))
    assert refusal(await ask(desk, f"{ROOM}/members/{ALICE_TEXT}"))[2] == f"Member [{ALICE_TEXT}] not found"


async def test_a_call_of_another_account_is_no_member(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE, account_id=GLOBEX), participant(ALICE))
    assert (await ask(desk, f"{ROOM}/members/{ALICE_TEXT}")).status == 404


async def test_a_member_of_an_unknown_conference_is_404_for_the_conference(desk: Desk) -> None:
    assert (
        refusal(await ask(desk, f"{ROOMS}/conf-x/members/{ALICE_TEXT}"))[2] == "Conference [conf-x] not found"
    )
