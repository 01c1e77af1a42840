"""Recordings that are old enough go: first the sound, later the row that says there was one."""

from typing import Final

from hubbub.domain.errors import Refusal
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingState
from hubbub.services.ports import Clock, Log, Store
from hubbub.services.recordings.command_recordings import Recordings
from hubbub.services.recordings.recording_files import RecordingFiles

DAY_MS: Final = 86_400_000
ROW_DAYS: Final = 40
"""How long a deleted recording's row is kept: https://www.twilio.com/docs/voice/api/recording."""
PERIOD_S: Final = 3600.0
PAGE: Final = 500
OVER: Final = frozenset({RecordingState.COMPLETED, RecordingState.ABSENT, RecordingState.FAILED})


class RetireRecordings:
    """
    Args:
        days: how long sound is kept; 0: until somebody deletes it.
        moves: files are to be moved elsewhere, which may fail for a while.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        log: Log,
        recordings: Recordings,
        files: RecordingFiles,
        *,
        days: float,
        moves: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._recordings = recordings
        self._files = files
        self._days = days
        self._moves = moves

    async def run(self) -> None:
        """Retire what is old, now and, where that makes a difference, once an hour."""
        while True:
            await self.retire()
            await self._files.tidy()
            if not self._days and not self._moves:
                return
            await self._clock.sleep(PERIOD_S)

    async def retire(self) -> int:
        """Retire what is old. Returns how much sound was deleted."""
        now_ms = self._clock.now_ms()
        retired = 0
        if self._days:
            before_ms = now_ms - round(self._days * DAY_MS)
            for row in await self._old(OVER, before_ms):
                if (row.ended_at_ms or row.updated_at_ms) <= before_ms:
                    retired += await self._delete(row)
        before_ms = now_ms - ROW_DAYS * DAY_MS
        for row in await self._old(frozenset({RecordingState.DELETED}), before_ms):
            if (row.deleted_at_ms or row.updated_at_ms) <= before_ms:
                await self._recordings.forget(row.id)
        if retired:
            self._log.info("recordings retired", count=retired)
        return retired

    async def _delete(self, row: Recording) -> bool:
        try:
            await self._recordings.delete(row.id)
        except Refusal:
            return False  # somebody was faster
        return True

    async def _old(self, states: frozenset[RecordingState], before_ms: int) -> list[Recording]:
        """Those of these states that were created before."""
        accounts = frozenset([account.id for account in await self._store.read.accounts()])
        query = RecordingQuery(accounts, states=states, created_until_ms=before_ms)
        found: list[Recording] = []
        after: Cursor | None = None
        while True:
            page = await self._store.read.recordings(query, PageRequest(PAGE, after=after))
            found += page.items
            if not page.has_more:
                return found
            after = Cursor(found[-1].created_at_ms, found[-1].id)
