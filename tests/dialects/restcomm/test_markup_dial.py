"""RCML's `<Dial>` around those to call, `<Record>`, and what their actions are told."""

import pytest

from document_twins import ACCOUNT, LEG, RECORDING
from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.restcomm.markup_outcomes import outcome_parameters
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus
from hubbub.domain.events import EventKind
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import Dial, DialTarget, Document, JoinConference, Record, RecordingWish, Skip
from hubbub.markup.language import MarkupCall
from hubbub.markup.outcomes import Connected, MessageTaken

URL = "https://acme.example/voice/start"
CALL = MarkupCall(LEG, ACCOUNT, base_url="https://hubbub.example")


def read(xml: str) -> Document:
    return RcmlLanguage().parse(f"<Response>{xml}</Response>".encode(), "text/xml", URL)


def only(xml: str) -> object:
    document = read(xml)
    assert document.remarks == ()
    (instruction,) = document.instructions
    return instruction


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("+1 555 1234567", "+15551234567"),
        ("1234", "1234"),
        ("bob@example.com", "sip:bob@example.com"),
        ("sip:bob@example.com", "sip:bob@example.com"),
        ("client:bob", "client:bob"),
    ],
)
def test_bare_text_is_a_number_a_sip_address_or_a_client(text: str, to: str) -> None:
    assert only(f"<Dial>{text}</Dial>") == Dial((DialTarget(to),), ring_ms=30_000, time_limit_ms=14_400_000)


def test_every_attribute_of_dial_and_its_nouns_is_read() -> None:
    dial = only(
        """<Dial action="/over" method="GET" timeout="9" timeLimit="60" callerId="+15550009" record="true">
             <Number url="/whisper" statusCallback="/p" statusCallbackEvent="ringing,completed"
               >+15551234567?X-Case=7&amp;X-Kind=a%20b</Number>
             <Client>bob</Client>
             <Sip username="u" password="p">sip:kate@example.com</Sip>
             <Client name="ann"><Video/></Client>
           </Dial>"""
    )
    assert isinstance(dial, Dial)
    assert (dial.ring_ms, dial.time_limit_ms, dial.caller_id) == (9000, 60_000, "+15550009")
    assert dial.recording == RecordingWish(RecordingSource.DIAL)
    assert dial.action == WebTarget("https://acme.example/over", "GET")
    number, bob, kate, ann = dial.targets
    assert number.headers == (("X-Case", "7"), ("X-Kind", "a b"))
    assert number.screen == WebTarget("https://acme.example/whisper")
    assert number.callbacks[0].kinds == {EventKind.CALL_RANG, EventKind.CALL_ENDED}
    assert (bob.to, ann.to) == ("client:bob", "client:ann")
    assert kate == DialTarget("sip:kate@example.com", "u", "p")


def test_without_events_named_all_four_are_told() -> None:
    dial = only('<Dial><Number statusCallback="/p">+1555</Number></Dial>')
    assert isinstance(dial, Dial)
    assert len(dial.targets[0].callbacks[0].kinds) == 4


def test_an_empty_dial_leads_on_and_a_wrong_one_to_its_action() -> None:
    assert read("<Dial/>").instructions == ()
    wrong = only('<Dial action="/over"><Number>who</Number></Dial>')
    assert isinstance(wrong, Skip)
    assert wrong.action == WebTarget("https://acme.example/over")


def test_a_plain_record_ends_by_any_key() -> None:
    assert only("<Record/>") == Record(
        wish=RecordingWish(
            RecordingSource.RECORD_VERB, track="inbound", max_duration_ms=3_600_000, silence_ms=5000
        ),
        beep=True,
        finish_keys="1234567890*#",
        action=WebTarget(URL),
    )


@pytest.mark.parametrize(("text", "keys"), [("-1", ""), ("", "#"), ("5*", "5*")])
def test_the_keys_that_end_a_message(text: str, keys: str) -> None:
    record = only(f'<Record finishOnKey="{text}"/>')
    assert isinstance(record, Record)
    assert record.finish_keys == keys


def test_a_room_and_a_leg_in_it_may_be_recorded() -> None:
    join = only('<Dial record="true"><Conference record="true">r</Conference></Dial>')
    assert isinstance(join, JoinConference)
    assert join.recording == RecordingWish(RecordingSource.CONFERENCE)
    assert join.leg_recording == RecordingWish(RecordingSource.DIAL)
    assert join.opening_recording is None


def test_record_of_the_dial_records_the_room_that_starts_with_it() -> None:
    join = only('<Dial record="true"><Conference>r</Conference></Dial>')
    assert isinstance(join, JoinConference)
    assert join.opening_recording == RecordingWish(RecordingSource.DIAL)
    assert join.recording is None
    join = only('<Dial record="false"><Conference>r</Conference></Dial>')
    assert isinstance(join, JoinConference)
    assert join.opening_recording is join.leg_recording is None


def test_actions_are_told_how_it_went() -> None:
    went = Connected(CallStatus.COMPLETED, True, LEG, duration_ms=5_000, ringing_ms=2_900)
    assert outcome_parameters(went, CALL) == [
        ("DialCallStatus", "completed"),
        ("DialCallSid", "CA" + LEG.id),
        ("DialCallDuration", "5"),
        ("DialRingDuration", "2"),
    ]
    url = (
        f"https://hubbub.example/restcomm/2012-04-24/Accounts/AC{ACCOUNT.id}/Recordings/RE{RECORDING.id}.wav"
    )
    assert outcome_parameters(MessageTaken(RECORDING._replace(duration_ms=3000), caller_left=True), CALL) == [
        ("RecordingUrl", url),
        ("PublicRecordingUrl", url),
        ("RecordingDuration", "3"),
        ("Digits", "hangup"),
    ]
