"""Pages of conferences, at a cost that does not grow with the list.

A page is rows of one walk (`conference_walk`) between a cursor and the end. What would mean meeting many
rows to answer few is asked of the tallies instead: totals, deep offsets, and where rows are that were
updated when the query says (`Stretches`). Patterns of names are searched once and remembered (`Matches`).
"""

from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.places import cursor_place
from hubbub.storage.repositories import name_search
from hubbub.storage.repositories.bounds import check
from hubbub.storage.repositories.conference_walk import END, START, Bound, Walk, from_place, walk_of
from hubbub.storage.repositories.name_search import Matches, NameSearches
from hubbub.storage.repositories.stretches import Stretches
from hubbub.storage.repositories.tally_tree import TallyTree, tally_tree

SKIP_DIRECTLY = 512
"""Up to here an offset is skipped row by row: it costs less than the way down the tree."""


class ConferenceList:
    """Answers pages of conferences."""

    __slots__ = ("_db", "_searches")

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._searches = NameSearches(db)

    async def page(
        self, query: ConferenceQuery, page: PageRequest
    ) -> tuple[list[Row], bool, bool, int | None]:
        """The rows in list order, whether there are more, whether there were some before, how many in all."""
        check(page)
        walk = walk_of(query, self._db)
        if walk is None:
            return [], False, False, None if page.total_limit is None else 0
        listing = await self._listing(query, walk)
        backward = page.before is not None
        descending = page.descending is not backward
        inside, outside = _halves(page, walk.low, walk.high)
        rows = await listing.rows(*inside, descending, page.size + 1, page.offset)
        beyond = len(rows) > page.size
        del rows[page.size :]
        if backward:
            rows.reverse()
        before = page.offset > 0
        if outside is not None or (before and not rows):
            # The row nearest to the cursor answers, which as a rule is the cursor's own.
            before = bool(await listing.rows(*(outside or inside), not descending, 1))
        total = None
        if page.total_limit is not None:
            total = await listing.count(page.total_limit)
        return (rows, before, beyond, total) if backward else (rows, beyond, before, total)

    async def _listing(self, query: ConferenceQuery, walk: Walk) -> "Direct | Stretches | Matches":
        if walk.is_direct:
            return Direct(self._db, walk)
        tree = await tally_tree(self._db, walk.scope.key, walk.mask)
        if walk.pattern is not None and tree is not None:
            matches = await self._searches.find(query, walk, tree.revision)
            if matches is not None:
                return Matches(self._db, matches)
            return Stretches(self._db, walk, tree, at_least=name_search.MATCHES_MAX)
        return Stretches(self._db, walk, tree)


class Direct:
    """A walk on which every row is asked for: an index and the tallies answer everything."""

    __slots__ = ("_db", "_tree", "_walk")

    def __init__(self, db: Connection, walk: Walk) -> None:
        self._db = db
        self._walk = walk
        self._tree: TallyTree | None = None

    async def rows(self, low: Bound, high: Bound, descending: bool, limit: int, offset: int = 0) -> list[Row]:
        if offset > SKIP_DIRECTLY and await self._has_tree():
            assert self._tree is not None
            index = offset + await self._rank(self._tree, high if descending else low, descending)
            spot = await self._tree.select(index, descending)
            if spot is None:
                return []
            if descending:
                high = min(high, from_place(spot.end))
            else:
                low = max(low, from_place(spot.first))
            offset = spot.skip
        return await self._walk.rows(self._db, low, high, descending, limit, offset)

    async def count(self, limit: int) -> int:
        """How many rows there are in all, up to a limit."""
        walk = self._walk
        if not await self._has_tree():
            return await walk.number(self._db, walk.low, walk.high, limit)
        assert self._tree is not None
        total = self._tree.matching(self._tree.root)
        if walk.low != START:
            total -= await self._rank(self._tree, walk.low, False)
        if walk.high != END:
            total -= await self._rank(self._tree, walk.high, True)
        return min(total, limit)

    async def _has_tree(self) -> bool:
        if self._tree is None:
            self._tree = await tally_tree(self._db, self._walk.scope.key, self._walk.mask)
        return self._tree is not None

    async def _rank(self, tree: TallyTree, bound: Bound, from_end: bool) -> int:
        """How many rows stand before a bound that a time of creation set, or behind it."""
        if bound in (START, END):
            return 0
        place = bound[0] + 1
        rank, leaf = await tree.rank(place)
        if leaf is not None and leaf < place:
            rank += await self._walk.number(self._db, from_place(leaf), from_place(place), place - leaf)
        return tree.matching(tree.root) - rank if from_end else rank


def _halves(
    page: PageRequest, low: Bound, high: Bound
) -> tuple[tuple[Bound, Bound], tuple[Bound, Bound] | None]:
    """What a cursor leaves to list, and what lies on its other side, its own row included."""
    cursor = page.after or page.before
    if cursor is None:
        return (low, high), None
    place, own_id = cursor_place(cursor)
    upper = (page.after is not None) is not page.descending
    if upper:
        return (max(low, (place, own_id)), high), (low, min(high, (place, own_id + "~")))
    return (low, min(high, (place, own_id))), (max(low, _just_before(place, own_id)), high)


def _just_before(place: int, own_id: str) -> Bound:
    return place, own_id[:-1] + chr(ord(own_id[-1]) - 1) + "~"
