"""Webhooks from the log, to the byte and by the vendor's own models.

https://dev.bandwidth.com/docs/voice/webhooks
"""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from bandwidth import models

from dialects.cast import (
    ACME,
    ALICE,
    APPLICATION,
    BOB,
    RECORDED_CALL,
    RECORDED_ROOM,
    T0,
    account,
    application,
    call,
    conference,
    recording,
    standup,
)
from hubbub.dialects.bandwidth.callback_words import (
    CONFERENCE,
    DISCONNECT,
    DTMF,
    KINDS,
    RECORDING_AVAILABLE,
    TRANSFER_DISCONNECT,
)
from hubbub.dialects.bandwidth.callbacks import CALLBACKS
from hubbub.dialects.registry import callback_writers
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus, Direction, HangupCause
from hubbub.domain.conference import ConferenceState
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.domain.ids import DeliveryId, SubscriptionId
from hubbub.domain.recording import RecordingState
from hubbub.markup.instructions import DocumentError, Say
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext

BASE = "http://hub.example:8080"
TARGET = WebTarget("https://app.example/events?a=1", "POST", "u", "p")
ROOM_TEXT = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"
ALICE_TEXT = "c-00000001-00112233-4455-4677-8899-aabbccddeeff"
BOB_TEXT = "c-00000001-10112233-4455-4677-8899-aabbccddeeff"
ENDED = call(
    ALICE,
    application_id=APPLICATION,
    status=CallStatus.COMPLETED,
    answered_at_ms=T0 - 4000,
    ended_at_ms=T0 + 9000,
    hangup_cause=HangupCause.HANGUP,
    sip_call_id="abc@host",
    sip_status=200,
    tag="call tag",
)
OF_CALL = recording(RECORDED_CALL, conference_id=None, call_id=ALICE)


def context(purpose: str, kind: EventKind, **fields: Any) -> CallbackContext:
    """Something that happened in the live room, as a subscriber is to hear of it."""
    data = fields.pop("data", {})
    subscription = Subscription(
        SubscriptionId("1" * 32),
        ACME,
        "x",
        "bandwidth",
        purpose,
        KINDS[purpose],
        fields.pop("target", TARGET),
        fields.pop("fallback", None),
        fields.pop("timeout_s", None),
        T0,
        fields.pop("details", ()),
    )
    delivery = Delivery(
        DeliveryId("2" * 32),
        subscription.id,
        ACME,
        5,
        "x",
        0,
        0,
        "t",
        DeliveryState.SENDING,
        1,
        T0,
        None,
        T0,
        T0,
    )
    base = CallbackContext(
        subscription,
        delivery,
        NumberedEvent(5, 2, Event(kind, T0 + 321, ACME, None, None, data)),
        account(ACME, "9900000", "Acme"),
        call(ALICE),
        standup(tag="room tag"),
        None,
        None,
        BASE,
        "00000001",
    )
    return base._replace(**fields)


def told(asked: CallbackContext, **named: Any) -> dict[str, Any]:
    request = CALLBACKS.write(asked, **named)
    assert request is not None
    assert dict(request.headers)["Content-Type"] == "application/json"
    said: dict[str, Any] = json.loads(request.body)
    return said


def test_the_registry_finds_them() -> None:
    assert callback_writers()["bandwidth"] is CALLBACKS


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        (EventKind.CONFERENCE_CREATED, "conferenceCreated"),
        (EventKind.CONFERENCE_ENDED, "conferenceCompleted"),
    ],
)
def test_an_event_of_a_room_to_the_byte(kind: EventKind, event_type: str) -> None:
    request = CALLBACKS.write(context(CONFERENCE, kind))
    assert request == DocumentRequest(
        "https://app.example/events?a=1",
        "POST",
        (("Accept", "application/xml, text/xml, */*"), ("Content-Type", "application/json")),
        (
            f'{{"eventType": "{event_type}", "eventTime": "2026-05-04T09:30:00.446Z", '
            f'"conferenceId": "{ROOM_TEXT}", "name": "standup", "tag": "room tag"}}'
        ).encode(),
        "u",
        "p",
    )


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        (EventKind.PARTICIPANT_JOINED, "conferenceMemberJoin"),
        (EventKind.PARTICIPANT_LEFT, "conferenceMemberExit"),
    ],
)
def test_an_event_of_a_member_names_its_call(kind: EventKind, event_type: str) -> None:
    said = told(context(CONFERENCE, kind, conference=standup()))
    assert said == {
        "eventType": event_type,
        "eventTime": "2026-05-04T09:30:00.446Z",
        "conferenceId": ROOM_TEXT,
        "name": "standup",
        "callId": ALICE_TEXT,
        "from": "+15551112345",
        "to": "+15559998765",
    }


