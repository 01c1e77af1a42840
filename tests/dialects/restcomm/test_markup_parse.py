"""RCML as Restcomm's guide writes it, verb by verb."""

import pytest

from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.restcomm.markup_attributes import repair_ampersands
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Beep
from hubbub.markup.instructions import (
    Document,
    DocumentError,
    Hangup,
    JoinConference,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    Setting,
    Skip,
    WaitKind,
    WaitMusic,
)

URL = "http://acme.example/restcomm/demos/start.xml"


def parse(
    xml: str, *, url: str | None = URL, content_type: str = "application/xml", setting: Setting = Setting.CALL
) -> Document:
    return RcmlLanguage().parse(xml.encode(), content_type, url, setting=setting)


def verbs(xml: str) -> list[object]:
    document = parse(f"<Response>{xml}</Response>")
    assert document.remarks == ()
    return list(document.instructions)


def conference(attributes: str = "", text: str = "room", dial: str = "") -> JoinConference:
    (join,) = verbs(f"<Dial {dial}><Conference {attributes}>{text}</Conference></Dial>")
    assert isinstance(join, JoinConference)
    return join


@pytest.mark.parametrize(
    ("xml", "instructions"),
    [
        ("<Say>Hello</Say>", [Say("Hello", "man", "en")]),
        ('<Say voice="woman" language="fr" loop="0">Salut</Say>', [Say("Salut", "woman", "fr", 0)]),
        (
            "<Play> hello.wav </Play>",
            [Play(WebTarget("http://acme.example/restcomm/demos/hello.wav", "GET"))],
        ),
        ('<Play loop="0">/a.wav</Play>', [Play(WebTarget("http://acme.example/a.wav", "GET"), 0)]),
        ('<Pause length="5"/>', [Pause(5000)]),
        ("<Pause/>", [Pause(1000)]),
        ("<Hangup/>", [Hangup()]),
        ("<Reject/>", [Reject(HangupCause.REJECTED)]),
        ('<Reject reason="busy"/>', [Reject(HangupCause.BUSY)]),
        ('<Reject reason="weather"/>', [Reject(HangupCause.REJECTED)]),
        ('<Redirect method="get">/next</Redirect>', [Redirect(WebTarget("http://acme.example/next", "GET"))]),
        ("<Redirect/>", []),
        ("<Dial/>", []),
    ],
)
def test_each_verb_becomes_its_instruction(xml: str, instructions: list[object]) -> None:
    assert verbs(xml) == instructions


def test_a_plain_conference_has_restcomms_defaults() -> None:
    assert conference() == JoinConference(
        name="room",
        beep=Beep.BOTH,
        max_participants=40,
        wait=WaitMusic(WaitKind.STOCK, None, while_alone=False),
        time_limit_ms=14_400_000,
        hang_up_when_evicted=True,
    )


def test_every_conference_attribute_is_read() -> None:
    join = conference(
        """muted="TRUE" beep="false" startConferenceOnEnter="no" endConferenceOnExit="true"
           waitUrl="wait.xml" waitMethod="get" maxParticipants="3" coach="ignored" region="ignored" """,
        text="  My Room ",
        dial='action="/after" method="GET" timeLimit="60" callerId="x"',
    )
    assert join == JoinConference(
        name="My Room",
        muted=True,
        beep=Beep.NONE,
        start_on_enter=False,
        end_on_exit=True,
        max_participants=3,
        wait=WaitMusic(WaitKind.URL, WebTarget("http://acme.example/restcomm/demos/wait.xml", "GET"), False),
        action=WebTarget("http://acme.example/after", "GET"),
        time_limit_ms=60_000,
        hang_up_when_evicted=True,
    )


def test_waiting_music_may_be_a_sound_silence_or_the_stock() -> None:
    sound = conference('waitUrl="/music/LOOP.WAV?x=1"').wait
    assert sound == WaitMusic(
        WaitKind.SOUND, WebTarget("http://acme.example/music/LOOP.WAV?x=1", "GET"), False
    )
    assert conference('waitUrl=""').wait.kind is WaitKind.SILENCE
    lone = RcmlLanguage(music_for_lone_moderator=True)
    (join,) = lone.parse(
        b"<Response><Dial><Conference>r</Conference></Dial></Response>", "", URL
    ).instructions
    assert isinstance(join, JoinConference)
    assert join.wait.while_alone


def test_among_several_nouns_the_conference_alone_counts() -> None:
    (join,) = verbs("<Dial><Number>1</Number><Conference>room</Conference></Dial>")
    assert isinstance(join, JoinConference)


