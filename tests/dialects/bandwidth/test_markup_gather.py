"""BXML's `<Gather>`, `<StartGather>` and `<StopGather>`."""

import pytest

from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.bandwidth.markup_outcomes import outcome_keys
from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.markup.effects import Collected
from hubbub.markup.instructions import DocumentError, Gather, Play, ReportDigits, Say, SetTag

URL = "https://acme.example/voice/menu"


def verbs(xml: str) -> list[object]:
    return list(BxmlLanguage().parse(f"<Bxml>{xml}</Bxml>".encode(), "", URL).instructions)


def test_a_plain_gather_has_bandwidths_defaults_and_tells_nobody() -> None:
    assert verbs("<Gather/>") == [
        Gather(
            digits_max=50,
            finish_keys="",
            first_timeout_ms=5000,
            next_timeout_ms=5000,
            action=None,
            action_on_empty=True,
        )
    ]


def test_every_attribute_is_read() -> None:
    assert verbs(
        '<Gather gatherUrl="/got" gatherMethod="GET" gatherFallbackUrl="/got-b" username="u" password="p"'
        ' fallbackUsername="fu" fallbackPassword="fp" tag="menu" terminatingDigits="*#a" maxDigits="4.0"'
        ' interDigitTimeout="1.5" firstDigitTimeout="0" repeatCount="10" hints="yes">'
        "<SpeakSentence voice='julie'>Choose.</SpeakSentence><PlayAudio>a.wav</PlayAudio></Gather>"
    ) == [
        SetTag("menu"),
        Gather(
            prompts=(
                Say("Choose.", "julie", "en-US"),
                Play(WebTarget("https://acme.example/voice/a.wav", "GET")),
            ),
            repeat=10,
            digits_max=4,
            finish_keys="*#A",
            first_timeout_ms=0,
            next_timeout_ms=1500,
            action=WebTarget("https://acme.example/got", "GET", "u", "p"),
            action_fallback=WebTarget("https://acme.example/got-b", "POST", "fu", "fp"),
            action_on_empty=True,
        ),
    ]


def test_start_gather_wants_every_digit_and_stop_gather_none() -> None:
    wish = SubscriptionWish(
        "dtmf",
        frozenset({EventKind.DIGIT_PRESSED}),
        WebTarget("https://acme.example/keys", "POST", "u", "p"),
    )
    started = verbs('<StartGather dtmfUrl="/keys" username="u" password="p" tag="t"/><StopGather/>')
    assert started == [SetTag("t"), ReportDigits((wish,)), ReportDigits(())]


@pytest.mark.parametrize(
    "xml",
    [
        "<Gather maxDigits='51'/>",
        "<Gather maxDigits='1.5'/>",
        "<Gather interDigitTimeout='0'/>",
        "<Gather firstDigitTimeout='61'/>",
        "<Gather terminatingDigits='z'/>",
        "<Gather><Pause/></Gather>",
        "<Gather><SpeakSentence/></Gather>",
        "<Gather repeatCount='11'><PlayAudio>/a</PlayAudio><PlayAudio>/b</PlayAudio></Gather>",
        "<Gather gatherUrl='ftp://x'/>",
        "<StartGather/>",
    ],
)
def test_what_is_wrong_is_wrong_as_a_whole(xml: str) -> None:
    with pytest.raises(DocumentError) as refused:
        verbs(xml)
    assert refused.value.code == "invalid-bxml"


def test_the_gather_webhook_tells_empty_texts_for_what_was_not_pressed() -> None:
    assert outcome_keys(Collected("123", "#"), "", "") == {"digits": "123", "terminatingDigit": "#"}
    assert outcome_keys(Collected(""), "", "") == {"digits": "", "terminatingDigit": ""}
