"""A class whose pupils listen until the teacher lets them speak, and an assistant whispers: a Bandwidth application.

https://dev.bandwidth.com/docs/voice/guides/conferences: members are held, muted and coached by PUT.
"""

from __future__ import annotations

from hubbub.lab.lab import Lab
from scenarios.bandwidth_application import NUMBER, Application, bxml, conference


class ClassRoom(Application):
    """Pupils come in on hold; when the teacher joins they are let in, muted. Questions are asked one at a time."""

    async def open(self) -> ClassRoom:
        await super().open()
        self.on("initiate", lambda event: bxml(self._document(event["from"])))
        self.on("conferenceMemberJoin", self._joined)
        return self

    def _document(self, who: str) -> str:
        flags = {} if who == "teacher" else {"hold": "true"}
        return conference("class", conferenceEventUrl="/events", **flags)

    async def _joined(self, event: dict[str, str]) -> str | None:
        if event["from"] != "teacher":
            return None
        room = await self.get(f"/conferences/{event['conferenceId']}")
        for member in room["activeMembers"]:
            if member["callId"] != event["callId"]:
                await self.update(member["callId"], mute=True, hold=False)
        return bxml("<SpeakSentence>The class begins</SpeakSentence>")

    async def call_of(self, who: str) -> str:
        calls = await self.get(f"/calls?from={who}")
        return str(calls[-1]["callId"])

    async def update(self, call_id: str, **flags: object) -> None:
        room = await self.room("class")
        await self.put(f"/conferences/{room['id']}/members/{call_id}", **flags)


async def test_pupils_are_held_until_the_teacher_comes_and_speak_one_at_a_time(lab: Lab) -> None:
    app = await ClassRoom(lab).open()
    teacher, pat, kim = (lab.caller(name) for name in ("teacher", "pat", "kim"))
    await pat.dial(NUMBER)
    await kim.dial(NUMBER)
    await lab.run_for(1.5)
    assert pat.hears_silence()
    assert kim.hears_silence()
    await teacher.dial(NUMBER)
    await lab.run_for(4.0)
    assert lab.clips.spoken == ["The class begins"]
    assert pat.hears(teacher)
    assert kim.hears(teacher)
    assert teacher.hears_silence()

    await app.update(await app.call_of("pat"), mute=False)
    await lab.run_for(0.06)
    await lab.run_for(1.0)
    assert teacher.hears(pat)
    assert kim.hears(teacher, pat)
    await app.update(await app.call_of("pat"), mute=True)
    await lab.run_for(0.06)
    await lab.run_for(1.0)
    assert teacher.hears_silence()
    assert kim.hears(teacher)


async def test_an_assistant_whispers_to_the_teacher_alone_and_may_then_speak_to_all(lab: Lab) -> None:
    app = await ClassRoom(lab).open()
    teacher, pat, helper = (lab.caller(name) for name in ("teacher", "pat", "helper"))
    await teacher.dial(NUMBER)
    await lab.run_for(3.0)
    await pat.dial(NUMBER)
    await helper.dial(NUMBER)
    await lab.run_for(0.5)
    pats, helpers, teachers = [await app.call_of(name) for name in ("pat", "helper", "teacher")]
    await app.update(pats, hold=False)
    await app.update(helpers, hold=False, callIdsToCoach=[teachers])
    await lab.run_for(1.2)
    assert teacher.hears(pat, helper)
    assert pat.hears(teacher)
    assert helper.hears(teacher, pat)

    member = await app.get(f"/conferences/{(await app.room('class'))['id']}/members/{helpers}")
    assert member["callIdsToCoach"] == [teachers]
    # A client that sends null with every mute must not drop the whisper into the open room.
    await app.update(helpers, mute=False, callIdsToCoach=None)
    await lab.run_for(1.2)
    assert pat.hears(teacher)
    second = await lab.request(
        "PUT",
        f"/api/v2/accounts/{{accountId}}/conferences/{member['conferenceId']}/members/{pats}",
        body=b'{"callIdsToCoach": []}',
        content_type="application/json",
    )
    assert second.status == 204
    refused = await lab.request(
        "PUT",
        f"/api/v2/accounts/{{accountId}}/conferences/{member['conferenceId']}/members/{pats}",
        body=f'{{"callIdsToCoach": ["{teachers}"]}}'.encode(),
        content_type="application/json",
    )
    assert refused.status == 400
    await app.update(helpers, callIdsToCoach=[])
    await lab.run_for(1.2)
    assert pat.hears(teacher, helper)


async def test_a_pupil_is_put_out_by_redirecting_the_call(lab: Lab) -> None:
    """Bandwidth has no kick: a call that gets another document leaves, and its old document is gone."""
    app = await ClassRoom(lab).open()
    app.on("redirect", lambda event: bxml("<SpeakSentence>You may go home now</SpeakSentence>"))
    teacher, pat = lab.caller("teacher"), lab.caller("pat")
    await pat.dial(NUMBER)
    await teacher.dial(NUMBER)
    await lab.run_for(2.0)
    await app.post(
        f"/calls/{await app.call_of('pat')}", redirectUrl="https://acme.example/home", tag="sent home"
    )
    assert (await pat.ends(within_s=5)).by_far_end
    await lab.run_for(0.5)
    assert "You may go home now" in lab.clips.spoken
    (redirect,) = app.of_type("redirect")
    assert redirect["tag"] == "sent home"
    assert len((await app.room("class"))["activeMembers"]) == 1
    state = await app.get(f"/calls/{await app.call_of('pat')}")
    assert (state["state"], state["disconnectCause"]) == ("disconnected", "hangup")
