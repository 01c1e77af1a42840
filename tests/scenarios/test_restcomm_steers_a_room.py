"""Restcomm's API changes a live room: every effect is heard, and the other two APIs say so."""

from __future__ import annotations

import asyncio
import io

import soundfile

from hubbub.audio.ears import hear
from hubbub.domain.application import WebTarget
from hubbub.lab.caller import Caller
from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.restcomm_application import ACCOUNT, NUMBER, URL, Application, conference, rcml, room

TWILIO = "/2010-04-01/Accounts/{AccountSid}"


async def three_in(lab: Lab, **pages: str) -> tuple[Application, Caller, Caller, Caller]:
    app = await Application(lab, **{"voice": room(), **pages}).open()
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial(NUMBER)
    await lab.run_for(1.5)
    return app, alice, bob, carol


async def test_one_who_is_muted_is_silent_at_every_ear_and_hears_on(lab: Lab) -> None:
    app, alice, bob, carol = await three_in(lab)
    sid = await app.call_of("bob")
    member = f"/Conferences/{await app.room_of()}/Participants/{sid}.json"
    assert (await app.post(member, Mute="true")).json()["muted"] is True
    seen = (await lab.get(f"{TWILIO}{member}")).json()
    assert seen["muted"] is True
    await lab.run_for(0.06)
    await lab.run_for(1.0)
    assert alice.hears(carol, last_s=1.0)
    assert carol.hears(alice, last_s=1.0)
    assert bob.hears(alice, carol)
    assert [row["sid"] for row in await app.inside() if row["muted"]] == [sid]

    assert (await app.post(member)).json()["muted"] is False
    await lab.run_for(1.2)
    assert alice.hears(bob, carol)
    await app.change(sid, Mute="true")
    await lab.run_for(1.2)
    assert alice.hears(carol)


async def test_one_who_is_hung_up_is_gone_and_the_others_talk_on(lab: Lab) -> None:
    app, alice, bob, carol = await three_in(lab)
    sid = await app.call_of("bob")
    assert (await app.change(sid, Status="completed"))["status"] == "in-progress"
    assert (await bob.ends(within_s=2)).by_far_end
    await lab.run_for(1.2)
    assert alice.hears(carol)
    assert len(await app.inside()) == 2
    assert (await app.get(f"/Calls/{sid}.json"))["status"] == "completed"
    again = await lab.post(f"{ACCOUNT}/Calls/{sid}.json", {"Status": "completed"})
    assert again.status == 410


async def test_one_who_gets_another_document_leaves_the_room_and_stays_in_his_call(lab: Lab) -> None:
    app, alice, bob, carol = await three_in(
        lab, aside=rcml("<Say>Please wait a moment, somebody will be with you</Say>", conference("aside"))
    )
    sid = await app.call_of("bob")
    await app.change(sid, Url=f"{URL}/aside")
    await lab.run_for(1.2)
    assert bob.hears(SPEECH_HZ, last_s=0.5)
    assert alice.hears(carol, last_s=0.5)
    await lab.run_for(4.0)
    assert bob.is_talking
    assert [row["sid"] for row in await app.inside("aside")] == [sid]
    assert app.told("aside")[0]["CallSid"] == sid
    was_in = await app.get(f"/Calls.json?ConferenceSid={await app.room_of('aside')}")
    assert [row["sid"] for row in was_in["calls"]] == [sid]


async def test_somebody_is_called_into_the_room_and_every_step_is_told(lab: Lab) -> None:
    app, alice, bob, carol = await three_in(lab)
    dora = await lab.phone("dora", answers_after_s=2.0)
    sid = await app.call(dora, "voice", StatusCallback=f"{URL}/status")
    await lab.run_for(1.0)
    assert (await app.get(f"/Calls/{sid}.json"))["status"] == "ringing"
    assert alice.hears(bob, carol)
    await dora.is_answered()
    await lab.run_for(1.5)
    assert alice.hears(bob, carol, dora)
    assert dora.hears(alice, bob, carol)
    assert sid in [row["sid"] for row in await app.inside()]
    dora.hangs_up()
    await lab.run_for(1.0)
    said = app.told("status")
    assert [each["CallStatus"] for each in said] == ["initiated", "ringing", "answered", "completed"]
    assert [each["SequenceNumber"] for each in said] == ["0", "1", "2", "3"]
    assert {each["CallSid"] for each in said} == {sid}
    call = await app.get(f"/Calls/{sid}.json")
    assert said[-1]["CallDuration"] == str(call["duration"])
    assert (call["status"], call["direction"]) == ("completed", "outbound-api")


