"""The real clock. The one place below the shells where the system's time is read.

Its simulated twin is `hubbub.lab.clock.SimulatedClock`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class SystemClock:
    """Implements `services.ports.Clock` over the running loop.

    Args:
        loop: None for the one that runs now.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_s(self) -> float:
        return self._loop.time()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._loop.call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
