"""Of speech markup a small part goes through to the engine; of the rest, its text."""

import pytest

from hubbub.markup.spoken_ssml import spoken_ssml
from hubbub.markup.spoken_text import spoken_text
from hubbub.markup.xml_document import read_xml


@pytest.mark.parametrize(
    ("written", "ssml"),
    [
        ("Hello <emphasis level='strong'>you</emphasis>!", 'Hello <emphasis level="strong">you</emphasis>!'),
        ("one<break time='1.5s'/>two", 'one<break time="1500ms"/>two'),
        ("one<break time='99s'/>two", 'one<break time="10000ms"/>two'),
        ("one<break strength='weak'/>two", 'one<break strength="weak"/>two'),
        ("one<break time='soon'/>two", "one<break/>two"),
        ("<prosody rate='slow' pitch='+10%'>a</prosody>", '<prosody rate="slow" pitch="+10%">a</prosody>'),
        ("<say-as interpret-as='spell-out'>abc</say-as>", '<say-as interpret-as="characters">abc</say-as>'),
        ("<p>a</p><s>b <break/></s>", "<p>a</p><s>b <break/></s>"),
        ("a &amp; b<break/>&lt;c>", "a &amp; b<break/>&lt;c&gt;"),
        ("a\n   b<break/>", "a b<break/>"),
    ],
)
def test_what_goes_through(written: str, ssml: str) -> None:
    assert spoken_ssml(read_xml(f"<Say>{written}</Say>".encode())) == ssml


@pytest.mark.parametrize(
    "written",
    [
        "plain",
        "<p>one</p><p>two</p>",
        "<lang xml:lang='fr'>oui</lang>",
        "<prosody rate='\"/&gt;&lt;audio src='>no</prosody>",
        "<audio src='http://acme.example/a.wav'>no</audio>",
        "<say-as interpret-as='date'>2024</say-as>",
        "<sub alias='World Wide Web'>WWW</sub>",
    ],
)
def test_what_does_not(written: str) -> None:
    written = written.replace("'\"/&gt;&lt;audio src='", "'&quot;/&gt;&lt;audio src='")
    element = read_xml(f"<Say>{written}</Say>".encode())
    assert spoken_ssml(element) == ""
    assert spoken_text(element)
