"""The log, as rows: numbered without a gap over the server and within each conference."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.accounts import as_list

_KIND: Final = {kind.value: kind for kind in EventKind}
_DATA: Final = msgspec.json.Decoder(dict[str, Any])


class Events:
    """Reads the log and, inside a transaction, writes it."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def after(self, number: int, limit: int, conference_id: str | None) -> list[NumberedEvent]:
        if conference_id is None:
            rows = await self._db.all("list_events", (number, limit))
        else:
            rows = await self._db.all("list_events_of_conference", (conference_id, number, limit))
        return [_entry(row) for row in rows]

    async def get(self, number: int) -> NumberedEvent | None:
        row = await self._db.one("get_event", (number,))
        return None if row is None else _entry(row)

    async def some(self, numbers: Sequence[int]) -> list[NumberedEvent]:
        return [_entry(row) for row in await self._db.all("list_some_events", (as_list(numbers),))]

    async def append(self, events: Sequence[Event]) -> list[NumberedEvent]:
        """Number and write.

        The next number is read from the log itself, inside the transaction that writes it: one that is
        undone leaves no gap, and no counter can disagree with the log.
        """
        # Most transactions tell of one conference: its number is asked for with the other.
        first = next((event.conference_id for event in events if event.conference_id is not None), None)
        row = await self._db.one("get_last_event_numbers", (first,))
        number = (row[0] if row else None) or 0
        own_numbers: dict[str, int] = {}
        if first is not None:
            own_numbers[first] = (row[1] if row else None) or 0
        numbered = []
        for event in events:
            number += 1
            own = None
            if event.conference_id is not None:
                own = own_numbers.get(event.conference_id)
                if own is None:
                    row = await self._db.one("get_last_conference_event_number", (event.conference_id,))
                    own = row[0] if row else 0
                own += 1
                own_numbers[event.conference_id] = own
            numbered.append(NumberedEvent(number, own, event))
        await self._db.many("append_event", [_written(entry) for entry in numbered])
        return numbered


def _entry(row: Row) -> NumberedEvent:
    number, own, kind, at_ms, account_id, conference, call_id, data = row
    return NumberedEvent(
        number, own, Event(_KIND[kind], at_ms, account_id, conference, call_id, _DATA.decode(data))
    )


def _written(entry: NumberedEvent) -> tuple[Any, ...]:
    event = entry.event
    return (
        entry.number,
        entry.conference_number,
        event.kind,
        event.occurred_at_ms,
        event.account_id,
        event.conference_id,
        event.call_id,
        msgspec.json.encode(event.data).decode(),
    )
