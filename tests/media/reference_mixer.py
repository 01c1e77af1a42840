"""The oracle: what everybody hears, said as plainly as Python can. No speed, no cleverness."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Member(NamedTuple):
    voice: NDArray[np.int16]
    hears: bool = True
    heard: bool = True
    coaches: tuple[int, ...] | None = None
    """Indices of those who alone hear this one; None: no coach."""


def what_each_hears(members: list[Member]) -> list[NDArray[np.int16]]:
    """One frame: for each member the sum of all who speak to it but itself, clipped once."""
    frames = []
    for me, listener in enumerate(members):
        mix = np.zeros(len(listener.voice), np.int64)
        for other, speaker in enumerate(members):
            if other == me or not speaker.heard or not listener.hears:
                continue
            if speaker.coaches is None or me in speaker.coaches:
                mix += speaker.voice
        frames.append(np.clip(mix, -32768, 32767).astype(np.int16))
    return frames
