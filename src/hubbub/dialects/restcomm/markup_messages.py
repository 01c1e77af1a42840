"""RCML's `<Sms>`, `<Email>` and `<Fax>`: written messages, which this server cannot send.

Restcomm Connect user guide, "RCML SMS", "Email", "Fax". They are checked as the vendor checks them; what is right is
told to the log and to the verb's `action` as failed, because nothing was sent, and the call goes on.
"""

import re
from typing import Final

from hubbub.dialects.restcomm.markup_attributes import VALUE, Reading
from hubbub.domain.call import HangupCause
from hubbub.markup.instructions import Hangup, Instruction, Skip
from hubbub.markup.xml_document import Element

BAD_TO: Final = "14101"
BAD_FROM: Final = "14102"
BAD_BODY: Final = "14103"
BODY_LENGTH_MAX: Final = 160
_NUMBER: Final = re.compile(r"[+]?[0-9][0-9() .-]{0,30}", re.ASCII)


def read_message(element: Element, reading: Reading) -> Instruction:
    if element.name == "Sms":
        wrong = _wrong_sms(element, reading)
        if wrong is not None:
            reading.warn(*wrong)
            return Hangup(HangupCause.APPLICATION_ERROR)
    elif element.name == "Email":
        missing = [name for name in ("from", "to") if not reading.value(element, name)]
        if missing:
            return Skip(VALUE, f"line {element.line}: <Email> has no {missing[0]}")
    return Skip(
        VALUE,
        f"line {element.line}: <{element.name}> is not sent: this server has no gateway for it",
        reading.target(element, "action", "method"),
        (("SmsStatus", "failed"),) if element.name == "Sms" else (),
    )


def _wrong_sms(element: Element, reading: Reading) -> tuple[str, str] | None:
    """What ends the call, as the vendor has it: its notification's number, and why."""
    for name, code in (("to", BAD_TO), ("from", BAD_FROM)):
        text = reading.value(element, name)
        if text and _NUMBER.fullmatch(text) is None:
            return code, f"line {element.line}: {name}={text[:80]!r} of <Sms> is no number"
    if not 1 <= len(element.text) <= BODY_LENGTH_MAX:
        return BAD_BODY, f"line {element.line}: <Sms> has 1 to {BODY_LENGTH_MAX} characters"
    return None
