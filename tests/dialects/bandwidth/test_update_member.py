"""PUT …/conferences/{conferenceId}/members/{memberId}: despite PUT, a merge.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/updateConferenceMember
"""

import json
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.bandwidth_asking import LOGIN, ROOMS, ask, read, refusal
from dialects.cast import ALICE, BOB, CAROL, STANDUP, T0, call, enter, participant, standup
from hubbub.dialects.contract import Desk, HttpResponse
from hubbub.domain.conference import ConferenceState, ParticipantChanges
from hubbub.domain.errors import InvalidValue, NotFound, SecondCoach

ROOM = f"{ROOMS}/conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"
CAROL_TEXT = "c-00000001-20112233-4455-4677-8899-aabbccddeeff"
MEMBER = f"{ROOM}/members/{ALICE_TEXT}"
JSON = LOGIN | {"content-type": "application/json"}


@pytest.fixture(autouse=True)
async def two_inside(store: Any) -> None:
    await enter(store, standup(), call(ALICE), call(BOB), participant(ALICE), participant(BOB))


async def put(desk: Desk, body: Any, path: str = MEMBER) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(desk, path, method="PUT", headers=JSON, body=raw)


def changes(**fields: Any) -> ParticipantChanges:
    return ParticipantChanges(one_coach=True, **fields)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"mute": True}, changes(muted=True)),
        ({"mute": False, "hold": True}, changes(muted=False, held=True)),
        ({"hold": None}, changes()),
        ({}, changes()),
        ({"callIdsToCoach": [BOB_TEXT]}, changes(coached=(BOB,))),
        ({"callIdsToCoach": [BOB_TEXT, CAROL_TEXT, BOB_TEXT]}, changes(coached=(BOB, CAROL))),
        ({"callIdsToCoach": []}, changes(coached=())),
        # The C# client's every mute: it must not drop a coach into the open room.
        ({"mute": True, "hold": False, "callIdsToCoach": None}, changes(muted=True, held=False)),
    ],
)
async def test_what_is_left_out_or_null_is_left_as_it_is(
    desk: Desk, twin: CommandsTwin, body: dict[str, Any], wanted: ParticipantChanges
) -> None:
    response = await put(desk, body)
    assert (response.status, response.body, response.content_type) == (204, b"", None)
    assert twin.asked == [("rooms.modify", (STANDUP, ALICE, wanted), {})]


async def test_a_member_that_was_read_may_be_put_back_with_one_flag_changed(
    desk: Desk, twin: CommandsTwin
) -> None:
    member = read(await ask(desk, MEMBER))
    assert (await put(desk, member | {"mute": True})).status == 204
    assert twin.last[1][2] == changes(muted=True, held=False, coached=())


async def test_a_call_that_does_not_exist_yet_may_be_coached(desk: Desk, twin: CommandsTwin) -> None:
    """The site is another node's: the id is opaque to whoever sends it."""
    assert (await put(desk, {"callIdsToCoach": [f"c-1234abcd-{CAROL_TEXT[11:]}"]})).status == 204
    assert twin.last[1][2].coached == (CAROL,)


async def test_a_call_that_was_imported_under_another_id_is_found_by_it(
    desk: Desk, store: Any, twin: CommandsTwin
) -> None:
    await enter(store, call(CAROL, given_id="CA-old"))
    assert (await put(desk, {"callIdsToCoach": ["CA-old"]})).status == 204
    assert twin.last[1][2].coached == (CAROL,)


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"mute": "true"}, "Invalid mute: must be true or false"),
        ({"hold": 0}, "Invalid hold: must be true or false"),
        ({"callIdsToCoach": BOB_TEXT}, "Invalid callIdsToCoach: must be an array of call ids"),
        ({"callIdsToCoach": [7]}, "Invalid callIdsToCoach: must be an array of call ids"),
        ({"callIdsToCoach": ["bob"]}, "Invalid callIdsToCoach: [bob] is not a call id"),
        (b"mute", "There is something wrong with the request"),
    ],
)
async def test_a_wrong_body_is_400_and_changes_nothing(
    desk: Desk, twin: CommandsTwin, body: Any, description: str
) -> None:
    assert refusal(await put(desk, body)) == (400, "validation", description)
    assert twin.asked == []


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (SecondCoach("x"), "Invalid callIdsToCoach: another member of the conference is a coach"),
        (
            InvalidValue("coached", "a participant cannot coach itself"),
            "Invalid callIdsToCoach: a participant cannot coach itself",
        ),
    ],
)
async def test_what_the_room_refuses_is_400(
    desk: Desk, twin: CommandsTwin, error: Exception, description: str
) -> None:
    twin.refusal = error
    assert refusal(await put(desk, {"callIdsToCoach": [BOB_TEXT]})) == (400, "validation", description)


async def test_a_member_that_leaves_in_the_same_moment_is_404(desk: Desk, twin: CommandsTwin) -> None:
    twin.refusal = NotFound("participant", ALICE)
    assert refusal(await put(desk, {})) == (404, "validation", f"Member [{ALICE_TEXT}] not found")


async def test_who_is_not_inside_is_404_before_the_body_is_looked_at(
    desk: Desk, store: Any, twin: CommandsTwin
) -> None:
    await enter(store, participant(BOB, left_at_ms=T0 + 1), call(CAROL))
    await enter(store, participant(CAROL, pending=True))
    for text in (BOB_TEXT, CAROL_TEXT, "nonsense"):
        response = await put(desk, b"nonsense", f"{ROOM}/members/{text}")
        assert refusal(response) == (404, "validation", f"Member [{text}] not found")
    await enter(store, standup(state=ConferenceState.COMPLETED))
    assert (await put(desk, {})).status == 404
    assert twin.asked == []


async def test_one_who_is_still_being_called_is_no_member(desk: Desk, store: Any) -> None:
    """Bandwidth's members are those whose sound is there; another dialect may be calling somebody in."""
    await enter(store, call(CAROL), participant(CAROL, pending=True))
    inside = [member["callId"] for member in read(await ask(desk, ROOM))["activeMembers"]]
    assert inside == [ALICE_TEXT, BOB_TEXT]
    assert (await ask(desk, f"{ROOM}/members/{CAROL_TEXT}")).status == 404
