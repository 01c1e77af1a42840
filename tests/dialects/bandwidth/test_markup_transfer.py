"""BXML's `<Transfer>`, `<Bridge>`, `<Forward>`, `<Record>` and `<StartRecording>`, and their webhooks."""

import json

import pytest

from document_twins import ACCOUNT, LEG, RECORDING
from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.ids import CallId
from hubbub.domain.recording import AudioFormat, Layout, RecordingSource, RecordingState
from hubbub.markup.effects import Ask, Connected, MessageTaken, Purpose
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    DialTarget,
    DocumentError,
    Hangup,
    Meet,
    Record,
    RecordingWish,
    SetTag,
    Setting,
    StartRecording,
)
from hubbub.markup.language import MarkupCall

URL = "https://acme.example/voice/start"
OTHER = "c-95ac8d6e-95ac8d6f-a33e-464c-ad6f-2d8bd6b0ba4c"
B_LEG = LEG._replace(id=CallId("d" * 32), parent_id=LEG.id, direction=Direction.OUTBOUND_DIAL)


def verbs(xml: str, setting: Setting = Setting.CALL) -> list[object]:
    return list(BxmlLanguage().parse(f"<Bxml>{xml}</Bxml>".encode(), "", URL, setting=setting).instructions)


def url(path: str, method: str = "POST", user: str | None = None, password: str | None = None) -> WebTarget:
    return WebTarget("https://acme.example" + path, method, user, password)


def test_a_plain_transfer_has_bandwidths_defaults() -> None:
    assert verbs("<Transfer><PhoneNumber>+15551234567</PhoneNumber></Transfer>") == [
        Dial((DialTarget("+15551234567"),), ring_ms=30_000)
    ]


def test_every_attribute_of_transfer_is_read() -> None:
    tag, dial = verbs(
        """<Transfer transferCallerId="+15550009" transferCallerDisplayName="Desk" callTimeout="12.5" tag="t"
             transferCompleteUrl="/over" transferCompleteMethod="GET" transferCompleteFallbackUrl="/over-b"
             username="u" password="p" fallbackUsername="fu" fallbackPassword="fp" diversionTreatment="none">
             <PhoneNumber transferAnswerUrl="/whisper" transferAnswerFallbackUrl="/whisper-b" tag="b"
               transferDisconnectUrl="/gone" username="bu" password="bp"> +1 555-123-4567 </PhoneNumber>
             <SipUri uui="abc">sip:kate@example.com</SipUri>
           </Transfer>"""
    )
    assert tag == SetTag("t")
    assert isinstance(dial, Dial)
    assert (dial.caller_id, dial.display_name, dial.ring_ms) == ("+15550009", "Desk", 12_500)
    assert (dial.action, dial.action_fallback) == (
        url("/over", "GET", "u", "p"),
        url("/over-b", "POST", "fu", "fp"),
    )
    number, sip = dial.targets
    assert number.screen == url("/whisper", "POST", "bu", "bp")
    assert number.screen_fallback == url("/whisper-b")
    assert number.tag == "b"
    assert [wish.purpose for wish in number.callbacks] == ["transferDisconnect"]
    assert sip == DialTarget("sip:kate@example.com")


def test_a_bridge_names_what_the_other_call_runs_afterwards() -> None:
    assert verbs(
        f'<Bridge bridgeCompleteUrl="/a" bridgeTargetCompleteUrl="/b" username="u" password="p"> {OTHER} </Bridge>'
    ) == [
        Bridge(
            CallId("95ac8d6fa33e464cad6f2d8bd6b0ba4c"),
            action=url("/a", "POST", "u", "p"),
            meet=Meet(url("/b", "POST", "u", "p")),
        )
    ]


def test_a_forward_rings_until_it_is_answered_and_ends_the_document() -> None:
    assert verbs('<Forward to="+15551234567" from="+15550009" callTimeout="20"/>') == [
        Dial(
            (DialTarget("+15551234567"),),
            caller_id="+15550009",
            ring_ms=20_000,
            answer_on_bridge=True,
            hang_up_after=True,
        ),
        Hangup(),
    ]
    assert not BxmlLanguage().answers_before(verbs('<Forward to="sip:a@b.example"/>')[0])  # type: ignore[arg-type]