def test_the_name_attribute_counts_only_beside_a_video() -> None:
    assert conference('name="attr"', "<Video/>").name == "attr"
    (skip,) = parse('<Response><Dial><Conference name="a"/></Dial></Response>').instructions
    assert isinstance(skip, Skip)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        (b"a & b", b"a &amp; b"),
        (b"http://x/?a=1&b=2", b"http://x/?a=1&amp;b=2"),
        (b"a &amp; b &lt; &#38; &#x26;", b"a &amp; b &lt; &#38; &#x26;"),
        (b"&", b"&amp;"),
        (b"<![CDATA[a & b]]> & c", b"<![CDATA[a & b]]> &amp; c"),
        (b"<![CDATA[ & never closed", b"<![CDATA[ & never closed"),
    ],
)
def test_stray_ampersands_are_repaired(text: bytes, repaired: bytes) -> None:
    assert repair_ampersands(text) == repaired


def test_a_url_with_stray_ampersands_can_be_played() -> None:
    (play,) = verbs("<Play>http://b.example/s?a=1&b=2</Play>")
    assert play == Play(WebTarget("http://b.example/s?a=1&b=2", "GET"))


def test_sound_and_plain_text_stand_for_play_and_say() -> None:
    assert parse("RIFF", content_type="audio/wav").instructions == (Play(WebTarget(URL, "GET")),)
    assert parse("Hello there", content_type="text/plain").instructions == (Say("Hello there"),)
    assert parse("<Response><Hangup/></Response>", content_type="text/html").instructions == (Hangup(),)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<Say voice="robot">a</Say>', "12200"),
        ('<Pause length="long"/>', "12200"),
        ('<Redirect method="PUT">/a</Redirect>', "12200"),
        ("<Dance/>", "12200"),
        ("<pause/>", "12200"),
        ('<Dial action="ftp://a"><Conference>r</Conference></Dial>', "11100"),
    ],
)
def test_wrong_values_are_notifications(xml: str, code: str) -> None:
    document = parse(f"<Response>{xml}</Response>")
    assert [remark.code for remark in document.remarks] == [code]


@pytest.mark.parametrize(
    ("xml", "action", "details"),
    [
        (
            '<Sms to="+15550001" action="/sent">hi</Sms>',
            WebTarget("http://acme.example/sent"),
            (("SmsStatus", "failed"),),
        ),
        ("<Fax>+15550001</Fax>", None, ()),
        ('<Email from="a@b.example" to="c@d.example" Subject="s">text</Email>', None, ()),
    ],
)
def test_messages_are_not_sent_and_the_author_is_told(
    xml: str, action: WebTarget | None, details: tuple[tuple[str, str], ...]
) -> None:
    (skipped,) = parse(f"<Response>{xml}</Response>").instructions
    assert isinstance(skipped, Skip)
    assert (skipped.action, skipped.details) == (action, details)


def test_an_email_without_an_address_is_passed_over() -> None:
    (skipped,) = parse('<Response><Email to="c@d.example">text</Email></Response>').instructions
    assert isinstance(skipped, Skip)
    assert "from" in skipped.message


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<Sms to="bob">hi</Sms>', "14101"),
        ('<Sms from="bob">hi</Sms>', "14102"),
        ("<Sms/>", "14103"),
        (f"<Sms>{'x' * 161}</Sms>", "14103"),
    ],
)
def test_a_wrong_sms_ends_the_call_with_its_notification(xml: str, code: str) -> None:
    document = parse(f"<Response>{xml}</Response>")
    assert [remark.code for remark in document.remarks] == [code]
    assert document.instructions == (Hangup(HangupCause.APPLICATION_ERROR),)


def test_a_wait_document_runs_say_play_and_redirect_and_anything_else_hangs_up() -> None:
    document = parse(
        "<Response><Say>a</Say><Play>/b.wav</Play><Redirect>/c</Redirect><Pause/></Response>",
        setting=Setting.WAITING,
    )
    assert [type(each) for each in document.instructions] == [Say, Play, Redirect, Hangup]
    assert document.instructions[-1] == Hangup(HangupCause.APPLICATION_ERROR)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "text/xml", "12100"),
        (b"<response/>", "text/xml", "12100"),
        (b"<Response>", "text/xml", "12100"),
        (b"{}", "application/json", "12300"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>', "text/xml", "12100"),
        (b"<Response>" + b"&" * 65_537 + b"</Response>", "text/xml", "12100"),
    ],
)
def test_what_is_no_rcml_is_refused(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        RcmlLanguage().parse(body, content_type, URL)
    assert caught.value.code == code
