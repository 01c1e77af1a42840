"""Header fields keep their order, know their names, and never let a value write a line of its own."""

from __future__ import annotations

import pytest

from hubbub.protocol.sip.errors import SipBuildError, SipParseError
from hubbub.protocol.sip.headers import Headers


def test_names_compare_without_case_and_are_spelled_canonically() -> None:
    headers = Headers(
        [("call-id", "a"), ("CSEQ", "1 INVITE"), ("www-authenticate", "x"), ("mime-VERSION", "1.0")]
    )
    assert [name for name, _ in headers] == ["Call-ID", "CSeq", "WWW-Authenticate", "MIME-Version"]
    assert headers.get("Call-Id") == "a"
    assert "cseq" in headers


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("a", "Accept-Contact"),
        ("b", "Referred-By"),
        ("c", "Content-Type"),
        ("e", "Content-Encoding"),
        ("f", "From"),
        ("i", "Call-ID"),
        ("k", "Supported"),
        ("l", "Content-Length"),
        ("m", "Contact"),
        ("o", "Event"),
        ("r", "Refer-To"),
        ("s", "Subject"),
        ("t", "To"),
        ("u", "Allow-Events"),
        ("v", "Via"),
        ("x", "Session-Expires"),
    ],
)
def test_compact_forms_are_expanded(short: str, full: str) -> None:
    assert Headers([(short, "1")]).items() == [(full, "1")]
    assert Headers([(full, "1")]).get(short.upper()) == "1"


def test_unknown_names_keep_their_spelling() -> None:
    headers = Headers([("X-foo-BAR", "1")])
    assert headers.items() == [("X-foo-BAR", "1")]
    assert headers.get("x-FOO-bar") == "1"
    headers.set("X-Foo-Bar", "2")
    assert headers.items() == [("X-Foo-Bar", "2")]


def test_comma_lists_are_split_outside_quotes_and_brackets() -> None:
    headers = Headers(
        [
            ("Contact", '"Bell, A" <sip:a,b@h>;q=1, <sip:c@h>'),
            ("m", "<sip:d@h>"),
            ("Contact", ""),
            ("Subject", "one, two"),
        ]
    )
    assert headers.values("contact") == ['"Bell, A" <sip:a,b@h>;q=1', "<sip:c@h>", "<sip:d@h>"]
    assert headers.values("Subject") == ["one, two"]
    assert headers.get_all("Contact")[1] == "<sip:d@h>"


def test_authentication_fields_are_never_split() -> None:
    headers = Headers([("WWW-Authenticate", 'Digest realm="a", nonce="b"')])
    assert headers.values("WWW-Authenticate") == ['Digest realm="a", nonce="b"']


@pytest.mark.parametrize("value", ['"open <sip:a@h>, x', "<sip:a@h, x", '"a\\", <x'])
def test_a_list_that_never_closes_is_refused(value: str) -> None:
    with pytest.raises(SipParseError):
        Headers([("Contact", value)]).values("Contact")


def test_a_field_is_put_before_its_like_or_before_all() -> None:
    headers = Headers([("Max-Forwards", "70"), ("Via", "b")])
    headers.add_first("Via", "a")
    headers.add_first("Route", "r")
    assert headers.items() == [("Route", "r"), ("Max-Forwards", "70"), ("Via", "a"), ("Via", "b")]


def test_set_replaces_the_first_and_drops_the_rest() -> None:
    headers = Headers([("X-A", "1"), ("To", "a"), ("x-a", "2")])
    headers.set("X-a", "3")
    headers.set("From", "b")
    assert headers.items() == [("X-a", "3"), ("To", "a"), ("From", "b")]


def test_fields_are_removed_all_or_first() -> None:
    headers = Headers([("Via", "a"), ("v", "b"), ("To", "t"), ("Via", "c")])
    headers.remove_first("via")
    assert headers.get_all("Via") == ["b", "c"]
    headers.remove("V")
    assert headers.items() == [("To", "t")]
    headers.remove("Missing")
    headers.remove_first("Missing")
    assert len(headers) == 1


def test_a_copy_is_independent() -> None:
    headers = Headers([("To", "a")])
    copy = headers.copy()
    copy.add("From", "b")
    assert len(headers) == 1
    assert copy != headers
    assert headers.copy() == headers
    headers.items().clear()
    assert len(headers) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nVia: evil"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X:", "a"),
        ("", "a"),
        ("X\r\nY", "a"),
        ("X", "\ud800"),
    ],
)
def test_what_would_break_the_message_is_never_added(name: str, value: str) -> None:
    for add in (Headers().add, Headers().add_first, Headers().set):
        with pytest.raises(SipBuildError):
            add(name, value)
