"""Restcomm's paging: pages by number, with totals and links to every neighbour.

Owns the arithmetic and the envelope. Three rules surprise: `num_pages` is the index of the last page and not
a count; `end` is exclusive on the last page and inclusive on all others; and a missing link is the text
`null`. Page links repeat neither filters nor the `.json` of the path.

Restcomm Connect API guide, "Paging", "Conferences: paging information".
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.shared.query import Pairs, decode_path, first

PAGE_SIZE: Final = 50
LIMIT: Final = 10_000
"""How many rows a whole list has at the most, unless `Limit` says otherwise."""
ROWS_MAX: Final = 10_000
"""How many rows one answer may hold; the vendor sets no bound, and one row costs some 800 bytes."""
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,10}\Z")
_INTEGER_MAX: Final = 2**31 - 1
_PATH_SAFE: Final = "!$&'()*+,;=:@~"
"""What RFC 3986 §3.3 lets stand in a path segment. Not the square bracket: see `representation.json_text`."""
NONE: Final = "null"


class Ask(NamedTuple):
    """What a client asked for."""

    page: int
    size: int
    limit: int

    @property
    def offset(self) -> int:
        return self.page * self.size


class Envelope(NamedTuple):
    """What is printed round the rows of a list, in the order it is printed."""

    page: int
    num_pages: int
    page_size: int
    total: int
    limit: int
    start: int
    end: int
    uri: str
    first: str
    previous: str
    next: str
    last: str


def read_ask(pairs: Pairs) -> Ask:
    """Page, PageSize and Limit.

    Raises:
        Refused: 400, for what is not a whole number in its range, and for a page no list can reach.
    """
    page = _integer(pairs, "Page", 0, 0)
    size = _integer(pairs, "PageSize", PAGE_SIZE, 1)
    limit = _integer(pairs, "Limit", LIMIT, 1)
    if min(size, limit) > ROWS_MAX or page > limit // size:
        raise refused(400)
    return Ask(page, size, limit)


def list_uri(segments: Sequence[str]) -> str:
    """What a list calls itself: the path as the client wrote it, from the version on, without `.json`."""
    path = "/".join([quote(decode_path(segment), safe=_PATH_SAFE, errors="replace") for segment in segments])
    return f"/2012-04-24/{path}"


def envelope(ask: Ask, total: int, rows: int, uri: str, last_sid: str) -> Envelope:
    """The envelope of one page.

    Args:
        total: matching rows, not more than the limit.
        rows: how many of them are on this page.
        last_sid: the SID of the last row on the page; any text when there is none.

    Raises:
        Refused: 400 beyond the last page. The page just behind an exact multiple is empty but no error: where
            the last page was counted as total div size, clients ask for it.
    """
    page, size, limit = ask
    last = (total - 1) // size if total else 0
    if page > total // size:
        raise refused(400)
    start = page * size
    link = f"{uri}?Page="
    rest = f"&PageSize={size}&Limit={limit}"
    return Envelope(
        page,
        last,
        size,
        total,
        limit,
        start,
        start + size - 1 if page < last else start + rows,
        uri,
        f"{link}0{rest}",
        f"{link}{page - 1}{rest}" if page else NONE,
        f"{link}{page + 1}{rest}&AfterSid={quote(last_sid, safe='')}" if page < last else NONE,
        f"{link}{last}{rest}",
    )


def json_list(around: Envelope, member: str, rows: Sequence[str], text: Callable[[str], str]) -> str:
    """A list in JSON. `rows` are objects indented by four spaces; `text` quotes a string."""
    body = ",\n".join(rows)
    return (
        f'{{\n  "page": {around.page},\n  "num_pages": {around.num_pages},\n'
        f'  "page_size": {around.page_size},\n  "total": {around.total},\n  "limit": {around.limit},\n'
        f'  "start": "{around.start}",\n  "end": "{around.end}",\n  "uri": {text(around.uri)},\n'
        f'  "first_page_uri": {text(around.first)},\n  "previous_page_uri": {text(around.previous)},\n'
        f'  "next_page_uri": {text(around.next)},\n  "last_page_uri": {text(around.last)},\n'
        f'  "{member}": ' + (f"[\n{body}\n  ]\n}}" if body else "[]\n}")
    )


def xml_list(around: Envelope, element: str, rows: Sequence[str]) -> str:
    """A list in XML, indented by one level; `rows` by two."""
    head = (
        f'  <{element} page="{around.page}" numpages="{around.num_pages}" pagesize="{around.page_size}" '
        f'total="{around.total}" start="{around.start}" end="{around.end}" '
        f'uri="{_attribute(around.uri)}" firstpageuri="{_attribute(around.first)}" '
        f'previouspageuri="{_attribute(around.previous)}" nextpageuri="{_attribute(around.next)}" '
        f'lastpageuri="{_attribute(around.last)}"'
    )
    if not rows:
        return head + "/>"
    body = "\n".join(rows)
    return f"{head}>\n{body}\n  </{element}>"


def _attribute(uri: str) -> str:
    """A URI as an attribute value: `list_uri` leaves nothing else in it that XML would mind."""
    return uri.replace("&", "&amp;").replace("'", "&apos;")


def _integer(pairs: Pairs, name: str, default: int, low: int) -> int:
    text = first(pairs, name)
    if text is None:
        return default
    if _INTEGER.match(text) is None or not low <= int(text) <= _INTEGER_MAX:
        raise refused(400)
    return int(text)
