"""Every write of Bandwidth's Voice API, done to real telephones: what each of them does to every ear, to the log and
to the customer's web server. Each step leaves the room as it found it, until the last ones end it.

Bandwidth API reference, "Voice"; docs, "Conference events".
"""

from collections.abc import Callable

from bandwidth.models.bxml import Bxml, Conference, Pause

from hubbub.domain.ids import uuid_text
from interop.bandwidth_stage import (
    ALICE_HZ,
    BOB_HZ,
    CARRIED,
    CARRIED_HZ,
    DESK_HZ,
    NUMBER,
    PASSWORD,
    SOUNDS_HZ,
    USER,
    VOICES,
    Stage,
    said,
)
from interop.conftest import wait_until
from interop.hands import Wish
from interop.hearing import SILENCE, heard, tones_of

FIRST = ["conference-created", "participant-joined", "moderator-arrived", "recording-started"]
SECOND = ["participant-joined", "conference-started"]
LOGIN = {"username": USER, "password": PASSWORD}
FALLBACK_LOGIN = {"fallbackUsername": USER, "fallbackPassword": PASSWORD}
MANNERS = {
    "answerMethod": "POST",
    "answerFallbackMethod": "GET",
    "disconnectMethod": "POST",
    "callTimeout": 20,
    "callbackTimeout": 5,
    "priority": 2,
    "displayName": "Acme",
    "privacy": False,
    "uui": "eA==;encoding=base64",
}
"""Everything else that may be asked of a call."""
ALL_HZ = (*VOICES, *SOUNDS_HZ.values())


def calls_are_created_to_a_telephone_of_ours_and_through_a_carrier(stage: Stage) -> None:
    stage.answers["conferenceCreated"] = said(stage.record("/room-kept"))
    _creates(stage, "desk_id", f"sip:desk7@{stage.server.sip_host}:{stage.server.sip_port}", FIRST)
    _creates(stage, "carried_id", CARRIED, SECOND)
    stage.four_dial_in()
    stage.all_hear_one_another()
    dialled = stage.told("/initiate")
    assert [(each["eventType"], each["to"]) for each in dialled] == [("initiate", NUMBER)] * 4
    created, *joined = stage.told("/room")
    assert (created["eventType"], created["name"], created["tag"]) == (
        "conferenceCreated",
        "standup",
        "monday",
    )
    assert {each["eventType"] for each in joined} == {"conferenceMemberJoin"}
    known = [stage.desk_id, stage.carried_id, stage.alice_id, stage.bob_id]
    assert [each["callId"] for each in joined][:4] == known


def _creates(stage: Stage, name: str, address: str, entering: list[str]) -> None:
    """Somebody is called, asked for a document by password, and recorded from the answer on."""
    document = said(stage.record("/kept"), stage.conference(), stage.play("bye"))
    wish = {
        "to": address,
        "from": NUMBER,
        "applicationId": stage.application,
        "answerUrl": stage.customer.wants_password(f"/{name}", USER, PASSWORD, document),
        "disconnectUrl": stage.customer.url + "/gone",
        "tag": name,
        "answerFallbackUrl": stage.customer.url + "/never",
        **LOGIN,
        **FALLBACK_LOGIN,
        **MANNERS,
    }

    def create() -> None:
        body = wish | {"machineDetection": {"mode": "async"}}
        made = stage.does("createCall", body=body, status=201)
        masked = {"password": "*****", "fallbackPassword": "*****"}
        assert {key: made[key] for key in wish} == wish | masked

    before = ("call-queued", "call-placed", "call-rang", "call-answered", "recording-started", "call-tagged")
    with stage.logs(*before, *entering):
        setattr(stage, name, stage.enters(create))
    event = stage.asked_for_password(f"/{name}")
    assert (event["eventType"], event["tag"]) == ("answer", name)


def a_muted_member_is_heard_by_nobody(stage: Stage) -> None:
    member = (stage.room, stage.alice_id)
    with stage.logs("participant-muted", "participant-unmuted"):
        stage.does("updateConferenceMember", *member, body={"mute": True}, status=204)
        assert stage.does("getConferenceMember", *member, status=200)["mute"] is True
        stage.all_hear_one_another(but=ALICE_HZ)
        stage.does("updateConferenceMember", *member, body={"mute": False}, status=204)
        stage.all_hear_one_another()


