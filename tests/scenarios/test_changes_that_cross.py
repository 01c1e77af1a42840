"""Changes at one moment, and changes of what has just ended: each is done or refused, never both, and all APIs, the log
and the ears agree afterwards."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest

from hubbub.domain.events import EventKind
from hubbub.lab.caller import Caller
from hubbub.lab.lab import Lab
from hubbub.lab.web import LabResponse
from scenarios.rooms import URL, conference

TWILIO = "/2010-04-01/Accounts/{AccountSid}"
BANDWIDTH = "/api/v2/accounts/{accountId}"
RESTCOMM = "/restcomm/2012-04-24/Accounts/{AccountSid}"


class Room:
    """The room `standup` with three callers, and every way to change it."""

    def __init__(self, lab: Lab, conference_id: str, calls: dict[str, str]) -> None:
        self.lab = lab
        self.id = conference_id
        self.calls = calls
        self.bandwidth_id = ""
        self.bandwidth_calls: dict[str, str] = {}

    async def mute(self, dialect: str, who: str, muted: bool) -> LabResponse:
        call, word = self.calls[who], str(muted).lower()
        if dialect == "twilio":
            path = f"{TWILIO}/Conferences/CF{self.id}/Participants/CA{call}.json"
            return await self.lab.post(path, {"Muted": word})
        if dialect == "restcomm":
            return await self.lab.post(f"{RESTCOMM}/Calls/CA{call}.json", {"Mute": word})
        return await self._bandwidth(
            "PUT", f"/conferences/{self.bandwidth_id}/members/{self.bandwidth_calls[who]}", mute=muted
        )

    async def redirect(self, dialect: str, who: str) -> LabResponse:
        call = self.calls[who]
        if dialect == "bandwidth":
            return await self._bandwidth(
                "POST", f"/calls/{self.bandwidth_calls[who]}", redirectUrl=f"{URL}/aside"
            )
        path = f"{TWILIO if dialect == 'twilio' else RESTCOMM}/Calls/CA{call}.json"
        return await self.lab.post(path, {"Url": f"{URL}/aside"})

    async def hang_up(self, dialect: str, who: str) -> LabResponse:
        call = self.calls[who]
        if dialect == "bandwidth":
            return await self._bandwidth("POST", f"/calls/{self.bandwidth_calls[who]}", state="completed")
        path = f"{TWILIO if dialect == 'twilio' else RESTCOMM}/Calls/CA{call}.json"
        return await self.lab.post(path, {"Status": "completed"})

    async def end(self, dialect: str) -> LabResponse:
        if dialect == "bandwidth":
            return await self._bandwidth("POST", f"/conferences/{self.bandwidth_id}", status="completed")
        return await self.lab.post(f"{TWILIO}/Conferences/CF{self.id}.json", {"Status": "completed"})

    async def is_muted(self, who: str) -> set[bool]:
        """What the three APIs say."""
        call = self.calls[who]
        twilio = await self.lab.get(f"{TWILIO}/Conferences/CF{self.id}/Participants/CA{call}.json")
        members = await self.lab.get(f"{BANDWIDTH}/conferences/{self.bandwidth_id}")
        [member] = [
            each for each in members.json()["activeMembers"] if each["callId"] == self.bandwidth_calls[who]
        ]
        rows = await self.lab.get(f"{RESTCOMM}/Conferences/CF{self.id}/Participants.json")
        [row] = [each for each in rows.json()["calls"] if each["sid"] == f"CA{call}"]
        return {twilio.json()["muted"], member["mute"], row["muted"]}

    async def _bandwidth(self, method: str, path: str, **fields: object) -> LabResponse:
        body = json.dumps(fields).encode()
        return await self.lab.request(method, BANDWIDTH + path, body=body, content_type="application/json")


async def three(lab: Lab) -> tuple[Room, Caller, Caller, Caller]:
    if not lab.callers:
        lab.customer(URL, lambda request: conference("aside" if "aside" in request.url else "standup"))
        await lab.number("+15550100", URL)
        for name in ("alice", "bob", "carol"):
            lab.caller(name)
    callers = lab.callers[:3]
    for caller in callers:
        await caller.dial("+15550100")
    await lab.run_for(1.0)
    joined = [each.event for each in await lab.events() if each.event.kind is EventKind.PARTICIPANT_JOINED][
        -3:
    ]
    calls = {caller.name: str(event.call_id) for caller, event in zip(callers, joined, strict=True)}
    room = Room(lab, str(joined[0].conference_id), calls)
    rows = (await lab.get(f"{BANDWIDTH}/conferences?name=standup")).json()
    room.bandwidth_id = rows[-1]["id"]
    for caller in callers:
        rows = (await lab.get(f"{BANDWIDTH}/calls?from={caller.name}")).json()
        room.bandwidth_calls[caller.name] = rows[-1]["callId"]
    alice, bob, carol = callers
    return room, alice, bob, carol


async def test_mutes_through_three_apis_at_once_leave_one_truth(lab: Lab) -> None:
    room, alice, bob, carol = await three(lab)
    wishes = [(dialect, muted) for muted in (True, False) for dialect in ("twilio", "bandwidth", "restcomm")]
    for turn in range(4):
        order = wishes[turn:] + wishes[:turn]
        answers = await asyncio.gather(*(room.mute(dialect, "bob", muted) for dialect, muted in order))
        assert {answer.status for answer in answers} <= {200, 204}
        [muted] = await room.is_muted("bob")
        told = [
            each.event.kind
            for each in await lab.events()
            if each.event.kind in (EventKind.PARTICIPANT_MUTED, EventKind.PARTICIPANT_UNMUTED)
        ]
        assert (told[-1] is EventKind.PARTICIPANT_MUTED) is muted
        assert all(one is not other for one, other in pairwise(told))
        await lab.run_for(1.2)
        assert alice.hears(carol) if muted else alice.hears(bob, carol)


@pytest.mark.parametrize("dialect", ["twilio", "bandwidth", "restcomm"])
async def test_a_change_of_a_call_that_ends_now_is_done_or_refused(lab: Lab, dialect: str) -> None:
    """Whatever moment of the hanging up the change meets: before, in, or after it."""
    for wait_ms in (0, 1, 2, 5, 20, 60, 500):
        room, alice, bob, carol = await three(lab)
        bob.hangs_up()
        await lab.run_for(wait_ms / 1000)
        answers = await asyncio.gather(
            room.mute(dialect, "bob", True),
            room.redirect(dialect, "bob"),
            room.hang_up(dialect, "bob"),
        )
        assert {answer.status for answer in answers} <= {200, 204, 400, 404, 409, 410}, (wait_ms, answers)
        await bob.ends(within_s=3)
        await lab.run_for(1.5)
        assert alice.hears(carol), wait_ms
        ends = [
            each.event
            for each in await lab.events()
            if each.event.kind is EventKind.CALL_ENDED and each.event.call_id == room.calls["bob"]
        ]
        assert len(ends) == 1
        late = await room.mute(dialect, "bob", False)
        assert late.status in (404, 410), (wait_ms, late.text)
        alice.hangs_up()
        carol.hangs_up()
        await lab.run_for(1.0)


async def test_a_room_that_is_ended_twice_at_once_ends_once(lab: Lab) -> None:
    room, alice, _, carol = await three(lab)
    adding = {"From": "+15550100", "To": "sip:nobody@10.9.9.9"}
    answers = await asyncio.gather(
        room.end("twilio"),
        lab.post(f"{TWILIO}/Conferences/CF{room.id}/Participants.json", adding),
        room.end("bandwidth"),
        room.mute("twilio", "alice", True),
        room.end("twilio"),
        room.redirect("twilio", "bob"),
    )
    assert all(answer.status < 500 for answer in answers), [answer.text for answer in answers]
    assert (await alice.ends(within_s=3)).by_far_end
    assert (await carol.ends(within_s=3)).by_far_end
    await lab.run_for(2.0)
    ended = [
        each.event
        for each in await lab.events()
        if each.event.kind is EventKind.CONFERENCE_ENDED and each.event.conference_id == room.id
    ]
    assert len(ended) == 1
    kinds = [each.event.kind for each in await lab.events() if each.event.conference_id == room.id]
    assert kinds.count(EventKind.PARTICIPANT_JOINED) == 3
    assert kinds[-1] is EventKind.CONFERENCE_ENDED


async def test_two_redirects_at_once_leave_the_call_in_one_room(lab: Lab) -> None:
    room, alice, bob, carol = await three(lab)
    answers = await asyncio.gather(
        *(room.redirect(each, "bob") for each in ("twilio", "restcomm", "bandwidth") * 2)
    )
    assert {answer.status for answer in answers} <= {200, 204}
    await lab.run_for(1.5)
    assert alice.hears(carol)
    live = (await lab.get(f"{TWILIO}/Conferences.json?Status=in-progress&FriendlyName=aside")).json()[
        "conferences"
    ]
    waiting = (await lab.get(f"{TWILIO}/Conferences.json?Status=init&FriendlyName=aside")).json()[
        "conferences"
    ]
    assert len(live) + len(waiting) == 1
    dave = lab.caller("dave")
    await dave.dial("aside")
    await lab.run_for(1.5)
    assert dave.hears(bob)
    assert bob.hears(dave)
