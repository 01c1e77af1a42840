"""`<Gather>` as Twilio's page has it, and what its action is told."""

import pytest

from hubbub.dialects.shared.query import parse_form
from hubbub.dialects.twilio.markup import TwimlLanguage
from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.ids import AccountId, CallId
from hubbub.markup.effects import Ask, Collected, Purpose
from hubbub.markup.instructions import Document, Gather, Pause, Play, Say
from hubbub.markup.language import MarkupCall

URL = "https://acme.example/voice/menu.php?x=1"


def read(xml: str, url: str | None = URL) -> Document:
    return TwimlLanguage().parse(f"<Response>{xml}</Response>".encode(), "text/xml", url)


def gather(xml: str, url: str | None = URL) -> Gather:
    document = read(xml, url)
    assert document.remarks == ()
    (instruction,) = document.instructions
    assert isinstance(instruction, Gather)
    return instruction


def test_a_plain_gather_has_twilios_defaults() -> None:
    assert gather("<Gather/>") == Gather(
        finish_keys="#",
        digits_max=None,
        first_timeout_ms=5000,
        next_timeout_ms=5000,
        action=WebTarget(URL, "POST"),
        action_on_empty=False,
    )


def test_every_attribute_is_read() -> None:
    assert gather(
        '<Gather action="/chosen" method="GET" timeout="10" finishOnKey="*" numDigits="4" input="dtmf speech"'
        ' actionOnEmptyResult="true" hints="yes, no" language="en-GB" speechTimeout="auto" enhanced="true"'
        ' speechModel="phone_call" profanityFilter="false" partialResultCallback="/partial">'
        "<Say>Choose.</Say><Pause/><Play loop='2'>a.mp3</Play></Gather>"
    ) == Gather(
        prompts=(
            Say("Choose."),
            Pause(1000),
            Play(WebTarget("https://acme.example/voice/a.mp3", "GET"), 2),
        ),
        digits_max=4,
        finish_keys="*",
        first_timeout_ms=10_000,
        next_timeout_ms=10_000,
        takes_speech=True,
        action=WebTarget("https://acme.example/chosen", "GET"),
        action_on_empty=True,
    )


def test_an_empty_finish_key_is_no_key_and_speech_alone_takes_no_digits() -> None:
    assert gather('<Gather finishOnKey=""/>').finish_keys == ""
    speech = gather('<Gather input="speech" timeout="auto"/>')
    assert (speech.takes_digits, speech.takes_speech, speech.first_timeout_ms) == (False, True, 5000)


def test_a_gather_in_a_document_without_an_address_has_nobody_to_tell() -> None:
    assert gather("<Gather/>", None).action is None


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ('<Gather finishOnKey="a"/>', "13310"),
        ('<Gather method="PUT"/>', "13312"),
        ('<Gather timeout="soon"/>', "13313"),
        ('<Gather numDigits="0"/>', "13314"),
        ("<Gather><Dial/></Gather>", "13320"),
        ('<Gather><Play digits="1"/></Gather>', "13320"),
        ('<Gather input="thoughts"/>', "13335"),
        ('<Gather actionOnEmptyResult="maybe"/>', "13338"),
    ],
)
def test_a_wrong_value_is_a_warning_and_the_default_holds(xml: str, code: str) -> None:
    document = read(xml)
    assert [remark.code for remark in document.remarks] == [code]
    assert document.instructions == (gather("<Gather/>"),)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Collected("12", "#", Gather()), {"Digits": "12", "FinishedOnKey": "#"}),
        (Collected("", "", Gather()), {"Digits": "", "FinishedOnKey": ""}),
        (
            Collected("", "", Gather(takes_digits=False, takes_speech=True)),
            {"SpeechResult": "", "Confidence": "0.0"},
        ),
    ],
)
def test_the_action_is_told_what_was_gathered(outcome: Collected, told: dict[str, str]) -> None:
    leg = CallLeg(
        CallId("c" * 32),
        AccountId("a" * 32),
        None,
        None,
        None,
        "+15550001",
        "+15550002",
        Direction.INBOUND,
        CallStatus.IN_PROGRESS,
        0,
        0,
    )
    account = Account(leg.account_id, None, "Acme", None, AccountStatus.ACTIVE, "A", "5000001", 0, 0)
    ask = Ask(Purpose.GATHER, WebTarget(URL), outcome=outcome)
    form = dict(parse_form(TwimlLanguage().request(MarkupCall(leg, account), ask).body))
    assert form["CallSid"] == "CA" + "c" * 32
    names = ("Digits", "FinishedOnKey", "SpeechResult", "Confidence")
    assert {name: form[name] for name in names if name in form} == told
