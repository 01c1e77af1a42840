"""The SIDs of calls that are known by id only: `CA` before our id, or what an import gave."""

from collections import OrderedDict
from typing import Final

from hubbub.domain.ids import CallId
from hubbub.services.ports import Reader

KNOWN_MAX: Final = 100_000
"""Calls whose printed SID is remembered."""


class CallSids:
    """Finds them, and remembers what it found: an answer never changes.

    Only an import leaves calls with ids of another form, so only its rows need a look at the call.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[CallId, str] = OrderedDict()

    async def find(self, reader: Reader, call_id: CallId) -> str:
        known = self._known.get(call_id)
        if known is not None:
            return known
        call = await reader.call(call_id)
        if call is None:
            return "CA" + call_id
        self._known[call_id] = sid = call.given_id or "CA" + call.id
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return sid
