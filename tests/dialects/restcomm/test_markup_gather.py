"""RCML's `<Gather>`, where manual and source disagree as the manual has it."""

import pytest

from document_twins import ACCOUNT, LEG
from hubbub.dialects.restcomm.markup import RcmlLanguage
from hubbub.dialects.restcomm.markup_outcomes import outcome_parameters
from hubbub.domain.application import WebTarget
from hubbub.markup.effects import Collected
from hubbub.markup.instructions import Document, DocumentError, Gather, Pause, Play, Say
from hubbub.markup.language import MarkupCall

URL = "https://acme.example/voice/menu"


def read(xml: str) -> Document:
    return RcmlLanguage().parse(f"<Response>{xml}</Response>".encode(), "text/xml", URL)


def gather(xml: str) -> Gather:
    document = read(xml)
    assert document.remarks == ()
    (instruction,) = document.instructions
    assert isinstance(instruction, Gather)
    return instruction


def test_a_plain_gather_has_restcomms_defaults() -> None:
    assert gather("<Gather/>") == Gather(
        finish_keys="#",
        start_keys="*0123456789",
        first_timeout_ms=5000,
        next_timeout_ms=5000,
        action=WebTarget(URL, "POST"),
    )


def test_every_attribute_is_read() -> None:
    assert gather(
        '<Gather action="/chosen" method="get" timeout="9" finishOnKey="" numDigits="3" startInputKey="12"'
        ' input="speech dtmf" language="en-US" hints="a,b" partialResultCallback="/p">'
        "<Say>Choose.</Say><Play>/a.wav</Play><Pause length='2'/></Gather>"
    ) == Gather(
        prompts=(
            Say("Choose.", "man", "en"),
            Play(WebTarget("https://acme.example/a.wav", "GET")),
            Pause(2000),
        ),
        digits_max=3,
        finish_keys="",
        start_keys="12",
        first_timeout_ms=9000,
        next_timeout_ms=9000,
        takes_speech=True,
        action=WebTarget("https://acme.example/chosen", "GET"),
    )


@pytest.mark.parametrize("hints", [",".join(["a"] * 51), "a" * 101])
def test_too_many_or_too_long_hints_are_no_rcml(hints: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(f'<Gather hints="{hints}"/>')
    assert refused.value.code == "12100"


@pytest.mark.parametrize(
    "xml", ['<Gather finishOnKey="x"/>', '<Gather numDigits="few"/>', "<Gather><Record/></Gather>"]
)
def test_a_wrong_value_is_a_notification_and_the_default_holds(xml: str) -> None:
    document = read(xml)
    assert [remark.code for remark in document.remarks] == ["12200"]
    assert document.instructions == (gather("<Gather/>"),)


def test_the_action_is_told_digits_and_where_speech_was_asked_for_an_empty_result() -> None:
    assert told(Collected("12", "#", Gather())) == [("Digits", "12")]
    spoken = Collected("", "", Gather(takes_speech=True))
    assert told(spoken) == [("Digits", ""), ("SpeechResult", "")]


def told(outcome: Collected) -> list[tuple[str, str]]:
    return outcome_parameters(outcome, MarkupCall(LEG, ACCOUNT))
