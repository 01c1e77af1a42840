"""Twilio's libraries steer a room of real telephones: three of baresip, two of sipp, a tone each.

Every write of conferences, participants and a conference's recordings, each by ear, in the log, in callbacks whose
signature the vendor's validator accepts, and in the answer. Calls are in `test_twilio_makes_real_calls`.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from interop.conftest import RunningServer
from interop.hands import Refused, Wish
from interop.hearing import SILENCE, tones_of
from interop.peers import hang_up
from interop.telephones import Desk
from interop.twilio_hands import HANDS
from interop.twilio_stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    FLAGS,
    FROM,
    MUSIC,
    NEWS,
    NUMBER,
    RINGING,
    WAITING,
    Stage,
    in_common,
    staged,
)

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
DRIVES = (
    "CreateParticipant",
    "UpdateParticipant",
    "DeleteParticipant",
    "CreateConferenceRecording",
    "UpdateConferenceRecording",
    "DeleteConferenceRecording",
    "DeleteRecording",
)
"""The writes of this story, each with all its parameters."""
BEEP_HZ = 660
STEPS = ["initiated", "ringing", "answered", "completed"]
QUIET: dict[str, Any] = {"from_": FROM, "beep": "false", "wait_url": ""}


def everything(stage: Stage) -> dict[str, Any]:
    """All that the first participant may be told, but for `Coaching`, which needs a second."""
    url = stage.customer.url
    return {
        "from_": FROM,
        "to": "client:alice",
        "label": "alice",
        "beep": "false",
        "muted": False,
        "start_conference_on_enter": True,
        "end_conference_on_exit": False,
        "wait_url": f"{url}/waiting",
        "wait_method": "GET",
        "early_media": True,
        "max_participants": 6,
        "jitter_buffer_size": "small",
        "region": "us1",
        "timeout": 20,
        "time_limit": 120,
        "status_callback": f"{url}/call",
        "status_callback_method": "POST",
        "status_callback_event": STEPS,
        "conference_status_callback": f"{url}/room",
        "conference_status_callback_method": "POST",
        "conference_status_callback_event": "start end join leave mute hold modify announcement",
        "conference_record": "true",
        "conference_trim": "do-not-trim",
        "conference_recording_status_callback": f"{url}/kept/room",
        "conference_recording_status_callback_method": "POST",
        "conference_recording_status_callback_event": ["in-progress", "completed"],
        "record": True,
        "recording_channels": "dual",
        "recording_track": "both",
        "trim": "do-not-trim",
        "recording_status_callback": f"{url}/kept/alice",
        "recording_status_callback_method": "GET",
        "recording_status_callback_event": ["completed"],
        **in_common(url),
        "caller_display_name": "Acme",
        "amd_status_callback": f"{url}/unused",
        "amd_status_callback_method": "POST",
    }


@pytest.mark.parametrize("language", HANDS)
def test_a_real_room_is_steered(
    start_server: Callable[..., RunningServer], language: str, tmp_path: Path
) -> None:
    server = start_server(*FLAGS)
    with staged(server, language, tmp_path) as stage:
        tell(stage)


class Room(NamedTuple):
    """Where and by whom the story is played."""

    stage: Stage
    alice: Desk
    bob: Desk
    carol: Desk
    sid: str
    alices_call: str
    bobs_call: str = ""

    def update(self, who: str, **wishes: Any) -> Any:
        return self.stage.hand("conferences.participants.update", self.sid, who, **wishes)


def tell(stage: Stage) -> None:
    erin = stage.office.carrier("erin", ERIN, "after two seconds of ringing")
    room = begin(stage)
    ring_for_all(room)
    assert erin.wait(timeout=20) == 0
    dave = stage.office.sipp("dave", ROOM, DAVE)
    stage.logs(("participant-joined", None))
    coach(room)
    hold(room)
    announce_to_one(room)
    kept = record(room)
    leave(room)
    hang_up(dave)
    forget(stage, room.sid, kept)
    judge(stage)
    stage.drove(*DRIVES)


def begin(stage: Stage) -> Room:
    """One alone hears what she waits with, and the next music when that is changed. The second begins the conference,
    though he may not be heard at first."""
    do, url = stage.hand, stage.customer.url
    alice, bob, carol = (
        stage.office.desk(name, hz) for name, hz in (("alice", ALICE), ("bob", BOB), ("carol", CAROL))
    )
    stage.office.is_open()
    added = do("conferences.participants.create", ROOM, **everything(stage))
    assert (added["status"], added["label"], added["muted"]) == ("queued", "alice", False)
    room = Room(stage, alice, bob, carol, added["conference_sid"], added["call_sid"])
    stage.logs(("participant-added", "alice"), ("participant-joined", "alice"))
    stage.hears({alice: {WAITING}})
    room.update("alice", wait_url=f"{url}/music", wait_method="POST")
    stage.logs(("participant-modified", "alice"))
    stage.hears({alice: {MUSIC}})

    second = do(
        "conferences.participants.create",
        room.sid,
        to="client:bob",
        label="bob",
        muted=True,
        early_media=False,
        **QUIET,
    )
    assert second["muted"] is True
    room = room._replace(bobs_call=second["call_sid"])
    stage.logs(("participant-joined", "bob"), ("conference-started", None), ("recording-started", None))
    stage.hears({alice: set(), bob: {ALICE}})
    assert room.update("bob", muted=False)["muted"] is False
    stage.logs(("participant-unmuted", "bob"))
    stage.hears({alice: {BOB}})
    return room


def ring_for_all(room: Room) -> None:
    """The third is a number, called through the trunk, and rings for all; then he talks, and is put out by two at once."""
    stage, do, url = room.stage, room.stage.hand, room.stage.customer.url
    alice, bob = room.alice, room.bob
    told = {"status_callback": f"{url}/call/erin", "status_callback_event": STEPS}
    third = do("conferences.participants.create", room.sid, to=NUMBER, label="erin", **QUIET, **told)
    stage.hears({alice: {BOB, *RINGING}, bob: {ALICE, *RINGING}})
    stage.logs(("participant-joined", "erin"))
    stage.hears({alice: {BOB, ERIN}, bob: {ALICE, ERIN}})
    out = Wish("conferences.participants.delete", (room.sid, third["call_sid"]))
    assert_one_did(stage.hand.at_once(out, out), (404, 20404))
    stage.logs(("participant-left", "erin"))
    stage.hears({alice: {BOB}, bob: {ALICE}})


def coach(room: Room) -> None:
    """One comes as a coach of the second, goes on as one of the first, and then talks to all."""
    stage, do, alice, bob, carol = room.stage, room.stage.hand, room.alice, room.bob, room.carol
    wish = {"coaching": True, "call_sid_to_coach": room.bobs_call}
    assert do("conferences.participants.create", room.sid, to=carol.address, label="carol", **wish, **QUIET)[
        "coaching"
    ]
    stage.logs(("participant-joined", "carol"))
    stage.hears({alice: {BOB, DAVE}, bob: {ALICE, CAROL, DAVE}, carol: {ALICE, BOB, DAVE}})
    said = room.update("carol", coaching=True, call_sid_to_coach=room.alices_call)
    assert (said["coaching"], said["call_sid_to_coach"]) == (True, room.alices_call)
    stage.hears({alice: {BOB, CAROL, DAVE}, bob: {ALICE, DAVE}, carol: {ALICE, BOB, DAVE}})
    assert room.update("carol", coaching=False)["coaching"] is False
    stage.logs(("participant-modified", "carol"), ("participant-modified", "carol"))
    stage.hears({alice: {BOB, CAROL, DAVE}, bob: {ALICE, CAROL, DAVE}, carol: {ALICE, BOB, DAVE}})


def hold(room: Room) -> None:
    """On hold with music of one's own. Two writes at once are both done."""
    stage, do, alice, bob, carol = room.stage, room.stage.hand, room.alice, room.bob, room.carol
    url = stage.customer.url
    held = room.update("bob", hold=True, hold_url=f"{url}/music", hold_method="GET")
    assert (held["hold"], held["muted"]) == (True, False)
    stage.logs(("participant-held", "bob"))
    stage.hears({alice: {CAROL, DAVE}, bob: {MUSIC}, carol: {ALICE, DAVE}})
    assert refused(room.update, "carol", coaching=True, call_sid_to_coach=room.bobs_call) == (400, 16027)
    back, mute = (
        Wish("conferences.participants.update", (room.sid, "bob"), wish)
        for wish in ({"hold": False}, {"muted": True})
    )
    assert not [each for each in stage.hand.at_once(back, mute) if isinstance(each, Refused)]
    seen = do("conferences.participants.fetch", room.sid, "bob")
    assert (seen["hold"], seen["muted"]) == (False, True)
    stage.logs(("participant-unheld", "bob"), ("participant-muted", "bob"))
    stage.hears({alice: {CAROL, DAVE}, bob: {ALICE, CAROL, DAVE}, carol: {ALICE, DAVE}})
    room.update("bob", muted=False)
    stage.logs(("participant-unmuted", "bob"))


