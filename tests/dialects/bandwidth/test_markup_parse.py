"""BXML as Bandwidth's pages and libraries write it, verb by verb."""

import pytest

from hubbub.dialects.bandwidth.callback_words import CONFERENCE, wish
from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.domain.application import WebTarget
from hubbub.domain.ids import CallId
from hubbub.markup.instructions import (
    Document,
    DocumentError,
    Hangup,
    JoinConference,
    Pause,
    PauseRecording,
    Play,
    Redirect,
    ResumeRecording,
    Ring,
    Say,
    SendDigits,
    SetTag,
    Setting,
    StopRecording,
    Unsupported,
    WaitKind,
    WaitMusic,
)
from hubbub.markup.limits import MarkupLimits

URL = "https://acme.example/voice/start"
HEX = "95ac8d6fa33e464cad6f2d8bd6b0ba4c"
CALL = "c-95ac8d6e-95ac8d6f-a33e-464c-ad6f-2d8bd6b0ba4c"


def parse(xml: str, *, url: str | None = URL, content_type: str = "application/xml") -> Document:
    return BxmlLanguage().parse(xml.encode(), content_type, url)


def verbs(xml: str) -> list[object]:
    return list(parse(f"<Response>{xml}</Response>").instructions)


def conference(attributes: str = "", text: str = "my-conference") -> JoinConference:
    (join,) = verbs(f"<Conference {attributes}>{text}</Conference>")
    assert isinstance(join, JoinConference)
    return join


@pytest.mark.parametrize(
    ("xml", "instructions"),
    [
        ("<SpeakSentence>Hello</SpeakSentence>", [Say("Hello", "female", "en-US")]),
        (
            '<SpeakSentence voice="julie" gender="male" locale="en_GB">Hi <break/>there</SpeakSentence>',
            [Say("Hi there", "julie", "en-GB", ssml="Hi <break/>there")],
        ),
        ('<SpeakSentence gender="male">Hi</SpeakSentence>', [Say("Hi", "male", "en-US")]),
        (
            "<PlayAudio>\n  ../sounds/greeting.wav\n</PlayAudio>",
            [Play(WebTarget("https://acme.example/sounds/greeting.wav", "GET"))],
        ),
        (
            '<PlayAudio username="u" password="p">https://b.example/a.mp3</PlayAudio>',
            [Play(WebTarget("https://b.example/a.mp3", "GET", "u", "p"))],
        ),
        ("<Pause/>", [Pause(1000)]),
        ('<Pause duration="2.5"/>', [Pause(2500)]),
        ('<Ring duration="30" answerCall="False"/>', [Ring(30_000, answer=False)]),
        ("<Hangup/>", [Hangup()]),
        ("<Tag> vip </Tag>", [SetTag("vip")]),
        ("<Tag/>", [SetTag(None)]),
        ("<SendDtmf>12,a#W</SendDtmf>", [SendDigits("12wA#W", 600)]),
        ('<SendDtmf toneDuration="50" toneInterval="100.0">1</SendDtmf>', [SendDigits("1", 150)]),
        (
            """<Redirect redirectUrl="/next" redirectMethod="GET" redirectFallbackUrl="/plan-b" username="u"
                password="p" fallbackUsername="fu" tag="t"/>""",
            [
                SetTag("t"),
                Redirect(
                    WebTarget("https://acme.example/next", "GET", "u", "p"),
                    WebTarget("https://acme.example/plan-b", "POST", "fu", None),
                ),
            ],
        ),
        (
            "<StopRecording/><PauseRecording/><ResumeRecording/>",
            [StopRecording(), PauseRecording(), ResumeRecording()],
        ),
        ('<Refer sipUri="sip:a@b.example"/>', [Unsupported("Refer")]),
    ],
)
def test_each_verb_becomes_its_instructions(xml: str, instructions: list[object]) -> None:
    assert verbs(xml) == instructions


def test_a_plain_conference_has_bandwidths_defaults() -> None:
    assert conference() == JoinConference(
        name="my-conference", one_coach=True, wait=WaitMusic(WaitKind.SILENCE)
    )


def test_every_conference_attribute_is_read() -> None:
    (tag, join) = verbs(
        f"""<Conference mute="true" hold="True" callIdsToCoach="{CALL}, {CALL}" tag="team-a"
              conferenceEventUrl="/events" conferenceEventMethod="GET" callbackTimeout="20.5"
              conferenceEventFallbackUrl="https://b.example/ev" username="u" password="p"
              fallbackUsername="fu" fallbackPassword="fp">
              my-conference
            </Conference>"""
    )
    assert tag == SetTag("team-a")
    assert join == JoinConference(
        name="my-conference",
        muted=True,
        held=True,
        coached=(CallId(HEX),),
        one_coach=True,
        events=WebTarget("https://acme.example/events", "GET", "u", "p"),
        callbacks=wish(
            CONFERENCE,
            WebTarget("https://acme.example/events", "GET", "u", "p"),
            WebTarget("https://b.example/ev", "POST", "fu", "fp"),
            20.5,
        ),
        wait=WaitMusic(WaitKind.SILENCE),
    )


