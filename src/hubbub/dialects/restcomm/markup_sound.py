"""RCML's verbs that make sound or silence: `<Say>`, `<Play>`, `<Pause>`.

Restcomm Connect user guide, "RCML".
"""

from typing import Final

from hubbub.dialects.restcomm.markup_attributes import VALUE, Reading
from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Instruction, Pause, Play, Say, Skip
from hubbub.markup.spoken_ssml import spoken_ssml
from hubbub.markup.spoken_text import spoken_text
from hubbub.markup.xml_document import Element

LOOPS_MAX: Final = 1_000


def read_say(element: Element, reading: Reading) -> Instruction:
    text = spoken_text(element)
    if not text:
        return Skip(VALUE, f"line {element.line}: <Say> has no text")
    if len(text) > reading.limits.text_characters_max:
        return Skip(VALUE, f"line {element.line}: over {reading.limits.text_characters_max} characters")
    voice = reading.value(element, "voice") or "man"
    if voice not in ("man", "woman"):
        reading.warn(VALUE, f"line {element.line}: voice {voice[:80]!r} is neither man nor woman")
        voice = "man"
    language = reading.value(element, "language") or "en"
    return Say(text, voice, language, loop(element, reading), spoken_ssml(element))


def read_play(element: Element, reading: Reading) -> Instruction:
    url = reading.url(element.text) if element.text else None
    if url is None:
        return Skip("11100", f"<Play> of {element.text[:80]!r}, which is no URL")
    return Play(WebTarget(url, "GET"), loop(element, reading))


def read_pause(element: Element, reading: Reading) -> Pause:
    return Pause(reading.number(element, "length", 1, maximum=86_400) * 1000)


def loop(element: Element, reading: Reading) -> int:
    """0 goes on until the call ends."""
    return reading.number(element, "loop", 1, maximum=LOOPS_MAX)