def test_a_plain_record_and_a_full_one() -> None:
    assert verbs("<Record/>") == [
        Record(
            wish=RecordingWish(RecordingSource.RECORD_VERB, track="inbound", max_duration_ms=60_000),
            beep=False,
            finish_keys="#",
        )
    ]
    tag, record = verbs(
        '<Record recordCompleteUrl="/over" recordCompleteFallbackUrl="/over-b" recordingAvailableUrl="/there"'
        ' terminatingDigits="" maxDuration="5" silenceTimeout="3" fileFormat="mp3" recordingName="n" tag=""/>'
    )
    assert tag == SetTag(None)
    assert isinstance(record, Record)
    assert (record.finish_keys, record.action, record.action_fallback) == ("", url("/over"), url("/over-b"))
    wish = record.wish
    assert (wish.format, wish.name, wish.silence_ms) == (AudioFormat.MP3, "n", 3000)
    assert [each.purpose for each in wish.callbacks] == ["recordingAvailable"]


def test_two_channels_and_a_tag_have_no_effect_in_a_conference() -> None:
    xml = '<StartRecording multiChannel="true" tag="t"/>'
    stereo = RecordingWish(RecordingSource.START_VERB, Layout.STEREO)
    assert verbs(xml) == [SetTag("t"), StartRecording(stereo)]
    mono = RecordingWish(RecordingSource.START_VERB)
    assert verbs(xml, Setting.ROOM) == [StartRecording(mono)]


@pytest.mark.parametrize(
    "xml",
    [
        "<Transfer/>",
        "<Transfer>" + "<SipUri>sip:a@b.example</SipUri>" * 9 + "</Transfer>",
        "<Transfer><PhoneNumber>5551234</PhoneNumber></Transfer>",
        "<Transfer><SipUri>a@b.example</SipUri></Transfer>",
        "<Transfer><Client>a</Client></Transfer>",
        "<Transfer callTimeout='301'><SipUri>sip:a@b.example</SipUri></Transfer>",
        "<Bridge>somebody</Bridge>",
        "<Forward/>",
        "<Forward to='5551234'/>",
        "<Record terminatingDigits='z'/>",
        "<Record maxDuration='0'/>",
        "<Record fileFormat='ogg'/>",
        f"<StartRecording recordingName='{'n' * 257}'/>",
    ],
)
def test_what_is_wrong_is_wrong_as_a_whole(xml: str) -> None:
    with pytest.raises(DocumentError) as refused:
        verbs(xml)
    assert refused.value.code == "invalid-bxml"


# --- webhooks ---------------------------------------------------------------------------------------------


def event(ask: Ask, leg: object = LEG) -> dict[str, object]:
    call = MarkupCall(leg, ACCOUNT, base_url="https://hubbub.example")  # type: ignore[arg-type]
    return dict(json.loads(BxmlLanguage().request(call, ask).body))


def test_transfer_complete_tells_why() -> None:
    went = event(Ask(Purpose.DIALLED, url("/over"), outcome=Connected(CallStatus.BUSY, leg=B_LEG)))
    assert went["eventType"] == "transferComplete"
    assert (went["cause"], went["transferCallerId"], went["transferTo"]) == ("busy", "+15550001", "+15550002")
    for status, cause in ((CallStatus.COMPLETED, "hangup"), (CallStatus.NO_ANSWER, "timeout")):
        assert event(Ask(Purpose.DIALLED, url("/o"), outcome=Connected(status)))["cause"] == cause


def test_transfer_answer_is_about_the_leg_that_was_called_and_names_its_parent() -> None:
    asked = event(Ask(Purpose.SCREEN, url("/whisper")), B_LEG)
    assert asked["eventType"] == "transferAnswer"
    assert asked["parentCallId"] == "c-00000001-cccccccc-cccc-cccc-cccc-cccccccccccc"


def test_both_ends_of_a_bridge_are_told() -> None:
    outcome = Connected(CallStatus.COMPLETED, True, LEG)
    assert event(Ask(Purpose.BRIDGED, url("/a"), outcome=outcome))["eventType"] == "bridgeComplete"
    assert (
        event(Ask(Purpose.BRIDGE_TARGET, url("/b"), outcome=outcome))["eventType"] == "bridgeTargetComplete"
    )


def test_record_complete_tells_of_the_recording() -> None:
    done = RECORDING._replace(
        state=RecordingState.COMPLETED, started_at_ms=1000, ended_at_ms=3500, duration_ms=2500
    )
    told = event(Ask(Purpose.RECORDED, url("/over"), outcome=MessageTaken(done)))
    assert told["eventType"] == "recordComplete"
    assert (told["duration"], told["channels"], told["fileFormat"]) == ("PT2.5S", 1, "wav")
    assert (told["startTime"], told["endTime"]) == ("1970-01-01T00:00:01.000Z", "1970-01-01T00:00:03.500Z")
    assert str(told["mediaUrl"]).startswith("https://hubbub.example/api/v2/accounts/5000001/calls/c-")
