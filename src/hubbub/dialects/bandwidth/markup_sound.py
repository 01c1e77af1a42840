"""BXML's verbs that make sound: `<SpeakSentence>`, `<PlayAudio>`, `<SendDtmf>`.

Bandwidth Voice API, "BXML".
"""

import re
from typing import Final

from hubbub.dialects.bandwidth.markup_attributes import BxmlElement
from hubbub.domain.errors import InvalidValue
from hubbub.markup.instructions import Play, Say, SendDigits
from hubbub.markup.limits import MarkupLimits

DIGITS_MAX: Final = 50
_DIGITS: Final = re.compile(rf"[0-9*#a-dA-D,wW]{{1,{DIGITS_MAX}}}", re.ASCII)
_DIGIT_SPELLINGS: Final = str.maketrans({",": "w", "a": "A", "b": "B", "c": "C", "d": "D"})


def read_audio(element: BxmlElement) -> Play:
    return Play(element.text_target("username", "password"))


def read_speech(element: BxmlElement, limits: MarkupLimits) -> Say:
    text = element.spoken_text
    if not text:
        raise InvalidValue("SpeakSentence", f"line {element.line}: <SpeakSentence> has no text")
    if len(text) > limits.text_characters_max:
        raise InvalidValue(
            "SpeakSentence", f"line {element.line}: over {limits.text_characters_max} characters of speech"
        )
    voice = element.value("voice") or element.value("gender") or "female"
    locale = (element.value("locale") or "en_US").replace("_", "-")
    return Say(text, voice, locale, ssml=element.spoken_ssml)


def read_digits(element: BxmlElement) -> SendDigits:
    if _DIGITS.fullmatch(element.text) is None:
        raise InvalidValue(
            "SendDtmf", f"line {element.line}: <SendDtmf> takes 1 to {DIGITS_MAX} of 0-9 * # A-D , w W"
        )
    every_ms = 0.0
    for name, default_ms in (("toneDuration", 200.0), ("toneInterval", 400.0)):
        every_ms += element.decimal(name, default_ms, minimum=50.0, maximum=5000.0) or default_ms
    return SendDigits(element.text.translate(_DIGIT_SPELLINGS), round(every_ms))
