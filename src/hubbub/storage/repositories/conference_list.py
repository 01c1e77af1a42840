"""Pages of conferences: which index to walk, from where, and how many there are.

Takes a `ConferenceQuery` apart into one walk along one index. Knows places and cursors; leaves rows to
`conferences.py`.
"""

from typing import Any, Final, NamedTuple

from hubbub.domain.conference import Phase
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.patterns import has_wildcards, is_anything, like_matches
from hubbub.storage.places import PLACE_MAX, cursor_place, first_place
from hubbub.storage.repositories.participants import check

Bound = tuple[int, str]
"""A place and an id, exclusive."""

START: Final[Bound] = (-1, "")
END: Final[Bound] = (PLACE_MAX, "~")
ALL_PHASES: Final = (1 << len(Phase)) - 1
_TIME_FIRST: Final = -(1 << 62)
_TIME_LAST: Final = 1 << 62


class Walk(NamedTuple):
    """One way along one index."""

    listing: str
    """The statement that lists, without its direction."""
    counting: str
    heads: tuple[tuple[Any, ...], ...]
    """What the index is entered by; several are merged in order."""
    tail: tuple[Any, ...]
    """What rows on the way must also fulfil."""

    def values(self, low: Bound, high: Bound, *ending: int) -> tuple[Any, ...]:
        """The parameters of `listing`, or of `counting` where there is one head."""
        return (*(v for head in self.heads for v in (*head, *low, *high, *self.tail)), *ending)


class ConferenceList:
    """Answers pages of conferences."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def page(
        self, query: ConferenceQuery, page: PageRequest
    ) -> tuple[list[Row], bool, bool, int | None]:
        """The rows in list order, whether there are more, whether there were some before, how many in all."""
        check(page)
        walk = self._walk(query)
        if walk is None:
            return [], False, False, None if page.total_limit is None else 0
        low, high = _created(query)
        backward = page.before is not None
        descending = page.descending is not backward
        inside, outside = _halves(page, low, high)
        rows = await self._rows(walk, *inside, descending, page.size + 1, page.offset)
        beyond = len(rows) > page.size
        del rows[page.size :]
        if backward:
            rows.reverse()
        before = page.offset > 0
        if outside is not None or (before and not rows):
            before = bool(await self._rows(walk, *(outside or inside), descending, 1, 0))
        total = None
        if page.total_limit is not None:
            total = await self._count(walk, low, high, page.total_limit)
        return (rows, before, beyond, total) if backward else (rows, beyond, before, total)

    def _walk(self, query: ConferenceQuery) -> Walk | None:
        account = query.account_id
        mask = ALL_PHASES
        if query.phases is not None:
            mask = sum(1 << phase for phase in query.phases)
        if not mask:
            return None
        updated = (_bounded(query.updated_from_ms, _TIME_FIRST), _bounded(query.updated_until_ms, _TIME_LAST))
        any_update = query.updated_from_ms is None and query.updated_until_ms is None
        name, like = query.name, query.name_like
        if like is not None and not has_wildcards(like):
            if name is not None and name != like:
                return None
            name, like = like, None
        if name is not None:
            if like is not None and not like_matches(like, name):
                return None
            return Walk(
                "list_conferences_of_name", "count_conferences_of_name", ((account, name),), (mask, *updated)
            )
        if like is not None and not is_anything(like):
            return Walk(
                "list_conferences_of_account_matching",
                "count_conferences_of_account_matching",
                ((account,),),
                (mask, *updated, self._db.pattern(like)),
            )
        if mask != ALL_PHASES:
            phases = [phase for phase in range(len(Phase)) if mask >> phase & 1]
            return Walk(
                f"list_conferences_of_phase_{len(phases)}",
                "count_conferences_of_phase",
                tuple((account, phase) for phase in phases),
                updated,
            )
        if any_update:
            return Walk("list_conferences_of_account", "count_conferences_of_account", ((account,),), ())
        return Walk(
            "list_conferences_of_account_filtered",
            "count_conferences_of_account_filtered",
            ((account,),),
            (mask, *updated),
        )

    async def _rows(
        self, walk: Walk, low: Bound, high: Bound, descending: bool, limit: int, offset: int
    ) -> list[Row]:
        statement = f"{walk.listing}_descending" if descending else walk.listing
        return await self._db.all(statement, walk.values(low, high, limit, offset))

    async def _count(self, walk: Walk, low: Bound, high: Bound, limit: int) -> int:
        total = 0
        for head in walk.heads:
            row = await self._db.one(
                walk.counting, walk._replace(heads=(head,)).values(low, high, limit - total)
            )
            total += row[0] if row else 0
            if total >= limit:
                break
        return total


def _bounded(value: int | None, default: int) -> int:
    # A year that no clock shows must not become an integer that no database holds.
    return default if value is None else min(max(value, _TIME_FIRST), _TIME_LAST)


def _created(query: ConferenceQuery) -> tuple[Bound, Bound]:
    low, high = START, END
    if query.created_from_ms is not None:
        low = (first_place(query.created_from_ms), "")
    if query.created_until_ms is not None:
        high = (first_place(query.created_until_ms + 1), "")
    return low, high


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
