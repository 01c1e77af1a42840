"""How loud a frame is. Levels are dBov: 0 is a square wave at full scale (RFC 6465)."""

import math

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import kernel, wide

FULL_SCALE = 32768
SILENCE_DBOV = -127.0
"""RFC 6465's level of digital silence."""


@kernel
def energy(pcm: NDArray[np.int16]) -> int:
    """The sum of squares of a frame."""
    total = 0
    for i in range(pcm.size):
        sample = wide(pcm[i])
        total += sample * sample
    return total


def energy_at(level_dbov: float, samples: int) -> int:
    """The energy of `samples` samples whose level is `level_dbov`."""
    return round(samples * FULL_SCALE**2 * 10 ** (level_dbov / 10))


def level_dbov(pcm: NDArray[np.int16]) -> float:
    """The level of a frame; -127 for digital silence."""
    total = int(energy(pcm))
    if total == 0:
        return SILENCE_DBOV
    return max(SILENCE_DBOV, 10 * math.log10(total / pcm.size / FULL_SCALE**2))
