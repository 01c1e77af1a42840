"""The life of a room as Restcomm tells it: moderators, waiting, new lives of a name, full rooms, actions.

Restcomm Connect user guide, "RCML Conference"; API guide, "Conferences".
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import soundfile

from hubbub.audio.ears import hear
from hubbub.lab.clips import MUSIC_HZ, SPEECH_HZ
from hubbub.lab.lab import Lab
from scenarios.restcomm_application import ACCOUNT, NUMBER, URL, Application, conference, rcml, room


async def status_of(app: Application, sid: str) -> str:
    return str((await app.get(f"/Conferences/{sid}.json"))["status"])


def by_caller(**documents: str) -> Any:
    return lambda parameters: documents[parameters["From"]]


async def test_a_plain_room_begins_with_the_first_and_its_name_lives_again_under_a_new_sid(lab: Lab) -> None:
    app = await Application(lab, voice=room()).open()
    alice = lab.caller("alice")
    await alice.dial(NUMBER)
    await lab.run_for(1.5)
    first = await app.room_of()
    assert await status_of(app, first) == "RUNNING_MODERATOR_PRESENT"
    assert alice.hears_silence()
    alice.hangs_up()
    await lab.run_for(0.5)
    assert await status_of(app, first) == "COMPLETED"
    bob = lab.caller("bob")
    await bob.dial(NUMBER)
    await lab.run_for(0.5)
    second = await app.room_of()
    both = (await app.get("/Conferences.json?FriendlyName=standup"))["conferences"]
    assert {row["sid"] for row in both} == {first, second}
    assert [row["status"] for row in both if row["sid"] == first] == ["COMPLETED"]


async def test_the_moderator_frees_those_who_waited_but_none_who_asked_to_be_muted(lab: Lab) -> None:
    waits = room(startConferenceOnEnter="false")
    app = await Application(
        lab,
        voice=by_caller(
            moderator=room(), bob=waits, carol=room(startConferenceOnEnter="false", muted="true"), dora=waits
        ),
    ).open()
    moderator, bob, carol, dora = (lab.caller(name) for name in ("moderator", "bob", "carol", "dora"))
    await bob.dial(NUMBER)
    await carol.dial(NUMBER)
    await lab.run_for(1.0)
    sid = await app.room_of()
    assert await status_of(app, sid) == "RUNNING_MODERATOR_ABSENT"
    assert [row["muted"] for row in await app.inside()] == [True, True]
    await moderator.dial(NUMBER)
    await lab.run_for(1.5)
    assert moderator.hears(bob)
    carols = await app.call_of("carol")
    assert [row["sid"] for row in await app.inside() if row["muted"]] == [carols]

    moderator.hangs_up()
    await lab.run_for(0.5)
    assert await status_of(app, sid) == "RUNNING_MODERATOR_PRESENT"
    await dora.dial(NUMBER)
    await lab.run_for(1.5)
    assert bob.hears(dora)
    assert dora.hears(bob)
    assert [row["sid"] for row in await app.inside() if row["muted"]] == [carols]


async def test_a_full_room_is_no_error_and_the_next_verb_runs(lab: Lab) -> None:
    full = rcml(conference("standup", maxParticipants="2"), "<Say>The room is full, please call later</Say>")
    app = await Application(lab, voice=full).open()
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    for caller in (alice, bob, carol):
        await caller.dial(NUMBER)
    await lab.run_for(1.0)
    assert carol.hears(SPEECH_HZ, last_s=0.5)
    assert alice.hears(bob, last_s=0.5)
    assert (await carol.ends(within_s=5)).by_far_end
    assert len(await app.inside()) == 2


async def test_a_members_stay_may_be_limited_and_the_others_stay(lab: Lab) -> None:
    limited = rcml('<Dial timeLimit="3"><Conference beep="false" waitUrl="">standup</Conference></Dial>')
    app = await Application(lab, voice=by_caller(alice=room(), bob=limited)).open()
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(2.0)
    assert alice.hears(bob)
    assert (await bob.ends(within_s=3)).by_far_end
    await lab.run_for(0.5)
    assert alice.is_talking
    assert len(await app.inside()) == 1


async def test_who_is_put_out_by_the_end_runs_his_action_or_is_hung_up(lab: Lab) -> None:
    with_action = rcml(
        f'<Dial action="{URL}/after"><Conference beep="false" waitUrl="">standup</Conference></Dial>'
    )
    app = await Application(
        lab,
        voice=by_caller(host=room(endConferenceOnExit="true"), bob=with_action, carol=room()),
        after=rcml("<Say>The conference is over, thank you for coming</Say>"),
    ).open()
    host, bob, carol = (lab.caller(name) for name in ("host", "bob", "carol"))
    for caller in (host, bob, carol):
        await caller.dial(NUMBER)
    await lab.run_for(1.0)
    host.hangs_up()
    assert (await carol.ends(within_s=1)).by_far_end
    await lab.run_for(0.8)
    assert bob.hears(SPEECH_HZ, last_s=0.4)
    [told] = app.told("after")
    assert told["DialCallStatus"] == "completed"
    assert not {"DialCallSid", "DialCallDuration"} & set(told)
    assert (await bob.ends(within_s=5)).by_far_end


async def test_those_who_wait_hear_what_the_wait_url_says_and_then_the_music_again(lab: Lab) -> None:
    waits = room(startConferenceOnEnter="false", waitUrl=f"{URL}/wait")
    app = await Application(
        lab,
        voice=by_caller(bob=waits, host=room()),
        wait=rcml("<Say>The meeting begins soon, stay with us</Say>"),
    ).open()
    bob, host = lab.caller("bob"), lab.caller("host")
    await bob.dial(NUMBER)
    await lab.run_for(1.5)
    assert bob.hears(SPEECH_HZ)
    await lab.run_for(6.0)
    assert bob.hears(SPEECH_HZ, last_s=0.4), "it goes round"
    assert len(app.told("wait")) >= 1
    await host.dial(NUMBER)
    await lab.run_for(1.5)
    assert bob.hears(host)
    assert MUSIC_HZ not in bob.listens(MUSIC_HZ).audible()


RECORDS = '<Dial record="true" action="{url}/over"><Conference beep="false" waitUrl="" {more}>standup</Conference></Dial>'


async def test_a_rooms_recording_belongs_to_the_call_whose_entry_starts_it(lab: Lab) -> None:
    """Bob waits before Alice comes, who starts the room and leaves before Carol: one recording, of all of it."""
    app = await Application(
        lab,
        voice=by_caller(
            alice=rcml(RECORDS.format(url=URL, more="")),
            bob=room(startConferenceOnEnter="false"),
            carol=rcml(RECORDS.format(url=URL, more="")),
        ),
    ).open()
    alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
    await bob.dial(NUMBER)
    await lab.run_for(3.0)
    await alice.dial(NUMBER)
    await lab.run_for(2.0)
    await carol.dial(NUMBER)
    await lab.run_for(1.0)
    alices = await app.call_of("alice")
    alice.hangs_up()
    await lab.run_for(3.0)
    assert await app.get(f"/Calls/{alices}/Recordings.json") == []
    bob.hangs_up()
    carol.hangs_up()
    await lab.run_for(1.0)
    [row] = await app.get(f"/Calls/{alices}/Recordings.json")
    assert row["call_sid"] == alices
    assert float(row["duration"]) == pytest.approx(6.0, abs=0.3)
    for other in ("bob", "carol"):
        assert await app.get(f"/Calls/{await app.call_of(other)}/Recordings.json") == []
    media = await lab.get(ACCOUNT + f"/Recordings/{row['sid']}.wav")
    sound = np.asarray(soundfile.read(io.BytesIO(media.body), dtype="int16")[0])
    for begin_s, inside in ((0.5, (alice, bob)), (4.0, (bob, carol))):
        begin = int(begin_s * 8000)
        wanted = {float(each.tone_hz): each.level_dbfs for each in inside if each.tone_hz is not None}
        assert hear(sound[begin : begin + 8000], lab.voices_hz).mismatches(wanted) == []


async def test_who_comes_into_a_room_that_nobody_records_is_recorded_himself(lab: Lab) -> None:
    app = await Application(
        lab, voice=by_caller(alice=room(), bob=rcml(RECORDS.format(url=URL, more="")))
    ).open()
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial(NUMBER)
    await bob.dial(NUMBER)
    await lab.run_for(3.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    alice.hangs_up()
    await lab.run_for(1.0)
    assert await app.get(f"/Calls/{await app.call_of('alice')}/Recordings.json") == []
    [row] = await app.get(f"/Calls/{await app.call_of('bob')}/Recordings.json")
    assert 2.5 < float(row["duration"]) < 3.5


async def test_a_name_that_looks_like_a_pattern_leads_to_no_other_room(lab: Lab) -> None:
    names = {"alice": "room1", "bob": "room_", "carol": "room%", "dora": "room1:2", "eve": "Room1"}
    app = await Application(lab, voice=lambda parameters: room(names[parameters["From"]])).open()
    for who in names:
        await lab.caller(who).dial(NUMBER)
    await lab.run_for(0.5)
    listed = (await app.get("/Conferences.json"))["conferences"]
    assert sorted(row["friendly_name"] for row in listed) == sorted(names.values())