def announce_to_one(room: Room) -> None:
    """It is heard by him alone."""
    stage, alice, bob, carol = room.stage, room.alice, room.bob, room.carol
    url = stage.customer.url
    stage.hears({alice: {BOB, CAROL, DAVE}})
    room.update("alice", announce_url=f"{url}/news", announce_method="GET")
    stage.hears({alice: {NEWS}, bob: {ALICE, CAROL, DAVE}, carol: {ALICE, BOB, DAVE}})
    stage.logs(("announcement-ended", "alice"))


def leave(room: Room) -> None:
    """One with a beep goes with a beep; the next who goes ends it all, and nothing can be done to it any more."""
    stage, do, alice, carol = room.stage, room.stage.hand, room.alice, room.carol
    url = stage.customer.url
    room.update("bob", beep_on_exit=True)
    since = alice.ear.now()
    assert do("conferences.participants.delete", room.sid, "bob") is True
    stage.logs(("participant-modified", "bob"), ("participant-left", "bob"))
    stage.comes("the beep is heard", lambda: alice.ear.beeped(since, BEEP_HZ))
    stage.hears({alice: {CAROL, DAVE}, carol: {ALICE, DAVE}})
    assert room.update("alice", end_conference_on_exit=True)["end_conference_on_exit"] is True
    stage.logs(("participant-modified", "alice"))
    alice.hangs_up()
    stage.logs(("participant-left", "alice"), ("conference-ended", None))
    assert refused(room.update, "alice", muted=True) == (404, 20404)
    assert refused(do, "calls.update", room.alices_call, twiml="<Response/>") == (400, 21220)
    assert refused(do, "conferences.update", room.sid, announce_url=f"{url}/news") == (400, 16001)
    over = do("conferences.fetch", room.sid)
    assert (over["reason_conference_ended"], over["call_sid_ending_conference"]) == (
        "participant-with-end-conference-on-exit-left",
        room.alices_call,
    )


