"""`SortBy` of calls and recordings, and reading a page in that order.

The store walks its lists by creation. Any other order is made here, from all rows that match, so it is
refused where they are too many to be held at once.

Restcomm Connect API guide, "Calls: sorting", "Recordings: sorting".
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple, TypeVar

from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.errors import Refused
from hubbub.dialects.restcomm.paging import Ask
from hubbub.dialects.restcomm.representation import message_answer
from hubbub.dialects.shared.query import first
from hubbub.domain.paging import Page, PageRequest

Row = TypeVar("Row")
Query = TypeVar("Query")

SORTED_MAX: Final = 10_000
"""How many rows may be brought into another order than that of creation."""
CREATION: Final = "DateCreated"
_DIRECTIONS: Final = {"": False, "asc": False, "desc": True}


class Sort(NamedTuple):
    """The field, and whether its greatest value comes first."""

    field: str
    descending: bool


NEWEST_FIRST: Final = Sort(CREATION, descending=True)


def read_sort(asked: Asked, fields: Mapping[str, object]) -> Sort:
    """`Field`, `Field:asc` or `Field:desc`; newest first where nothing was sent.

    Raises:
        Refused: 400 with a message.
    """
    text = first(asked.parameters, "SortBy")
    if text is None:
        return NEWEST_FIRST
    field, _, direction = text.partition(":")
    if field not in fields:
        raise _wrong(asked, f"SortBy: the field is one of {', '.join(fields)}")
    if direction not in _DIRECTIONS:
        raise _wrong(asked, "SortBy: the direction is asc or desc")
    return Sort(field, _DIRECTIONS[direction])


async def read_page(
    asked: Asked,
    ask: Ask,
    sort: Sort,
    keys: Mapping[str, Callable[[Row], tuple[object, ...]]],
    read: Callable[[Query, PageRequest], Awaitable[Page[Row]]],
    query: Query,
) -> tuple[list[Row], int]:
    """The rows of one page, and how many there are, `Limit` at the most.

    Args:
        keys: what each field sorts by; rows that are equal in it stay in the order of creation.

    Raises:
        Refused: 400 with a message, where too many rows match for this order.
    """
    if sort.field == CREATION:
        page = await read(
            query,
            PageRequest(
                min(ask.size, ask.limit),
                offset=ask.offset,
                descending=sort.descending,
                total_limit=ask.limit,
            ),
        )
        total = min(page.total or 0, ask.limit)
        return page.items[: max(total - ask.offset, 0)], total
    page = await read(query, PageRequest(SORTED_MAX))
    if page.has_more:
        raise _wrong(asked, f"SortBy={sort.field}: more than {SORTED_MAX} rows match; filter them by date")
    rows = sorted(page.items, key=keys[sort.field], reverse=sort.descending)[: ask.limit]
    return rows[ask.offset : ask.offset + ask.size], len(rows)


def _wrong(asked: Asked, text: str) -> Refused:
    return Refused(message_answer(400, text, asked.as_json))
