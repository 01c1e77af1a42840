"""Vendors' voices, the engine's languages, and what an engine may be given to say."""

import pytest

from hubbub.clips.espeak import choose_language, parse_languages
from hubbub.clips.speech import Voice, speakable, voice_for

LISTING = b"""Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af
 5  cmn             --/M      Chinese_(Mandarin) sit/cmn              (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(GB)       gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  es-419          --/M      Spanish_(LatAm)    roa/es-419           (es-mx 6)
 5  es              --/M      Spanish_(Spain)    roa/es
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  nb              --/M      Norwegian          gmq/nb               (no 5)
 5  pt-br           --/M      Portuguese_(Br)    roa/pt-BR            (pt 6)
"""


@pytest.mark.parametrize(
    ("name", "language", "voice"),
    [
        ("", "", Voice("en-US", False)),
        ("man", "en", Voice("en", False)),
        ("woman", "fr", Voice("fr", True)),
        ("alice", "en-GB", Voice("en-GB", True)),
        ("Polly.Joanna", "", Voice("en-US", True)),
        ("Polly.Matthew-Neural", "en-US", Voice("en-US", False)),
        ("Google.de-DE-Standard-B", "", Voice("de-DE", True)),
        ("female", "en-US", Voice("en-US", True)),
        ("male", "en_GB", Voice("en-GB", False)),
        ("stefan", "en-US", Voice("de-DE", False)),
        ("jolie", "en-US", Voice("fr-FR", True)),
        ("somebody", "klingon; rm -rf", Voice("en-US", True)),
    ],
)
def test_a_vendors_voice_becomes_a_gender_and_a_language(name: str, language: str, voice: Voice) -> None:
    assert voice_for(name, language) == voice


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-US", "en-us"),
        ("en-GB", "en-gb"),
        ("en-AU", "en-gb"),
        ("en", "en-gb"),
        ("fr", "fr-fr"),
        ("fr-CA", "fr-fr"),
        ("es-MX", "es-419"),
        ("es-AR", "es"),
        ("zh-CN", "cmn"),
        ("no-NO", "nb"),
        ("pt", "pt-br"),
        ("af-ZA", "af"),
        ("tlh", "en-us"),
    ],
)
def test_the_nearest_language_is_spoken(tag: str, language: str) -> None:
    assert choose_language(tag, parse_languages(LISTING)) == language


def test_an_engine_without_languages_is_asked_for_english() -> None:
    assert choose_language("de", parse_languages(b"")) == "en"


def test_what_would_command_the_engine_is_only_text() -> None:
    assert speakable("a [[f@U]]\x00\r\n b\udc80", 100) == "a [ [f@U]] b"
    assert speakable("<speak>-w /etc/passwd</speak>", 100) == "<speak>-w /etc/passwd</speak>"
