"""A live room is changed through one API, at once, and the other two see it."""

from __future__ import annotations

from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ, RINGBACK_HZ
from hubbub.lab.lab import Lab

TWILIO = "/2010-04-01/Accounts/{AccountSid}"
RESTCOMM = "/restcomm/2012-04-24/Accounts/{AccountSid}"
BANDWIDTH = "/api/v2/accounts/{accountId}"


async def three_in(lab: Lab, room: str = "standup") -> tuple[Caller, Caller, Caller]:
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial(room)
    await lab.run_for(1.5)
    return alice, bob, carol


async def room_sid(lab: Lab) -> str:
    return str((await lab.get(TWILIO + "/Conferences.json")).json()["conferences"][0]["sid"])


async def call_sids(lab: Lab, room: str) -> list[str]:
    listed = (await lab.get(f"{TWILIO}/Conferences/{room}/Participants.json")).json()["participants"]
    return sorted(participant["call_sid"] for participant in listed)


async def sid_of(lab: Lab, room: str, name: str) -> str:
    for sid in await call_sids(lab, room):
        call = (await lab.get(f"{TWILIO}/Calls/{sid}.json")).json()
        if call["from"] == name:
            return sid
    raise AssertionError(f"{name} is not inside")


async def test_one_who_is_muted_is_silent_at_every_ear_and_two_other_apis_say_so(lab: Lab) -> None:
    alice, bob, carol = await three_in(lab)
    room = await room_sid(lab)
    sid = await sid_of(lab, room, "bob")
    answer = await lab.post(f"{TWILIO}/Conferences/{room}/Participants/{sid}.json", {"Muted": "true"})
    assert (answer.status, answer.json()["muted"]) == (200, True)
    seen = (await lab.get(f"{RESTCOMM}/Conferences/{room}/Participants/{sid}.json")).json()
    assert seen["muted"] in (True, "true")
    [same] = (await lab.get(f"{BANDWIDTH}/conferences")).json()
    members = (await lab.get(f"{BANDWIDTH}/conferences/{same['id']}")).json()["activeMembers"]
    assert [member["mute"] for member in members].count(True) == 1
    await lab.run_for(0.06)
    await lab.run_for(1.0)
    assert alice.hears(carol, last_s=1.0)
    assert carol.hears(alice, last_s=1.0)
    assert bob.hears(alice, carol)


async def test_one_on_hold_hears_music_and_nobody_hears_him(lab: Lab) -> None:
    alice, bob, carol = await three_in(lab)
    room = await room_sid(lab)
    sid = await sid_of(lab, room, "bob")
    path = f"{TWILIO}/Conferences/{room}/Participants/{sid}.json"
    await lab.post(path, {"Hold": "true"})
    await lab.run_for(1.5)
    assert bob.listens(MUSIC_HZ).audible() == {MUSIC_HZ}
    await lab.post(path, {"Hold": "true", "HoldUrl": ""})
    await lab.run_for(1.5)
    assert bob.hears_silence()
    assert alice.hears(carol)
    await lab.post(path, {"Hold": "false"})
    await lab.run_for(1.5)
    assert bob.hears(alice, carol)
    assert alice.hears(bob, carol)


async def test_one_who_is_put_out_is_gone_and_the_others_talk_on(lab: Lab) -> None:
    alice, bob, carol = await three_in(lab)
    room = await room_sid(lab)
    sid = await sid_of(lab, room, "bob")
    assert (await lab.request("DELETE", f"{TWILIO}/Conferences/{room}/Participants/{sid}.json")).status == 204
    await lab.run_for(1.5)
    assert not bob.is_talking
    assert alice.hears(carol)
    assert sid not in await call_sids(lab, room)


async def test_somebody_is_called_in(lab: Lab) -> None:
    alice, bob, carol = await three_in(lab)
    room = await room_sid(lab)
    dora = await lab.phone("dora", answers_after_s=2.0)
    answer = await lab.post(
        f"{TWILIO}/Conferences/{room}/Participants.json",
        {"From": "+15550100", "To": dora.uri, "Label": "dora"},
    )
    assert answer.status == 201, answer.text
    added = answer.json()
    assert (added["status"], added["label"]) == ("queued", "dora")
    assert added["call_sid"] in await call_sids(lab, room)
    await lab.run_for(1.0)
    assert alice.listens(RINGBACK_HZ).audible() == {RINGBACK_HZ, bob.tone_hz, carol.tone_hz}
    await lab.run_for(4.0)
    assert alice.hears(bob, carol, dora)
    assert dora.hears(alice, bob, carol)


async def test_a_room_that_is_ended_is_over_for_all(lab: Lab) -> None:
    alice, bob, carol = await three_in(lab)
    room = await room_sid(lab)
    ended = (await lab.post(f"{TWILIO}/Conferences/{room}.json", {"Status": "completed"})).json()
    assert (ended["status"], ended["reason_conference_ended"]) == ("completed", "conference-ended-via-api")
    await lab.run_for(1.0)
    assert not any(caller.is_talking for caller in (alice, bob, carol))
