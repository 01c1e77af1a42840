"""The server's log in the lab: kept in memory, so that a scenario can ask what was said."""

from __future__ import annotations

from typing import Any, NamedTuple

from hubbub.services.ports import Clock


class LogLine(NamedTuple):
    at_ms: int
    level: str
    event: str
    values: dict[str, Any]


class LabLog:
    """Implements `services.ports.Log`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: list[LogLine] = []
        self.is_mute = False
        """Nobody is there to write: what the parts of a server that died would say is no line."""

    def debug(self, event: str, **values: Any) -> None:
        self._keep("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        self._keep("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._keep("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._keep("error", event, values)

    def at_least(self, level: str) -> list[LogLine]:
        """Lines of this level and above."""
        levels = ("debug", "info", "warning", "error")
        return [line for line in self.lines if levels.index(line.level) >= levels.index(level)]

    def _keep(self, level: str, event: str, values: dict[str, Any]) -> None:
        if not self.is_mute:
            self.lines.append(LogLine(self._clock.now_ms(), level, event, values))