def test_who_was_called_for_the_room_and_never_came_in_is_not_told_to_have_left() -> None:
    data = {"reason": "add-failed"}
    assert CALLBACKS.write(context(CONFERENCE, EventKind.PARTICIPANT_LEFT, data=data)) is None


def test_by_get_everything_is_in_the_query_and_a_plus_is_escaped() -> None:
    target = WebTarget("https://app.example/events?a=1", "GET")
    request = CALLBACKS.write(context(CONFERENCE, EventKind.PARTICIPANT_JOINED, target=target))
    assert request is not None
    assert (request.method, request.body) == ("GET", b"")
    assert "%2B15551112345" in request.url
    pairs = dict(parse_qsl(urlsplit(request.url).query))
    assert (pairs["a"], pairs["eventType"], pairs["from"]) == ("1", "conferenceMemberJoin", "+15551112345")


def test_by_get_a_number_is_written_as_json() -> None:
    asked = context(
        RECORDING_AVAILABLE,
        EventKind.RECORDING_COMPLETED,
        recording=recording(RECORDED_ROOM),
        target=WebTarget("https://app.example/", "GET"),
    )
    request = CALLBACKS.write(asked)
    assert request is not None
    assert dict(parse_qsl(urlsplit(request.url).query))["channels"] == "1"


def test_the_fallback_has_its_own_url_method_and_credentials() -> None:
    fallback = WebTarget("https://other.example/", "GET", "fu", "fp")
    asked = context(CONFERENCE, EventKind.CONFERENCE_CREATED, fallback=fallback)
    request = CALLBACKS.write(asked, fallback=True)
    assert request is not None
    assert request.url.startswith("https://other.example/?eventType=conferenceCreated&")
    assert (request.method, request.username, request.password) == ("GET", "fu", "fp")


def test_a_recording_of_a_room_names_the_account_and_carries_the_rooms_tag() -> None:
    asked = context(
        RECORDING_AVAILABLE,
        EventKind.RECORDING_COMPLETED,
        recording=recording(RECORDED_ROOM, tag="ignored"),
        details=(("tag", "ignored too"),),
    )
    id_ = "r-00000001-5a112233-4455-4677-8899-aabbccddeeff"
    assert told(asked) == {
        "eventType": "conferenceRecordingAvailable",
        "eventTime": "2026-05-04T09:30:00.446Z",
        "conferenceId": ROOM_TEXT,
        "name": "standup",
        "tag": "room tag",
        "accountId": "9900000",
        "recordingId": id_,
        "duration": "PT13.67S",
        "channels": 1,
        "startTime": "2026-05-04T09:30:00.225Z",
        "endTime": "2026-05-04T09:30:13.895Z",
        "fileFormat": "wav",
        "status": "complete",
        "mediaUrl": f"{BASE}/api/v2/accounts/9900000/conferences/{ROOM_TEXT}/recordings/{id_}/media",
    }


def test_a_recording_that_failed_is_told_with_its_status_and_without_a_media_url() -> None:
    failed = recording(RECORDED_ROOM, state=RecordingState.FAILED, size_bytes=None)
    said = told(context(RECORDING_AVAILABLE, EventKind.RECORDING_FAILED, recording=failed))
    assert said["status"] == "error"
    assert "mediaUrl" not in said


