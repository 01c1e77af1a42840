"""Pages of any list that is ordered by creation and id.

A `Walk` says which indexes hold the rows that may match: each is entered by its head and walked for places
(creation and id) alone; walks are merged in order, and the rows of the page are read at the end. Where a
query asks for what no index knows, a walk is made in pieces and each piece is compared, with the loop given
away in between: such a list may cost as much as there are rows on the way, but it holds up nobody.
"""

import asyncio
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple

from hubbub.domain.paging import Cursor, PageRequest
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.accounts import as_list
from hubbub.storage.repositories.bounds import between, outside

TIME_FIRST: Final = -(1 << 62)
TIME_LAST: Final = 1 << 62
PIECE_ROWS_MIN: Final = 128
PIECE_ROWS_MAX: Final = 1024
"""Rows compared before others have the loop again: about three milliseconds."""

Place = tuple[int, str]


class Walk(NamedTuple):
    """Where rows are that may be asked for."""

    noun: str
    """`calls`, …: the statements are `list_NOUN` and `match_NOUN`."""
    way: str
    """…, `find_NOUN_of_WAY` and `count_NOUN_of_WAY`."""
    heads: tuple[tuple[Any, ...], ...]
    """What the way's index is entered by; several are merged in order."""
    id_column: int = 0
    """Where the id stands in a row of `list_NOUN`."""
    filters: tuple[Any, ...] | None = None
    """Values of `match_NOUN`; None: every row on the way is asked for."""
    created_from_ms: int | None = None
    created_until_ms: int | None = None


class KeysetList:
    """Answers pages of walks."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def page(self, walk: Walk, page: PageRequest) -> tuple[list[Row], bool, bool, int | None]:
        """The rows in list order, whether there are more, whether there were some before, how many in all."""
        backward = page.before is not None
        descending = page.descending is not backward
        found = await self._places(walk, between(page), descending, page.size + 1, page.offset)
        beyond = len(found) > page.size
        del found[page.size :]
        before = page.offset > 0
        if page.after is not None or backward or (before and not found):
            before = bool(await self._places(walk, outside(page), not descending, 1, 0))
        rows = await self._rows(walk, [own_id for _, own_id in found])
        if backward:
            rows.reverse()
        total = None if page.total_limit is None else await self._count(walk, page.total_limit)
        return (rows, before, beyond, total) if backward else (rows, beyond, before, total)

    async def _rows(self, walk: Walk, ids: list[str]) -> list[Row]:
        if not ids:
            return []
        rows = await self._db.all(f"list_{walk.noun}", (as_list(ids),))
        by_id = {row[walk.id_column]: row for row in rows}
        # The page was found a moment ago; a search in pieces may have let somebody delete a row since.
        return [by_id[own_id] for own_id in ids if own_id in by_id]

    async def _places(
        self, walk: Walk, bounds: tuple[Cursor, Cursor], descending: bool, limit: int, offset: int
    ) -> list[Place]:
        low, high = _narrowed(walk, bounds)
        if low >= high:
            return []
        if len(walk.heads) == 1 and walk.filters is None:
            return await self._find(walk, walk.heads[0], low, high, descending, limit, offset)
        found = []
        for head in walk.heads:
            found.append(await self._matching(walk, head, low, high, descending, limit + offset))
            if len(found) % PIECE_ROWS_MIN == 0:
                await asyncio.sleep(0)
        return list(islice(merge(*found, reverse=descending), offset, offset + limit))

    async def _matching(
        self, walk: Walk, head: tuple[Any, ...], low: Place, high: Place, descending: bool, limit: int
    ) -> list[Place]:
        """The first places from one head on that are asked for."""
        if walk.filters is None:
            return await self._find(walk, head, low, high, descending, limit)
        found: list[Place] = []
        size = PIECE_ROWS_MIN
        while True:
            piece = await self._find(walk, head, low, high, descending, size)
            values = (as_list([own_id for _, own_id in piece]), *walk.filters)
            matches = await self._db.all(f"match_{walk.noun}", values) if piece else []
            found += sorted(((row[0], row[1]) for row in matches), reverse=descending)
            if len(found) >= limit or len(piece) < size:
                return found[:limit]
            if descending:
                high = piece[-1]
            else:
                low = piece[-1]
            size = min(2 * size, PIECE_ROWS_MAX)
            await asyncio.sleep(0)

    async def _find(
        self,
        walk: Walk,
        head: tuple[Any, ...],
        low: Place,
        high: Place,
        descending: bool,
        limit: int,
        offset: int = 0,
    ) -> list[Place]:
        statement = f"find_{walk.noun}_of_{walk.way}"
        if descending:
            statement += "_descending"
        rows = await self._db.all(statement, (*head, *low, *high, limit, offset))
        return [(row[0], row[1]) for row in rows]

    async def _count(self, walk: Walk, limit: int) -> int:
        """How many there are in all, up to a limit."""
        low, high = _narrowed(walk, between(PageRequest(0)))
        total = 0
        for head in walk.heads if low < high else ():
            if walk.filters is None:
                statement = f"count_{walk.noun}_of_{walk.way}"
                row = await self._db.one(statement, (*head, *low, *high, limit - total))
                total += row[0] if row else 0
            else:
                total += len(await self._matching(walk, head, low, high, False, limit - total))
            if total >= limit:
                break
        return total


def one_of(values: Any) -> str:
    """A set of texts as `{among:…}` wants it; in order, so that one question is always the same statement."""
    return as_list(sorted(values))


def _narrowed(walk: Walk, bounds: tuple[Cursor, Cursor]) -> tuple[Place, Place]:
    low, high = bounds
    # No id is empty: behind (t, "") stands everything of t, and in front of (t + 1, "") too.
    if walk.created_from_ms is not None:
        low = max(low, Cursor(bounded(walk.created_from_ms), ""))
    if walk.created_until_ms is not None:
        high = min(high, Cursor(bounded(walk.created_until_ms + 1), ""))
    return low, high


def bounded(at_ms: int) -> int:
    """A time that any database holds, whatever year it is."""
    return min(max(at_ms, TIME_FIRST), TIME_LAST)
