"""Whether anybody speaks: the level of a window of sound, and where speech begins and ends in a file.

Owns the threshold. The mixer has its own for who is talking; this one is for what is kept.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

VOICE_DBOV: Final = -45.0
"""Louder than this is speech; dBov as in RFC 6465: 0 is a square wave at full scale."""
_VOICE_POWER: Final = 32_768.0**2 * 10 ** (VOICE_DBOV / 10)
WINDOW_SAMPLES: Final = 160
MARGIN_SAMPLES: Final = 1600
"""Trimming leaves 0.2 s at both ends: speech begins and ends softly."""
BLOCK_SAMPLES: Final = 500 * WINDOW_SAMPLES

Read = Callable[[int, int], NDArray[np.int16]]
"""Samples from a first one on, so many: int16, shape (samples, channels)."""


def has_voice(pcm: bytes) -> bool:
    """Whether a window of 16-bit little-endian mono is louder than the threshold."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return samples.size > 0 and float(np.dot(samples, samples)) > _VOICE_POWER * samples.size


def first_voice(read: Read, samples: int) -> int | None:
    """The first sample of the first window with speech in it; None: there is none."""
    for first in range(0, samples, BLOCK_SAMPLES):
        loud = _loud_windows(read(first, min(BLOCK_SAMPLES, samples - first)))
        if loud.size:
            return first + int(loud[0]) * WINDOW_SAMPLES
    return None


def after_voice(read: Read, samples: int) -> int:
    """The first sample after the last window with speech in it."""
    for first in reversed(range(0, samples, BLOCK_SAMPLES)):
        loud = _loud_windows(read(first, min(BLOCK_SAMPLES, samples - first)))
        if loud.size:
            return min(samples, first + (int(loud[-1]) + 1) * WINDOW_SAMPLES)
    return 0


def _loud_windows(block: NDArray[np.int16]) -> NDArray[np.intp]:
    rest = -len(block) % WINDOW_SAMPLES
    loudest = np.square(block.astype(np.float32)).max(axis=1)
    powers = np.pad(loudest, (0, rest)).reshape(-1, WINDOW_SAMPLES).mean(axis=1)
    return np.flatnonzero(powers > _VOICE_POWER)
