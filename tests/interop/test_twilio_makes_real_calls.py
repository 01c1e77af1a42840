"""Twilio's libraries call real telephones, send them from document to document, record them and hang them up.

Every write of calls and of a call's recordings, and the end of a conference whose callers go on with their documents: each
by ear, in the log, in callbacks and in the answer. What is done inside a room is in `test_twilio_steers_real_callers`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubbub.dialects.twilio.routes import ROUTES
from interop import test_twilio_steers_real_callers as rooms
from interop.conftest import RunningServer
from interop.customer import Answer
from interop.driven import READS
from interop.hands import Wish
from interop.hearing import SILENCE, tones_of
from interop.telephones import Desk
from interop.test_twilio_steers_real_callers import STEPS, assert_one_did, refused
from interop.twilio_hands import HANDS
from interop.twilio_stage import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    FLAGS,
    FROM,
    MUSIC,
    NEWS,
    NUMBER,
    Stage,
    in_common,
    staged,
)

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

DRIVES = (
    "CreateCall",
    "UpdateCall",
    "DeleteCall",
    "CreateCallRecording",
    "UpdateCallRecording",
    "DeleteCallRecording",
    "UpdateConference",
)
"""The writes of this story, each with all its parameters."""


def everything(url: str) -> dict[str, Any]:
    """All that a call may be told, but for the document and for the application."""
    return {
        "from_": FROM,
        "timeout": 20,
        "time_limit": 120,
        "send_digits": "w1",
        "fallback_url": f"{url}/music-document",
        "fallback_method": "GET",
        "status_callback": f"{url}/call",
        "status_callback_method": "POST",
        "status_callback_event": STEPS,
        "record": True,
        "recording_channels": "dual",
        "recording_track": "both",
        "trim": "do-not-trim",
        "recording_status_callback": f"{url}/kept/whole",
        "recording_status_callback_method": "POST",
        "recording_status_callback_event": ["completed"],
        **in_common(url),
        "async_amd": "true",
        "async_amd_status_callback": f"{url}/unused",
        "async_amd_status_callback_method": "POST",
    }


def play(url: str) -> str:
    return f'<Response><Play loop="50">{url}</Play></Response>'


def test_every_write_of_the_dialect_is_in_a_story_with_real_callers() -> None:
    writes = {route.operation for route in ROUTES if route.method not in READS}
    assert writes == {*rooms.DRIVES, *DRIVES}


@pytest.mark.parametrize("language", HANDS)
def test_real_calls_are_made_and_steered(
    start_server: Callable[..., RunningServer], language: str, tmp_path: Path
) -> None:
    server = start_server(*FLAGS)
    with staged(server, language, tmp_path) as stage:
        tell(stage)


def tell(stage: Stage) -> None:
    do, customer, url = stage.hand, stage.customer, stage.customer.url
    customer.answers("/broken", Answer(b"oops", "text/plain", 500))
    customer.serves_markup("/music-document", f'<Play loop="50">{url}/music</Play>')
    customer.serves_markup("/announcement", f"<Play>{url}/news</Play>")
    customer.serves_markup(
        "/enter",
        '<Dial><Conference beep="false" waitUrl="">desk</Conference></Dial>'
        f'<Play loop="50">{url}/music</Play>',
    )
    alice, bob = stage.office.desk("alice", ALICE), stage.office.desk("bob", BOB)
    stage.office.desk("carol", CAROL, answers=False)
    stage.office.carrier("erin", ERIN)
    made = stage.server.hubbub("application", "create", "desk", f"{url}/enter", "--dialect", "twilio")
    stage.office.is_open()

    # A document of the request itself; then another, whose fallback it is that can be had; then a room.
    first = do("calls.create", to="client:alice", twiml=play(f"{url}/news"), **everything(url))
    assert (first["status"], first["direction"]) == ("queued", "outbound-api")
    a = first["sid"]
    stage.logs(
        ("call-queued", None), ("call-placed", None), ("call-answered", None), ("recording-started", None)
    )
    stage.hears({alice: {NEWS}})
    do(
        "calls.update",
        a,
        url=f"{url}/broken",
        method="POST",
        fallback_url=f"{url}/music-document",
        fallback_method="GET",
    )
    stage.hears({alice: {MUSIC}})
    stage.logs(("call-redirected", None))
    assert [each.method for path in ("/broken", "/music-document") for each in customer.at(path)] == [
        "POST",
        "GET",
    ]
    assert do("calls.update", a, url=f"{url}/enter", method="GET")["status"] == "in-progress"
    stage.logs(("call-redirected", None), ("participant-joined", None))
    stage.hears({alice: set()})

    # The second is called by his address, the third as a number by an application.
    b = do("calls.create", from_=FROM, to=bob.address, url=f"{url}/enter", method="GET")["sid"]
    stage.logs(("participant-joined", None), ("conference-started", None))
    stage.hears({alice: {BOB}, bob: {ALICE}})
    [digits] = re.findall(r"\b[0-9a-f]{32}\b", made.stdout)
    e = do("calls.create", from_=FROM, to=NUMBER, application_sid=f"AP{digits}")["sid"]
    stage.logs(("participant-joined", None))
    stage.hears({alice: {BOB, ERIN}, bob: {ALICE, ERIN}})

    record(stage, a, b, alice, bob)

    # An announcement to all; the end of the room, after which each goes on with his document.
    [room] = do("conferences.list", friendly_name="desk", status="in-progress")
    do("conferences.update", room["sid"], announce_url=f"{url}/announcement", announce_method="POST")
    stage.hears({alice: {BOB, ERIN, NEWS}, bob: {ALICE, ERIN, NEWS}})
    stage.logs(("announcement-ended", None))
    end = Wish("conferences.update", (room["sid"],), {"status": "completed"})
    for over in stage.hand.at_once(end, end):
        assert (over["status"], over["reason_conference_ended"]) == ("completed", "conference-ended-via-api")
    stage.hears({alice: {MUSIC}, bob: {MUSIC}})
    stage.logs(*[("participant-left", None)] * 3, ("conference-ended", None))

    # Two hang up one call at once; then it can be forgotten, and one that lives cannot.
    bye = Wish("calls.update", (e,), {"status": "completed"})
    assert_one_did(stage.hand.at_once(bye, bye), (400, 21220))
    stage.logs(("call-ended", None))
    assert refused(do, "calls.update", e, twiml="<Response/>") == (400, 21220)
    assert refused(do, "calls.delete", a) == (409, 20009)
    assert do("calls.delete", e) is True
    assert refused(do, "calls.fetch", e) == (404, 20404)

    # One that rings is called off, which one that talks cannot be.
    c = do("calls.create", from_=FROM, to="client:carol", url=f"{url}/never")["sid"]
    stage.comes("it rings", lambda: do("calls.fetch", c)["status"] == "ringing")
    assert refused(do, "calls.update", a, status="canceled") == (400, 21220)
    assert do("calls.update", c, status="canceled")["status"] == "canceled"
    stage.logs(("call-ended", None), ("call-deleted", None))
    assert do("calls.fetch", c)["status"] == "canceled"

    # One who has just hung up cannot be sent elsewhere; one may be given little time, and is told of elsewhere.
    bob.hangs_up()
    stage.logs(("call-ended", None))
    assert refused(do, "calls.update", b, url=f"{url}/enter") == (400, 21220)
    do("calls.update", a, time_limit=1, status_callback=f"{url}/moved", status_callback_method="GET")
    stage.logs(("call-ended", None))
    stage.comes("that is told", lambda: customer.forms("/moved"))
    assert [(each.method, each.form["CallStatus"]) for each in customer.at("/moved")] == [
        ("GET", "completed")
    ]
    assert do("calls.fetch", a)["status"] == "completed"

    assert customer.at("/never") == []
    assert customer.forged == []
    told = [each["CallStatus"] for each in customer.forms("/call")]
    assert told == ["initiated", "ringing", "in-progress"]
    stage.comes("the whole is kept", lambda: customer.at("/kept/whole"))
    [whole] = customer.forms("/kept/whole")
    assert (whole["RecordingSource"], whole["RecordingChannels"]) == ("OutboundAPI", "2")
    stage.drove(*DRIVES)
    assert stage.logged_besides() == {
        "call-queued": 3,
        "call-placed": 3,
        "call-rang": 4,
        "call-answered": 2,
        "call-redirected": 2,
        "document-failed": 1,
        "conference-created": 1,
        "moderator-arrived": 1,
        "recording-started": 1,
        "recording-paused": 2,
        "recording-resumed": 2,
        "recording-stopped": 1,
        "recording-completed": 1,
        "recording-deleted": 1,
    }


def record(stage: Stage, a: str, b: str, alice: Desk, bob: Desk) -> None:
    """A second recording of a call, with a pause that is left out and a silent one; meanwhile another is sent away."""
    do, url = stage.hand, stage.customer.url
    begun = do(
        "calls.recordings.create",
        a,
        recording_channels="mono",
        recording_track="both",
        trim="do-not-trim",
        recording_status_callback=f"{url}/kept",
        recording_status_callback_method="GET",
        recording_status_callback_event=["in-progress", "completed"],
    )
    assert (begun["status"], begun["source"]) == ("in-progress", "StartCallRecordingAPI")
    one = (a, begun["sid"])
    assert refused(do, "calls.recordings.update", a, "Twilio.CURRENT", status="stopped") == (400, 16108)
    stage.hears({alice: {BOB, ERIN}})
    assert do("calls.recordings.update", *one, status="paused", pause_behavior="skip")["status"] == "paused"
    assert do("calls.update", b, twiml=play(f"{url}/news"))["status"] == "in-progress"
    stage.logs(("participant-left", None))
    stage.hears({alice: {ERIN}, bob: {NEWS}})
    assert do("calls.recordings.update", *one, status="in-progress")["status"] == "in-progress"
    stage.hears({alice: {ERIN}})
    pause = Wish("calls.recordings.update", one, {"status": "paused"})
    assert_one_did(stage.hand.at_once(pause, pause), (400, 21220))
    do("calls.update", b, url=f"{url}/enter", method="GET")
    stage.logs(("participant-joined", None))
    stage.hears({alice: {BOB, ERIN}, bob: {ALICE, ERIN}})
    do("calls.recordings.update", *one, status="in-progress")
    stage.hears({alice: {BOB, ERIN}})
    assert refused(do, "calls.recordings.delete", *one) == (409, 20009)
    assert do("calls.recordings.update", *one, status="stopped")["status"] == "stopped"
    stage.logs(("recording-stopped", None), ("recording-completed", None))
    stage.comes("it is told", lambda: len(stage.customer.at("/kept")) == 2)
    told = stage.customer.at("/kept")
    assert [(each.method, each.form["RecordingStatus"]) for each in told] == [
        ("GET", "in-progress"),
        ("GET", "completed"),
    ]
    three, two = tones_of(ALICE, BOB, ERIN), tones_of(ALICE, ERIN)
    assert stage.sound_of(told[1].form["RecordingUrl"]) == [three, two, SILENCE, three]
    assert do("calls.recordings.delete", *one) is True
    assert not stage.has_sound(begun["sid"])
