"""What is played for a frame that did not come: the last pitch period again, fading to silence over 60 ms.

After the idea of ITU-T G.711 Appendix I, in integers, so that every machine makes the same samples.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, kernel, require, wide

HISTORY = 320
"""Samples of past that the search looks at: 40 ms at 8 kHz."""
LAG_MIN = 40
"""5 ms: 200 Hz, the highest pitch looked for."""
LAG_MAX = 120
"""15 ms: 66 Hz."""
FADE = 480
"""60 ms from full to nothing."""
OVERLAP = 40
"""5 ms of crossfade when sound comes back."""

_COMPARED = 160


@kernel
def pitch_lag(history: NDArray[np.int16]) -> int:
    """The period, in samples, at which the last 20 ms of a 40 ms history repeat best (least difference)."""
    require(history.size >= HISTORY)
    best = LAG_MIN
    least = wide(1) << 60
    for lag in range(LAG_MIN, LAG_MAX + 1):
        difference = 0
        for i in range(HISTORY - _COMPARED, HISTORY):
            difference += abs(wide(history[i]) - wide(history[i - lag]))
        if difference < least:
            least = difference
            best = lag
    return best


@compiled
def fill(
    history: NDArray[np.int16], lag: int, elapsed: int, pcm: NDArray[np.int16], at: int, count: int
) -> int:
    """Write `count` samples of concealment to `pcm[at]`; `elapsed` samples of it were played before.

    Returns their energy.
    """
    energy = 0
    for i in range(count):
        position = elapsed + i
        sample = wide(0)
        if position < FADE:
            sample = wide(history[HISTORY - lag + position % lag]) * (FADE - position) // FADE
        pcm[at + i] = sample
        energy += sample * sample
    return energy


@compiled
def blend_in(history: NDArray[np.int16], lag: int, elapsed: int, pcm: NDArray[np.int16]) -> None:
    """Crossfade the start of a frame that did come out of the concealment that went before."""
    for i in range(OVERLAP):
        position = elapsed + i
        ghost = wide(0)
        if position < FADE:
            ghost = wide(history[HISTORY - lag + position % lag]) * (FADE - position) // FADE
        pcm[i] = (ghost * (OVERLAP - i) + wide(pcm[i]) * i) // OVERLAP
