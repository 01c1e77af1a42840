"""TwiML's verbs that make sound or silence: `<Say>`, `<Play>`, `<Pause>`.

https://www.twilio.com/docs/voice/twiml/say, /play and /pause.
"""

from typing import Final

from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Instruction, Pause, Play, Say, SendDigits, Skip
from hubbub.markup.spoken_ssml import spoken_ssml
from hubbub.markup.spoken_text import spoken_text
from hubbub.markup.xml_document import Element

SCHEMA: Final = "12200"

_DIGITS: Final = frozenset("0123456789*#wW")
_LOOPS_MAX: Final = 1_000


def read_say(element: Element, reading: Reading) -> Instruction:
    text = spoken_text(element)
    if not text:
        return Skip("13520", "<Say> has no text")
    if len(text) > reading.limits.text_characters_max:
        return Skip("13520", f"<Say> has over {reading.limits.text_characters_max} characters")
    return Say(
        text,
        element.attributes.get("voice", "").strip(),
        element.attributes.get("language", "").strip(),
        reading.number(element, "loop", 1, "13510", minimum=0, maximum=_LOOPS_MAX),
        spoken_ssml(element),
    )


def read_play(element: Element, reading: Reading) -> Instruction:
    digits = element.attributes.get("digits", "")
    if digits:
        if len(digits) > 128 or not set(digits) <= _DIGITS:
            return Skip(SCHEMA, "<Play digits> takes up to 128 of 0-9 * # w W")
        return SendDigits(digits)
    url = reading.url(element.text) if element.text else None
    if url is None:
        return Skip("11100", f"<Play> of {element.text!r}, which is no URL")
    return Play(
        WebTarget(url, "GET"),
        reading.number(element, "loop", 1, "13410", minimum=0, maximum=_LOOPS_MAX),
    )


def read_pause(element: Element, reading: Reading) -> Pause:
    return Pause(1000 * reading.number(element, "length", 1, "13910", minimum=0, maximum=86_400))
