"""A conference whose webhooks are answered with BXML, in the way of Bandwidth's guide.

https://dev.bandwidth.com/docs/voice/guides/conferences
"""

from __future__ import annotations

from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference

JOIN = conference("standup", conferenceEventUrl="/events", tag="monday")


async def test_who_joins_is_announced_to_all_and_each_event_comes_in_order(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(JOIN))
    app.on(
        "conferenceMemberJoin", lambda event: bxml(f"<SpeakSentence>{event['from']} is here</SpeakSentence>")
    )
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await lab.run_for(1.0)
    await bob.dial(NUMBER)
    await lab.run_for(0.5)
    assert alice.hears(bob, SPEECH_HZ, last_s=0.4)
    assert bob.hears(alice, SPEECH_HZ, last_s=0.4)
    assert lab.clips.spoken == ["alice is here", "bob is here"]
    bob.hangs_up()
    await lab.run_for(1.0)
    alice.hangs_up()
    await lab.run_for(1.0)
    told = [event for event in app.events if event["path"] == "/events"]
    assert [event["eventType"] for event in told] == [
        "conferenceCreated",
        "conferenceMemberJoin",
        "conferenceMemberJoin",
        "conferenceMemberExit",
        "conferenceMemberExit",
        "conferenceCompleted",
    ]
    assert {event["conferenceId"] for event in told} == {(await app.room("standup"))["id"]}
    assert {event["tag"] for event in told} == {"monday"}
    assert [event.get("from") for event in told] == [None, "alice", "bob", "bob", "alice", None]


async def test_what_is_put_into_the_room_waits_for_what_runs(lab: Lab) -> None:
    """Documents queue in a conference, where on a call they interrupt."""
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(JOIN))
    app.on("conferenceRedirect", lambda event: bxml("<SpeakSentence>three</SpeakSentence>"))
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(1.0)
    room = f"/conferences/{(await app.room('standup'))['id']}"
    await app.put_bxml(room, "<SpeakSentence>one</SpeakSentence>", "<SpeakSentence>two</SpeakSentence>")
    await app.post(room, redirectUrl="https://acme.example/redirected", redirectMethod="POST")
    await lab.run_for(10.0)
    assert lab.clips.spoken == ["one", "two", "three"]
    (redirect,) = app.of_type("conferenceRedirect")
    assert (redirect["path"], redirect["name"], redirect["tag"]) == ("/redirected", "standup", "monday")
    assert alice.is_talking


async def test_a_wrong_answer_harms_nobody(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on("initiate", lambda event: bxml(JOIN))
    app.on("conferenceCreated", lambda event: bxml("<SpeakSentence>never</SpeakSentence>", "<Hangup/>"))
    app.on("conferenceMemberJoin", lambda event: "<Response><SpeakSentence>")
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert lab.clips.spoken == []


async def test_completing_a_conference_lets_members_go_on_with_their_documents(lab: Lab) -> None:
    app = await Application(lab).open()
    app.on(
        "initiate",
        lambda event: bxml(JOIN, "<SpeakSentence>Goodbye, and thank you for coming</SpeakSentence>"),
    )
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(1.5)
    room = await app.room("standup")
    await app.post(f"/conferences/{room['id']}", status="completed")
    assert (await app.room("standup"))["completedTime"]
    await lab.run_for(0.7)
    assert alice.hears(SPEECH_HZ, last_s=0.4)
    assert bob.hears(SPEECH_HZ, last_s=0.4)
    assert (await alice.ends(within_s=5)).by_far_end
    await lab.run_for(0.5)
    assert app.types().count("conferenceMemberExit") == 2
    assert app.types()[-1] == "conferenceCompleted"


async def test_later_joiners_change_nothing_about_where_events_go(lab: Lab) -> None:
    """The creator's settings are frozen, also when the creator gave none."""
    app = await Application(lab).open()
    documents = {
        "alice": bxml(conference("quiet")),
        "bob": bxml(conference("quiet", conferenceEventUrl="/events")),
    }
    app.on("initiate", lambda event: documents[event["from"]])
    for name in ("alice", "bob"):
        await lab.caller(name).dial(NUMBER)
    await lab.run_for(1.5)
    assert (await app.room("quiet"))["conferenceEventUrl"] is None
    assert app.types() == ["initiate", "initiate"]


async def test_the_conference_keeps_its_makers_tag_and_every_call_its_own(lab: Lab) -> None:
    app = await Application(lab).open()
    tags = {"alice": "monday", "bob": "tuesday"}
    app.on(
        "initiate",
        lambda event: bxml(conference("standup", conferenceEventUrl="/events", tag=tags[event["from"]])),
    )
    app.on("redirect", lambda event: bxml("<Tag>wednesday</Tag>", conference("standup")))
    for name in ("alice", "bob"):
        await lab.caller(name).dial(NUMBER)
        await lab.run_for(0.5)
    for name in ("bob", "alice"):
        [call] = await app.get(f"/calls?from={name}")
        await app.post(f"/calls/{call['callId']}", redirectUrl="https://acme.example/redirect")
        await lab.run_for(0.5)
    assert [event["tag"] for event in app.of_type("redirect")] == ["tuesday", "monday"]
    assert {event["tag"] for event in app.events if event["path"] == "/events"} == {"monday"}
    assert (await app.room("standup"))["tag"] == "monday"
