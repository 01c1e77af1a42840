"""Which conferences have a name that matches a pattern.

Names are searched in their own order: what stands before the first wildcard is a range of the index, and
within it every entry is compared, without looking at rows. The matches, put in list order, are kept until a
conference of the account changes; so a list is searched once and paged through at leisure.

A pattern that matches more than `MATCHES_MAX` conferences is not answered here: walking the list meets them
often enough.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from typing import Final, NamedTuple

from hubbub.domain.queries import ConferenceQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.patterns import prefix_of
from hubbub.storage.repositories.conference_walk import ALL_PHASES, TIME_FIRST, TIME_LAST, Bound, Walk

MATCHES_MAX: Final = 10_000
PIECE_ROWS: Final = 4096
"""Entries compared before others have the loop again: about half a millisecond."""
SEARCHES_KEPT: Final = 32
LAST_NAME: Final = "\U0010ffff" * 4
"""Behind every name that anybody gives: the highest code point, and databases order text by its bytes."""


class Search(NamedTuple):
    """What a search found."""

    revision: int
    matches: list[Bound] | None
    """Places and ids in list order; None: too many."""


class Matches:
    """A list of which every match is known."""

    __slots__ = ("_db", "_matches")

    def __init__(self, db: Connection, matches: list[Bound]) -> None:
        self._db = db
        self._matches = matches

    async def rows(self, low: Bound, high: Bound, descending: bool, limit: int, offset: int = 0) -> list[Row]:
        """Rows between two bounds, in list order."""
        first, stop = bisect_right(self._matches, low), bisect_left(self._matches, high)
        if descending:
            last = stop - offset
            wanted = self._matches[max(first, last - limit) : max(first, last)][::-1]
        else:
            wanted = self._matches[first + offset : min(stop, first + offset + limit)]
        rows = [await self._db.one("get_conference", (own_id,)) for _, own_id in wanted]
        return [row for row in rows if row is not None]

    async def count(self, limit: int) -> int:
        """How many rows there are in all, up to a limit."""
        return min(limit, len(self._matches))


class NameSearches:
    """Searches through names, and remembers the last ones."""

    __slots__ = ("_db", "_kept")

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._kept: OrderedDict[ConferenceQuery, Search] = OrderedDict()

    async def find(self, query: ConferenceQuery, walk: Walk, revision: int) -> list[Bound] | None:
        """Every conference that matches, in list order; None if there are more than `MATCHES_MAX`."""
        kept = self._kept.get(query)
        if kept is None or kept.revision != revision:
            kept = Search(revision, await self._search(query.name_like or "", walk))
            self._kept[query] = kept
            if len(self._kept) > SEARCHES_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(query)
        return kept.matches

    async def _search(self, like: str, walk: Walk) -> list[Bound] | None:
        account = walk.scope.account_id
        prefix = prefix_of(like)
        stop = prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix and ord(prefix[-1]) < 0xD7FF else LAST_NAME
        filters: tuple[int, ...] = ()
        statement = "find_conferences_by_name"
        if walk.mask != ALL_PHASES or walk.updated != (TIME_FIRST, TIME_LAST):
            statement += "_filtered"
            filters = (walk.mask, *walk.updated)
        places = (walk.low[0], walk.high[0])
        found: list[Bound] = []
        position: tuple[str, int, str] | None = (prefix, -1, "")
        while position is not None:
            end = await self._db.one("find_conferences_by_name_end", (account, *position, stop, PIECE_ROWS))
            until = (stop, -1, "") if end is None else end
            values = (account, *position, *until, *places, self._db.pattern(like), *filters)
            found += await self._db.all(statement, values)
            if len(found) > MATCHES_MAX:
                return None
            if end is not None:
                await asyncio.sleep(0)
            position = end
        found.sort()
        return found
