"""Whatever a customer names a room, the XML and the JSON stay well-formed and say the same."""

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.shared.json import json_string, json_string_or_null
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.shared.xml import xml_attribute, xml_text


def test_special_characters_are_escaped() -> None:
    assert xml_text("a<b>&\"c'") == "a&lt;b&gt;&amp;\"c'"
    assert xml_attribute("a<b>&\"c'\n") == "a&lt;b&gt;&amp;&quot;c&apos;&#10;"
    assert xml_text("bell\x07") == "bell\ufffd"


@given(st.text())
def test_xml_round_trips(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{xml_attribute(text)}">{xml_text(text)}</a>'.encode())
    expected = "".join(
        ch if ch in "\t\n\r" or (ord(ch) >= 0x20 and ch not in "\ufffe\uffff") else "\ufffd" for ch in text
    )
    assert (element.text or "") == expected
    assert element.get("b") == expected


@given(st.text())
def test_json_round_trips(text: str) -> None:
    assert json.loads(json_string(text)) == text
    assert json_string_or_null(None) == "null"


def test_a_lone_surrogate_is_replaced() -> None:
    assert json.loads(json_string("a\ud800b")) == "a\ufffdb"
    assert xml_text("a\ud800b") == "a\ufffdb"


def test_a_sid_is_a_prefix_and_32_hex_digits() -> None:
    digits = "0123456789abcdef" * 2
    assert read_sid("CF", "CF" + digits) == digits
    assert read_sid("CF", "CF" + digits.upper()) == digits
    for wrong in (
        "",
        "CF",
        "cf" + digits,
        "CF" + digits[1:],
        "CF" + digits + "0",
        "CF" + "g" * 32,
        "AC" + digits,
    ):
        assert read_sid("CF", wrong) is None
