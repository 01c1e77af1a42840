"""Status callbacks: every parameter, the signature, and how they are sent."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator, get_signature_algorithm

from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    RECORDED_CALL,
    RECORDED_ROOM,
    STANDUP,
    T0,
    account,
    application,
    call,
    conference,
    recording,
    standup,
)
from hubbub.dialects.registry import callback_writers
from hubbub.dialects.twilio import callback_words as words
from hubbub.dialects.twilio.callbacks import CALLBACKS, LEAVE_REASONS
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.conference import EndReason, LeaveReason
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription, SubscriptionWish
from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.domain.ids import DeliveryId, SubscriptionId
from hubbub.domain.recording import RecordingSource, RecordingState
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext

SECRET = "12345"
BASE = "https://hub.example"
TARGET = WebTarget("https://app.example/events?room=1")
TIME = "Mon, 04 May 2026 09:30:00 +0000"
ABOUT = {
    "label": "customer",
    "muted": True,
    "held": False,
    "coaching": False,
    "coached": [],
    "start_on_enter": True,
    "end_on_exit": False,
}


def context(purpose: str, kind: EventKind, **fields: Any) -> CallbackContext:
    """Something that happened, as a subscriber is to hear of it."""
    subscription = Subscription(
        SubscriptionId("1" * 32),
        ACME,
        "x",
        "twilio",
        purpose,
        frozenset({kind}),
        fields.pop("target", TARGET),
        fields.pop("fallback", None),
        fields.pop("timeout_s", None),
        T0,
    )
    delivery = Delivery(
        DeliveryId("2" * 32),
        subscription.id,
        ACME,
        7,
        "x",
        0,
        fields.pop("sequence", 0),
        "token-1",
        DeliveryState.SENDING,
        1,
        T0,
        None,
        T0,
        T0,
    )
    leg, room, kept = fields.pop("call", None), fields.pop("conference", None), fields.pop("recording", None)
    event = Event(
        kind,
        T0,
        ACME,
        None if room is None else room.id,
        fields.pop("call_id", None if leg is None else leg.id),
        fields.pop("data", {}),
    )
    entry = NumberedEvent(7, 3, event)
    secret = fields.pop("secret", SECRET)
    assert not fields
    acme = account(ACME, "1", "Acme")
    return CallbackContext(subscription, delivery, entry, acme, leg, room, kept, secret, BASE, "00000001")


def request(about: CallbackContext, *, fallback: bool = False) -> DocumentRequest:
    made = CALLBACKS.write(about, fallback=fallback)
    assert made is not None
    return made


def told(about: CallbackContext) -> dict[str, str]:
    pairs = parse_qsl(request(about).body.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def room_event(kind: EventKind, **fields: Any) -> dict[str, str]:
    return told(context(words.CONFERENCE, kind, **{"conference": standup(), **fields}))


ROOM = {
    "AccountSid": f"AC{ACME}",
    "ConferenceSid": f"CF{STANDUP}",
    "FriendlyName": "standup",
    "SequenceNumber": "1",
    "Timestamp": TIME,
}
PARTICIPANT = {
    "CallSid": f"CA{ALICE}",
    "Muted": "true",
    "Hold": "false",
    "Coaching": "false",
    "EndConferenceOnExit": "false",
    "StartConferenceOnEnter": "true",
    "ParticipantLabel": "customer",
}


def test_the_writer_is_found() -> None:
    assert callback_writers()["twilio"] is CALLBACKS


def test_a_start() -> None:
    assert room_event(EventKind.CONFERENCE_STARTED) == {**ROOM, "StatusCallbackEvent": "conference-start"}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (EventKind.PARTICIPANT_JOINED, "participant-join"),
        (EventKind.PARTICIPANT_MUTED, "participant-mute"),
        (EventKind.PARTICIPANT_UNMUTED, "participant-unmute"),
        (EventKind.PARTICIPANT_HELD, "participant-hold"),
        (EventKind.PARTICIPANT_UNHELD, "participant-unhold"),
        (EventKind.PARTICIPANT_MODIFIED, "participant-modify"),
        (EventKind.SPEECH_STARTED, "participant-speech-start"),
        (EventKind.SPEECH_STOPPED, "participant-speech-stop"),
    ],
)
def test_what_a_participant_does(kind: EventKind, word: str) -> None:
    said = room_event(kind, call=call(ALICE), data=ABOUT)
    assert said == {**ROOM, **PARTICIPANT, "StatusCallbackEvent": word}


def test_flags_are_those_of_the_moment_and_a_coach_says_whom() -> None:
    data = {**ABOUT, "label": None, "coaching": True, "coached": [BOB], "held": True, "end_on_exit": True}
    said = room_event(EventKind.PARTICIPANT_MODIFIED, call=call(ALICE), data=data)
    assert (said["Coaching"], said["CallSidToCoach"], said["Hold"], said["EndConferenceOnExit"]) == (
        "true",
        f"CA{BOB}",
        "true",
        "true",
    )
    assert "ParticipantLabel" not in said


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [
        ("hung-up", "completed", "participant_hung_up"),
        ("digit", "in-progress", "participant_hung_up"),
        ("kicked", "in-progress", "participant_updated_via_api"),
        ("redirected", "in-progress", "participant_updated_via_api"),
        ("ended-by-api", "in-progress", "conference_ended_via_api"),
        ("moderator-ended", "in-progress", "moderator_ended_conference"),
        ("add-failed", "busy", "participant_add_failed"),
        ("server-stopped", "in-progress", "conference_ended_via_api"),
    ],
)
def test_a_leave_says_why_with_underscores(reason: str, status: str, said: str) -> None:
    left = room_event(
        EventKind.PARTICIPANT_LEFT, call=call(ALICE), data={**ABOUT, "reason": reason, "call_status": status}
    )
    assert left == {
        **ROOM,
        **PARTICIPANT,
        "StatusCallbackEvent": "participant-leave",
        "ReasonParticipantLeft": said,
        "ParticipantCallStatus": status,
    }


def test_every_reason_to_leave_is_one_of_five() -> None:
    assert set(LEAVE_REASONS) == set(LeaveReason)
    assert len(set(LEAVE_REASONS.values())) == 5


def test_an_end_says_why_with_hyphens_and_by_whom() -> None:
    data = {"name": "standup", "reason": "end-on-exit-left", "call_ending": BOB, "label_ending": "host"}
    said = room_event(EventKind.CONFERENCE_ENDED, call=call(BOB), data=data)
    assert said == {
        **ROOM,
        "StatusCallbackEvent": "conference-end",
        "ReasonConferenceEnded": "participant-with-end-conference-on-exit-left",
        "Reason": "Participant with endConferenceOnExit left the conference",
        "CallSidEndingConference": f"CA{BOB}",
        "ParticipantLabelEndingConference": "host",
    }


@pytest.mark.parametrize("reason", list(EndReason))
def test_an_end_that_nobody_caused_names_no_call(reason: EndReason) -> None:
    data = {"name": "standup", "reason": str(reason), "call_ending": None}
    said = room_event(EventKind.CONFERENCE_ENDED, data=data)
    assert "CallSidEndingConference" not in said
    assert said["Reason"]


def test_announcements_to_one_and_to_all() -> None:
    url = {"url": "https://app.example/a", "why": None}
    ended = room_event(EventKind.ANNOUNCEMENT_ENDED, call=call(ALICE), data={**ABOUT, **url})
    assert ended == {
        **ROOM,
        **PARTICIPANT,
        "StatusCallbackEvent": "announcement-end",
        "AnnounceUrl": "https://app.example/a",
    }
    failed = room_event(EventKind.ANNOUNCEMENT_FAILED, data={"url": "x", "why": "connect"})
    assert failed == {
        **ROOM,
        "StatusCallbackEvent": "announcement-fail",
        "AnnounceUrl": "x",
        "ReasonAnnouncementFailed": "connect",
    }


CALL = {
    "CallSid": f"CA{ALICE}",
    "AccountSid": f"AC{ACME}",
    "From": "+15551112345",
    "To": "+15559998765",
    "Caller": "+15551112345",
    "Called": "+15559998765",
    "ApiVersion": "2010-04-01",
    "Direction": "outbound-api",
    "Timestamp": TIME,
    "CallbackSource": "call-progress-events",
    "SequenceNumber": "0",
}
OUTBOUND = call(ALICE, direction=Direction.OUTBOUND_API)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.CALL_PLACED, "initiated"),
        (EventKind.CALL_RANG, "ringing"),
        (EventKind.CALL_ANSWERED, "in-progress"),
    ],
)
def test_a_call_tells_what_it_was_then(kind: EventKind, status: str) -> None:
    assert told(context(words.CALL, kind, call=OUTBOUND)) == {**CALL, "CallStatus": status}


def test_a_call_that_is_over_tells_its_seconds_and_its_minutes() -> None:
    over = OUTBOUND._replace(
        status=CallStatus.COMPLETED, answered_at_ms=T0, ended_at_ms=T0 + 61_000, parent_id=BOB
    )
    data = {"status": "completed", "cause": "hangup", "sip_status": 200}
    assert told(context(words.CALL, EventKind.CALL_ENDED, call=over, data=data, sequence=3)) == {
        **CALL,
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "CallDuration": "61",
        "Duration": "2",
        "SipResponseCode": "200",
        "ParentCallSid": f"CA{BOB}",
    }


@pytest.mark.parametrize(
    ("status", "sip_status", "said"),
    [("busy", 486, "486"), ("no-answer", None, None), ("failed", None, None), ("canceled", None, "487")],
)
def test_a_call_that_was_not_answered_has_no_minutes(
    status: str, sip_status: int | None, said: str | None
) -> None:
    over = OUTBOUND._replace(status=CallStatus(status), ended_at_ms=T0)
    data = {"status": status, "cause": "busy", "sip_status": sip_status}
    heard = told(context(words.CALL, EventKind.CALL_ENDED, call=over, data=data))
    assert heard.pop("SipResponseCode", None) == said
    assert heard == {**CALL, "CallStatus": status, "CallDuration": "0"}


RECORDED = {
    "AccountSid": f"AC{ACME}",
    "RecordingChannels": "1",
    "RecordingStartTime": TIME,
}


def test_a_conferences_recording() -> None:
    kept = recording(RECORDED_ROOM, source=RecordingSource.CONFERENCE)
    about = context(words.RECORDING, EventKind.RECORDING_COMPLETED, conference=standup(), recording=kept)
    assert told(about) == {
        **RECORDED,
        "ConferenceSid": f"CF{STANDUP}",
        "RecordingSid": f"RE{RECORDED_ROOM}",
        "RecordingUrl": f"{BASE}/2010-04-01/Accounts/AC{ACME}/Recordings/RE{RECORDED_ROOM}",
        "RecordingStatus": "completed",
        "RecordingDuration": "14",
        "RecordingSource": "Conference",
    }


@pytest.mark.parametrize(
    ("kind", "state", "why", "status", "code"),
    [
        (EventKind.RECORDING_STARTED, RecordingState.IN_PROGRESS, None, "in-progress", None),
        (EventKind.RECORDING_PAUSED, RecordingState.PAUSED, None, "paused", None),
        (EventKind.RECORDING_RESUMED, RecordingState.IN_PROGRESS, None, "in-progress", None),
        (EventKind.RECORDING_STOPPED, RecordingState.PROCESSING, None, "stopped", None),
        (EventKind.RECORDING_ABSENT, RecordingState.ABSENT, "silent", "absent", "16102"),
        (EventKind.RECORDING_ABSENT, RecordingState.ABSENT, "too-short", "absent", "16101"),
        (EventKind.RECORDING_FAILED, RecordingState.FAILED, "disk-full", "failed", "20500"),
    ],
)
def test_a_calls_recording(
    kind: EventKind, state: RecordingState, why: str | None, status: str, code: str | None
) -> None:
    kept = recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=state, why=why, track="inbound")
    said = told(context(words.RECORDING, kind, call=call(ALICE), recording=kept))
    assert (said["CallSid"], said["RecordingTrack"]) == (f"CA{ALICE}", "inbound")
    assert (said["RecordingStatus"], said.get("ErrorCode")) == (status, code)
    assert "RecordingDuration" not in said


@pytest.mark.parametrize(
    ("state", "duration_ms", "told_of_it"),
    [
        (RecordingState.COMPLETED, 14_900, {"RecordingUrl", "RecordingSid", "RecordingDuration"}),
        (RecordingState.PROCESSING, None, {"RecordingUrl", "RecordingSid"}),
        (RecordingState.IN_PROGRESS, None, {"RecordingUrl", "RecordingSid"}),
        (RecordingState.ABSENT, 0, set()),
        (RecordingState.FAILED, None, set()),
        (RecordingState.DELETED, 14_900, set()),
    ],
)
def test_the_end_of_a_call_tells_of_its_recording_what_is_known(
    state: RecordingState, duration_ms: int | None, told_of_it: set[str]
) -> None:
    kept = recording(RECORDED_CALL, conference_id=None, call_id=ALICE, state=state, duration_ms=duration_ms)
    over = call(ALICE, status=CallStatus.COMPLETED, answered_at_ms=T0, ended_at_ms=T0 + 15_000)
    data = {"status": "completed", "cause": "hangup", "sip_status": 200}
    about = context(words.CALL, EventKind.CALL_ENDED, call=over, data=data)
    said = told(about._replace(call_recording=kept))
    assert {name for name in said if name.startswith("Recording")} == told_of_it
    if told_of_it:
        assert said["RecordingUrl"] == f"{BASE}/2010-04-01/Accounts/AC{ACME}/Recordings/RE{RECORDED_CALL}"
        assert said["RecordingSid"] == f"RE{RECORDED_CALL}"
        assert said.get("RecordingDuration") == (None if duration_ms is None else "15")


def test_the_older_callback_of_a_recording() -> None:
    kept = recording(RECORDED_ROOM)
    about = context(words.RECORD_END, EventKind.RECORDING_COMPLETED, conference=standup(), recording=kept)
    said = told(about)
    assert (said["EventName"], said["Duration"], said["RecordingFileSize"]) == (
        "conference-record-end",
        "14",
        "218764",
    )
    leg = recording(RECORDED_CALL, conference_id=None, call_id=ALICE)
    assert CALLBACKS.write(context(words.RECORD_END, EventKind.RECORDING_COMPLETED, recording=leg)) is None


def test_sequence_numbers_count_what_was_told_from_1_for_a_conference() -> None:
    assert room_event(EventKind.CONFERENCE_STARTED, sequence=4)["SequenceNumber"] == "5"


@pytest.mark.parametrize(
    "about",
    [
        context("unknown", EventKind.CALL_ENDED),
        context(words.CALL, EventKind.CALL_ENDED),
        context(words.CALL, EventKind.CALL_TAGGED, call=call(ALICE)),
        context(words.CONFERENCE, EventKind.CONFERENCE_CREATED, conference=conference(1)),
        context(words.CONFERENCE, EventKind.CONFERENCE_STARTED),
        context(words.RECORDING, EventKind.RECORDING_DELETED, recording=recording(RECORDED_ROOM)),
    ],
)
def test_what_the_vendor_has_no_word_for_is_not_told(about: CallbackContext) -> None:
    assert CALLBACKS.write(about) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/events?room=1",
        "https://user:pass@app.example/events",
        "https://app.example:8443/events",
        "http://app.example:8080/events?a=%20b&a=c",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_vendors_validator_accepts_the_signature(url: str, method: str) -> None:
    data = {**ABOUT, "label": "Zoë & ünï+1"}
    about = context(
        words.CONFERENCE,
        EventKind.PARTICIPANT_JOINED,
        conference=standup(name="Räum 1"),
        call=call(ALICE),
        data=data,
        target=WebTarget(url, method),
    )
    made = request(about)
    headers = dict(made.headers)
    form = dict(parse_qsl(made.body.decode(), keep_blank_values=True))
    seen = made.url.replace("user:pass@", "")
    validator = RequestValidator(SECRET)
    assert validator.validate(seen, form, headers["X-Twilio-Signature"])
    assert not RequestValidator("other").validate(seen, form, headers["X-Twilio-Signature"])
    if method == "GET":
        assert ("ParticipantLabel", "Zoë & ünï+1") in parse_qsl(urlsplit(made.url).query)
        assert (made.body, "Content-Type" in headers) == (b"", False)
    else:
        assert form["FriendlyName"] == "Räum 1"


def test_the_newer_signature_where_the_url_asks_for_it() -> None:
    target = WebTarget("https://app.example/events#rc=2&sig=sha256")
    made = request(context(words.CALL, EventKind.CALL_RANG, call=OUTBOUND, target=target))
    headers = dict(made.headers)
    algorithm = get_signature_algorithm(headers["X-Twilio-Webhooks-Signature-Settings"])
    assert algorithm == "HMAC_SHA256"
    assert made.url == "https://app.example/events"
    form = dict(parse_qsl(made.body.decode()))
    validator = RequestValidator(SECRET)
    assert validator.validate(made.url, form, headers["X-Twilio-Signature"], algorithm)
    assert not validator.validate(made.url, form, headers["X-Twilio-Signature"])


def test_headers_say_who_asks_and_which_delivery_it_is() -> None:
    headers = dict(request(context(words.CALL, EventKind.CALL_RANG, call=OUTBOUND)).headers)
    assert headers["I-Twilio-Idempotency-Token"] == "token-1"
    assert headers["User-Agent"] == "TwilioProxy/1.1"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    unsigned = request(context(words.CALL, EventKind.CALL_RANG, call=OUTBOUND, secret=None))
    assert "X-Twilio-Signature" not in dict(unsigned.headers)


def test_a_fallback_gets_the_same() -> None:
    fallback = WebTarget("https://b.example/events", "GET")
    about = context(words.CALL, EventKind.CALL_RANG, call=OUTBOUND, fallback=fallback)
    assert request(about, fallback=True).url.startswith("https://b.example/events?CallSid=")
    assert request(about).url == TARGET.url


def test_retries_and_times_are_the_vendors_unless_the_url_says_otherwise() -> None:
    plain = context(words.CALL, EventKind.CALL_RANG, call=OUTBOUND).subscription
    policy = CALLBACKS.retry_policy(plain)
    assert (policy.attempts_max, policy.on_connect_failure, policy.on_status) == (2, True, False)
    assert CALLBACKS.timeout_s(plain) == 15.0
    assert CALLBACKS.timeout_s(plain._replace(timeout_s=3.0)) == 3.0
    asked = plain._replace(target=WebTarget("https://app.example/e#rc=5&rp=5xx,ct&tt=2000"))
    policy = CALLBACKS.retry_policy(asked)
    assert (policy.attempts_max, policy.on_connect_failure, policy.on_status) == (6, True, True)
    assert policy.status_classes == {5}
    assert CALLBACKS.timeout_s(asked) == 2.0


def test_answers_are_no_programs() -> None:
    about = context(words.CONFERENCE, EventKind.CONFERENCE_STARTED, conference=standup())
    assert CALLBACKS.program(about, TARGET.url, "application/xml", b"<Response/>") is None


def test_an_application_hears_of_the_end_of_its_calls() -> None:
    told_at = WebTarget("https://app.example/status")
    assert CALLBACKS.call_wishes(application()) == ()
    assert CALLBACKS.call_wishes(application(status_callback=told_at)) == (
        SubscriptionWish(words.CALL, frozenset({EventKind.CALL_ENDED}), told_at),
    )
