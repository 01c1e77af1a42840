"""Keeping the tallies: how many conferences there are where, of which phase.

Owns the shape of the tree and its growth. A tree per scope (an account; an account and a name) cuts the
places into ever smaller buckets; a node is split once it holds `SPLIT_AT` rows, so that no leaf is long to
count, and a scope with fewer rows has no tree at all. Leaves reading to `tally_tree`.

Changes are collected and written once, before the transaction commits or lists: a batch of an import
touches each node once.
"""

from typing import Any, Final, NamedTuple

from hubbub.domain.conference import Phase
from hubbub.storage.engines.connection import Connection
from hubbub.storage.places import PLACE_MAX

SHIFTS: Final = (63, 51, 45, 39, 33, 27, 21, 15, 9, 3)
"""By level: how many low bits of a place a bucket leaves out. Level 1 is about thirteen months wide, below
it each level is 64 times finer: six days, two hours, two minutes …"""
SPLIT_AT: Final = 512
"""Rows from which a node has parts: counting fewer costs less than going down another level."""
LOOK_EVERY: Final = 16
"""Whether a scope has grown enough is looked up at one change in so many, by the last digit of the place. It
gets its tree a little later for it; but names are many, and few are busy."""
ASK_ONE_BY_ONE: Final = 50
NEVER_MIN: Final = 1 << 62
NEVER_MAX: Final = -(1 << 62)


class Key(NamedTuple):
    """What the tallies know a conference by."""

    account_id: str
    name: str
    place: int
    phase: int
    updated_at_ms: int


class Delta:
    """What one bucket gains."""

    __slots__ = ("completed_updated_min", "counts", "live_updated_min", "updated_max")

    def __init__(self) -> None:
        self.counts = [0] * len(Phase)
        self.completed_updated_min = NEVER_MIN
        self.live_updated_min = NEVER_MIN
        self.updated_max = NEVER_MAX

    def add(self, key: Key, sign: int) -> None:
        self.counts[key.phase] += sign
        if sign > 0:
            updated = key.updated_at_ms
            self.updated_max = max(self.updated_max, updated)
            if key.phase == Phase.COMPLETED:
                self.completed_updated_min = min(self.completed_updated_min, updated)
            else:
                self.live_updated_min = min(self.live_updated_min, updated)

    def values(self) -> tuple[int, ...]:
        return (*self.counts, self.completed_updated_min, self.live_updated_min, self.updated_max)


class Scope(NamedTuple):
    """Whose tree: an account's, or one name's of it."""

    account_id: str
    name: str | None = None

    @property
    def key(self) -> str:
        return self.account_id if self.name is None else f"{self.account_id} {self.name}"

    @property
    def head(self) -> tuple[str, ...]:
        """What its index is entered by."""
        return (self.account_id,) if self.name is None else (self.account_id, self.name)

    @property
    def statement(self) -> str:
        return "account" if self.name is None else "name"


class Tallies:
    """Collects changes of conferences and writes them into the trees."""

    __slots__ = ("_changes", "_db")

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._changes: dict[Scope, list[tuple[Key, int]]] = {}

    def change(self, before: Key | None, after: Key) -> None:
        """One conference was written. The rows themselves must be there when `flush` comes."""
        if before == after:
            return
        for key, sign in ((before, -1), (after, 1)):
            if key is not None:
                self._changes.setdefault(Scope(key.account_id), []).append((key, sign))
                self._changes.setdefault(Scope(key.account_id, key.name), []).append((key, sign))

    async def flush(self) -> None:
        """Write what was collected. Accounts come first: where an account has no tree, no name has one."""
        if not self._changes:
            return
        changes, self._changes = self._changes, {}
        without_tree = set()
        # Of the many names in a batch few have trees: which ones is asked once, instead of for each.
        trees = None
        if len(changes) > ASK_ONE_BY_ONE:
            trees = {scope for (scope,) in await self._db.all("list_tally_roots")}
        for scope, changed in sorted(changes.items(), key=lambda item: item[0].key):
            if scope.account_id in without_tree:
                continue
            if trees is None or scope.key in trees:
                has_tree = await self._write(scope, changed)
            else:
                has_tree = await self._plant(scope, changed)
            if not has_tree and scope.name is None:
                without_tree.add(scope.account_id)

    async def _write(self, scope: Scope, changes: list[tuple[Key, int]]) -> bool:
        """Bring a scope's tree up to date; whether it has one."""
        root = Delta()
        for key, sign in changes:
            root.add(key, sign)
        if await self._db.one("change_tally", (*root.values(), scope.key, 0, 0)) is None:
            return await self._plant(scope, changes)
        growing = {0}
        for level in range(1, len(SHIFTS)):
            shift, above = SHIFTS[level], SHIFTS[level - 1]
            deltas: dict[int, Delta] = {}
            for key, sign in changes:
                if key.place >> above in growing:
                    bucket = key.place >> shift
                    delta = deltas.get(bucket)
                    if delta is None:
                        delta = deltas[bucket] = Delta()
                    delta.add(key, sign)
            growing = set()
            for bucket, delta in deltas.items():
                row = await self._db.one("add_tally", (*delta.values(), scope.key, level, bucket))
                assert row is not None
                split, total = row
                if split:
                    growing.add(bucket)
                elif total >= SPLIT_AT and level + 1 < len(SHIFTS):
                    await self._split(scope, level, bucket)
            if not growing:
                break
        return True

    async def _plant(self, scope: Scope, changes: list[tuple[Key, int]]) -> bool:
        """Give a scope its tree, if it has grown large enough."""
        if not any(key.place % LOOK_EVERY == 0 for key, _ in changes):
            return False
        statement = f"has_rows_of_{scope.statement}"
        if await self._db.one(statement, (*scope.head, SPLIT_AT - 1)) is None:
            return False
        await self._fill(scope, 0, 0, PLACE_MAX)
        await self._split(scope, 0, 0)
        return True

    async def _split(self, scope: Scope, level: int, bucket: int) -> None:
        """Count a node's rows into parts, and those that are large into theirs."""
        first = bucket << SHIFTS[level]
        last = first + (1 << SHIFTS[level]) - 1
        await self._db.run("split_tally", (scope.key, level, bucket))
        level += 1
        await self._fill(scope, level, first, last)
        if level + 1 < len(SHIFTS):
            span = (scope.key, level, first >> SHIFTS[level], last >> SHIFTS[level], SPLIT_AT)
            for (part,) in await self._db.all("list_large_tallies", span):
                await self._split(scope, level, part)

    async def _fill(self, scope: Scope, level: int, first: int, last: int) -> None:
        values: tuple[Any, ...] = (scope.key, level, SHIFTS[level], *scope.head, first, last)
        await self._db.run(f"fill_tallies_of_{scope.statement}", values)