def a_held_member_neither_hears_nor_is_heard(stage: Stage) -> None:
    member = (stage.room, stage.bob_id)
    with stage.logs("participant-held", "participant-unheld"):
        stage.does("updateConferenceMember", *member, body={"hold": True}, status=204)
        assert stage.does("getConferenceMember", *member, status=200)["hold"] is True
        stage.all_hear_one_another(but=BOB_HZ, apart=SILENCE)
        stage.does("updateConferenceMember", *member, body={"hold": False}, status=204)
        stage.all_hear_one_another()


def changes_of_one_member_at_the_same_time_are_all_made(stage: Stage) -> None:
    def wish(**flag: bool) -> Wish:
        return Wish("updateConferenceMember", (stage.room, stage.bob_id), {"body": flag})

    with stage.logs("participant-muted", "participant-held", in_any_order=True):
        stage.do_at_once(wish(mute=True), wish(hold=True))
        stage.all_hear_one_another(but=BOB_HZ, apart=SILENCE)
    with stage.logs("participant-unmuted", "participant-unheld", in_any_order=True):
        stage.do_at_once(wish(mute=False), wish(hold=False))
        stage.all_hear_one_another()


def a_coach_is_heard_by_the_coached_alone(stage: Stage) -> None:
    coach, second = (stage.room, stage.alice_id), (stage.room, stage.bob_id)
    coaching = {"callIdsToCoach": [stage.desk_id]}
    whispering = {
        DESK_HZ: tones_of(CARRIED_HZ, ALICE_HZ, BOB_HZ),
        ALICE_HZ: tones_of(DESK_HZ, CARRIED_HZ, BOB_HZ),
        BOB_HZ: tones_of(DESK_HZ, CARRIED_HZ),
    }
    with stage.logs("participant-modified", "participant-modified"):
        stage.does("updateConferenceMember", *coach, body=coaching, status=204)
        stage.hear(whispering)
        stage.does("updateConferenceMember", *second, body=coaching, status=400)
        unchanged = {"mute": False, "callIdsToCoach": None}
        stage.does("updateConferenceMember", *coach, body=unchanged, status=204)
        stage.hear(whispering)
        stage.does("updateConferenceMember", *coach, body={"callIdsToCoach": []}, status=204)
        stage.all_hear_one_another()


def bxml_put_into_a_conference_waits_its_turn(stage: Stage) -> None:
    with stage.logs(), stage.all_are_played("first", "second"):
        for sound in ("first", "second"):
            document = Bxml([stage.play(sound)]).to_bxml()
            stage.does("updateConferenceBxml", stage.room, body=document, status=204)
        out_of_place = Bxml([stage.play("unkept"), Pause(duration=1)]).to_bxml()
        stage.does("updateConferenceBxml", stage.room, body=out_of_place, status=400)


def a_redirected_conference_is_played_what_its_url_answers_to_the_password(stage: Stage) -> None:
    url = stage.customer.wants_password("/asked", USER, PASSWORD, said(stage.play("asked")))
    with stage.logs("conference-redirected"), stage.all_are_played("asked"):
        stage.does("updateConference", stage.room, body={"redirectUrl": url, **LOGIN}, status=204)
    event = stage.asked_for_password("/asked")
    assert (event["eventType"], event["conferenceId"]) == ("conferenceRedirect", stage.room)
    stage.does("updateConference", stage.room, body={}, status=400)


def a_paused_recording_leaves_out_what_is_said(stage: Stage) -> None:
    """What was kept is listened to once the call is over."""
    document = Bxml([stage.play("unkept")]).to_bxml()
    with stage.logs("recording-paused", "recording-resumed"):
        stage.does("updateCallRecordingState", stage.desk_id, body={"state": "paused"}, status=200)
        with stage.all_are_played("unkept"):
            stage.does("updateConferenceBxml", stage.room, body=document, status=204)
        stage.does("updateCallRecordingState", stage.desk_id, body={"state": "recording"}, status=200)


