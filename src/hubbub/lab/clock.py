"""The server's clock and chance, simulated: the twins of `hubbub.clock` and `hubbub.entropy`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Final

EPOCH_MS: Final = 1_767_603_600_000
"""2026-01-05T09:00:00Z, a Monday: when every simulation begins."""


class SimulatedClock:
    """Implements `services.ports.Clock` on the time of a loop, which is simulated time on a `SimulatedLoop`.

    Args:
        loop: gives monotonic time; its time now is `epoch_ms`.
        epoch_ms: UTC at this moment, in milliseconds since 1970.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, epoch_ms: int = EPOCH_MS) -> None:
        self._loop = loop
        self._start_s = loop.time()
        self._epoch_ms = epoch_ms

    def now_ms(self) -> int:
        return self._epoch_ms + round((self._loop.time() - self._start_s) * 1000)

    def mono_s(self) -> float:
        return self._loop.time()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._loop.call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)

    def set_back(self, milliseconds: int) -> None:
        """Step UTC back, as a bad time server would; monotonic time goes on. Negative steps it forward."""
        self._epoch_ms -= milliseconds


class SeededEntropy:
    """Implements `services.ports.Entropy`: the same seed gives the same ids, tokens and numbers in the same order.

    Fit for simulations only: whoever knows the seed knows the tokens.
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(f"entropy {seed}")

    def id(self) -> str:
        bits = self._chance.getrandbits(128)
        # Version 4, variant 10: RFC 9562 §5.4.
        bits = bits & ~(0xF << 76) | 0x4 << 76
        bits = bits & ~(0x3 << 62) | 0x2 << 62
        return f"{bits:032x}"

    def token(self, size: int) -> str:
        return f"{self._chance.getrandbits(4 * size):0{size}x}" if size else ""

    def random(self) -> float:
        return self._chance.random()
