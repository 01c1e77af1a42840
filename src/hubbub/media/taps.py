"""The control side of taps: ids, and the frames that the core took, on their way to the recorders.

Owns the ring's reading end. Leaves what is taken, and when, to `core.taps`.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from hubbub.domain.errors import ServerFull
from hubbub.media.core import apply as commands
from hubbub.media.core import taps
from hubbub.media.core.layout import FRAME, State
from hubbub.media.slots import Slots
from hubbub.services.ports import TapFrame, TapKind

KINDS = {
    TapKind.MIX: taps.MIX,
    TapKind.SPOKEN: taps.SPOKEN,
    TapKind.RECEIVED: taps.RECEIVED,
    TapKind.HEARD: taps.HEARD,
}
ROUNDS_AHEAD = 2
"""Taps opened in one turn of the event loop begin in a round so far ahead: all of the commands are there by then."""

Send = Callable[[list[tuple[int, ...]]], None]


class Taps:
    """Opens and closes taps, and reads what they took.

    Args:
        send: hands command records to the core, in order.
    """

    def __init__(self, state: State, taps_max: int, send: Send) -> None:
        self._state = state
        self._send = send
        self._slots = Slots(0, taps_max)
        self._closing: set[int] = set()
        self._read = 0
        """Frames ever read from the ring."""
        self._round: int | None = None
        """In which whatever is opened or closed in this turn of the event loop begins or ends."""
        self._listeners: list[Callable[[Sequence[TapFrame]], None]] = []

    @property
    def count(self) -> int:
        """Taps open, or not yet over."""
        return len(self._slots.used)

    def open(self, kind: TapKind, target: int) -> int:
        tap_id = self._slots.take()
        if tap_id is None:
            raise ServerFull("as much sound as allowed is being recorded")
        self._send([(commands.OPEN_TAP, tap_id, KINDS[kind], target, self._turn_round())])
        return tap_id

    def close(self, tap_id: int) -> None:
        if tap_id in self._slots.used and tap_id not in self._closing:
            self._closing.add(tap_id)
            self._send([(commands.CLOSE_TAP, tap_id, self._turn_round())])

    def subscribe(self, listener: Callable[[Sequence[TapFrame]], None]) -> None:
        self._listeners.append(listener)

    def read(self, head: int) -> None:
        """Hand on all frames up to the ring's `head`, as the core told it."""
        frames = self._frames(head)
        if frames:
            self._send([(commands.TAPS_READ, head)])
            self._hand_on(frames)

    def closed(self, tap_id: int, end_round: int, head: int) -> None:
        """Hand on what is left of a tap, and its last frame."""
        frames = self._frames(head)
        if frames:
            self._send([(commands.TAPS_READ, head)])
        self._forget(tap_id)
        self._hand_on([*frames, TapFrame(tap_id, end_round * FRAME, b"", last=True)])

    def end_all(self) -> None:
        """Hand on what is left, when the core does not run any more."""
        core = self._state.core[0]
        frames = self._frames(int(core.taps_head))
        for tap_id in sorted(self._slots.used):
            frames.append(TapFrame(tap_id, (int(core.rounds) + 1) * FRAME, b"", last=True))
            self._forget(tap_id)
        if frames:
            self._hand_on(frames)

    def _frames(self, head: int) -> list[TapFrame]:
        """What lies between `_read` and `head`: by tap, and joined where nothing is missing."""
        if head <= self._read:
            return []
        rows = np.arange(self._read, head) % len(self._state.tap_pcm)
        self._read = head
        rows = rows[np.argsort(self._state.tap_marks[rows, 0], kind="stable")]
        marks = self._state.tap_marks[rows]
        pcm = self._state.tap_pcm[rows].astype("<i2", copy=False)
        breaks = (np.diff(marks[:, 0]) != 0) | (np.diff(marks[:, 1]) != 1)
        starts = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(rows)]
        return [
            TapFrame(int(marks[start, 0]), int(marks[start, 1]) * FRAME, pcm[start:end].tobytes())
            for start, end in pairwise(starts)
        ]

    def _hand_on(self, frames: list[TapFrame]) -> None:
        for listener in self._listeners:
            listener(frames)

    def _forget(self, tap_id: int) -> None:
        self._closing.discard(tap_id)
        self._slots.give_back(tap_id)

    def _turn_round(self) -> int:
        if self._round is None:
            self._round = int(self._state.core[0].rounds) + ROUNDS_AHEAD
            asyncio.get_running_loop().call_soon(self._end_turn)
        return self._round

    def _end_turn(self) -> None:
        self._round = None
