"""TwiML as Twilio's pages write it, verb by verb."""

import pytest

from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import Beep
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.markup.instructions import (
    Document,
    DocumentError,
    Hangup,
    JitterSize,
    JoinConference,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    SendDigits,
    Setting,
    Skip,
    Unsupported,
    WaitKind,
    WaitMusic,
)

URL = "https://acme.example/voice/start.php?x=1"
HEX = "0123456789abcdef" * 2


def parse(
    xml: str, *, url: str | None = URL, content_type: str = "text/xml", setting: Setting = Setting.CALL
) -> Document:
    return TwimlLanguage().parse(xml.encode(), content_type, url, setting=setting)


def only(xml: str, **options: object) -> object:
    document = parse(f"<Response>{xml}</Response>", **options)  # type: ignore[arg-type]
    assert document.remarks == ()
    (instruction,) = document.instructions
    return instruction


def conference(attributes: str = "", text: str = "room", dial: str = "") -> JoinConference:
    join = only(f"<Dial {dial}><Conference {attributes}>{text}</Conference></Dial>")
    assert isinstance(join, JoinConference)
    return join


def codes(xml: str, **options: object) -> list[str]:
    document = parse(f"<Response>{xml}</Response>", **options)  # type: ignore[arg-type]
    return [remark.code for remark in document.remarks]


def test_the_documents_own_example_reads_in_order() -> None:
    document = parse(
        """<?xml version="1.0" encoding="UTF-8"?>
        <Response>
            <Say voice="alice" language="en-GB" loop="2">Hello,
               World</Say>
            <Play>cowbell.mp3</Play><!-- a comment -->
            <Pause length="3"/>
            <Redirect method="GET">/next</Redirect>
        </Response>"""
    )
    assert document.instructions == (
        Say("Hello, World", "alice", "en-GB", 2),
        Play(WebTarget("https://acme.example/voice/cowbell.mp3", "GET")),
        Pause(3000),
        Redirect(WebTarget("https://acme.example/next", "GET")),
    )
    assert document.base_url == URL
    assert document.remarks == ()


@pytest.mark.parametrize(
    ("xml", "instruction"),
    [
        ("<Hangup/>", Hangup()),
        ("<Reject/>", Reject(HangupCause.REJECTED)),
        ('<Reject reason="busy"/>', Reject(HangupCause.BUSY)),
        ("<Pause/>", Pause(1000)),
        ('<Play loop="0">http://a.example/x.wav</Play>', Play(WebTarget("http://a.example/x.wav", "GET"), 0)),
        ('<Play loop="5000">/x.wav</Play>', Play(WebTarget("https://acme.example/x.wav", "GET"), 1000)),
        ('<Play digits="1w2#"/>', SendDigits("1w2#")),
        ("<Redirect/>", Redirect(WebTarget(URL, "POST"))),
        ("<Redirect>?y=2</Redirect>", Redirect(WebTarget("https://acme.example/voice/start.php?y=2"))),
        ("<Say>Fish &amp; chips</Say>", Say("Fish & chips")),
        (
            "<Say>one<break time='1s'/>two <emphasis>th</emphasis>ree <sub alias='and four'>+4</sub>.</Say>",
            Say(
                "one two three and four.",
                ssml='one<break time="1000ms"/>two <emphasis>th</emphasis>ree and four.',
            ),
        ),
        ("<Enqueue>support</Enqueue>", Unsupported("Enqueue")),
        ("<Dial><Queue>support</Queue></Dial>", Unsupported("Dial><Queue")),
        ("<Start><Stream/></Start>", Unsupported("Start><Stream")),
        ("<Start/>", Unsupported("Start")),
        ("<Stop><Siprec/></Stop>", Unsupported("Stop><Siprec")),
    ],
)
def test_each_verb_becomes_its_instruction(xml: str, instruction: object) -> None:
    assert only(xml) == instruction


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<Say>  </Say>", "13520"),
        ("<Play/>", "11100"),
        ("<Play>ftp://a.example/x.wav</Play>", "11100"),
        ("<Redirect>javascript:alert(1)</Redirect>", "11100"),
        ('<Play digits="abc"/>', "12200"),
        ("<Dial/>", "12200"),
        ("<Dial><Conference>a</Conference><Number>1</Number></Dial>", "13000"),
        ("<Dial><Conference>a</Conference><Conference>b</Conference></Dial>", "13000"),
        ("<Dial><Conference>  </Conference></Dial>", "13237"),
        (f"<Dial><Conference>{'x' * 129}</Conference></Dial>", "13237"),
        ('<Dial><Conference coach="CA12">a</Conference></Dial>', "13240"),
        (f'<Dial><Conference participantLabel="CA{HEX}">a</Conference></Dial>', "16023"),
        ('<Dial><Conference participantLabel="a/b">a</Conference></Dial>', "16023"),
    ],
)
def test_a_wrong_verb_is_told_and_passed_over(xml: str, code: str) -> None:
    instruction = only(xml)
    assert isinstance(instruction, Skip)
    assert instruction.code == code


