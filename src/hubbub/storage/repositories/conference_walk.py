"""One walk along one index: which rows a query asks for, before it is said which page of them.

Takes a `ConferenceQuery` apart. Every query becomes one walk: entered by what the index begins with, kept
between two places, and passing over rows that do not fulfil the rest.
"""

from typing import Any, Final, NamedTuple

from hubbub.domain.conference import Phase
from hubbub.domain.queries import ConferenceQuery, matches_like
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.patterns import has_wildcards, is_anything
from hubbub.storage.places import PLACE_MAX, first_place
from hubbub.storage.repositories.tallies import Scope

Bound = tuple[int, str]
"""A place and an id, exclusive."""

START: Final[Bound] = (-1, "")
END: Final[Bound] = (PLACE_MAX, "~")
ALL_PHASES: Final = (1 << len(Phase)) - 1
TIME_FIRST: Final = -(1 << 62)
TIME_LAST: Final = 1 << 62


class Walk(NamedTuple):
    """Which index, from where to where, and what else rows must fulfil."""

    listing: str
    """The statement that lists, without its direction."""
    counting: str
    heads: tuple[tuple[Any, ...], ...]
    """What the index is entered by; several are merged in order."""
    tail: tuple[Any, ...]
    """What rows on the way must also fulfil."""
    low: Bound
    high: Bound
    """Set by the times of creation asked for."""
    scope: Scope
    """Whose tallies count these rows."""
    mask: int
    """The phases asked for, a bit each."""
    updated: tuple[int, int]
    """Inclusive."""
    mask_is_walked: bool
    """The index knows the phases: rows of others are not met."""
    pattern: str | None = None

    @property
    def is_direct(self) -> bool:
        """Every row met is asked for."""
        return (
            self.pattern is None
            and self.updated == (TIME_FIRST, TIME_LAST)
            and (self.mask_is_walked or self.mask == ALL_PHASES)
        )

    async def rows(
        self, db: Connection, low: Bound, high: Bound, descending: bool, limit: int, offset: int = 0
    ) -> list[Row]:
        """Rows between two bounds, in list order."""
        if low >= high:
            return []
        values = [part for head in self.heads for part in (*head, *low, *high, *self.tail)]
        statement = f"{self.listing}_descending" if descending else self.listing
        return await db.all(statement, (*values, limit, offset))

    async def number(self, db: Connection, low: Bound, high: Bound, limit: int) -> int:
        """How many rows there are between two bounds, up to a limit; by meeting them all."""
        total = 0
        if low < high:
            for head in self.heads:
                row = await db.one(self.counting, (*head, *low, *high, *self.tail, limit - total))
                total += row[0] if row else 0
                if total >= limit:
                    break
        return total


def walk_of(query: ConferenceQuery, db: Connection) -> Walk | None:
    """The walk that answers a query; None where nothing can match."""
    account = query.account_id
    mask = ALL_PHASES
    if query.phases is not None:
        mask = sum(1 << phase for phase in query.phases)
    low, high = _created(query)
    if not mask or low >= high:
        return None
    updated = (_bounded(query.updated_from_ms, TIME_FIRST), _bounded(query.updated_until_ms, TIME_LAST))
    name, like = query.name, query.name_like
    if like is not None and not has_wildcards(like):
        if name is not None and name != like:
            return None
        name, like = like, None
    if like is not None and name is not None:
        if not matches_like(like, name):
            return None
        like = None
    if like is not None and is_anything(like):
        like = None

    def walk(
        index: str, *heads: tuple[Any, ...], tail: tuple[Any, ...], merged: str = "", by_phase: bool = False
    ) -> Walk:
        return Walk(
            f"list_conferences_of_{index}{merged}",
            f"count_conferences_of_{index}",
            heads,
            tail,
            low,
            high,
            Scope(account, name),
            mask,
            updated,
            by_phase,
            like,
        )

    if name is not None:
        return walk("name", (account, name), tail=(mask, *updated))
    if like is not None:
        return walk("account_matching", (account,), tail=(mask, *updated, db.pattern(like)))
    if mask != ALL_PHASES:
        heads = [(account, phase) for phase in range(len(Phase)) if mask >> phase & 1]
        return walk("phase", *heads, tail=updated, merged=f"_{len(heads)}", by_phase=True)
    if updated == (TIME_FIRST, TIME_LAST):
        return walk("account", (account,), tail=())
    return walk("account_filtered", (account,), tail=(mask, *updated))


def from_place(place: int) -> Bound:
    """A lower bound that lets this place in, or an upper one that leaves it out."""
    return (place - 1, "~")


def _bounded(value: int | None, default: int) -> int:
    # A year that no clock shows must not become an integer that no database holds.
    return default if value is None else min(max(value, TIME_FIRST), TIME_LAST)


def _created(query: ConferenceQuery) -> tuple[Bound, Bound]:
    low, high = START, END
    if query.created_from_ms is not None and query.created_from_ms > 0:
        low = from_place(first_place(query.created_from_ms))
    if query.created_until_ms is not None and query.created_until_ms < (PLACE_MAX >> 16):
        high = from_place(first_place(query.created_until_ms + 1)) if query.created_until_ms >= 0 else START
    return low, high
