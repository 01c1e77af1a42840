"""Bandwidth's paging: a bare array, and a `Link: <url>; rel="next"` header when there is more.

A page token holds the last row's creation time and id, so it stays true while conferences come and go.
Clients are told to follow the link and not to read it.

Bandwidth API reference, `listConferences`; web linking is RFC 8288.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from string import ascii_letters, digits
from struct import Struct
from typing import Final
from urllib.parse import quote

from hubbub.dialects.bandwidth.errors import invalid, out_of_range
from hubbub.dialects.shared.dates import parse_iso
from hubbub.domain.paging import Cursor

PAGE_SIZE_MAX: Final = 1000
"""Of conferences; also what a page of anything holds that was not asked for a size."""
CALLS_PAGE_SIZE_MAX: Final = 10_000
_TOKEN: Final = Struct(">q16s")
_TOKEN_LENGTH: Final = 32
"""24 bytes in base64url, without padding to escape."""
_ALPHABET: Final = frozenset(ascii_letters + digits + "-_")


def token(cursor: Cursor) -> str:
    """The page token that continues behind `cursor`."""
    return urlsafe_b64encode(_TOKEN.pack(cursor.created_at_ms, bytes.fromhex(cursor.id))).decode()


def read_token(text: str) -> Cursor:
    """The place a page token names.

    Raises:
        Refused: 400, for anything `token` did not make.
    """
    if len(text) == _TOKEN_LENGTH and _ALPHABET.issuperset(text):
        created_at_ms, raw = _TOKEN.unpack(urlsafe_b64decode(text))
        return Cursor(created_at_ms, raw.hex())
    raise invalid("Invalid pageToken")


def read_page_size(text: str | None, largest: int = PAGE_SIZE_MAX) -> int:
    """1 to `largest`, by default 1000.

    Raises:
        Refused: 400.
    """
    if text is None:
        return PAGE_SIZE_MAX
    figures = text[1:] if text[:1] == "-" else text
    if not (figures.isascii() and figures.isdigit()):
        raise invalid("Invalid pageSize: must be an integer")
    if len(figures) > 9 or not 1 <= int(text) <= largest:
        raise out_of_range("pageSize", 1, largest, text)
    return int(text)


def read_time(field: str, text: str | None) -> int | None:
    """UTC milliseconds of an ISO 8601 time with `Z` or an offset.

    A raw `+` of an offset arrives as a space, since that is what `+` means in a query: it is taken back.

    Raises:
        Refused: 400.
    """
    if text is None:
        return None
    at_ms = parse_iso(text)
    if at_ms is None:
        head, space, tail = text.rpartition(" ")
        at_ms = parse_iso(f"{head}+{tail}") if space else None
    if at_ms is None:
        raise invalid(f"Invalid {field}: must be an ISO 8601 date-time")
    return at_ms


def read_number(text: str | None) -> str | None:
    """A telephone number to filter by. A raw `+` arrives as a space, and is taken back as in `read_time`."""
    return "+" + text[1:] if text is not None and text.startswith(" ") else text


def next_link(url: str, filters: Iterable[tuple[str, str]], cursor: Cursor) -> tuple[str, str]:
    """The `Link` header: the same list with the same filters, from behind `cursor` on."""
    query = "".join(f"{name}={quote(value, safe='', errors='replace')}&" for name, value in filters)
    return "Link", f'<{url}?{query}pageToken={token(cursor)}>; rel="next"'
