"""Memberships, as rows: one for each stay of a leg in a conference."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hubbub.domain.conference import Beep, LeaveReason, Participant
from hubbub.domain.ids import CallId
from hubbub.domain.paging import Cursor, Page, PageRequest
from hubbub.domain.queries import Member, ParticipantQuery
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.bounds import between, outside
from hubbub.storage.repositories.calls import leg_of

_BEEP: Final = {beep.value: beep for beep in Beep}
_REASON: Final[dict[str | None, LeaveReason | None]] = {reason.value: reason for reason in LeaveReason}
_REASON[None] = None
_CALL_IDS: Final = msgspec.json.Decoder(tuple[CallId, ...])

COLUMNS: Final = len(Participant._fields)


class Participants:
    """Reads and writes memberships."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def present(self, conference_id: str) -> tuple[Participant, ...]:
        return tuple([participant_of(row) for row in await self._db.all("list_present", (conference_id,))])

    async def member(self, conference_id: str, call_id: str) -> Member | None:
        row = await self._db.one("get_member", (conference_id, call_id))
        return None if row is None else _member(row)

    async def stay(self, conference_id: str, call_id: str, joined_at_ms: int) -> Participant | None:
        row = await self._db.one("get_stay", (conference_id, call_id, joined_at_ms))
        return None if row is None else participant_of(row)

    async def member_by_label(self, conference_id: str, label: str) -> Member | None:
        row = await self._db.one("get_member_by_label", (conference_id, label))
        return None if row is None else _member(row)

    async def put(self, participants: Sequence[Participant]) -> None:
        await self._db.many("put_participant", map(written, participants))

    async def page(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]:
        """Those present who match. Costs as much as the room has people, whatever history it has."""
        flags: tuple[int, ...] = ()
        for flag in (query.muted, query.held, query.coaching):
            flags += (0, 1) if flag is None else (flag, flag)
        backward = page.before is not None
        descending = page.descending is not backward
        low, high = between(page)
        rows = await self._rows(query, low, high, flags, descending, page.size + 1, page.offset)
        beyond = len(rows) > page.size
        del rows[page.size :]
        if backward:
            rows.reverse()
        has_more, has_previous = (True, beyond) if backward else (beyond, page.offset > 0)
        if page.after is not None or backward or (page.offset and not rows):
            low, high = outside(page)
            there = await self._rows(query, low, high, flags, descending, 1, 0)
            has_more, has_previous = (bool(there), beyond) if backward else (beyond, bool(there))
        total = None
        if page.total_limit is not None:
            row = await self._db.one("count_members", (query.conference_id, *flags, page.total_limit))
            total = row[0] if row else 0
        return Page([_member(row) for row in rows], has_more, has_previous, total)

    async def _rows(
        self,
        query: ParticipantQuery,
        low: Cursor,
        high: Cursor,
        flags: Sequence[int],
        descending: bool,
        limit: int,
        offset: int,
    ) -> list[Row]:
        statement = "list_members_descending" if descending else "list_members"
        values = (query.conference_id, *low, *high, *flags, limit, offset)
        return await self._db.all(statement, values)


def written(participant: Participant) -> tuple[Any, ...]:
    """The row of `put_participant`."""
    coached = msgspec.json.encode(participant.coached).decode() if participant.coached else None
    return (*participant[:5], coached, *participant[6:])


def participant_of(row: Row) -> Participant:
    """A membership from the columns of `Participant`, in its order."""
    return Participant(
        row[0],
        row[1],
        row[2] == 1,
        row[3] == 1,
        row[4] == 1,
        () if row[5] is None else _CALL_IDS.decode(row[5]),
        row[6] == 1,
        row[7] == 1,
        row[8],
        _BEEP[row[9]],
        row[10],
        row[11],
        row[12],
        _REASON[row[13]],
        row[14] == 1,
    )


def _member(row: Row) -> Member:
    return Member(participant_of(row[:COLUMNS]), leg_of(row[COLUMNS:]))