@pytest.mark.parametrize(
    ("recorded", "details", "tag"),
    [
        (OF_CALL, (), "call tag"),
        (OF_CALL, (("tag", "of the verb"),), "of the verb"),
        (OF_CALL._replace(tag="of the recording"), (), "of the recording"),
    ],
)
def test_a_recording_of_a_call_starts_when_the_recording_does(recorded: Any, details: Any, tag: str) -> None:
    asked = context(
        RECORDING_AVAILABLE,
        EventKind.RECORDING_COMPLETED,
        recording=recorded,
        call=ENDED,
        conference=None,
        details=details,
    )
    said = told(asked)
    assert (said["eventType"], said["callId"], said["tag"]) == ("recordingAvailable", ALICE_TEXT, tag)
    assert said["startTime"] == "2026-05-04T09:30:00.225Z"
    assert said["mediaUrl"].startswith(f"{BASE}/api/v2/accounts/9900000/calls/{ALICE_TEXT}/recordings/r-")


def test_the_end_of_a_call() -> None:
    assert told(context(DISCONNECT, EventKind.CALL_ENDED, call=ENDED, conference=None)) == {
        "eventType": "disconnect",
        "eventTime": "2026-05-04T09:30:00.446Z",
        "accountId": "9900000",
        "applicationId": "04e88489-df02-4e34-a0ee-27a91849555f",
        "from": "+15551112345",
        "to": "+15559998765",
        "direction": "inbound",
        "callId": ALICE_TEXT,
        "callUrl": f"{BASE}/api/v2/accounts/9900000/calls/{ALICE_TEXT}",
        "startTime": "2026-05-04T09:29:55.125Z",
        "answerTime": "2026-05-04T09:29:56.125Z",
        "tag": "call tag",
        "endTime": "2026-05-04T09:30:09.125Z",
        "cause": "hangup",
        "sipCallId": "abc@host",
        "sipResponseCode": 200,
    }


def test_the_end_of_a_leg_that_a_transfer_made_names_both_calls() -> None:
    leg = ENDED._replace(id=BOB, parent_id=ALICE, direction=Direction.OUTBOUND_DIAL)
    parent = call(ALICE, from_address="+1", to_address="+2", given_id="c-parent")
    said = told(context(TRANSFER_DISCONNECT, EventKind.CALL_ENDED, call=leg, parent=parent))
    assert (said["eventType"], said["callId"], said["parentCallId"]) == (
        "transferDisconnect",
        BOB_TEXT,
        "c-parent",
    )
    assert (said["from"], said["to"]) == ("+1", "+2")
    assert (said["transferCallerId"], said["transferTo"]) == ("+15551112345", "+15559998765")
    plain = told(context(TRANSFER_DISCONNECT, EventKind.CALL_ENDED, call=leg))
    assert plain["parentCallId"] == ALICE_TEXT


def test_a_digit_that_was_asked_for() -> None:
    said = told(context(DTMF, EventKind.DIGIT_PRESSED, call=ENDED, data={"digit": "#"}))
    assert (said["eventType"], said["digit"], said["callId"]) == ("dtmf", "#", ALICE_TEXT)


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        (context(CONFERENCE, EventKind.CONFERENCE_CREATED), models.ConferenceCreatedCallback),
        (context(CONFERENCE, EventKind.PARTICIPANT_JOINED), models.ConferenceMemberJoinCallback),
        (context(CONFERENCE, EventKind.PARTICIPANT_LEFT), models.ConferenceMemberExitCallback),
        (context(CONFERENCE, EventKind.CONFERENCE_ENDED), models.ConferenceCompletedCallback),
        (
            context(RECORDING_AVAILABLE, EventKind.RECORDING_COMPLETED, recording=recording(RECORDED_ROOM)),
            models.ConferenceRecordingAvailableCallback,
        ),
        (
            context(RECORDING_AVAILABLE, EventKind.RECORDING_COMPLETED, recording=OF_CALL, call=ENDED),
            models.RecordingAvailableCallback,
        ),
        (context(DISCONNECT, EventKind.CALL_ENDED, call=ENDED), models.DisconnectCallback),
        (
            context(TRANSFER_DISCONNECT, EventKind.CALL_ENDED, call=ENDED._replace(parent_id=BOB)),
            models.TransferDisconnectCallback,
        ),
        (context(DTMF, EventKind.DIGIT_PRESSED, call=ENDED, data={"digit": "1"}), models.DtmfCallback),
    ],
)
def test_the_vendors_own_models_read_them_and_know_every_key(asked: CallbackContext, model: Any) -> None:
    said = told(asked)
    read = model.from_dict(said)
    assert read.event_type == said["eventType"]
    known = {field.alias or name for name, field in model.model_fields.items()}
    assert set(said) <= known | {"recordingName", "answerTime"}


