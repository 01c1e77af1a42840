"""Call legs, as rows."""

from typing import Final

from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.storage.engines.connection import Connection, Row

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

    async def get_by_given_id(self, account_id: str, given_id: str) -> CallLeg | None:
        row = await self._db.one("get_call_by_given_id", (account_id, given_id))
        return None if row is None else leg_of(row)

    async def live(self, node: str) -> list[CallLeg]:
        return [leg_of(row) for row in await self._db.all("list_live_calls", (node,))]

    async def put(self, call: CallLeg) -> None:
        await self._db.run("put_call", call)


def leg_of(row: Row) -> CallLeg:
    """A leg from the columns of `CallLeg`, in its order."""
    return CallLeg._make(
        (*row[:7], _DIRECTION[row[7]], _STATUS[row[8]], *row[9:13], _CAUSE[row[13]], *row[14:])
    )
