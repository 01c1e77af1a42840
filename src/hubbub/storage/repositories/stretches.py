"""Lists whose rows must be looked at one by one: updated between two times, or named by a pattern.

The tallies say of each stretch of places when its rows were last updated, so that whole stretches are passed
over or taken without a look; what remains is near the edges. A stretch is looked into until it is small.
Rooms tend to end soon after they were created, which is what makes the edges short.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.conference_walk import Bound, Walk, from_place
from hubbub.storage.repositories.tally_tree import Node, TallyTree

LOOK_AT: Final = 512
"""Matching rows up to which a stretch is read rather than looked into further."""
LOOK_AT_WITH_PATTERN: Final = 4096
"""The same where names must be compared: the tallies know nothing of names, so looking further is no use."""
PARTS_AT_ONCE: Final = 8
"""A list is mostly content with the first parts of a node; the rest is asked for when it is wanted."""
PARTS_COUNTED_AT_ONCE: Final = 64


class Stretch(NamedTuple):
    """Neighbouring places in which rows may match."""

    first: int
    end: int
    size: int | None
    """How many rows match; None: they must be looked at."""
    node: Node


class Stretches:
    """Answers lists of a walk that meets rows which are not asked for."""

    __slots__ = ("_at_least", "_db", "_look_at", "_tree", "_walk")

    def __init__(self, db: Connection, walk: Walk, tree: TallyTree | None, at_least: int = 0) -> None:
        self._db = db
        self._walk = walk
        self._tree = tree
        self._at_least = at_least
        self._look_at = LOOK_AT if walk.pattern is None else LOOK_AT_WITH_PATTERN

    async def rows(self, low: Bound, high: Bound, descending: bool, limit: int, offset: int = 0) -> list[Row]:
        """Rows between two bounds, in list order."""
        if self._tree is None:
            return await self._walk.rows(self._db, low, high, descending, limit, offset)
        if offset:
            start = await self._skip(self._tree, low, high, descending, offset)
            if start is None:
                return []
            low, high, offset = start
        found: list[Row] = []
        async for first, end in self._runs(self._tree, low, high, descending, limit + offset):
            bounds = (max(low, from_place(first)), min(high, from_place(end)))
            found += await self._walk.rows(self._db, *bounds, descending, limit - len(found), offset)
            # What is skipped lies within the first stretch that holds rows, and so within one run.
            offset = 0
            if len(found) >= limit:
                break
            if self._walk.pattern is not None:
                # Looking through names may take long: let others have the loop.
                await asyncio.sleep(0)
        return found

    async def count(self, limit: int) -> int:
        """How many rows there are in all, up to a limit."""
        walk = self._walk
        if limit <= self._at_least:
            return limit
        if self._tree is None:
            return await walk.number(self._db, walk.low, walk.high, limit)
        total = 0
        async for stretch in self._stretches(self._tree, walk.low, walk.high, False, exact=True):
            total += await self._size(stretch, walk.low, walk.high, limit - total)
            if total >= limit:
                return limit
        return total

    async def _size(self, stretch: Stretch, low: Bound, high: Bound, limit: int) -> int:
        if stretch.size is not None:
            return stretch.size
        if self._walk.pattern is not None:
            await asyncio.sleep(0)
        low, high = max(low, from_place(stretch.first)), min(high, from_place(stretch.end))
        return await self._walk.number(self._db, low, high, limit)

    async def _skip(
        self, tree: TallyTree, low: Bound, high: Bound, descending: bool, offset: int
    ) -> tuple[Bound, Bound, int] | None:
        """Bounds that begin near the row number `offset`, and how many rows are still to be skipped."""
        async for stretch in self._stretches(tree, low, high, descending, exact=True):
            size = await self._size(stretch, low, high, offset + 1)
            if offset >= size:
                offset -= size
                continue
            first, end = stretch.first, stretch.end
            if stretch.size is not None:
                spot = await tree.select(offset, descending, stretch.node)
                assert spot is not None
                first, end, offset = spot
            if descending:
                return low, min(high, from_place(end)), offset
            return max(low, from_place(first)), high, offset
        return None

    async def _runs(
        self, tree: TallyTree, low: Bound, high: Bound, descending: bool, enough: int
    ) -> AsyncIterator[tuple[int, int]]:
        """Stretches with neighbours put together, as long as they may hold too few rows."""
        first = end = expected = 0
        async for stretch in self._stretches(tree, low, high, descending, exact=False):
            touches = stretch.end == first if descending else stretch.first == end
            if expected and (not touches or expected >= enough):
                yield first, end
                expected = 0
            if not expected:
                first, end = stretch.first, stretch.end
            first, end = min(first, stretch.first), max(end, stretch.end)
            expected += tree.matching(stretch.node)
        if expected:
            yield first, end

    async def _stretches(
        self, tree: TallyTree, low: Bound, high: Bound, descending: bool, *, exact: bool
    ) -> AsyncIterator[Stretch]:
        """Stretches that may hold matching rows, in list order.

        With `exact` a stretch that matches as a whole says so; without, the two bounds need not be looked
        into, because a list stops where it has enough.
        """
        # What is still to be looked at, the next one last: a node, and between which places.
        at_once = PARTS_COUNTED_AT_ONCE if exact else PARTS_AT_ONCE
        pending = [(tree.root, max(low[0], 0), high[0], False)]
        while pending:
            node, first_wanted, last_wanted, is_rest = pending.pop()
            if not is_rest:
                matching = tree.matching(node)
                first, end = node.first, node.end
                if not matching or end <= first_wanted or first > last_wanted or self._is_outside(node):
                    continue
                whole = self._is_inside(node, matching)
                if whole and first > low[0] and end <= high[0]:
                    yield Stretch(first, end, matching, node)
                    continue
                if not node.split or matching <= self._look_at or (whole and not exact):
                    yield Stretch(first, end, None, node)
                    continue
            parts = await tree.parts(node, first_wanted, last_wanted, self._walk.updated, descending, at_once)
            if len(parts) == at_once:
                if descending:
                    pending.append((node, first_wanted, parts[-1].first - 1, True))
                else:
                    pending.append((node, parts[-1].end, last_wanted, True))
            pending += [(part, first_wanted, last_wanted, False) for part in reversed(parts)]

    def _is_outside(self, node: Node) -> bool:
        """No row of it was updated between the two times."""
        since, until = self._walk.updated
        return node.updated_max < since or node.updated_min > until

    def _is_inside(self, node: Node, matching: int) -> bool:
        """Every row of it in the phases matches."""
        walk = self._walk
        if walk.pattern is not None or not (walk.mask_is_walked or matching == sum(node.counts)):
            return False
        since, until = walk.updated
        return node.updated_min >= since and node.updated_max <= until
