"""Twilio's own library adds, mutes, holds, coaches, announces to, records and puts out callers; each effect by ear.

Every request that the customer's server gets carries a signature that the library's validator accepts.
"""

from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from hubbub.audio.tones import generate
from hubbub.audio.wav import read_wav, write_wav
from hubbub.lab.caller import Caller
from hubbub.lab.clips import MUSIC_HZ, RINGBACK_HZ, SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.twilio_application import EVERYTHING, FROM, URL, Application

SOUND_HZ = 1370
QUIET: dict[str, Any] = {"beep": "false", "wait_url": ""}


@pytest.fixture
async def acme(lab: Lab) -> Application:
    app = Application(lab)
    app.on("/sound", lambda told: write_wav(generate((SOUND_HZ,), 2000, -20.0)))
    return app


async def add(app: Application, phone: Caller, room: str = "standup", **wishes: Any) -> Any:
    """Somebody is called in, with what they are called as a label."""
    return await app.client.conferences(room).participants.create_async(
        from_=FROM, to=phone.uri, label=phone.name, **{**QUIET, **wishes}
    )


async def three_in(lab: Lab, app: Application, **wishes: Any) -> tuple[Caller, Caller, Caller, Any]:
    phones = [await lab.phone(name) for name in ("alice", "bob", "carol")]
    for phone in phones:
        added = await add(app, phone, **wishes)
    for phone in phones:
        await phone.is_answered()
    await lab.run_for(2.0)
    alice, bob, carol = phones
    return alice, bob, carol, app.client.conferences(added.conference_sid)


async def test_who_is_added_is_listed_at_once_and_heard_when_answered(lab: Lab, acme: Application) -> None:
    alice, bob = await lab.phone("alice"), await lab.phone("bob", answers_after_s=3)
    first = await add(acme, alice)
    assert (first.status, first.label, first.muted) == ("queued", "alice", False)
    assert first.queue_time is not None
    room = acme.client.conferences(first.conference_sid)
    await alice.is_answered()
    await lab.run_for(0.5)
    await add(acme, bob)
    await lab.run_for(2.0)
    waiting = await room.participants("bob").fetch_async()
    assert waiting.status == "ringing"
    assert (await room.fetch_async()).status == "init"
    assert alice.hears(RINGBACK_HZ), "whom she waits for rings"
    await bob.is_answered()
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert bob.hears(alice)
    everybody = await room.participants.list_async()
    assert [(each.label, each.status) for each in everybody] == [("bob", "connected"), ("alice", "connected")]
    assert (await room.fetch_async()).status == "in-progress"


async def test_mute_hold_and_music_are_heard_and_read_back(lab: Lab, acme: Application) -> None:
    alice, bob, carol, room = await three_in(lab, acme)
    bobs = room.participants("bob")
    assert (await bobs.update_async(muted=True)).muted is True
    await lab.run_for(1.5)
    assert alice.hears(carol, last_s=1.0)
    assert bob.hears(alice, carol, last_s=1.0)
    assert (await bobs.update_async(muted=False, hold=True)).hold is True
    await lab.run_for(1.5)
    assert bob.listens(MUSIC_HZ, last_s=1.0).audible() == {MUSIC_HZ}
    assert alice.hears(carol, last_s=1.0)
    await bobs.update_async(hold=True, hold_url=f"{URL}/sound", hold_method="GET")
    await lab.run_for(1.5)
    assert bob.listens(SOUND_HZ, last_s=1.0).audible() == {SOUND_HZ}
    back = await bobs.update_async(hold=False)
    assert (back.hold, back.muted) == (False, False)
    await lab.run_for(1.5)
    assert bob.hears(alice, carol, last_s=1.0)


async def test_a_coach_is_heard_by_one_alone(lab: Lab, acme: Application) -> None:
    alice, bob, carol, room = await three_in(lab, acme)
    sids = {each.label: each.call_sid for each in await room.participants.list_async()}
    said = await room.participants("carol").update_async(coaching=True, call_sid_to_coach=sids["bob"])
    assert (said.coaching, said.call_sid_to_coach) == (True, sids["bob"])
    await lab.run_for(1.5)
    assert alice.hears(bob, last_s=1.0)
    assert bob.hears(alice, carol, last_s=1.0)
    assert carol.hears(alice, bob, last_s=1.0)
    await room.participants("carol").update_async(coaching=False)
    await lab.run_for(1.5)
    assert alice.hears(bob, carol, last_s=1.0)
    with pytest.raises(TwilioRestException) as refused:
        await room.participants("carol").update_async(coaching=True, call_sid_to_coach=sids["carol"])
    assert refused.value.code == 16000


