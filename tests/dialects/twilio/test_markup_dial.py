"""`<Dial>` around those to call, `<Record>`, `<Start><Recording>`, and what their actions are told."""

import pytest

from document_twins import ACCOUNT, LEG, RECORDING
from hubbub.dialects.shared.query import parse_form
from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.domain.recording import Layout, RecordingSource
from hubbub.markup.effects import Ask, Connected, MessageTaken, Outcome, Purpose
from hubbub.markup.instructions import (
    Dial,
    DialTarget,
    Document,
    JoinConference,
    Record,
    RecordingWish,
    Skip,
    StartRecording,
    StopRecording,
)
from hubbub.markup.language import MarkupCall

URL = "https://acme.example/voice/start"
HOUR_4 = 14_400_000


def read(xml: str, url: str | None = URL) -> Document:
    return TwimlLanguage().parse(f"<Response>{xml}</Response>".encode(), "text/xml", url)


def only(xml: str) -> object:
    document = read(xml)
    assert document.remarks == ()
    (instruction,) = document.instructions
    return instruction


def codes(xml: str) -> list[str]:
    return [remark.code for remark in read(xml).remarks]


def test_a_plain_dial_has_twilios_defaults() -> None:
    assert only("<Dial> +1 (555) 123-4567 </Dial>") == Dial(
        (DialTarget("+15551234567"),), ring_ms=30_000, time_limit_ms=HOUR_4, action=None
    )


def test_every_attribute_of_dial_is_read() -> None:
    assert only(
        '<Dial action="/over" method="GET" timeout="10" timeLimit="60" callerId="+15550009" hangupOnStar="true"'
        ' answerOnBridge="true" sequential="true" ringTone="uk" referUrl="/r" record="record-from-answer-dual"'
        ' trim="trim-silence" recordingStatusCallback="/rec" recordingStatusCallbackEvent="in-progress completed">'
        "<Number>5551234</Number></Dial>"
    ) == Dial(
        targets=(DialTarget("5551234"),),
        one_by_one=True,
        caller_id="+15550009",
        ring_ms=10_000,
        time_limit_ms=60_000,
        answer_on_bridge=True,
        release_on_star=True,
        recording=RecordingWish(
            RecordingSource.DIAL,
            Layout.STEREO,
            trim_silence=True,
            silent_is_absent=True,
            callbacks=(
                SubscriptionWish(
                    "recording",
                    frozenset({EventKind.RECORDING_STARTED, EventKind.RECORDING_COMPLETED}),
                    WebTarget("https://acme.example/rec"),
                ),
            ),
        ),
        action=WebTarget("https://acme.example/over", "GET"),
    )


def test_all_kinds_of_nouns_ring_at_once() -> None:
    dial = only(
        """<Dial>
          <Number sendDigits="wW1#" url="/whisper" method="GET" statusCallback="/p"
                  statusCallbackEvent="initiated answered">+15551234567</Number>
          <Sip username="u" password="p">sip:kate@example.com?X-Case=7</Sip>
          <Client>joe</Client>
          <Client><Identity>ann</Identity><Parameter name="a b" value="c&amp;d"/></Client>
        </Dial>"""
    )
    assert isinstance(dial, Dial)
    kinds = frozenset({EventKind.CALL_PLACED, EventKind.CALL_ANSWERED})
    assert dial.targets == (
        DialTarget(
            "+15551234567",
            send_digits="wW1#",
            screen=WebTarget("https://acme.example/whisper", "GET"),
            callbacks=(SubscriptionWish("call", kinds, WebTarget("https://acme.example/p")),),
        ),
        DialTarget("sip:kate@example.com?X-Case=7", username="u", password="p"),
        DialTarget("client:joe"),
        DialTarget("client:ann?a%20b=c%26d"),
    )


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<Dial>call me</Dial>", "13223"),
        ("<Dial><Number>not a number</Number></Dial>", "13223"),
        ("<Dial><Sip>kate</Sip></Dial>", "13223"),
        ("<Dial><Client/></Dial>", "13223"),
        ("<Dial>" + "<Client>a</Client>" * 11 + "</Dial>", "12200"),
        ("<Dial/>", "12200"),
    ],
)
def test_who_cannot_be_called_leads_to_the_action(xml: str, code: str) -> None:
    wrong = only(xml.replace("<Dial", '<Dial action="/over"', 1))
    assert isinstance(wrong, Skip)
    assert (wrong.code, wrong.action) == (code, WebTarget("https://acme.example/over"))


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<Dial timeout="soon">+1555</Dial>', "13212"),
        ('<Dial hangupOnStar="yes">+1555</Dial>', "13213"),
        ('<Dial method="PUT" action="/a">+1555</Dial>', "13210"),
        ('<Dial record="maybe">+1555</Dial>', "12200"),
        ('<Dial><Number sendDigits="abc">+1555</Number></Dial>', "13222"),
        ('<Dial><Number url="/u" method="PUT">+1555</Number></Dial>', "13221"),
        ('<Dial><Number statusCallback="/s" statusCallbackEvent="party">+1555</Number></Dial>', "12200"),
        ('<Record maxLength="0"/>', "13611"),
        ('<Record timeout="x"/>', "13612"),
        ('<Record finishOnKey="z"/>', "13613"),
        ('<Record playBeep="loud"/>', "13615"),
        ('<Record trim="hard"/>', "13616"),
        ('<Record method="PUT"/>', "13610"),
        ('<Record recordingStatusCallback="/r" recordingStatusCallbackEvent="x"/>', "12200"),
    ],
)
def test_a_wrong_value_is_a_warning_and_the_default_holds(xml: str, code: str) -> None:
    assert codes(xml) == [code]


