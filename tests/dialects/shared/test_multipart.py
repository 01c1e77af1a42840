"""Forms as multipart/form-data."""

from contextlib import suppress

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.shared.multipart import PARTS_MAX, BadMultipart, is_multipart, parse_multipart

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=20)


def encoded(pairs: list[tuple[str, str]]) -> tuple[bytes, str]:
    """As a common library writes it."""
    files = [(name, (None, value)) for name, value in pairs]
    prepared = requests.Request("POST", "http://a.example", files=files).prepare()
    assert isinstance(prepared.body, bytes)
    return prepared.body, prepared.headers["Content-Type"]


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z<>]{1,12}", fullmatch=True), TEXT), min_size=1, max_size=8))
def test_a_form_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    body, content_type = encoded(pairs)
    assert is_multipart(content_type)
    assert parse_multipart(body, content_type) == pairs


def test_quotes_preambles_lines_and_other_headers() -> None:
    body = (
        b"hello\r\n--b\r\nContent-Type: text/plain\r\n"
        b'content-disposition: form-data; filename="x"; name="a\\"b"\r\n\r\nline 1\r\n--line 2\r\n'
        b"--b  \r\nContent-Disposition: form-data; name=c\r\n\r\n\r\n--b--\r\nbye"
    )
    assert parse_multipart(body, 'multipart/form-data; boundary="b"') == [
        ('a"b', "line 1\r\n--line 2"),
        ("c", ""),
    ]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--b--", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
        (b"--c\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data; name=a\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b" + b"\r\n--b" * (PARTS_MAX + 1) + b"--", "multipart/form-data; boundary=b"),
    ],
)
def test_what_is_none_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(BadMultipart):
        parse_multipart(body, content_type)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BadMultipart):
        parse_multipart(b"--b\r\n" + body, "multipart/form-data; boundary=b")
