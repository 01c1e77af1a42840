"""Call me back: an application makes calls and joins those who answer; written as for Bandwidth.

https://dev.bandwidth.com/docs/voice/guides/callBack
"""

from __future__ import annotations

from typing import Any

from hubbub.lab.caller import Caller
from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import Application, bxml, conference

FROM = "+15550100"


class CallMeBack(Application):
    """Whoever asks is called; who answers is put into a room with the agent."""

    async def open(self) -> CallMeBack:
        await super().open()
        room = conference("callback", conferenceEventUrl="/events")
        self.on("answer", lambda event: bxml("<SpeakSentence>You asked for a call</SpeakSentence>", room))
        return self

    async def call(self, to: Caller, **more: Any) -> dict[str, Any]:
        answer = await self.post(
            "/calls",
            to=to.uri,
            **{
                "from": FROM,
                "applicationId": self.id,
                "answerUrl": "https://acme.example/answer",
                "disconnectUrl": "https://acme.example/bye",
                **more,
            },
        )
        assert answer.status == 201
        made: dict[str, Any] = answer.json()
        assert answer.headers["location"] == made["callUrl"]
        return made

    async def state(self, made: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/calls/{made['callId']}")
        return found


async def test_two_who_are_called_meet_in_a_room(lab: Lab) -> None:
    app = await CallMeBack(lab).open()
    alice = await lab.phone("alice", answers_after_s=1.0)
    bob = await lab.phone("bob", answers_after_s=2.0)
    made = [await app.call(alice, tag="for alice"), await app.call(bob)]
    assert (await app.state(made[0]))["state"] in ("queued", "initiated")
    await alice.is_answered()
    await lab.run_for(0.7)
    assert alice.hears(SPEECH_HZ, last_s=0.4)
    await bob.is_answered()
    await lab.run_for(4.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
    room = await app.room("callback")
    assert room["tag"] == "for alice"
    assert [member["callId"] for member in room["activeMembers"]] == [each["callId"] for each in made]
    answers = app.of_type("answer")
    assert [(event["callId"], event["direction"]) for event in answers] == [
        (each["callId"], "outbound") for each in made
    ]
    alice.hangs_up()
    await lab.run_for(1.0)
    (bye,) = app.of_type("disconnect")
    assert (bye["path"], bye["callId"], bye["cause"], bye["tag"]) == (
        "/bye",
        made[0]["callId"],
        "hangup",
        "for alice",
    )
    state = await app.state(made[0])
    assert (state["state"], state["endTime"], state["answerTime"]) == (
        "disconnected",
        bye["endTime"],
        bye["answerTime"],
    )


async def test_who_is_busy_or_does_not_answer_is_told_with_its_cause(lab: Lab) -> None:
    app = await CallMeBack(lab).open()
    busy = await lab.phone("busy", answers=False)
    deaf = await lab.phone("deaf", only_rings=True)
    made = [await app.call(busy), await app.call(deaf, callTimeout=3)]
    await lab.run_for(8.0)
    causes = {event["callId"]: event["cause"] for event in app.of_type("disconnect")}
    assert causes == {made[0]["callId"]: "busy", made[1]["callId"]: "timeout"}
    assert app.of_type("answer") == []
    for each in made:
        assert (await app.state(each))["disconnectCause"] == causes[each["callId"]]


async def test_a_call_that_rings_is_cancelled_by_completing_it(lab: Lab) -> None:
    app = await CallMeBack(lab).open()
    deaf = await lab.phone("deaf", only_rings=True)
    made = await app.call(deaf)
    await lab.run_until(lambda: deaf.is_ringing)
    answer = await app.post(f"/calls/{made['callId']}", state="completed")
    assert (answer.status, answer.body) == (200, b"")
    await lab.run_for(1.0)
    assert not deaf.is_ringing
    assert (await app.state(made))["disconnectCause"] == "cancel"
    again = await lab.request(
        "POST",
        f"/api/v2/accounts/{{accountId}}/calls/{made['callId']}",
        body=b'{"state": "completed"}',
        content_type="application/json",
    )
    assert again.status == 409


async def test_a_call_gets_another_document_at_once(lab: Lab) -> None:
    """On a call BXML interrupts, where in a conference it queues."""
    app = await CallMeBack(lab).open()
    app.on(
        "answer", lambda event: bxml("<SpeakSentence>" + "This takes very long. " * 20 + "</SpeakSentence>")
    )
    alice = await lab.phone("alice")
    made = await app.call(alice)
    await alice.is_answered()
    await lab.run_for(1.0)
    await app.put_bxml(f"/calls/{made['callId']}", "<Pause duration='2'/>", "<Hangup/>")
    await lab.run_for(1.2)
    assert alice.hears_silence()
    assert (await alice.ends(within_s=3)).by_far_end