def test_a_wrong_conference_leads_to_the_dials_action() -> None:
    skip = only('<Dial action="/after"><Conference coach="nobody">a</Conference></Dial>')
    assert isinstance(skip, Skip)
    assert skip.action == WebTarget("https://acme.example/after", "POST")


def test_a_plain_conference_has_twilios_defaults() -> None:
    assert conference() == JoinConference(
        name="room",
        beep=Beep.BOTH,
        coached_must_be_present=True,
        max_participants=250,
        jitter=JitterSize.LARGE,
        time_limit_ms=14_400_000,
        wait=WaitMusic(WaitKind.STOCK),
    )


def test_every_conference_attribute_is_read() -> None:
    join = conference(
        f"""beep="onEnter" coach="CA{HEX}" endConferenceOnExit="true" jitterBufferSize="small"
            maxParticipants="5" muted="true" participantLabel="alice" region="ie1"
            startConferenceOnEnter="false" statusCallback="/events" statusCallbackEvent="start end join"
            statusCallbackMethod="GET" trim="do-not-trim" waitMethod="GET" waitUrl="/wait.xml"
        """,
        text="\n   My Room \n",
        dial='action="/after" method="GET" hangupOnStar="true" timeLimit="60" callerId="x" timeout="5"',
    )
    assert join == JoinConference(
        name="My Room",
        muted=True,
        coached=(CallId(HEX),),
        coached_must_be_present=True,
        start_on_enter=False,
        end_on_exit=True,
        label="alice",
        beep=Beep.ON_ENTER,
        max_participants=5,
        events=WebTarget("https://acme.example/events", "GET"),
        callbacks=(
            SubscriptionWish(
                "conference",
                frozenset(
                    {
                        EventKind.CONFERENCE_STARTED,
                        EventKind.CONFERENCE_ENDED,
                        EventKind.PARTICIPANT_JOINED,
                    }
                ),
                WebTarget("https://acme.example/events", "GET"),
            ),
        ),
        region="ie1",
        jitter=JitterSize.SMALL,
        wait=WaitMusic(WaitKind.URL, WebTarget("https://acme.example/wait.xml", "GET")),
        action=WebTarget("https://acme.example/after", "GET"),
        leave_on_star=True,
        time_limit_ms=60_000,
    )


def test_a_conference_sid_names_a_live_conference() -> None:
    join = conference(text=f"CF{HEX}")
    assert (join.conference_id, join.name) == (ConferenceId(HEX), "")


def test_an_empty_wait_url_is_silence() -> None:
    assert conference('waitUrl=""').wait == WaitMusic(WaitKind.SILENCE)


@pytest.mark.parametrize(
    "text", ["join leave", "join,leave", "['join', 'leave']", '["leave","join"]', "  join   leave "]
)
def test_lists_of_events_may_be_written_as_libraries_print_them(text: str) -> None:
    quoted = text.replace('"', "&quot;")
    [wish] = conference(f'statusCallback="/events" statusCallbackEvent="{quoted}"').callbacks
    assert wish.kinds == {EventKind.PARTICIPANT_JOINED, EventKind.PARTICIPANT_LEFT}


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ('muted="perhaps"', "13230"),
        ('endConferenceOnExit="1"', "13231"),
        ('startConferenceOnEnter="no"', "13232"),
        ('waitUrl="no url"', "13233"),
        ('waitUrl="/w" waitMethod="PUT"', "13234"),
        ('beep="loud"', "13235"),
        ('trim="all"', "13239"),
        ('maxParticipants="none"', "12200"),
        ('maxParticipants="0"', "12200"),
        ('region="mars"', "12200"),
        ('jitterBufferSize="huge"', "12200"),
        ('statusCallbackEvent="party"', "12200"),
        ('record="always"', "12200"),
    ],
)
def test_a_wrong_value_is_a_warning_and_the_default_holds(attribute: str, code: str) -> None:
    document = parse(f"<Response><Dial><Conference {attribute}>room</Conference></Dial></Response>")
    assert [remark.code for remark in document.remarks] == [code]
    (join,) = document.instructions
    assert isinstance(join, JoinConference)
    plain = conference('waitUrl="/w"') if 'waitUrl="/w"' in attribute else conference()
    assert join == plain


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<Say loop="x">a</Say>', "13510"),
        ('<Play loop="-1">/a</Play>', "13410"),
        ('<Pause length="long"/>', "13910"),
        ('<Redirect method="PUT">/a</Redirect>', "13710"),
        ('<Dial method="PUT" action="/a"><Conference>r</Conference></Dial>', "13210"),
        ('<Dial hangupOnStar="x"><Conference>r</Conference></Dial>', "13213"),
        ("<Dance/>", "12200"),
        ("<say>lower case</say>", "12200"),
    ],
)
def test_warnings_of_other_verbs(xml: str, code: str) -> None:
    assert codes(xml) == [code]