def test_the_name_may_stand_in_an_attribute_when_there_is_no_text() -> None:
    assert conference('name="attr"', "").name == "attr"
    assert conference('name="attr"', "text").name == "text"


def test_an_empty_list_of_calls_makes_no_coach() -> None:
    assert conference('callIdsToCoach=""').coached == ()


def test_an_empty_tag_clears_the_calls_tag() -> None:
    assert verbs('<Conference tag="">r</Conference>')[0] == SetTag(None)


def test_unknown_attributes_are_passed_over() -> None:
    assert conference('bridgeTargetCompleteFallback_url="x" calbackTimeout="7"') == conference()


def test_both_roots_any_content_type_and_an_empty_body_are_accepted() -> None:
    assert parse("<Bxml><Hangup/></Bxml>", content_type="text/html").instructions == (Hangup(),)
    assert parse("", content_type="").instructions == ()
    assert parse("<Response/>").instructions == ()


@pytest.mark.parametrize(
    "xml",
    [
        "<Answer/>",
        "<Response>",
        "not xml",
        "<Response><Dance/></Response>",
        "<Response><pause/></Response>",
        "<Response><Conference/></Response>",
        "<Response><Conference>no spaces</Conference></Response>",
        f"<Response><Conference>{'x' * 101}</Conference></Response>",
        "<Response><Conference>r<PlayAudio>/a.wav</PlayAudio></Conference></Response>",
        '<Response><Conference mute="yes">r</Conference></Response>',
        '<Response><Conference callIdsToCoach="bob">r</Conference></Response>',
        '<Response><Conference callbackTimeout="26">r</Conference></Response>',
        '<Response><Conference conferenceEventMethod="PUT">r</Conference></Response>',
        f'<Response><Conference tag="{"t" * 4097}">r</Conference></Response>',
        "<Response><SpeakSentence> </SpeakSentence></Response>",
        "<Response><PlayAudio>ftp://x/y</PlayAudio></Response>",
        "<Response><Redirect/></Response>",
        '<Response><Pause duration="0"/></Response>',
        '<Response><Pause duration="nan"/></Response>',
        '<Response><Ring duration="90000"/></Response>',
        "<Response><SendDtmf>x</SendDtmf></Response>",
        '<!DOCTYPE a [<!ENTITY b "c">]><Response/>',
        "<Response>" + "<Hangup/>" * 2000 + "</Response>",
        "<Response>" + " " * 70_000 + "</Response>",
    ],
)
def test_what_is_wrong_is_wrong_as_a_whole(xml: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(xml)
    assert caught.value.code == "invalid-bxml"


@pytest.mark.parametrize("verb", ["<Pause/>", "<Tag>t</Tag>", "<Hangup/>", "<Conference>a</Conference>"])
def test_one_verb_that_has_no_place_in_a_conference_makes_the_whole_document_wrong(verb: str) -> None:
    legal = "<SpeakSentence>hi</SpeakSentence><PlayAudio>/a.wav</PlayAudio>"
    assert (
        len(
            BxmlLanguage().parse(f"<Bxml>{legal}</Bxml>".encode(), "", URL, setting=Setting.ROOM).instructions
        )
        == 2
    )
    with pytest.raises(DocumentError) as refused:
        BxmlLanguage().parse(f"<Bxml>{legal}{verb}</Bxml>".encode(), "", URL, setting=Setting.ROOM)
    assert refused.value.code == "invalid-bxml"


@pytest.mark.parametrize("verb", ["Bridge", "Conference", "Forward", "Transfer"])
def test_an_answer_to_transfer_answer_connects_nobody_else(verb: str) -> None:
    with pytest.raises(DocumentError):
        BxmlLanguage().parse(f"<Bxml><{verb}>a</{verb}></Bxml>".encode(), "", URL, setting=Setting.CALLED)


def test_relative_urls_have_no_meaning_in_a_document_that_came_in_a_request() -> None:
    with pytest.raises(DocumentError):
        parse('<Bxml><Redirect redirectUrl="/next"/></Bxml>', url=None)


def test_what_bandwidths_own_library_writes_is_read() -> None:
    from bandwidth.models.bxml import Bxml, Conference, Response, SpeakSentence

    speak = SpeakSentence(text="Joining", voice="julie")
    join = Conference(name="my-conference", mute=True, conference_event_url="https://acme.example/ev")
    for root in (Response, Bxml):
        document = parse(root([speak, join]).to_bxml())
        assert document.instructions[0] == Say("Joining", "julie", "en-US")
        joined = document.instructions[1]
        assert isinstance(joined, JoinConference)
        assert (joined.name, joined.muted) == ("my-conference", True)


def test_a_strict_server_lets_twenty_into_a_room() -> None:
    body = b"<Response><Conference>r</Conference></Response>"
    for limits, members in ((MarkupLimits(), None), (MarkupLimits(strict=True), 20)):
        (join,) = BxmlLanguage(limits).parse(body, "", None).instructions
        assert isinstance(join, JoinConference)
        assert join.max_participants == members