def test_a_plain_record_has_twilios_defaults() -> None:
    assert only("<Record/>") == Record(
        wish=RecordingWish(
            RecordingSource.RECORD_VERB,
            track="inbound",
            silent_is_absent=True,
            max_duration_ms=3_600_000,
            silence_ms=5000,
        ),
        beep=True,
        finish_keys="1234567890*#",
        action=WebTarget(URL),
        action_on_empty=False,
    )


def test_every_attribute_of_record_is_read() -> None:
    record = only(
        '<Record action="/done" method="GET" timeout="0" finishOnKey="#" maxLength="30" playBeep="false"'
        ' trim="trim-silence" recordingStatusCallback="/r" transcribe="true" transcribeCallback="/t"/>'
    )
    assert isinstance(record, Record)
    assert (record.beep, record.finish_keys, record.action) == (
        False,
        "#",
        WebTarget("https://acme.example/done", "GET"),
    )
    assert (record.wish.silence_ms, record.wish.max_duration_ms, record.wish.trim_silence) == (
        None,
        30_000,
        True,
    )
    assert [wish.purpose for wish in record.wish.callbacks] == ["recording"]


def test_a_recording_may_be_started_and_stopped_beside_what_runs() -> None:
    start = only('<Start><Recording recordingStatusCallback="/r" channels="mono" track="inbound"/></Start>')
    assert isinstance(start, StartRecording)
    assert (start.wish.source, start.wish.layout) == (RecordingSource.START_VERB, Layout.MONO)
    assert start.wish.track == "inbound"
    assert only("<Stop><Recording/></Stop>") == StopRecording()


def test_a_conference_and_its_dial_may_be_recorded() -> None:
    join = only(
        '<Dial record="true"><Conference record="record-from-start" recordingStatusCallback="/r"'
        ' recordingStatusCallbackEvent="in-progress completed absent" eventCallbackUrl="/old">r</Conference></Dial>'
    )
    assert isinstance(join, JoinConference)
    assert join.leg_recording is not None
    assert join.leg_recording.source is RecordingSource.DIAL
    assert join.recording is not None
    assert join.recording.trim_silence
    (callback,) = join.recording.callbacks
    assert callback.purpose == "recording"
    assert callback.kinds == {
        EventKind.RECORDING_STARTED,
        EventKind.RECORDING_COMPLETED,
        EventKind.RECORDING_ABSENT,
        EventKind.RECORDING_FAILED,
    }


def test_the_old_callback_counts_where_there_is_no_newer_one() -> None:
    join = only('<Dial><Conference record="true" eventCallbackUrl="/old">r</Conference></Dial>')
    assert isinstance(join, JoinConference)
    assert join.recording is not None
    assert [wish.purpose for wish in join.recording.callbacks] == ["conference-record-end"]


# --- what actions are told --------------------------------------------------------------------------------


def told(outcome: Outcome) -> dict[str, str]:
    call = MarkupCall(LEG, ACCOUNT, base_url="https://hubbub.example")
    ask = Ask(Purpose.ACTION, WebTarget(URL), outcome=outcome)
    form = dict(parse_form(TwimlLanguage().request(call, ask).body))
    return {
        name: value
        for name, value in form.items()
        if name.startswith(("Dial", "Recording")) or name == "Digits"
    }


def test_a_connection_that_is_over_is_told() -> None:
    done = RECORDING._replace(duration_ms=4_900)
    assert told(Connected(CallStatus.COMPLETED, True, LEG, duration_ms=61_500, recording=done)) == {
        "DialCallStatus": "completed",
        "DialCallSid": "CA" + LEG.id,
        "DialCallDuration": "61",
        "DialBridged": "true",
        "RecordingUrl": f"https://hubbub.example/2010-04-01/Accounts/AC{ACCOUNT.id}/Recordings/RE{done.id}",
        "RecordingSid": "RE" + done.id,
    }
    assert told(Connected(CallStatus.NO_ANSWER)) == {"DialCallStatus": "no-answer", "DialBridged": "false"}


def test_a_message_is_told_with_the_key_that_ended_it_or_hangup() -> None:
    done = RECORDING._replace(duration_ms=4_900)
    message = told(MessageTaken(done, "#"))
    assert (message["RecordingDuration"], message["Digits"]) == ("4", "#")
    assert told(MessageTaken(done, caller_left=True))["Digits"] == "hangup"
    assert told(MessageTaken(None, "")) == {"Digits": ""}
