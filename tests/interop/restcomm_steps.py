"""Every write of Restcomm's API, done to real telephones: what each of them does to every ear, to the log and to the
customer's web server. Each step leaves the room as it found it, until the last ones end it.

Restcomm Connect API guide, "Making calls", "Modifying live calls", "Mute a participant", "Recordings".
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from interop.conftest import wait_until
from interop.hearing import SILENCE, heard, tones_of
from interop.restcomm_stage import (
    ALICE_HZ,
    ANN_HZ,
    BEN_HZ,
    CARRIED,
    CARRIED_HZ,
    NUMBER,
    VOICES,
    Stage,
)

EVERY_STEP = [("initiated", "0"), ("ringing", "1"), ("answered", "2"), ("completed", "3")]


def calls_are_created_to_a_number_and_to_a_client(stage: Stage) -> None:
    """The number's call makes the room, which is recorded for it; the client's is connected to another client."""
    with stage.logs(
        *("call-queued", "call-placed", "call-rang", "call-answered"),
        *("conference-created", "participant-joined", "moderator-arrived", "recording-started"),
    ):
        told = stage.customer.url + "/carried"
        stage.carried = stage.calls(CARRIED, "/make", StatusCallback=told, Timeout="20")
        stage.are_inside(1)
    stage.dials_in("alice", ALICE_HZ, NUMBER)
    stage.are_inside(2)
    [stage.alice] = set(stage.inside()) - {stage.carried}
    stage.silent_sipps_dial_in(NUMBER, 2)
    stage.are_inside(4)
    stage.ann = stage.calls("client:ann", "/pair")
    stage.hear({ALICE_HZ: tones_of(CARRIED_HZ), ANN_HZ: tones_of(BEN_HZ), BEN_HZ: tones_of(ANN_HZ)})
    [asked] = stage.customer.forms("/make")
    assert (asked["CallSid"], asked["To"], asked["CallStatus"]) == (stage.carried, CARRIED, "in-progress")


def a_call_is_moved_with_the_one_it_is_connected_to(stage: Stage) -> None:
    url = stage.customer.url + "/enter"
    with stage.logs("call-redirected", "participant-joined", "participant-joined"):
        stage.post(f"/Calls.json/{stage.ann}", Url=url, MoveConnectedCallLeg="true")
        stage.are_inside(6)
        stage.all_hear_one_another()


def a_muted_participant_is_heard_by_nobody(stage: Stage) -> None:
    member = f"/Conferences.json/{stage.room}/Participants.json/{stage.ann}"
    with stage.logs("participant-muted", "participant-unmuted"):
        assert stage.post(member, Mute="true")["muted"] is True
        stage.all_hear_one_another(but=ANN_HZ)
        assert stage.get(member)["muted"] is True
        assert stage.post(member)["muted"] is False
        stage.all_hear_one_another()


def a_muted_call_is_heard_by_nobody(stage: Stage) -> None:
    call = f"/Calls.json/{stage.alice}"
    with stage.logs("participant-muted", "participant-unmuted"):
        stage.post(call, Mute="true")
        stage.all_hear_one_another(but=ALICE_HZ)
        stage.post(call, Mute="false")
        stage.all_hear_one_another()


def a_redirected_call_leaves_the_room_and_comes_back(stage: Stage) -> None:
    """Its first page is broken, and the second asked for in its place; it comes back by GET."""
    call, url = f"/Calls.json/{stage.alice}", stage.customer.url
    aside = ("call-redirected", "participant-left", "document-failed")
    with stage.logs(
        *aside,
        *("conference-created", "participant-joined", "moderator-arrived"),
        *("call-redirected", "participant-left", "conference-ended", "participant-joined"),
    ):
        stage.post(call, Url=f"{url}/broken", FallbackUrl=f"{url}/aside")
        stage.all_hear_one_another(but=ALICE_HZ, apart=SILENCE)
        running = stage.get("/Conferences.json", Status="RUNNING%")["conferences"]
        assert {each["friendly_name"] for each in running} == {"standup", "aside"}
        stage.post(call, Url=f"{url}/enter", Method="GET")
        stage.all_hear_one_another()
    [asked] = stage.customer.forms("/aside")
    assert asked["CallSid"] == stage.alice
    assert stage.customer.at("/enter")[-1].method == "GET"


def a_call_that_rings_is_canceled(stage: Stage) -> None:
    told = stage.customer.url + "/nobody"
    with stage.logs("call-queued", "call-placed", "call-rang", "call-ended"):
        sid = stage.calls("client:nobody", "/enter", StatusCallback=told)
        wait_until(lambda: stage.status_of(sid) == "ringing", "the telephone rings", 10)
        assert stage.post(f"/Calls.json/{sid}", Status="canceled")["status"] == "ringing"
        wait_until(lambda: stage.status_of(sid) == "canceled", "it rings no longer", 10)
    assert stage.post(f"/Calls.json/{stage.ann}", Status="canceled")["status"] == "in-progress"
    assert stage.status_of(stage.ann) == "in-progress", "who has answered is not canceled"
    wait_until(lambda: len(stage.told("/nobody")) == 3, "every step is told", 10)
    assert stage.told("/nobody") == [EVERY_STEP[0], EVERY_STEP[1], EVERY_STEP[3]]


def a_completed_call_is_hung_up(stage: Stage) -> None:
    call = f"/Calls.json/{stage.carried}"
    assert stage.post(call, Status="completed")["status"] == "in-progress"
    stage.voices.remove(CARRIED_HZ)
    stage.all_hear_one_another()
    assert stage.status_of(stage.carried) == "completed"
    for form in ({"Status": "completed"}, {"Mute": "true"}, {"Url": stage.customer.url + "/enter"}):
        stage.post(call, 410, **form)
    assert stage.carried not in stage.inside()
    wait_until(lambda: len(stage.told("/carried")) == 4, "every step is told", 10)
    assert stage.told("/carried") == EVERY_STEP
    assert {form["CallSid"] for form in stage.customer.forms("/carried")} == {stage.carried}


def a_call_is_told_of_where_it_was_changed_to(stage: Stage) -> None:
    stage.post(f"/Calls.json/{stage.ann}", StatusCallback=stage.customer.url + "/late")
    for sid in stage.inside():
        stage.post(f"/Calls.json/{sid}", Status="completed")
    stage.are_inside(0)
    wait_until(lambda: bool(stage.told("/late")), "the end is told", 10)
    assert stage.told("/late") == EVERY_STEP[-1:]
    over = stage.get(f"/Conferences.json/{stage.room}")
    assert over["status"] == "COMPLETED"


def a_recording_is_heard_with_a_password_and_deleted(stage: Stage) -> None:
    found = f"/Calls.json/{stage.carried}/Recordings"
    wait_until(lambda: bool(stage.get(found)), "the recording is there", 10)
    [kept] = stage.get(found)
    address = stage.server.http + urlsplit(kept["file_uri"]).path
    assert httpx.get(address).status_code == 401
    sound = httpx.get(address, auth=stage.http.auth)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/x-wav")
    assert tones_of(*VOICES) in heard(sound.content, VOICES)
    with stage.logs("recording-deleted"):
        assert stage.http.delete(f"/Recordings.json/{kept['sid']}").status_code == 200
        assert httpx.get(address, auth=stage.http.auth).status_code == 404


STEPS: tuple[Callable[[Stage], None], ...] = (
    calls_are_created_to_a_number_and_to_a_client,
    a_call_is_moved_with_the_one_it_is_connected_to,
    a_muted_participant_is_heard_by_nobody,
    a_muted_call_is_heard_by_nobody,
    a_redirected_call_leaves_the_room_and_comes_back,
    a_call_that_rings_is_canceled,
    a_completed_call_is_hung_up,
    a_call_is_told_of_where_it_was_changed_to,
    a_recording_is_heard_with_a_password_and_deleted,
)