def bxml_given_to_a_call_takes_it_out_of_its_conference(stage: Stage) -> None:
    document = Bxml([stage.play("whispered"), stage.conference(), stage.play("bye")]).to_bxml()
    with stage.logs("call-redirected", "participant-left", "participant-joined"):
        stage.does("updateCallBxml", stage.alice_id, body=document, status=204)
        stage.all_hear_one_another(but=ALICE_HZ, apart=tones_of(SOUNDS_HZ["whispered"]))
        stage.all_hear_one_another()
    stage.does("updateCallBxml", stage.alice_id, body="no bxml", status=400)


def a_redirected_call_runs_what_its_url_or_its_fallback_answers_to_the_password(stage: Stage) -> None:
    documents = {
        "aside": said(Conference("aside")),
        "back": said(stage.conference(), stage.play("bye")),
    }
    urls = {
        name: stage.customer.wants_password(f"/{name}", USER, PASSWORD, document)
        for name, document in documents.items()
    }
    aside = ("call-tagged", "call-redirected", "participant-left", *FIRST[:3])
    back = ("call-redirected", "participant-left", "conference-ended", "document-failed", "call-tagged")
    with stage.logs(*aside, *back, "participant-joined"):
        wish = {"redirectUrl": urls["aside"], "tag": "put aside", **LOGIN}
        stage.does("updateCall", stage.bob_id, body=wish, status=200)
        stage.all_hear_one_another(but=BOB_HZ, apart=SILENCE)
        wish = {"redirectUrl": stage.customer.url + "/broken", "redirectFallbackUrl": urls["back"]}
        stage.does("updateCall", stage.bob_id, body=wish | FALLBACK_LOGIN, status=200)
        stage.all_hear_one_another()
    for name in documents:
        event = stage.asked_for_password(f"/{name}")
        assert (event["eventType"], event["tag"]) == ("redirect", "put aside")
    stage.does("updateCall", stage.bob_id, body={}, status=400)


def a_call_that_rings_is_cancelled(stage: Stage) -> None:
    wish = {
        "to": f"sip:nobody@{stage.server.sip_host}:{stage.server.sip_port}",
        "from": NUMBER,
        "applicationId": stage.application,
        "answerUrl": stage.customer.url + "/never",
        "disconnectUrl": stage.customer.url + "/nobody",
    }
    with stage.logs("call-queued", "call-placed", "call-rang", "call-ended"):
        with stage.logs("call-queued", "call-placed", "call-rang"):
            call = stage.does("createCall", body=wish, status=201)["callId"]
        stage.does("updateCall", call, body={"redirectUrl": wish["answerUrl"]}, status=409)
        stage.does("updateCall", call, body={"state": "completed"}, status=200)
    wait_until(lambda: bool(stage.told("/nobody")), "the end is told", 10)
    [told] = stage.told("/nobody")
    assert (told["eventType"], told["callId"], told["cause"]) == ("disconnect", call, "cancel")
    assert stage.told("/never") == []


def a_completed_call_is_hung_up(stage: Stage) -> None:
    with stage.logs("participant-left", "call-ended", "recording-stopped", "recording-completed"):
        stage.does("updateCall", stage.carried_id, body={"state": "completed"}, status=200)
        state = stage.does("getCallState", stage.carried_id, status=200)
        assert (state["state"], state["disconnectCause"]) == ("disconnected", "hangup")
        stage.voices.remove(CARRIED_HZ)
        stage.all_hear_one_another()
        stage.does("updateCall", stage.carried_id, body={"state": "completed"}, status=409)
        document = Bxml([Pause(duration=1)]).to_bxml()
        stage.does("updateCallBxml", stage.carried_id, body=document, status=409)
        wait_until(lambda: bool(stage.told("/kept")), "the recording is told", 10)
    assert stage.carried_id not in stage.members()


