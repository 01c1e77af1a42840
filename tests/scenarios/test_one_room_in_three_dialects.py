"""One live room is a resource of all three vendors' APIs at once."""

from __future__ import annotations

from xml.etree import ElementTree

from hubbub.lab.lab import Lab


async def test_the_same_room_is_listed_in_three_dialects(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)

    twilio = await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json")
    assert twilio.status == 200
    [room] = twilio.json()["conferences"]
    assert (room["friendly_name"], room["status"]) == ("standup", "in-progress")

    bandwidth = await lab.get("/api/v2/accounts/{accountId}/conferences")
    assert bandwidth.status == 200
    [same] = bandwidth.json()
    assert same["name"] == "standup"

    restcomm = await lab.get("/restcomm/2012-04-24/Accounts/{AccountSid}/Conferences")
    assert restcomm.status == 200
    tree = ElementTree.fromstring(restcomm.text)
    [again] = tree.iter("Conference")
    assert again.findtext("FriendlyName") == "standup"

    hex32 = room["sid"].removeprefix("CF")
    assert again.findtext("Sid") == room["sid"]
    assert same["id"].replace("-", "").endswith(hex32)


async def test_those_inside_are_listed_too_and_gone_when_they_leave(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("standup")
    await bob.dial("standup")
    await lab.run_for(1.0)
    [room] = (await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json")).json()["conferences"]
    path = room["subresource_uris"]["participants"]
    assert len((await lab.get(path)).json()["participants"]) == 2
    bob.hangs_up()
    await lab.run_for(1.0)
    assert len((await lab.get(path)).json()["participants"]) == 1
    alice.hangs_up()
    await lab.run_for(1.0)
    ended = (await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json?Status=completed")).json()
    assert [each["sid"] for each in ended["conferences"]] == [room["sid"]]


async def test_a_wrong_password_is_refused_in_each_dialect(lab: Lab) -> None:
    for path in (
        "/2010-04-01/Accounts/{AccountSid}/Conferences.json",
        "/api/v2/accounts/{accountId}/conferences",
        "/restcomm/2012-04-24/Accounts/{AccountSid}/Conferences",
    ):
        assert (await lab.get(path, auth=("somebody", "wrong"))).status == 401
        assert (await lab.get(path, is_anonymous=True)).status == 401