def test_a_wait_document_runs_four_verbs_and_tells_of_others() -> None:
    document = parse(
        "<Response><Say>a</Say><Hangup/><Gather/><Play>/m.mp3</Play><Pause/><Redirect/></Response>",
        setting=Setting.WAITING,
    )
    assert [type(each) for each in document.instructions] == [Say, Play, Pause, Redirect]
    assert [remark.code for remark in document.remarks] == ["13238", "13238"]


def test_an_announcement_runs_four_verbs_and_one_who_was_dialled_dials_nobody() -> None:
    body = b"<Response><Say>a</Say><Gather/><Dial>+15550001</Dial></Response>"
    announced = TwimlLanguage().parse(body, "text/xml", URL, setting=Setting.ROOM)
    assert [remark.code for remark in announced.remarks] == ["13238", "13238"]
    called = TwimlLanguage().parse(body, "text/xml", URL, setting=Setting.CALLED)
    assert [remark.code for remark in called.remarks] == ["13201"]


def test_sound_in_place_of_a_document_is_played() -> None:
    language = TwimlLanguage()
    assert language.parse(b"RIFF", "audio/x-wav", URL).instructions == (Play(WebTarget(URL, "GET"), 1),)
    assert language.parse(b"ID3", "audio/mpeg", URL, setting=Setting.WAITING).instructions == (
        Play(WebTarget(URL, "GET"), 0),
    )


def test_plain_text_is_said() -> None:
    assert parse("Good morning", content_type="text/plain; charset=utf-8").instructions == (
        Say("Good morning"),
    )


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", "text/xml", "12100"),
        (b"<Response>", "text/xml", "12100"),
        (b"<Response></Resp>", "text/xml", "12100"),
        (b"<Answer/>", "text/xml", "12200"),
        (b"{}", "application/json", "12300"),
        (b"\xff\xfe\x00", "text/xml", "12100"),
        (b"<Response/>", "text/xml; charset=klingon", "12100"),
        (b"<?xml version='1.0' encoding='klingon'?><Response/>", "text/xml", "12100"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>', "text/xml", "12100"),
        (b'<!DOCTYPE Response SYSTEM "http://evil.example/x.dtd"><Response/>', "text/xml", "12100"),
        (b"<Response>" + b"<Say>" * 40 + b"</Say>" * 40 + b"</Response>", "text/xml", "12100"),
        (b"<Response>" + b"<Hangup/>" * 2000 + b"</Response>", "text/xml", "12100"),
        (b"<Response>" + b" " * 70_000 + b"</Response>", "text/xml", "11750"),
    ],
)
def test_what_is_no_twiml_is_refused_with_twilios_number(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        TwimlLanguage().parse(body, content_type, URL)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<Response><Say>Grüße</Say></Response>".encode(), "text/xml"),
        ("<Response><Say>Grüße</Say></Response>".encode("latin-1"), "text/xml; charset=ISO-8859-1"),
        ("<Response><Say>Grüße</Say></Response>".encode("utf-16"), "text/xml"),
        ("<?xml version='1.0' encoding='cp1252'?><Response><Say>Grüße</Say></Response>".encode("cp1252"), ""),
        ("\ufeff<Response><Say>Grüße</Say></Response>".encode(), "text/html"),
    ],
)
def test_documents_come_in_many_encodings(body: bytes, content_type: str) -> None:
    assert TwimlLanguage().parse(body, content_type, URL).instructions == (Say("Grüße"),)


def test_relative_urls_have_no_meaning_in_a_document_that_came_in_a_request() -> None:
    skip = only("<Redirect>/next</Redirect>", url=None)
    assert isinstance(skip, Skip)
    assert skip.code == "11100"


def test_what_twilios_own_library_writes_is_read() -> None:
    from twilio.twiml.voice_response import Dial, VoiceResponse

    response = VoiceResponse()
    response.say("Welcome", voice="Polly.Joanna")
    dial = Dial(hangup_on_star=True, action="/done")
    dial.conference(
        "Standup",
        start_conference_on_enter=False,
        status_callback_event=["join", "leave"],
        status_callback="https://acme.example/cb",
        participant_label="bob",
    )
    response.append(dial)
    document = parse(str(response))
    assert document.remarks == ()
    say, join = document.instructions
    assert say == Say("Welcome", "Polly.Joanna")
    assert isinstance(join, JoinConference)
    assert join.label == "bob"
    assert join.start_on_enter is False
    assert join.leave_on_star is True
    [told] = join.callbacks
    assert told.kinds == {EventKind.PARTICIPANT_JOINED, EventKind.PARTICIPANT_LEFT}