def a_recordings_sound_is_deleted_and_nothing_is_transcribed(stage: Stage) -> None:
    [told] = stage.told("/kept")
    assert (told["eventType"], told["status"]) == ("recordingAvailable", "complete")
    recording = (stage.carried_id, told["recordingId"])
    assert told["callId"] == stage.carried_id
    assert tones_of(*VOICES) in heard(stage.sound("downloadCallRecording", *recording), ALL_HZ)
    wish = {"callbackUrl": f"{stage.customer.url}/never"}
    stage.does("transcribeCallRecording", *recording, body=wish, status=400)
    stage.does("deleteRecordingTranscription", *recording, status=404)
    transcription = f"t-00000001-{uuid_text('0' * 32)}"
    stage.does("deleteRealTimeTranscription", stage.carried_id, transcription, status=404)
    with stage.logs("recording-deleted"):
        stage.does("deleteRecordingMedia", *recording, status=204)
        stage.does("downloadCallRecording", *recording, status=404)


def a_completed_conference_lets_its_members_go_on_with_their_documents(stage: Stage) -> None:
    stage.does("updateConference", stage.room, body={"status": "completed"}, status=204)
    bye = tones_of(SOUNDS_HZ["bye"])
    stage.hear({DESK_HZ: bye, ALICE_HZ: bye, BOB_HZ: bye})
    stage.does("updateConference", stage.room, body={"status": "completed"}, status=404)
    wait_until(lambda: len(stage.told("/gone")) == 6, "the end of every call is told", 10)
    ends = {each["callId"]: (each["eventType"], each["cause"]) for each in stage.told("/gone")}
    assert set(ends.values()) == {("disconnect", "hangup")}
    assert {stage.desk_id, stage.alice_id, stage.bob_id, stage.carried_id} < set(ends)
    assert stage.told("/gone")[0]["callId"] == stage.carried_id
    joined, left = "conferenceMemberJoin", "conferenceMemberExit"
    assert [each["eventType"] for each in stage.told("/room")] == [
        "conferenceCreated",
        *[joined] * 6,
        *(left, joined),  # Alice was given BXML.
        *(left, joined),  # Bob was redirected.
        left,  # The carrier's call was hung up.
        *[left] * 5,
        "conferenceCompleted",
    ]


def what_was_recorded_has_a_gap_where_it_was_paused(stage: Stage) -> None:
    wait_until(lambda: len(stage.told("/kept")) == 2, "the recording is told", 10)
    recording = (stage.desk_id, stage.told("/kept")[1]["recordingId"])
    _holds(stage.sound("downloadCallRecording", *recording), "first", "second", "asked")
    with stage.logs("recording-deleted"):
        stage.does("deleteRecording", *recording, status=204)
        stage.does("downloadCallRecording", *recording, status=404)
    [told] = stage.told("/room-kept")
    assert told["eventType"] == "conferenceRecordingAvailable"
    sound = stage.sound("downloadConferenceRecording", stage.room, told["recordingId"])
    _holds(sound, "first", "second", "asked", "unkept")


def _holds(sound: bytes, *played: str) -> None:
    """These sounds, none that was kept from it, and everybody's voice."""
    there = frozenset[int]().union(*heard(sound, ALL_HZ)) - {SOUNDS_HZ["bye"]}
    assert there == {*VOICES, *(SOUNDS_HZ[name] for name in played)}, sorted(there)


STEPS: tuple[Callable[[Stage], None], ...] = (
    calls_are_created_to_a_telephone_of_ours_and_through_a_carrier,
    a_muted_member_is_heard_by_nobody,
    a_held_member_neither_hears_nor_is_heard,
    changes_of_one_member_at_the_same_time_are_all_made,
    a_coach_is_heard_by_the_coached_alone,
    bxml_put_into_a_conference_waits_its_turn,
    a_redirected_conference_is_played_what_its_url_answers_to_the_password,
    a_paused_recording_leaves_out_what_is_said,
    bxml_given_to_a_call_takes_it_out_of_its_conference,
    a_redirected_call_runs_what_its_url_or_its_fallback_answers_to_the_password,
    a_call_that_rings_is_cancelled,
    a_completed_call_is_hung_up,
    a_recordings_sound_is_deleted_and_nothing_is_transcribed,
    a_completed_conference_lets_its_members_go_on_with_their_documents,
    what_was_recorded_has_a_gap_where_it_was_paused,
)
