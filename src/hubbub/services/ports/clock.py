"""The only time and the only chance there is."""

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The only time there is."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""

    def mono_s(self) -> float:
        """Monotonic seconds, of no particular start."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer: ...

    async def sleep(self, delay_s: float) -> None: ...


class Entropy(Protocol):
    """The only chance there is; seeded in the lab."""

    def id(self) -> str:
        """32 lower-case hex digits of a random UUID (RFC 9562 version 4)."""

    def token(self, size: int) -> str:
        """`size` random lower-case hex digits, fit for a secret."""

    def random(self) -> float:
        """0 <= x < 1."""