async def test_a_call_that_rings_is_canceled_and_one_that_is_busy_says_so(lab: Lab) -> None:
    app = await Application(lab, voice=room()).open()
    dora = await lab.phone("dora", only_rings=True)
    sid = await app.call(dora, "voice", StatusCallback=f"{URL}/status", StatusCallbackEvent="completed")
    await lab.run_until(lambda: dora.is_ringing)
    assert (await app.change(sid, Status="canceled"))["status"] == "ringing"
    await lab.run_for(1.0)
    assert not dora.is_ringing
    assert (await app.get(f"/Calls/{sid}.json"))["status"] == "canceled"
    eve = await lab.phone("eve", answers=False)
    busy = await app.call(eve, "voice", StatusCallback=f"{URL}/status", StatusCallbackEvent="answered")
    await lab.run_for(1.0)
    assert (await app.get(f"/Calls/{busy}.json"))["status"] == "busy"
    assert [each["SequenceNumber"] for each in app.told("status")] == ["3"]


async def test_an_application_hears_how_its_inbound_calls_come_along(lab: Lab) -> None:
    app = Application(lab, voice=room())
    lab.customer(URL, app.answer)
    number = await lab.number(NUMBER, f"{URL}/voice", dialect="restcomm")
    assert number.application_id is not None
    async with lab.store.transaction() as tx:
        application = await tx.application(number.application_id)
        assert application is not None
        await tx.put_application(application._replace(status_callback=WebTarget(f"{URL}/status")))
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(1.0)
    alice.hangs_up()
    await lab.run_for(1.0)
    said = app.told("status")
    assert [(each["CallStatus"], each["SequenceNumber"]) for each in said] == [
        ("ringing", "1"),
        ("answered", "2"),
        ("completed", "3"),
    ]
    assert {each["Direction"] for each in said} == {"inbound"}


async def test_a_message_is_listed_heard_and_deleted(lab: Lab) -> None:
    app = await Application(
        lab,
        voice=rcml(f'<Record action="{URL}/thanks" maxLength="3" playBeep="false" timeout="10"/>'),
        thanks=rcml("<Say>Thank you</Say>"),
    ).open()
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(6.0)
    sid = await app.call_of("alice")
    [row] = await app.get(f"/Calls/{sid}/Recordings.json")
    assert row == (await app.get("/Recordings.json"))["recordings"][0]
    assert 2.9 <= float(row["duration"]) <= 3.1
    [told] = app.told("thanks")
    assert told["RecordingUrl"] == told["PublicRecordingUrl"] == row["file_uri"]
    assert (await lab.request("GET", row["file_uri"], is_anonymous=True)).status == 401
    sound = await lab.request("GET", row["file_uri"])
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/x-wav")
    samples = soundfile.read(io.BytesIO(sound.body), dtype="int16")[0]
    assert not hear(samples[4000:20000], lab.voices_hz).mismatches({alice.tone_hz: alice.level_dbfs})
    gone = await lab.request("DELETE", f"{ACCOUNT}/Recordings/{row['sid']}")
    assert (gone.status, gone.body) == (200, b"")
    assert (await lab.request("GET", row["file_uri"])).status == 404
    assert (await app.get("/Recordings.json"))["recordings"] == []


async def test_several_changes_of_one_call_at_once_are_done_or_refused_and_the_room_goes_on(lab: Lab) -> None:
    app, alice, bob, carol = await three_in(lab, aside=room("aside"))
    path = f"{ACCOUNT}/Calls/{await app.call_of('bob')}"
    wishes: list[dict[str, str]] = [
        {"Url": f"{URL}/aside"},
        {"Mute": "true"},
        {"Status": "completed"},
        {"Url": f"{URL}/aside"},
        {"Mute": "true"},
        {"Status": "canceled"},
        {"Status": "completed"},
    ]
    answers = await asyncio.gather(*(lab.post(path, wish) for wish in wishes))
    assert {answer.status for answer in answers} <= {200, 410}
    assert 200 in [answer.status for answer, wish in zip(answers, wishes, strict=True) if "Status" in wish]
    assert (await bob.ends(within_s=2)).by_far_end
    await lab.run_for(1.2)
    assert alice.hears(carol)
    assert carol.hears(alice)
    assert len(await app.inside()) == 2
    assert (await lab.post(path, {"Url": f"{URL}/aside"})).status == 410
