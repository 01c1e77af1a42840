"""Text into speech: the port, and the voices.

Owns the `SpeechEngine` protocol and how vendors' voice names become a gender and a language. The engine is
`espeak`, which runs espeak-ng as a program of its own; the lab has sounds of its own.
"""

import re
from typing import Final, NamedTuple, Protocol

from hubbub.domain.errors import InvalidValue

LANGUAGE_DEFAULT: Final = "en-US"


class Voice(NamedTuple):
    """What is asked of an engine."""

    language: str
    """A BCP 47 tag."""
    is_female: bool


class SpeechEngine(Protocol):
    async def speak(self, text: str, voice: Voice, ssml: str = "") -> bytes:
        """The text as a WAV file.

        Args:
            ssml: the same text with elements of SSML in it, well-formed; empty: there are none.

        Raises:
            InvalidValue: nothing can be said.
        """


_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}", re.ASCII)

_MALE: Final = frozenset(
    [
        "man",
        "male",
        "dave",
        "paul",
        "simon",
        "stefan",
        "bernard",
        "jorge",
        "luca",
        "anatoli",
        "kenji",
        "stephen",
        "pedro",
        "liam",
        "brian",
        "eric",
        "geraint",
        "giorgio",
        "gregory",
        "hans",
        "ivan",
        "jacek",
        "jan",
        "joey",
        "justin",
        "karl",
        "kevin",
        "lucia-m",
        "mathieu",
        "matthew",
        "maxim",
        "miguel",
        "ricardo",
        "russell",
        "ruben",
        "takumi",
        "thiago",
        "enrique",
        "cristiano",
        "daniel",
        "andres",
        "sergio",
        "remi",
        "adriano",
        "arthur",
        "hiujin-m",
    ]
)
"""Male voices among Bandwidth's and among Amazon Polly's, which Twilio's `Polly.…` names are."""

_NAMED_LANGUAGES: Final = {
    "bridget": "en-GB",
    "simon": "en-GB",
    "kate": "en-GB",
    "katrin": "de-DE",
    "stefan": "de-DE",
    "esperanza": "es-MX",
    "violeta": "es-ES",
    "jorge": "es-ES",
    "rosa": "es-MX",
    "lupe": "es-MX",
    "pedro": "es-MX",
    "jolie": "fr-FR",
    "bernard": "fr-FR",
    "gabrielle": "fr-CA",
    "liam": "fr-CA",
    "paola": "it-IT",
    "luca": "it-IT",
    "masako": "ja-JP",
    "kenji": "ja-JP",
    "nadiya": "ru-RU",
    "anatoli": "ru-RU",
    "zeina": "ar",
    "zhiyu": "zh-CN",
}
"""Bandwidth: a named voice overrides the locale."""


def voice_for(name: str, language: str) -> Voice:
    """The voice that a vendor's name and language ask for; unknown ones are spoken by the default.

    A name may be a gender (`man`, `woman`, `male`, `female`), a vendor's voice (`susan`), or a provider's
    (`Polly.Matthew-Neural`, `Google.de-DE-Standard-B`), which may itself say the language.
    """
    provider, dot, rest = name.strip().partition(".")
    spoken = (rest if dot else provider).strip()
    plain = re.sub(r"-(Neural|Generative)\Z", "", spoken).lower()
    tag = language.strip().replace("_", "-")
    if plain in _NAMED_LANGUAGES:
        tag = _NAMED_LANGUAGES[plain]
    elif dot and not tag and (found := re.match(r"[a-z]{2,3}-[A-Z]{2}", spoken)):
        tag = found[0]
    if _TAG.fullmatch(tag) is None:
        tag = LANGUAGE_DEFAULT
    return Voice(tag, is_female=bool(plain) and plain not in _MALE)


def speakable(text: str, characters_max: int) -> str:
    """The text as an engine may have it: no control characters, and none of espeak-ng's `[[phonemes]]`.

    Raises:
        InvalidValue: nothing is left to say, or it is too long.
    """
    clean = "".join(
        " " if ch < " " or "\x7f" <= ch <= "\x9f" or "\ud800" <= ch <= "\udfff" else ch for ch in text
    )
    clean = " ".join(clean.replace("[[", "[ [").split())
    if not clean:
        raise InvalidValue("speech", "there is nothing to say")
    if len(clean) > characters_max:
        raise InvalidValue("speech", f"over {characters_max} characters are too many to say")
    return clean


class NoSpeech:
    """Stands where no engine was found, and says so to whoever wants to speak."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def speak(self, text: str, voice: Voice, ssml: str = "") -> bytes:
        raise InvalidValue("speech", self._why)
