"""Call legs, as rows, and their lists."""

from collections.abc import Sequence
from typing import Any, Final

from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import WAITS_MS_MAX, CallQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.patterns import has_wildcards, is_anything
from hubbub.storage.repositories.accounts import as_list
from hubbub.storage.repositories.bounds import check
from hubbub.storage.repositories.keyset import TIME_FIRST, TIME_LAST, KeysetList, Walk, bounded, one_of

_DIRECTION: Final = {direction.value: direction for direction in Direction}
_STATUS: Final = {status.value: status for status in CallStatus}
_CAUSE: Final[dict[str | None, HangupCause | None]] = {cause.value: cause for cause in HangupCause}
_CAUSE[None] = None

COLUMNS: Final = len(CallLeg._fields)


class Calls:
    """Reads and writes call legs."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def get(self, call_id: str) -> CallLeg | None:
        row = await self._db.one("get_call", (call_id,))
        return None if row is None else leg_of(row)

    async def some(self, ids: Sequence[str]) -> list[CallLeg]:
        return [leg_of(row) for row in await self._db.all("list_calls", (as_list(ids),))]

    async def get_by_given_id(self, account_id: str, given_id: str) -> CallLeg | None:
        row = await self._db.one("get_call_by_given_id", (account_id, given_id))
        return None if row is None else leg_of(row)

    async def live(self, node: str) -> list[CallLeg]:
        return [leg_of(row) for row in await self._db.all("list_live_calls", (node,))]

    async def put(self, call: CallLeg) -> None:
        await self._db.run("put_call", call)

    async def move(self, call: CallLeg, before: CallLeg | None) -> None:
        so_far = (
            call.status,
            call.updated_at_ms,
            call.answered_at_ms,
            call.ended_at_ms,
            call.hangup_cause,
            call.sip_status,
            call.tag,
            call.placed_at_ms,
            call.id,
        )
        if before is not None and before.conference_id == call.conference_id:
            await self._db.run("move_call_in_place", so_far)
        else:
            await self._db.run("move_call", (call.conference_id, *so_far))

    async def delete(self, call_id: str) -> None:
        await self._db.run("delete_call", (call_id,))

    async def page(self, query: CallQuery, page: PageRequest) -> Page[CallLeg]:
        check(page)
        walk = _walk_of(query, self._db)
        if walk is None:
            return Page([], False, False, None if page.total_limit is None else 0)
        rows, has_more, has_previous, total = await KeysetList(self._db).page(walk, page)
        return Page([leg_of(row) for row in rows], has_more, has_previous, total)


def leg_of(row: Row) -> CallLeg:
    """A leg from the columns of `CallLeg`, in its order."""
    return CallLeg._make(
        (*row[:7], _DIRECTION[row[7]], _STATUS[row[8]], *row[9:13], _CAUSE[row[13]], *row[14:])
    )


def _walk_of(query: CallQuery, db: Connection) -> Walk | None:
    """The walk that answers a query; None where nothing can match.

    What the walk's index knows is taken out of the query; what is left is compared row by row.
    """
    query = _plain(query)
    if not query.account_ids or query.statuses == frozenset() or query.causes == frozenset():
        return None
    accounts = sorted(query.account_ids)
    created_from_ms, created_until_ms = _made_between(query)
    rest = query._replace(created_from_ms=None, created_until_ms=None)
    compares = False
    heads: list[tuple[Any, ...]]
    if query.conference_id is not None:
        way, heads, compares = "conference", [(query.conference_id,)], True
        rest = rest._replace(conference_id=None)
    elif query.parent_id is not None:
        way, heads, compares = "parent", [(query.parent_id,)], True
        rest = rest._replace(parent_id=None)
    elif query.to is not None:
        way, heads = "to", [(account, query.to) for account in accounts]
        rest = rest._replace(to=None)
    elif query.from_ is not None:
        way, heads = "from", [(account, query.from_) for account in accounts]
        rest = rest._replace(from_=None)
    elif query.statuses is not None:
        way = "status"
        heads = [(account, status) for account in accounts for status in sorted(query.statuses)]
        rest = rest._replace(statuses=None)
    else:
        way, heads = "account", [(account,) for account in accounts]
    compares = compares or rest != CallQuery(query.account_ids)
    return Walk(
        "calls",
        way,
        tuple(heads),
        filters=_filters(rest, db) if compares else None,
        created_from_ms=created_from_ms,
        created_until_ms=created_until_ms,
    )


def _made_between(query: CallQuery) -> tuple[int | None, int | None]:
    """When a call was made that fulfils a query: it starts then or, having waited for its turn, later."""
    since_ms = None if query.started_from_ms is None else query.started_from_ms - WAITS_MS_MAX
    lows = [at_ms for at_ms in (query.created_from_ms, since_ms) if at_ms is not None]
    highs = [at_ms for at_ms in (query.created_until_ms, query.started_until_ms) if at_ms is not None]
    return max(lows, default=None), min(highs, default=None)


def _plain(query: CallQuery) -> CallQuery:
    """The same question without filters that are none."""
    to, to_like = _exact(query.to, query.to_like)
    from_, from_like = _exact(query.from_, query.from_like)
    query = query._replace(to=to, to_like=to_like, from_=from_, from_like=from_like)
    if query.statuses is not None and len(query.statuses) == len(CallStatus):
        query = query._replace(statuses=None)
    return query


def _exact(text: str | None, pattern: str | None) -> tuple[str | None, str | None]:
    """A text and a pattern; what says no more than the other is left out."""
    if pattern is None or is_anything(pattern):
        return text, None
    if text is None and not has_wildcards(pattern):
        return pattern, None
    return text, pattern


def _filters(rest: CallQuery, db: Connection) -> tuple[Any, ...]:
    """The values of `match_calls`."""
    return (
        one_of(rest.account_ids),
        rest.to,
        rest.from_,
        db.pattern("%" if rest.to_like is None else rest.to_like),
        db.pattern("%" if rest.from_like is None else rest.from_like),
        one_of(CallStatus if rest.statuses is None else rest.statuses),
        int(rest.causes is None),
        one_of(rest.causes or ()),
        rest.parent_id,
        *_between(rest.started_from_ms, rest.started_until_ms)[1:],
        *_between(rest.answered_from_ms, rest.answered_until_ms),
        *_between(rest.ended_from_ms, rest.ended_until_ms),
    )


def _between(from_ms: int | None, until_ms: int | None) -> tuple[int, int, int]:
    """What stands in for a time that is not there, and two bounds: it passes where nothing is asked."""
    if from_ms is None and until_ms is None:
        return 0, TIME_FIRST, TIME_LAST
    low = TIME_FIRST if from_ms is None else bounded(from_ms)
    return TIME_FIRST - 1, low, TIME_LAST if until_ms is None else bounded(until_ms)