async def test_announcements_to_one_and_to_all(lab: Lab, acme: Application) -> None:
    alice, bob, carol, room = await three_in(
        lab, acme, conference_status_callback=f"{URL}/room", conference_status_callback_event=EVERYTHING
    )
    acme.on("/news", lambda told: "<Response><Say>The bridge is open</Say></Response>")
    await room.participants("alice").update_async(announce_url=f"{URL}/news")
    await lab.run_for(1.2)
    assert alice.listens(SPEECH_HZ, last_s=0.5).audible() == {SPEECH_HZ}
    assert bob.hears(alice, carol, last_s=0.5)
    await lab.run_for(3.0)
    await room.update_async(announce_url=f"{URL}/sound", announce_method="GET")
    await lab.run_for(1.2)
    for ear, others in ((alice, (bob, carol)), (bob, (alice, carol)), (carol, (alice, bob))):
        assert ear.hears(*others, SOUND_HZ, last_s=0.5)
    await lab.run_for(3.0)
    told = [each for each in acme.at("/room") if each["StatusCallbackEvent"] == "announcement-end"]
    assert [(each.get("ParticipantLabel"), each["AnnounceUrl"]) for each in told] == [
        ("alice", f"{URL}/news"),
        (None, f"{URL}/sound"),
    ]
    (asked,) = acme.at("/news")
    assert (asked["ConferenceSid"], asked["FriendlyName"]) == (told[0]["ConferenceSid"], "standup")


async def test_who_is_put_out_hangs_up_and_the_others_talk_on(lab: Lab, acme: Application) -> None:
    alice, bob, carol, room = await three_in(lab, acme)
    assert await room.participants("bob").delete_async() is True
    await lab.run_for(1.5)
    assert not bob.is_talking
    assert alice.hears(carol, last_s=1.0)
    with pytest.raises(TwilioRestException) as gone:
        await room.participants("bob").fetch_async()
    assert (gone.value.status, gone.value.code) == (404, 20404)


