"""`<Gather>`: digits and speech.

https://www.twilio.com/docs/voice/twiml/gather. Speech is accepted and not understood: who waits for it alone
waits for `timeout` and gets an empty result, which is told only with `actionOnEmptyResult`.
"""

from typing import Final

from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.dialects.twilio.markup_sound import read_pause, read_play, read_say
from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Gather, Pause, Play, Prompt, Say
from hubbub.markup.xml_document import Element

FINISH_KEYS: Final = frozenset("0123456789*#")
DIGITS_MAX: Final = 1_000
TIMEOUT_MAX_S: Final = 3_600
_INPUTS: Final = ("dtmf", "speech", "dtmf speech", "speech dtmf")


def read_gather(element: Element, reading: Reading) -> Gather:
    """A gather; what is wrong about it is told, and its default holds."""
    timeout_ms = 1000 * _timeout_s(element, reading)
    given = reading.choice(element, "input", _INPUTS, "dtmf", "13335")
    digits = reading.number(element, "numDigits", 0, "13314", minimum=1, maximum=DIGITS_MAX)
    method = reading.method(element, "method", "POST", "13312")
    action = reading.target(element, "action", "method", "11100", "13312")
    if action is None and reading.base_url is not None:
        action = WebTarget(reading.base_url, method)
    return Gather(
        prompts=_read_prompts(element, reading),
        digits_max=digits or None,
        finish_keys=_finish_keys(element, reading),
        first_timeout_ms=timeout_ms,
        next_timeout_ms=timeout_ms,
        takes_digits="dtmf" in given,
        takes_speech="speech" in given,
        action=action,
        action_on_empty=reading.boolean(element, "actionOnEmptyResult", False, "13338"),
    )


def _timeout_s(element: Element, reading: Reading) -> int:
    if element.attributes.get("timeout", "").strip().lower() == "auto":
        return 5
    return reading.number(element, "timeout", 5, "13313", minimum=0, maximum=TIMEOUT_MAX_S)


def _finish_keys(element: Element, reading: Reading) -> str:
    """One key, or none for an empty text."""
    text = element.attributes.get("finishOnKey")
    if text is None:
        return "#"
    keys = text.strip()
    if not set(keys) <= FINISH_KEYS:
        reading.warn("13310", f"line {element.line}: finishOnKey={keys[:80]!r} is not of 0-9 * #")
        return "#"
    return keys


def _read_prompts(element: Element, reading: Reading) -> tuple[Prompt, ...]:
    prompts: list[Prompt] = []
    for child in element.children:
        match child.name:
            case "Say":
                instruction = read_say(child, reading)
            case "Play":
                instruction = read_play(child, reading)
            case "Pause":
                instruction = read_pause(child, reading)
            case _:
                reading.warn("13320", f"line {child.line}: <{child.name}> has no place in <Gather>")
                continue
        if isinstance(instruction, Say | Play | Pause):
            prompts.append(instruction)
        else:
            reading.warn("13320", f"line {child.line}: this <{child.name}> has no place in <Gather>")
    return tuple(prompts)
