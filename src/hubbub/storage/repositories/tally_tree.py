"""Reading the tallies: how many rows stand before a place, and which row is the n-th.

Owns the way down the tree. Counts by phase only; what must be asked of each row is the list's affair.
"""

from typing import Final, NamedTuple

from hubbub.domain.conference import Phase
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.tallies import SHIFTS

_LEVELS: Final = range(1, len(SHIFTS))


class Node(NamedTuple):
    """One stretch of places and what is in it."""

    level: int
    bucket: int
    split: int
    counts: tuple[int, ...]
    """Rows by phase."""
    updated_min: int
    """No row of it was last updated before."""
    updated_max: int

    @property
    def first(self) -> int:
        """Its lowest place."""
        return self.bucket << SHIFTS[self.level]

    @property
    def end(self) -> int:
        """The first place behind it."""
        return (self.bucket + 1) << SHIFTS[self.level]


class Spot(NamedTuple):
    """Where the n-th row is: some rows on from one end of a stretch."""

    first: int
    end: int
    skip: int


class TallyTree:
    """One scope's tree, seen for some phases."""

    __slots__ = ("_db", "_scope", "_weights", "revision", "root")

    def __init__(self, db: Connection, scope: str, mask: int, root: Node, revision: int) -> None:
        self._db = db
        self._scope = scope
        self._weights = tuple(mask >> phase & 1 for phase in range(len(Phase)))
        self.root = root
        self.revision = revision
        """Another one whenever a conference of the scope has changed."""

    def matching(self, node: Node) -> int:
        """How many of a node's rows are in the phases."""
        return sum(count for count, weight in zip(node.counts, self._weights, strict=True) if weight)

    async def parts(
        self, node: Node, low: int, high: int, updated: tuple[int, int], descending: bool, limit: int
    ) -> list[Node]:
        """The nodes below that reach between two places and may hold rows updated between two times.

        The first `limit` of them, in list order.
        """
        level = node.level + 1
        shift = SHIFTS[level]
        span = (max(node.first, low) >> shift, min(node.end - 1, high) >> shift)
        statement = "list_tallies_descending" if descending else "list_tallies"
        rows = await self._db.all(statement, (self._scope, level, *span, *updated, updated[1], limit))
        return [_node(level, row) for row in rows]

    async def rank(self, place: int) -> tuple[int, int | None]:
        """How many rows stand before the leaf that holds `place`, and where that leaf begins.

        Without a leaf there is nothing more to count.
        """
        way: list[int] = []
        path: list[int] = []
        for level in _LEVELS:
            above, shift = SHIFTS[level - 1], SHIFTS[level]
            bucket = place >> shift
            way += ((place >> above) << (above - shift), bucket)
            path.append(bucket)
        row = await self._db.one("rank_in_tallies", (*way, *self._weights, self._scope))
        leaf = await self._db.one("get_tally_leaf", (*path, self._scope))
        return row[0] if row else 0, None if leaf is None else leaf[1] << SHIFTS[leaf[0]]

    async def select(self, index: int, descending: bool, node: Node | None = None) -> Spot | None:
        """The leaf that holds the row number `index` (from 0) in list order, below `node` or anywhere."""
        node = self.root if node is None else node
        level, bucket, split = node.level, node.bucket, node.split
        if index >= self.matching(node):
            return None
        statement = "list_tally_counts_descending" if descending else "list_tally_counts"
        while split:
            spread = SHIFTS[level] - SHIFTS[level + 1]
            level += 1
            first = bucket << spread
            values = (*self._weights, self._scope, level, first, first + (1 << spread) - 1)
            found = None
            for row in await self._db.each(statement, values):
                if index < row[2]:
                    found = row
                    break
                index -= row[2]
            if found is None:
                return None
            bucket, split, _ = found
        return Spot(bucket << SHIFTS[level], (bucket + 1) << SHIFTS[level], index)


async def tally_tree(db: Connection, scope: str, mask: int) -> TallyTree | None:
    """A scope's tree; None where it has too few rows for one."""
    row = await db.one("get_tally_root", (scope,))
    return None if row is None else TallyTree(db, scope, mask, _node(0, row), row[10])


def _node(level: int, row: Row) -> Node:
    counts = row[2:7]
    is_over = not any(counts[: Phase.COMPLETED])
    return Node(level, row[0], row[1], counts, row[7] if is_over else min(row[7], row[8]), row[9])
