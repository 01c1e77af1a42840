"""RCML's `<Gather>`: digits and speech.

Restcomm Connect user guide, "RCML Gather". Without an `action` the current document is asked again, as the
manual has it (the released source drops the digits). Speech is accepted and not understood: who waits for it
alone waits for `timeout`, and the next verb runs.
"""

from typing import Final

from hubbub.dialects.restcomm.markup_attributes import PARSE_FAILED, VALUE, Reading
from hubbub.dialects.restcomm.markup_sound import read_pause, read_play, read_say
from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import DocumentError, Gather, Instruction, Pause, Play, Prompt, Say
from hubbub.markup.xml_document import Element

DIGITS_MAX: Final = 1_000
TIMEOUT_MAX_S: Final = 3_600
START_KEYS: Final = "*0123456789"
HINTS_MAX: Final = 50
HINT_LENGTH_MAX: Final = 100
_KEYS: Final = frozenset("0123456789*#")


def read_gather(element: Element, reading: Reading) -> Gather:
    """A gather.

    Raises:
        DocumentError: too many hints, or too long ones: the vendor then runs nothing of the document.
    """
    _check_hints(element)
    timeout_ms = 1000 * reading.number(element, "timeout", 5, maximum=TIMEOUT_MAX_S)
    inputs = (reading.value(element, "input") or "dtmf").lower().split()
    method = reading.method(element, "method")
    action = reading.target(element, "action", "method")
    if action is None and reading.base_url is not None:
        action = WebTarget(reading.base_url, method)
    return Gather(
        prompts=_read_prompts(element, reading),
        digits_max=reading.number(element, "numDigits", 0, maximum=DIGITS_MAX) or None,
        finish_keys=_keys(element, reading, "finishOnKey", "#"),
        start_keys=_keys(element, reading, "startInputKey", START_KEYS),
        first_timeout_ms=timeout_ms,
        next_timeout_ms=timeout_ms,
        takes_digits="speech" not in inputs or "dtmf" in inputs,
        takes_speech="speech" in inputs,
        action=action,
    )


def _keys(element: Element, reading: Reading, name: str, default: str) -> str:
    """Keys; an empty text is no key, as the manual has it (the released source takes it for absent)."""
    if name not in element.attributes:
        return default
    keys = reading.value(element, name)
    if not set(keys) <= _KEYS:
        reading.warn(VALUE, f"line {element.line}: {name}={keys[:80]!r} is not of 0-9 * #")
        return default
    return keys


def _check_hints(element: Element) -> None:
    hints = [hint.strip() for hint in element.attributes.get("hints", "").split(",")]
    if len(hints) > HINTS_MAX or any(len(hint) > HINT_LENGTH_MAX for hint in hints):
        raise DocumentError(
            PARSE_FAILED,
            f"line {element.line}: hints are at most {HINTS_MAX}, of {HINT_LENGTH_MAX} characters each",
        )


def _read_prompts(element: Element, reading: Reading) -> tuple[Prompt, ...]:
    prompts: list[Prompt] = []
    for child in element.children:
        instruction: Instruction | None = None
        match child.name:
            case "Say":
                instruction = read_say(child, reading)
            case "Play":
                instruction = read_play(child, reading)
            case "Pause":
                instruction = read_pause(child, reading)
        if isinstance(instruction, Say | Play | Pause):
            prompts.append(instruction)
        else:
            reading.warn(VALUE, f"line {child.line}: this <{child.name}> has no place in <Gather>")
    return tuple(prompts)
