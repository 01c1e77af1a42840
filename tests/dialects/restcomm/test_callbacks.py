"""Call progress callbacks, to the byte.

Restcomm Connect user guide, "RCML Number: status callback", "Making calls".
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from dialects.cast import ACME, ALICE, BOB, T0, account, application, call
from hubbub.dialects.registry import callback_writers
from hubbub.dialects.restcomm import callback_words
from hubbub.dialects.restcomm.callbacks import CALLBACKS
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.delivery import Delivery, DeliveryState, Subscription
from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.domain.ids import DeliveryId, SubscriptionId
from hubbub.services.deliveries.callbacks import CallbackContext

TARGET = WebTarget("https://app.example/status?a=1", "POST", "u", "p")
ENDED: dict[str, Any] = {"status": "completed", "cause": "hangup", "sip_status": 200}
LEG = call(
    ALICE,
    direction=Direction.OUTBOUND_API,
    status=CallStatus.COMPLETED,
    answered_at_ms=T0,
    ended_at_ms=T0 + 9_500,
)


def context(
    kind: EventKind,
    leg: CallLeg | None = LEG,
    *,
    purpose: str = callback_words.CALL,
    target: WebTarget = TARGET,
    sequence: int = 0,
) -> CallbackContext:
    subscription = Subscription(
        SubscriptionId("1" * 32), ACME, ALICE, "restcomm", purpose, frozenset({kind}), target, None, None, T0
    )
    delivery = Delivery(
        DeliveryId("2" * 32),
        subscription.id,
        ACME,
        7,
        ALICE,
        0,
        sequence,
        "3" * 32,
        DeliveryState.SENDING,
        1,
        T0,
        None,
        T0,
        T0,
    )
    event = Event(kind, T0 + 9_500, ACME, None, ALICE, ENDED if kind is EventKind.CALL_ENDED else {})
    return CallbackContext(
        subscription,
        delivery,
        NumberedEvent(7, None, event),
        account(ACME, "9900000", "Acme"),
        leg,
        None,
        None,
        "secret",
        "http://hub.example",
        "00000001",
    )


def parameters(context: CallbackContext) -> dict[str, str]:
    request = CALLBACKS.write(context)
    assert request is not None
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def test_the_end_of_a_call_to_the_byte() -> None:
    request = CALLBACKS.write(context(EventKind.CALL_ENDED))
    assert request is not None
    assert (request.url, request.method, request.username, request.password) == (
        TARGET.url,
        "POST",
        "u",
        "p",
    )
    assert parse_qsl(request.body.decode()) == [
        ("InstanceId", "ID" + "0" * 31 + "1"),
        ("AccountSid", "AC" + ACME),
        ("CallSid", "CA" + ALICE),
        ("From", "+15551112345"),
        ("To", "+15559998765"),
        ("Direction", "outbound-api"),
        ("CallerName", "null"),
        ("ForwardedFrom", "null"),
        ("CallStatus", "completed"),
        ("CallDuration", "9"),
        ("Timestamp", "Mon, 4 May 2026 09:30:09 +0000"),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", "3"),
    ]


@pytest.mark.parametrize(
    ("kind", "word", "number"),
    [
        (EventKind.CALL_PLACED, "initiated", "0"),
        (EventKind.CALL_RANG, "ringing", "1"),
        (EventKind.CALL_RECEIVED, "ringing", "1"),
        (EventKind.CALL_ANSWERED, "answered", "2"),
        (EventKind.CALL_ENDED, "completed", "3"),
    ],
)
@pytest.mark.parametrize("sequence", [0, 5])
def test_the_number_is_the_events_own_and_counts_nothing(
    kind: EventKind, word: str, number: str, sequence: int
) -> None:
    said = parameters(context(kind, sequence=sequence))
    assert (said["CallStatus"], said["SequenceNumber"]) == (word, number)
    assert ("CallDuration" in said) is (word == "completed")


def test_a_dialled_leg_names_its_parent_and_a_call_that_never_was_answered_lasted_nothing() -> None:
    leg = call(BOB, parent_id=ALICE, status=CallStatus.BUSY, ended_at_ms=T0 + 1)
    said = parameters(context(EventKind.CALL_ENDED, leg))
    assert (said["ParentCallSid"], said["CallStatus"], said["CallDuration"]) == (
        "CA" + ALICE,
        "completed",
        "0",
    )
    assert "ParentCallSid" not in parameters(context(EventKind.CALL_ENDED))


def test_by_get_the_parameters_are_in_the_query() -> None:
    request = CALLBACKS.write(context(EventKind.CALL_RANG, target=TARGET._replace(method="GET")))
    assert request is not None
    assert (request.method, request.body) == ("GET", b"")
    query = dict(parse_qsl(urlsplit(request.url).query))
    assert (query["a"], query["CallStatus"]) == ("1", "ringing")


@pytest.mark.parametrize(
    "untold",
    [
        context(EventKind.CONFERENCE_STARTED),
        context(EventKind.RECORDING_COMPLETED),
        context(EventKind.CALL_TAGGED),
        context(EventKind.CALL_ENDED, purpose="conference"),
        context(EventKind.CALL_ENDED, None),
    ],
)
def test_there_is_nothing_to_tell_of_anything_else(untold: CallbackContext) -> None:
    assert CALLBACKS.write(untold) is None


def test_an_applications_status_callback_hears_of_its_inbound_calls() -> None:
    assert CALLBACKS.call_wishes(application(dialect="restcomm")) == ()
    [wish] = CALLBACKS.call_wishes(application(dialect="restcomm", status_callback=TARGET))
    assert (wish.purpose, wish.target) == (callback_words.CALL, TARGET)
    assert wish.kinds == {EventKind.CALL_RECEIVED, EventKind.CALL_ANSWERED, EventKind.CALL_ENDED}


def test_it_is_tried_again_only_where_nobody_was_reached_and_answers_are_not_programs() -> None:
    one = context(EventKind.CALL_ENDED)
    policy = CALLBACKS.retry_policy(one.subscription)
    assert (policy.attempts_max, policy.on_connect_failure) == (2, True)
    assert not policy.on_timeout
    assert not policy.on_status
    assert CALLBACKS.timeout_s(one.subscription) == 15.0
    assert CALLBACKS.timeout_s(one.subscription._replace(timeout_s=3.0)) == 3.0
    assert CALLBACKS.program(one, TARGET.url, "application/xml", b"<Response><Say>x</Say></Response>") is None


def test_the_registry_finds_them() -> None:
    assert callback_writers()["restcomm"] is CALLBACKS