def record(room: Room) -> str:
    """A second recording of the room, with a silent pause and one that is left out; returns its SID."""
    stage, do, alice, bob, carol = room.stage, room.stage.hand, room.alice, room.bob, room.carol
    url = stage.customer.url
    begun = do(
        "request",
        "POST",
        f"{stage.account}/Conferences/{room.sid}/Recordings.json",
        RecordingStatusCallback=f"{url}/kept/second",
    )
    assert (begun["status"], begun["source"]) == ("in-progress", "StartConferenceRecordingAPI")
    one = (room.sid, begun["sid"])
    assert refused(do, "conferences.recordings.update", room.sid, "Twilio.CURRENT", status="stopped") == (
        400,
        16108,
    )
    stage.logs(("recording-started", None))
    stage.hears({alice: {BOB, CAROL, DAVE}})
    assert (
        do("conferences.recordings.update", *one, status="paused", pause_behavior="silence")["status"]
        == "paused"
    )
    [him] = [each for each in do("conferences.participants.list", room.sid) if each["label"] is None]
    assert room.update(him["call_sid"], muted=True)["muted"] is True
    stage.logs(("recording-paused", None), ("participant-muted", None))
    stage.hears({alice: {BOB, CAROL}, bob: {ALICE, CAROL}, carol: {ALICE, BOB}})
    assert do("conferences.recordings.update", *one, status="in-progress")["status"] == "in-progress"
    stage.hears({alice: {BOB, CAROL}})
    do("conferences.recordings.update", *one, status="paused", pause_behavior="skip")
    do("conferences.update", room.sid, announce_url=f"{url}/news", announce_method="GET")
    stage.hears({alice: {BOB, CAROL, NEWS}, bob: {ALICE, CAROL, NEWS}, carol: {ALICE, BOB, NEWS}})
    stage.logs(("announcement-ended", None))
    do("conferences.recordings.update", *one, status="in-progress")
    room.update(him["call_sid"], muted=False)
    stage.hears({alice: {BOB, CAROL, DAVE}})
    assert do("conferences.recordings.update", *one, status="stopped")["status"] == "stopped"
    stage.logs(("recording-stopped", None), ("recording-completed", None))
    stage.comes("it is told", lambda: stage.customer.at("/kept/second"))
    [told] = stage.customer.forms("/kept/second")
    whole, few = tones_of(ALICE, BOB, CAROL, DAVE), tones_of(ALICE, BOB, CAROL)
    assert stage.sound_of(told["RecordingUrl"]) == [whole, SILENCE, few, whole]
    return str(begun["sid"])


