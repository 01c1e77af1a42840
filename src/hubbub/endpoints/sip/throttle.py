"""Wrong passwords: how many one source may try.

Owns the count of the last minute, by source and user and by source alone, and whether it is worth a line in the log.
One that goes on is refused without another look at the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

WINDOW_S: Final = 60.0
SOURCE_FACTOR: Final = 10
"""A source may be an office: it gets so many times what one user gets."""
_SOURCES_MAX: Final = 10_000


class Throttle:
    """Counts failures.

    Args:
        failures_max: of one user from one source in a minute.
        mono_s: the time.
    """

    def __init__(self, failures_max: int, mono_s: Callable[[], float]) -> None:
        self._failures_max = failures_max
        self._mono_s = mono_s
        self._counts: dict[tuple[str, str | None], int] = {}
        self._logged: set[str] = set()
        self._began_s = mono_s()
        self.refused = 0
        """Attempts that were refused unseen."""

    def refuses(self, source: str, username: str | None) -> bool:
        """Whether this attempt is one too many."""
        self._forget_old()
        whole = self._counts.get((source, None), 0) >= self._failures_max * SOURCE_FACTOR
        if whole or self._counts.get((source, username), 0) >= self._failures_max:
            self.refused += 1
            return True
        return False

    def failed(self, source: str, username: str | None) -> bool:
        """Count a wrong password; True when it is the source's first of this minute, which is worth telling."""
        self._forget_old()
        if len(self._counts) >= _SOURCES_MAX:
            self._begin()  # a storm from everywhere: memory is worth more than the count
        keys = [(source, None)] if username is None else [(source, None), (source, username)]
        for key in keys:
            self._counts[key] = self._counts.get(key, 0) + 1
        if source in self._logged:
            return False
        self._logged.add(source)
        return True

    def _forget_old(self) -> None:
        if self._mono_s() - self._began_s >= WINDOW_S:
            self._begin()

    def _begin(self) -> None:
        self._counts.clear()
        self._logged.clear()
        self._began_s = self._mono_s()