def test_an_application_hears_of_the_end_of_its_inbound_calls() -> None:
    assert CALLBACKS.call_wishes(application()) == ()
    (wish,) = CALLBACKS.call_wishes(application(status_callback=TARGET))
    assert (wish.purpose, wish.target, wish.kinds) == (DISCONNECT, TARGET, {EventKind.CALL_ENDED})


def test_it_is_tried_once_more_and_only_where_no_connection_was_made() -> None:
    policy = CALLBACKS.retry_policy(context(DISCONNECT, EventKind.CALL_ENDED).subscription)
    assert (policy.attempts_max, policy.on_connect_failure) == (2, True)
    assert (policy.on_timeout, policy.on_status) == (False, False)


def test_a_receiver_has_15_seconds_or_what_callback_timeout_says() -> None:
    assert CALLBACKS.timeout_s(context(DISCONNECT, EventKind.CALL_ENDED).subscription) == 15.0
    assert CALLBACKS.timeout_s(context(DISCONNECT, EventKind.CALL_ENDED, timeout_s=2.5).subscription) == 2.5


URL = "https://app.example/events"
SPEAK = b"<Response><SpeakSentence>Hello</SpeakSentence></Response>"


@pytest.mark.parametrize(
    "kind", [EventKind.CONFERENCE_CREATED, EventKind.PARTICIPANT_JOINED, EventKind.PARTICIPANT_LEFT]
)
def test_a_conference_event_may_be_answered_with_bxml(kind: EventKind) -> None:
    document = CALLBACKS.program(context(CONFERENCE, kind), URL, "text/html", SPEAK)
    assert document is not None
    assert [type(each) for each in document.instructions] == [Say]
    empty = CALLBACKS.program(context(CONFERENCE, kind), URL, "", b"")
    assert empty is None or empty.instructions == ()


@pytest.mark.parametrize(
    "asked",
    [
        context(CONFERENCE, EventKind.CONFERENCE_ENDED),
        context(CONFERENCE, EventKind.PARTICIPANT_LEFT, conference=conference(1)),
        context(CONFERENCE, EventKind.PARTICIPANT_LEFT, conference=standup(state=ConferenceState.COMPLETED)),
        context(DISCONNECT, EventKind.CALL_ENDED),
        context(RECORDING_AVAILABLE, EventKind.RECORDING_COMPLETED, recording=recording(RECORDED_ROOM)),
        context(DTMF, EventKind.DIGIT_PRESSED, data={"digit": "1"}),
    ],
)
def test_other_answers_are_not_looked_at(asked: CallbackContext) -> None:
    assert CALLBACKS.program(asked, URL, "application/xml", b"<Nonsense") is None


@pytest.mark.parametrize("verb", ["Pause", "Hangup", "Gather", "Redirect", "Conference", "Tag", "Nonsense"])
def test_one_verb_out_of_place_makes_the_whole_answer_wrong(verb: str) -> None:
    body = f"<Response><SpeakSentence>Hello</SpeakSentence><{verb}/></Response>".encode()
    with pytest.raises(DocumentError):
        CALLBACKS.program(context(CONFERENCE, EventKind.PARTICIPANT_JOINED), URL, "application/xml", body)
