"""Twilio's pages: `PageSize`, `Page`, `PageToken` in, links out.

https://www.twilio.com/docs/usage/twilios-response#response-formats-list-paging-information. A token is `PA`
(after) or `PB` (before), the SID of a row and, behind a dot, when that row was made: the place in the list
itself, so that finding it costs the same however deep it is. `Page` is the client's own count when a token
comes with it, and an offset for people when none does.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from hubbub.dialects.shared.query import Pairs
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.errors import invalid
from hubbub.dialects.twilio.parameters import read_count
from hubbub.domain.paging import Cursor, PageRequest

PAGE_SIZE_DEFAULT: Final = 50
PAGE_SIZE_MAX: Final = 1000
"""More is answered with so many, because client libraries ask for a caller's whole limit at once."""

_MOMENT: Final = re.compile(r"-?[0-9]{1,15}\Z")
"""Milliseconds since 1970; a history may begin before."""


class Paging(NamedTuple):
    """What a list request asked for, and what its links repeat."""

    request: PageRequest
    page: int
    filters: str
    """The filters as a query, in the order they came; empty or ending in `&`."""
    token: str | None


class Links(NamedTuple):
    """The envelope of a page, without what it holds. URIs have no suffix and no path: only their query."""

    page: int
    page_size: int
    start: int
    end: int
    this: str
    first: str
    next: str | None
    previous: str | None


def read_paging(pairs: Pairs, parameters: dict[str, str], names: frozenset[str], prefix: str) -> Paging:
    """What the parameters ask for.

    Args:
        names: the filters this list knows; others are not repeated in the links.
        prefix: of the SIDs in this list's tokens.

    Raises:
        TwilioError: 400, for a number or a token that is none.
    """
    size = read_count(parameters, "PageSize")
    size = PAGE_SIZE_DEFAULT if size is None else min(max(size, 1), PAGE_SIZE_MAX)
    page = max(read_count(parameters, "Page") or 0, 0)
    token = parameters.get("PageToken") or None
    filters = "".join(f"{quote_plus(name)}={quote_plus(value)}&" for name, value in pairs if name in names)
    if token is None:
        return Paging(PageRequest(size, offset=page * size, descending=True), page, filters, None)
    cursor = read_token(token, prefix)
    if token.startswith("PA"):
        return Paging(PageRequest(size, after=cursor, descending=True), page, filters, token)
    return Paging(PageRequest(size, before=cursor, descending=True), page, filters, token)


def read_token(token: str, prefix: str) -> Cursor:
    """The place that a page token names.

    Raises:
        TwilioError: 400, for a token this list did not make.
    """
    sid, _, at_text = token[2:].partition(".")
    digits = read_sid(prefix, sid)
    if token[:2] not in ("PA", "PB") or digits is None or _MOMENT.match(at_text) is None:
        raise invalid("PageToken", "it is not a token of this list")
    return Cursor(int(at_text), digits)


def make_token(kind: str, prefix: str, cursor: Cursor) -> str:
    """The inverse of `read_token`; `kind` is `PA` or `PB`."""
    return f"{kind}{prefix}{cursor.id}.{cursor.created_at_ms}"


def make_links(
    paging: Paging,
    prefix: str,
    count: int,
    first: Cursor | None,
    last: Cursor | None,
    *,
    has_more: bool,
    has_previous: bool,
) -> Links:
    """The links of a page of `count` rows from `first` to `last`.

    An empty page has `start` and `end` 0 and no neighbours: there is no row to go on from.
    """
    size = paging.request.size
    page = paging.page
    stem = f"{paging.filters}PageSize={size}&Page="
    here = "" if paging.token is None else f"&PageToken={quote_plus(paging.token)}"
    after = before = None
    if has_more and last is not None:
        after = f"{stem}{page + 1}&PageToken={make_token('PA', prefix, last)}"
    if has_previous and first is not None:
        before = f"{stem}{max(page - 1, 0)}&PageToken={make_token('PB', prefix, first)}"
    return Links(
        page=page,
        page_size=size,
        start=page * size if count else 0,
        end=page * size + count - 1 if count else 0,
        this=f"{stem}{page}{here}",
        first=f"{stem}0",
        next=after,
        previous=before,
    )
