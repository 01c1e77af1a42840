"""Conferences, as rows, and their lists."""

from collections.abc import Sequence
from typing import Any, Final

from hubbub.domain.conference import Conference, ConferenceState, EndReason
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.places import place_of
from hubbub.storage.repositories.accounts import as_list
from hubbub.storage.repositories.conference_list import ConferenceList
from hubbub.storage.repositories.tallies import Key, Tallies

_STATE: Final = (
    ConferenceState.INIT,
    ConferenceState.INIT,
    ConferenceState.IN_PROGRESS,
    ConferenceState.IN_PROGRESS,
    ConferenceState.COMPLETED,
)
"""By phase."""
_REASON: Final[dict[str | None, EndReason | None]] = {reason.value: reason for reason in EndReason}
_REASON[None] = None


class Conferences:
    """Reads and writes conferences."""

    __slots__ = ("_db", "_keys", "_list", "_tallies")

    def __init__(self, db: Connection, *, writes: bool = False) -> None:
        self._db = db
        self._list = ConferenceList(db)
        self._tallies = Tallies(db)
        self._keys: dict[str, Key | None] | None = {} if writes else None
        """What the transaction has read or written: nobody else writes meanwhile."""

    async def get(self, conference_id: str) -> Conference | None:
        row = await self._db.one("get_conference", (conference_id,))
        conference = None if row is None else conferences_of([row])[0]
        if self._keys is not None:
            self._keys[conference_id] = None if conference is None else key_of(conference)
        return conference

    async def some(self, ids: Sequence[str]) -> list[Conference]:
        return conferences_of(await self._db.all("list_some_conferences", (as_list(ids),)))

    async def live(self, account_id: str, name: str) -> Conference | None:
        row = await self._db.one("get_live_conference", (account_id, name))
        return None if row is None else conferences_of([row])[0]

    async def live_on(self, node: str) -> list[Conference]:
        return conferences_of(await self._db.all("list_live_conferences", (node,)))

    async def put(self, conference: Conference) -> None:
        assert self._keys is not None
        own_id = conference.id
        if own_id in self._keys:
            before = self._keys[own_id]
        else:
            row = await self._db.one("get_conference_key", (own_id,))
            before = None if row is None else Key._make(row)
        after = key_of(conference)
        await self._db.run("put_conference", written(conference, after))
        self._keys[own_id] = after
        self._tallies.change(before, after)

    async def flush(self) -> None:
        """Bring the tallies up to date; before a commit, and before a list in the same transaction."""
        await self._tallies.flush()

    async def page(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]:
        await self._tallies.flush()
        rows, has_more, has_previous, total = await self._list.page(query, page)
        return Page(conferences_of(rows), has_more, has_previous, total)


def key_of(conference: Conference) -> Key:
    """What the tallies know it by."""
    return Key(
        conference.account_id,
        conference.name,
        place_of(conference.created_at_ms, conference.id),
        int(conference.phase),
        conference.updated_at_ms,
    )


def written(conference: Conference, key: Key) -> tuple[Any, ...]:
    """The row of `put_conference`."""
    return (*conference[:3], key.phase, *conference[4:], key.place)


def conferences_of(rows: list[Row]) -> list[Conference]:
    """Conferences from the columns of `Conference` with the phase in the state's place; more are left out."""
    return [
        Conference(
            row[0],
            row[1],
            row[2],
            _STATE[row[3]],
            row[4] == 1,
            row[5],
            row[6],
            row[7],
            _REASON[row[8]],
            row[9],
            row[10],
            row[11],
            row[12],
            row[13],
            row[14],
            row[15],
        )
        for row in rows
    ]
