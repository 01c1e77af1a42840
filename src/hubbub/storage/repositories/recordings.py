"""Recordings, as rows, and their lists; the sound itself lies in files."""

from typing import Any, Final

from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.bounds import check
from hubbub.storage.repositories.keyset import KeysetList, Walk, one_of

_STATE: Final = {state.value: state for state in RecordingState}
_SOURCE: Final = {source.value: source for source in RecordingSource}
_LAYOUT: Final = {layout.value: layout for layout in Layout}
_FORMAT: Final = {format_.value: format_ for format_ in AudioFormat}


class Recordings:
    """Reads and writes recordings."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def get(self, recording_id: str) -> Recording | None:
        row = await self._db.one("get_recording", (recording_id,))
        return None if row is None else _recording(row)

    async def open_on(self, node: str) -> list[Recording]:
        return [_recording(row) for row in await self._db.all("list_open_recordings", (node,))]

    async def put(self, recording: Recording) -> None:
        await self._db.run("put_recording", recording)

    async def delete(self, recording_id: str) -> None:
        await self._db.run("delete_recording", (recording_id,))

    async def page(self, query: RecordingQuery, page: PageRequest) -> Page[Recording]:
        check(page)
        if not query.account_ids or query.states == frozenset():
            return Page([], False, False, None if page.total_limit is None else 0)
        rows, has_more, has_previous, total = await KeysetList(self._db).page(_walk_of(query), page)
        return Page([_recording(row) for row in rows], has_more, has_previous, total)


def _walk_of(query: RecordingQuery) -> Walk:
    """The walk that answers a query; what its index does not know is compared row by row."""
    accounts = [(account,) for account in sorted(query.account_ids)]
    call_id, of_conferences = query.call_id, query.of_conferences
    compares = query.states is not None
    heads: list[tuple[Any, ...]]
    if query.conference_id is not None:
        way, heads, compares = "conference", [(query.conference_id,)], True
    elif call_id is not None:
        way, heads, compares = "call", [(call_id,)], True
        call_id = None
    elif of_conferences is not None:
        way, heads = "conferences" if of_conferences else "calls", [*accounts]
        of_conferences = None
    else:
        way, heads = "account", [*accounts]
    filters = (
        one_of(query.account_ids),
        one_of(RecordingState if query.states is None else query.states),
        call_id,
        of_conferences,
    )
    return Walk(
        "recordings",
        way,
        tuple(heads),
        filters=filters if compares else None,
        created_from_ms=query.created_from_ms,
        created_until_ms=query.created_until_ms,
    )


def _recording(row: Row) -> Recording:
    """A recording from the columns of `Recording`, in its order."""
    return Recording._make(
        (
            *row[:4],
            _STATE[row[4]],
            _SOURCE[row[5]],
            _LAYOUT[row[6]],
            _FORMAT[row[7]],
            *row[8:14],
            row[14] == 1,
            row[15] == 1,
            *row[16:],
        )
    )