def forget(stage: Stage, room: str, kept: str) -> None:
    """The recordings of the room and of the first participant are told, and deleted each in one way of three."""
    do = stage.hand
    stage.comes("the room's own recording is told", lambda: len(stage.customer.at("/kept/room")) == 2)
    told = stage.customer.forms("/kept/room")
    assert [each["RecordingStatus"] for each in told] == ["in-progress", "completed"]
    own = told[1]["RecordingSid"]
    in_it = stage.sound_of(told[1]["RecordingUrl"])
    assert tones_of(ALICE, BOB, CAROL, NEWS) in in_it
    assert not [tones for tones in in_it if {MUSIC, WAITING} & tones], "nobody's music is kept"
    assert {each["sid"] for each in do("conferences.recordings.list", room)} == {own, kept}
    assert do("conferences.recordings.delete", room, kept) is True
    assert do("recordings.delete", own) is True
    assert do("conferences.recordings.list", room) == []
    assert not [sid for sid in (own, kept) if stage.has_sound(sid)]
    stage.comes("the first one's is told", lambda: stage.customer.at("/kept/alice"))
    [leg] = stage.customer.forms("/kept/alice")
    assert (leg["RecordingChannels"], leg["RecordingSource"]) == ("2", "OutboundAPI")
    assert do("calls.recordings.delete", leg["CallSid"], leg["RecordingSid"]) is True
    assert refused(do, "calls.recordings.delete", leg["CallSid"], leg["RecordingSid"]) == (404, 20404)
    stage.logs(*[("recording-deleted", None)] * 3)


def judge(stage: Stage) -> None:
    """What the customer was told, and that the log holds no more than was done."""
    customer = stage.customer
    stage.comes(
        "the end is told", lambda: customer.forms("/room")[-1]["StatusCallbackEvent"] == "conference-end"
    )
    assert customer.forged == []
    told = customer.forms("/room")
    assert [int(each["SequenceNumber"]) for each in told] == list(range(1, len(told) + 1))
    assert len({each.headers["I-Twilio-Idempotency-Token"] for each in customer.at("/room")}) == len(told)
    assert Counter(each["StatusCallbackEvent"] for each in told) == {
        "conference-start": 1,
        "participant-join": 5,
        "participant-mute": 2,
        "participant-unmute": 3,
        "participant-hold": 1,
        "participant-unhold": 1,
        "participant-modify": 5,
        "announcement-end": 2,
        "participant-leave": 5,
        "conference-end": 1,
    }
    for path in ("/call", "/call/erin"):
        assert [each["CallStatus"] for each in customer.forms(path)] == [
            "initiated",
            "ringing",
            "in-progress",
            "completed",
        ]
    assert stage.logged_besides() == {
        "call-received": 1,
        "call-queued": 4,
        "call-placed": 4,
        "call-rang": 4,
        "call-answered": 5,
        "call-ended": 5,
        "conference-created": 1,
        "moderator-arrived": 1,
        "participant-added": 3,
        "participant-unmuted": 1,
        "participant-left": 2,
        "recording-started": 1,
        "recording-paused": 1,
        "recording-resumed": 2,
        "recording-stopped": 2,
        "recording-completed": 2,
    }


def assert_one_did(outcomes: list[Any], refusal: tuple[int, int]) -> None:
    """Of several alike at once one was done; the others were done too, or found it done."""
    done = [each for each in outcomes if not isinstance(each, Refused)]
    assert done
    assert {each.both for each in outcomes if isinstance(each, Refused)} <= {refusal}


def refused(call: Callable[..., Any], *words: str, **wishes: Any) -> tuple[int, int | str | None]:
    with pytest.raises(Refused) as refusal:
        call(*words, **wishes)
    return refusal.value.both
