"""The oracle: what everybody hears, said as plainly as Python can. No speed, no cleverness."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FULL, TARGET, NEAR, UNITY = 32767, 23197, 20674, 2**24
SIX_DB_PER_S = 17010610
"""What a frame of 20 ms of returning multiplies a gain by, times UNITY."""


class Member(NamedTuple):
    voice: NDArray[np.int16]
    hears: bool = True
    heard: bool = True
    coaches: tuple[int, ...] | None = None
    """Indices of those who alone hear this one; None: no coach."""


class Gain:
    """The limiter: down at once, kept for 25 frames, back slowly."""

    def __init__(self) -> None:
        self.value, self.held = UNITY, 0

    def follow(self, mix: list[int]) -> int:
        """Returns the gain before."""
        before, peak = self.value, max(max(x, -1 - x) for x in mix)
        if peak * before > FULL * UNITY:
            self.value, self.held = TARGET * UNITY // peak, 25
        elif peak > FULL and peak * before > NEAR * UNITY:
            self.held = 25
        elif self.held and before < UNITY:
            self.held -= 1
        else:
            self.value, self.held = min(UNITY, before * SIX_DB_PER_S // UNITY), 0
        return before

    def move(self, mix: list[int], before: int) -> list[int]:
        """The frame, its gain moving from `before` to where it stands now."""
        reach = len(mix)
        if self.value < before:
            above = [i for i, x in enumerate(mix) if max(x, -1 - x) * before > FULL * UNITY]
            reach = max(16, min(above, default=reach))
        steps = [before + (self.value - before) * min(i + 1, reach) // reach for i in range(len(mix))]
        return [(x * gain + UNITY // 2) // UNITY for x, gain in zip(mix, steps, strict=True)]


class ReferenceMixer:
    """A room of always the same members, in the order of their first frame."""

    def __init__(self, size: int) -> None:
        self.room, self.own = Gain(), [Gain() for _ in range(size)]

    def what_each_hears(self, members: list[Member]) -> list[NDArray[np.int16]]:
        """One frame: for each member the exact sum of all who speak to it but itself, limited once."""
        spoken = [m.heard and m.voice.any() for m in members]
        in_sum = [spoken[i] and m.coaches is None for i, m in enumerate(members)]
        total = [
            sum(int(m.voice[t]) for m, said in zip(members, in_sum, strict=True) if said) for t in range(160)
        ]
        before = self.room.follow(total)
        frames = []
        for me, (listener, own) in enumerate(zip(members, self.own, strict=True)):
            whispers = [m for i, m in enumerate(members) if spoken[i] and m.coaches and me in m.coaches]
            mix = [0] * 160
            if listener.hears and (in_sum[me] or whispers):
                if any(in_sum) or whispers:
                    mix = [x - int(listener.voice[t]) * bool(in_sum[me]) for t, x in enumerate(total)]
                    mix = [x + sum(int(m.voice[t]) for m in whispers) for t, x in enumerate(mix)]
                mix = own.move(mix, own.follow(mix))
            else:
                if listener.hears:
                    mix = self.room.move(total, before if own.value == before else own.value)
                own.value, own.held = self.room.value, self.room.held
            frames.append(np.clip(mix, -32768, 32767).astype(np.int16))
        return frames
