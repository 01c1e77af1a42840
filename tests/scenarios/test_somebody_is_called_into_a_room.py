"""A participant is added by calling him: he has his place at once, comes in when he answers, and leaves it when he does
not."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.domain.events import Event
from hubbub.lab.lab import Lab

PARTICIPANTS = "/2010-04-01/Accounts/{AccountSid}/Conferences/standup/Participants.json"


async def add(lab: Lab, to: str, **more: str) -> dict[str, Any]:
    response = await lab.post(PARTICIPANTS, {"From": "+15550100", "To": to, "Beep": "false", **more})
    assert response.status == 201, response.body
    answer: dict[str, Any] = response.json()
    return answer


async def left(lab: Lab) -> list[Event]:
    return [each.event for each in await lab.events() if str(each.event.kind) == "participant-left"]


async def test_one_who_answers_is_in_the_room(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), await lab.phone("bob", answers_after_s=3)
    await alice.dial("standup")
    added = await add(lab, bob.uri)
    assert added["status"] == "queued"
    await bob.is_answered()
    await lab.run_for(2.0)
    assert bob.hears(alice)
    assert alice.hears(bob)
    assert await left(lab) == []


@pytest.mark.parametrize(
    ("how", "status"),
    [({"answers": False}, "busy"), ({"only_rings": True}, "no-answer"), ({"refuses_with": 404}, "failed")],
)
async def test_one_who_does_not_answer_leaves_his_place(how: dict[str, Any], status: str, lab: Lab) -> None:
    alice, bob = lab.caller("alice"), await lab.phone("bob", **how)
    await alice.dial("standup")
    await add(lab, bob.uri, Timeout="10")
    await lab.run_for(25.0)
    (event,) = await left(lab)
    assert (event.data["reason"], event.data["call_status"]) == ("add-failed", status)
    assert alice.is_talking


async def test_a_room_that_was_made_for_one_who_does_not_answer_ends(lab: Lab) -> None:
    bob = await lab.phone("bob", answers=False)
    added = await add(lab, bob.uri)
    await lab.run_for(2.0)
    conference = await lab.store.read.conference(added["conference_sid"].removeprefix("CF"))
    assert conference is not None
    assert not conference.is_live


async def test_a_room_that_ends_gives_up_whom_it_was_calling(lab: Lab) -> None:
    alice, bob, carol = lab.caller("alice"), await lab.phone("bob", only_rings=True), await lab.phone("carol")
    await alice.dial("standup")
    await add(lab, bob.uri)
    await add(lab, carol.uri)
    await lab.run_until(lambda: bob.is_ringing)
    await lab.run_for(0.1)
    alice_room = next(each.conference_id for each in lab.server.calls if each.answered)
    assert alice_room is not None
    await lab.post(
        f"/2010-04-01/Accounts/{{AccountSid}}/Conferences/CF{alice_room}.json", {"Status": "completed"}
    )
    await lab.run_for(3.0)
    assert not bob.is_ringing
    assert carol.invites == []
