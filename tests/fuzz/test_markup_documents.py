"""Customers' documents: whatever comes, a language answers with a document or a `DocumentError`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.markup.instructions import Document, DocumentError, Setting
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.media_type import charset_of
from hubbub.markup.urls import resolve_url

LANGUAGES: list[MarkupLanguage] = [TwimlLanguage(), BxmlLanguage(), RcmlLanguage()]
URLS = st.sampled_from([None, "http://acme.example/start", "https://[::1]:8443/a?b=c#d", "http://[", ""])
CONTENT_TYPES = st.one_of(
    st.sampled_from(
        ["", "text/xml", "text/xml; charset=utf-16", "text/html; charset=utf-7", "audio/wav", "text/plain"]
    ),
    st.text(max_size=40),
)
NAMES = st.sampled_from(
    [
        "Response",
        "Bxml",
        "Dial",
        "Conference",
        "Say",
        "Play",
        "Pause",
        "Redirect",
        "Hangup",
        "Reject",
        "SpeakSentence",
        "PlayAudio",
        "Ring",
        "Tag",
        "SendDtmf",
        "Gather",
        "Number",
        "Video",
        "StopRecording",
        "StartRecording",
        "PauseRecording",
        "Record",
        "Recording",
        "Start",
        "Stop",
        "StartGather",
        "StopGather",
        "Sip",
        "Client",
        "Identity",
        "Parameter",
        "Transfer",
        "PhoneNumber",
        "SipUri",
        "Bridge",
        "Forward",
        "Sms",
        "Email",
        "Fax",
        "break",
        "prosody",
        "say-as",
        "Dance",
    ]
)
ATTRIBUTES = st.sampled_from(
    [
        "action",
        "method",
        "timeLimit",
        "hangupOnStar",
        "muted",
        "mute",
        "hold",
        "beep",
        "startConferenceOnEnter",
        "endConferenceOnExit",
        "participantLabel",
        "jitterBufferSize",
        "waitUrl",
        "waitMethod",
        "maxParticipants",
        "region",
        "coach",
        "statusCallback",
        "statusCallbackEvent",
        "callIdsToCoach",
        "conferenceEventUrl",
        "callbackTimeout",
        "tag",
        "name",
        "loop",
        "voice",
        "language",
        "digits",
        "length",
        "duration",
        "answerCall",
        "redirectUrl",
        "record",
        "trim",
        "reason",
        "locale",
        "gender",
        "numDigits",
        "finishOnKey",
        "timeout",
        "input",
        "hints",
        "startInputKey",
        "actionOnEmptyResult",
        "terminatingDigits",
        "maxDigits",
        "firstDigitTimeout",
        "interDigitTimeout",
        "repeatCount",
        "gatherUrl",
        "dtmfUrl",
        "callerId",
        "sequential",
        "answerOnBridge",
        "sendDigits",
        "url",
        "recordingStatusCallback",
        "recordingStatusCallbackEvent",
        "maxLength",
        "playBeep",
        "transferCallerId",
        "callTimeout",
        "transferCompleteUrl",
        "to",
        "from",
        "fileFormat",
        "maxDuration",
        "silenceTimeout",
        "rate",
        "interpret-as",
        "time",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "true",
            "False",
            "0",
            "-1",
            "1e999",
            "٣",
            "²",
            "9" * 400,
            "/x",
            "http://[",
            "http://a:99999/",
            "http://a\\@b/",
            "CA" + "0" * 32,
            "CF" + "A" * 32,
            "[','",
            "onEnter",
            "nan",
            "+15551234567",
            "sip:a@b.example",
            "client:bob",
            "c-00000001-00000000-0000-0000-0000-000000000000",
            "#",
            "mp3",
            "1.5",
            "fast",
            "2s",
        ]
    ),
    st.text(max_size=30),
)


def escape(text: str) -> str:
    safe = "".join(ch for ch in text if ch >= " " and not 0xD800 <= ord(ch) <= 0xDFFF)
    return safe.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(NAMES)
    attributes = "".join(
        f' {key}="{escape(value)}"'
        for key, value in draw(st.dictionaries(ATTRIBUTES, VALUES, max_size=4)).items()
    )
    inner = escape(draw(VALUES))
    if depth:
        inner += "".join(draw(st.lists(elements(depth - 1), max_size=3)))
    return f"<{name}{attributes}>{inner}</{name}>"


def read(language: MarkupLanguage, body: bytes, content_type: str, url: str | None, setting: Setting) -> None:
    try:
        document = language.parse(body, content_type, url, setting=setting)
    except DocumentError as refusal:
        document = Document((), url)
        said = (refusal.code, refusal.message)
        assert all(said), "a refusal has the dialect's code and a reason"
    for instruction in document.instructions:
        target = getattr(instruction, "target", None)
        if target is not None:
            assert target.url.lower().startswith(("http://", "https://")) or target.url == url


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
@given(body=st.binary(max_size=300), content_type=CONTENT_TYPES, url=URLS, setting=st.sampled_from(Setting))
@settings(max_examples=60, deadline=None)
def test_any_bytes(
    language: MarkupLanguage, body: bytes, content_type: str, url: str | None, setting: Setting
) -> None:
    read(language, body, content_type, url, setting)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
@given(
    inner=st.lists(elements(), max_size=3),
    root=NAMES,
    url=URLS,
    setting=st.sampled_from(Setting),
    cut=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_elements(
    language: MarkupLanguage, inner: list[str], root: str, url: str | None, setting: Setting, cut: bool
) -> None:
    root = root if cut else "Response"
    xml = f"<{root}>{''.join(inner)}</{root}>"
    read(language, xml.encode()[: -3 if cut else None], "text/xml", url, setting)


@given(base=URLS, reference=st.text(max_size=60))
def test_any_reference(base: str | None, reference: str) -> None:
    url = resolve_url(base, reference)
    assert url is None or url.lower().startswith(("http://", "https://"))


@given(header=st.text(max_size=60))
def test_any_content_type(header: str) -> None:
    charset = charset_of(header)
    assert charset is None or charset
