"""A desk for dialect and web tests: a clock that is set by hand, chance that counts, a log that is kept."""

from collections.abc import Callable
from typing import Any, cast

from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.services.commands import Commands
from hubbub.services.ports import Store, Timer


class HandClock:
    """A clock that only moves when told."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._mono_s = 1000.0

    def now_ms(self) -> int:
        return self._now_ms

    def mono_s(self) -> float:
        return self._mono_s

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        self._mono_s += seconds

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        raise AssertionError("nothing here sets timers")

    async def sleep(self, delay_s: float) -> None:
        self.advance(delay_s)


class CountingEntropy:
    """Ids 1, 2, 3 …"""

    def __init__(self) -> None:
        self._next = 0

    def id(self) -> str:
        return self.token(32)

    def token(self, size: int) -> str:
        self._next += 1
        return f"{self._next:0{size}x}"

    def random(self) -> float:
        return 0.5


class KeptLog:
    """Entries as (level, event, values)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def debug(self, event: str, **values: Any) -> None:
        self.entries.append(("debug", event, values))

    def info(self, event: str, **values: Any) -> None:
        self.entries.append(("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.entries.append(("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.entries.append(("error", event, values))


def make_desk(
    store: Store, settings: DialectSettings | None = None, commands: Commands | None = None
) -> Desk:
    """A desk over a store.

    Args:
        commands: what changes live things, usually `commands_twin.CommandsTwin().commands`; None: nothing may.
    """
    return Desk(
        store,
        HandClock(),
        CountingEntropy(),
        KeptLog(),
        settings or DialectSettings(),
        cast(Commands, None) if commands is None else commands,
    )
