"""Keys heard in a conference, and a transfer whose end is told: two webhooks that no document waits for.

https://dev.bandwidth.com/docs/voice/bxml/startGather and https://dev.bandwidth.com/docs/voice/bxml/transfer
"""

from __future__ import annotations

from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference


async def test_each_key_is_told_while_the_call_sits_in_a_conference(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml('<StartGather dtmfUrl="/keys" tag="menu"/>', conference("standup")))
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(1.0)
    alice.presses("4#")
    await lab.run_for(2.0)
    keys = app.of_type("dtmf")
    assert [(event["digit"], event["path"], event["tag"]) for event in keys] == [
        ("4", "/keys", "menu"),
        ("#", "/keys", "menu"),
    ]
    assert {event["callId"] for event in keys} == {(await app.get("/calls?from=alice"))[0]["callId"]}
    assert alice.hears(bob)


async def test_the_end_of_a_transferred_leg_names_both_calls(lab: Lab) -> None:
    app = await Application(lab).open()
    expert = await lab.phone("expert")
    number = f'<SipUri transferDisconnectUrl="/over">{expert.uri}</SipUri>'
    app.on(
        "initiate",
        lambda event: bxml(
            f'<Transfer transferCallerId="+15550177" transferCompleteUrl="/complete">{number}</Transfer>'
        ),
    )
    app.on("transferComplete", lambda event: bxml("<Hangup/>"))
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await expert.is_answered()
    await lab.run_for(1.5)
    assert alice.hears(expert)
    assert expert.hears(alice)
    expert.hangs_up()
    assert (await alice.ends(within_s=5)).by_far_end
    await lab.run_for(1.0)
    (over,) = app.of_type("transferDisconnect")
    [first] = await app.get("/calls?from=alice")
    assert (over["path"], over["parentCallId"], over["cause"]) == ("/over", first["callId"], "hangup")
    assert (over["from"], over["to"]) == ("alice", NUMBER)
    assert over["transferCallerId"] == "+15550177"
    leg = await app.get(f"/calls/{over['callId']}")
    assert (leg["parentCallId"], leg["direction"], leg["state"]) == (
        first["callId"],
        "outbound",
        "disconnected",
    )
    assert len(app.of_type("transferComplete")) == 1
