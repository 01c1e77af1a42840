"""Media whose taps a test fills by hand: one common position, frames when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hubbub.domain.errors import ServerFull
from hubbub.services.ports import TapFrame, TapKind
from services.conftest import NotingMedia

FRAME = 160


class OpenTap(NamedTuple):
    kind: TapKind
    target: int
    begin: int


@dataclass
class TapMedia(NotingMedia):
    """Taps begin at the present tick; what a target says is a constant that a test can choose."""

    position: int = 16_000
    taps: dict[int, OpenTap] = field(default_factory=dict)
    closing: dict[int, int] = field(default_factory=dict)
    values: dict[tuple[TapKind, int], int] = field(default_factory=dict)
    taps_max: int = 100
    pending: list[TapFrame] = field(default_factory=list)
    listeners: list[Callable[[Sequence[TapFrame]], None]] = field(default_factory=list)

    def subscribe_taps(self, listener: Callable[[Sequence[TapFrame]], None]) -> None:
        self.listeners.append(listener)

    def open_tap(self, kind: TapKind, target: int) -> int:
        if len(self.taps) >= self.taps_max:
            raise ServerFull("no tap is left")
        self.made += 1
        self.taps[self.made] = OpenTap(kind, target, self.position)
        return self.made

    def close_tap(self, tap_id: int) -> None:
        if tap_id in self.taps:
            self.closing.setdefault(tap_id, self.position)

    def close_port(self, port_id: int) -> None:
        super().close_port(port_id)
        self._gone(port_id)

    def destroy_mixer(self, mixer_id: int) -> None:
        super().destroy_mixer(mixer_id)
        self._gone(mixer_id)

    def _gone(self, target: int) -> None:
        for tap_id, tap in self.taps.items():
            if tap.target == target:
                self.close_tap(tap_id)

    def tick(self, ticks: int = 1, *, lost: bool = False) -> None:
        """Let time pass: each open tap takes what its target says now."""
        for _ in range(ticks):
            self._end()
            for tap_id, tap in self.taps.items():
                if not lost:
                    value = self.values.get((tap.kind, tap.target), 0)
                    pcm = np.full(FRAME, value, np.int16).tobytes()
                    self.pending.append(TapFrame(tap_id, self.position, pcm))
            self.position += FRAME
        self._end()

    def _end(self) -> None:
        for tap_id, position in list(self.closing.items()):
            self.pending.append(TapFrame(tap_id, position, b"", last=True))
            del self.closing[tap_id], self.taps[tap_id]

    def deliver(self) -> None:
        """Hand on what the taps took."""
        self._end()
        frames, self.pending = self.pending, []
        for listener in self.listeners:
            listener(frames)

    def run(self, seconds: float) -> None:
        """Let time pass, with frames handed on ten times a second."""
        for _ in range(round(seconds * 10)):
            self.tick(5)
            self.deliver()