async def test_every_event_of_a_conference_comes_in_order(lab: Lab, acme: Application) -> None:
    alice, bob = await lab.phone("alice"), await lab.phone("bob")
    tell: dict[str, Any] = {
        "conference_status_callback": f"{URL}/room",
        "conference_status_callback_event": EVERYTHING[:7],
    }
    added = await add(acme, alice, **tell)
    room = acme.client.conferences(added.conference_sid)
    await alice.is_answered()
    await lab.run_for(1.0)
    # Only the first to join says where events go.
    await add(acme, bob, conference_status_callback=f"{URL}/elsewhere")
    await bob.is_answered()
    await lab.run_for(1.0)
    await room.participants("bob").update_async(muted=True)
    await room.participants("bob").update_async(hold=True)
    await room.participants("alice").update_async(end_conference_on_exit=True)
    await room.participants("bob").update_async(hold=False)
    await room.participants("bob").update_async(muted=False)
    alice.hangs_up()
    await lab.run_for(5.0)
    assert acme.events() == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-mute",
        "participant-hold",
        "participant-modify",
        "participant-unhold",
        "participant-unmute",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    told = acme.at("/room")
    assert [each["SequenceNumber"] for each in told] == [str(number) for number in range(1, 12)]
    assert len({each["token"] for each in told}) == 11
    assert {each["ConferenceSid"] for each in told} == {added.conference_sid}
    left, evicted, ended = told[-3:]
    assert (left["ReasonParticipantLeft"], left["ParticipantCallStatus"]) == (
        "participant_hung_up",
        "completed",
    )
    assert (evicted["ReasonParticipantLeft"], evicted["ParticipantCallStatus"]) == (
        "moderator_ended_conference",
        "in-progress",
    )
    assert ended["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended["CallSidEndingConference"] == added.call_sid
    assert ended["ParticipantLabelEndingConference"] == "alice"
    assert acme.at("/elsewhere") == []
    over = await room.fetch_async()
    assert (over.status, over.call_sid_ending_conference) == ("completed", added.call_sid)


@pytest.mark.parametrize(
    ("how", "status"), [({"answers": False}, "busy"), ({"refuses_with": 480}, "no-answer")]
)
async def test_a_call_that_nobody_takes_leaves_and_says_why(
    lab: Lab, acme: Application, how: dict[str, Any], status: str
) -> None:
    bob = await lab.phone("bob", **how)
    added = await add(
        acme,
        bob,
        conference_status_callback=f"{URL}/room",
        conference_status_callback_event="leave end",
        status_callback=f"{URL}/call",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    await lab.run_for(10.0)
    (left, ended) = acme.at("/room")
    assert (left["ReasonParticipantLeft"], left["ParticipantCallStatus"]) == (
        "participant_add_failed",
        status,
    )
    assert (left["CallSid"], left["ParticipantLabel"]) == (added.call_sid, "bob")
    assert ended["StatusCallbackEvent"] == "conference-end"
    assert acme.at("/call")[-1]["CallStatus"] == status
    assert (await acme.client.calls(added.call_sid).fetch_async()).status == status


async def test_a_call_tells_its_progress_from_0(lab: Lab, acme: Application) -> None:
    alice = await lab.phone("alice", answers_after_s=2)
    added = await add(
        acme,
        alice,
        status_callback=f"{URL}/call?x=1",
        status_callback_method="GET",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    await alice.is_answered()
    await lab.run_for(61.0)
    alice.hangs_up()
    await lab.run_for(2.0)
    told = acme.at("/call")
    assert [(each["CallStatus"], each["SequenceNumber"]) for each in told] == [
        ("initiated", "0"),
        ("ringing", "1"),
        ("in-progress", "2"),
        ("completed", "3"),
    ]
    assert {each["CallSid"] for each in told} == {added.call_sid}
    assert (told[-1]["Duration"], told[-1]["SipResponseCode"]) == ("2", "200")
    assert 60 <= int(told[-1]["CallDuration"]) <= 62


async def test_a_room_is_recorded_paused_and_played_back(lab: Lab, acme: Application) -> None:
    *_, room = await three_in(lab, acme)
    path = f"/2010-04-01/Accounts/{{AccountSid}}/Conferences/{room._solution['sid']}/Recordings"
    begun = (
        await lab.post(
            f"{path}.json",
            {
                "RecordingStatusCallback": f"{URL}/kept",
                "RecordingStatusCallbackEvent": "in-progress completed",
            },
        )
    ).json()
    assert (begun["status"], begun["source"]) == ("in-progress", "StartConferenceRecordingAPI")
    await lab.run_for(3.0)
    current = room.recordings("Twilio.CURRENT")
    assert (await current.update_async(status="paused", pause_behavior="skip")).status == "paused"
    await lab.run_for(5.0)
    assert (await current.update_async(status="in-progress")).status == "in-progress"
    await lab.run_for(3.0)
    assert (await current.update_async(status="stopped")).status == "stopped"
    await lab.run_for(2.0)
    [kept] = await room.recordings.list_async()
    assert (kept.sid, kept.status, kept.duration) == (begun["sid"], "completed", "6")
    assert [each["RecordingStatus"] for each in acme.at("/kept")] == ["in-progress", "completed"]
    account = await acme.client.recordings(kept.sid).fetch_async()
    sound = await lab.get(account.media_url)
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/x-wav")
    assert len(read_wav(sound.body)) == pytest.approx(48_000, abs=4000)
    part = await lab.get(account.media_url + ".wav", headers={"Range": "bytes=44-1043"})
    assert (part.status, part.body) == (206, sound.body[44:1044])
    assert await acme.client.recordings(kept.sid).delete_async() is True
    assert await room.recordings.list_async() == []
    assert (await lab.get(account.media_url)).status == 404


async def test_a_call_runs_a_document_and_then_another(lab: Lab, acme: Application) -> None:
    alice = await lab.phone("alice")
    acme.on("/second", lambda told: f"<Response><Play>{URL}/sound</Play><Pause length='60'/></Response>")
    call = await acme.client.calls.create_async(
        to=alice.uri,
        from_=FROM,
        twiml="<Response><Say>Hello to you, whoever you may be</Say><Pause length='60'/></Response>",
        status_callback=f"{URL}/call",
    )
    assert (call.status, call.direction) == ("queued", "outbound-api")
    await alice.is_answered()
    await lab.run_for(1.0)
    assert alice.listens(SPEECH_HZ, last_s=0.5).audible() == {SPEECH_HZ}
    one = acme.client.calls(call.sid)
    with pytest.raises(TwilioRestException) as refused:
        await one.update_async(status="canceled")
    assert refused.value.code == 21220
    assert (await one.update_async(url=f"{URL}/second", method="POST")).status == "in-progress"
    await lab.run_for(1.2)
    assert alice.listens(SOUND_HZ, last_s=0.5).audible() == {SOUND_HZ}
    with pytest.raises(TwilioRestException) as refused:
        await one.delete_async()
    assert refused.value.code == 20009
    assert (await one.update_async(status="completed")).status == "completed"
    assert (await alice.ends()).by_far_end
    await lab.run_for(1.0)
    (told,) = acme.at("/call")
    assert told["CallStatus"] == "completed"
    [listed] = await acme.client.calls.list_async(to=alice.uri, status="completed")
    assert (listed.sid, listed.duration) == (call.sid, told["CallDuration"])
    with pytest.raises(TwilioRestException) as refused:
        await one.update_async(twiml="<Response/>")
    assert refused.value.code == 21220
    assert await one.delete_async() is True
    assert await acme.client.calls.list_async() == []


async def test_a_call_that_rings_is_canceled(lab: Lab, acme: Application) -> None:
    alice = await lab.phone("alice", only_rings=True)
    call = await acme.client.calls.create_async(to=alice.uri, from_=FROM, url=f"{URL}/voice")
    await lab.run_for(2.0)
    assert (await acme.client.calls(call.sid).fetch_async()).status == "ringing"
    assert (await acme.client.calls(call.sid).update_async(status="canceled")).status == "canceled"
    await lab.run_for(1.0)
    assert not alice.is_ringing
    assert acme.at("/voice") == []


async def test_a_redirected_participant_leaves_the_room_and_lives_on(lab: Lab, acme: Application) -> None:
    alice, bob, carol, room = await three_in(
        lab, acme, conference_status_callback=f"{URL}/room", conference_status_callback_event="leave"
    )
    acme.on("/away", lambda told: f"<Response><Play loop='0'>{URL}/sound</Play></Response>")
    bobs = await room.participants("bob").fetch_async()
    await acme.client.calls(bobs.call_sid).update_async(url=f"{URL}/away")
    await lab.run_for(1.5)
    assert bob.listens(SOUND_HZ, last_s=0.5).audible() == {SOUND_HZ}
    assert alice.hears(carol, last_s=0.5)
    (left,) = acme.at("/room")
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert left["ParticipantCallStatus"] == "in-progress"
    assert len(await room.participants.list_async()) == 2


async def test_after_a_conference_the_action_is_asked_and_told_of_it(lab: Lab, acme: Application) -> None:
    acme.on(
        "/voice",
        lambda told: (
            f"<Response><Dial action='{URL}/over'><Conference beep='false'>standup</Conference></Dial></Response>"
        ),
    )
    acme.on("/over", lambda told: "<Response><Say>Goodbye</Say></Response>")
    await lab.number("+15550104", f"{URL}/voice")
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("+15550104")
    await bob.dial("+15550104")
    await lab.run_for(1.0)
    [room] = await acme.client.conferences.list_async()
    await acme.client.conferences(room.sid).update_async(status="completed")
    assert (await alice.ends(within_s=5)).by_far_end
    assert lab.clips.spoken == ["Goodbye", "Goodbye"]
    for told in acme.at("/over"):
        assert (told["DialCallStatus"], told["DialBridged"], told["CallStatus"]) == (
            "answered",
            "true",
            "in-progress",
        )
        assert not {"DialCallSid", "DialCallDuration"} & set(told)
