"""Forgets deliveries that arrived and answers kept under idempotency keys, when their time is over.

A few at a time, on a slow timer: a delete is a write, and calls write too.
"""

import asyncio
from typing import Final

from hubbub.services.ports import Clock, Log, Store

EVERY_S: Final = 60.0
BATCH: Final = 500
BATCH_PAUSE_S: Final = 0.2


class ForgetOldRows:
    def __init__(
        self, store: Store, clock: Clock, log: Log, *, keep_deliveries_ms: int, keep_answers_ms: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._keep_deliveries_ms = keep_deliveries_ms
        self._keep_answers_ms = keep_answers_ms
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="forget old rows")

    async def aclose(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def once(self) -> int:
        """Forget what is too old now; how many deliveries that were."""
        forgotten = 0
        before_ms = self._clock.now_ms() - self._keep_deliveries_ms
        while True:
            async with self._store.transaction() as tx:
                batch = await tx.forget_deliveries(before_ms, BATCH)
            forgotten += batch
            if batch < BATCH:
                break
            await self._clock.sleep(BATCH_PAUSE_S)
        async with self._store.transaction() as tx:
            await tx.forget_answers(self._clock.now_ms() - self._keep_answers_ms)
        return forgotten

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.once()
            except Exception as error:
                # Whatever it is, it will be tried again, and nothing else waits for it.
                self._log.error("old rows not forgotten", exc_info=error)
