"""Sounds that can be told apart: sums of sines, and silence.

Owns the making of tones and the levels they are given in. Leaves recognising them to `ears`.

Levels are dBFS of a sine: 0 dBFS is the loudest sine that 16 bits hold (AES17). Silence has `FLOOR_DBFS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 8000
FULL_SCALE: Final = 32768.0
FLOOR_DBFS: Final = -120.0
"""What no energy at all is called, so that levels can be compared and averaged."""

VOICES_HZ: Final = (440, 555, 670, 815, 980, 1145, 1370, 1535, 1790, 2055, 2250, 2545, 2860, 3115, 3290, 315)
"""Sixteen voices for callers in tests: between 300 and 3,400 Hz, over 100 Hz apart, multiples of 5 Hz so that a
second of each closes on itself, and no one a low multiple of another, which a codec's distortion would imitate."""


def generate(
    frequencies_hz: Iterable[float], duration_ms: int, level_dbfs: float, rate_hz: int = RATE_HZ
) -> NDArray[np.int16]:
    """A sum of sines, each of the same level.

    Args:
        frequencies_hz: above 0 and below half the rate; none of them gives silence.
        duration_ms: length; 0 gives an empty array.
        level_dbfs: of each sine, at most 0.
        rate_hz: samples per second.

    Returns:
        int16, shape (duration_ms * rate_hz / 1000,). A sum beyond 16 bits is clipped, never wrapped.

    Raises:
        ValueError: a frequency that the rate cannot carry, a level above 0 dBFS, or a negative length.
    """
    frequencies = list(frequencies_hz)
    if any(not 0 < frequency < rate_hz / 2 for frequency in frequencies):
        raise ValueError(f"a tone lies between 0 and {rate_hz / 2:g} Hz")
    if level_dbfs > 0:
        raise ValueError("a tone is at most as loud as 0 dBFS")
    if duration_ms < 0:
        raise ValueError("a tone lasts 0 ms or more")
    seconds = np.arange(duration_ms * rate_hz // 1000) / rate_hz
    total = np.zeros(len(seconds))
    for frequency in frequencies:
        total += np.sin(2 * np.pi * frequency * seconds)
    scaled = np.rint(total * FULL_SCALE * 10 ** (level_dbfs / 20))
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def silence(duration_ms: int, rate_hz: int = RATE_HZ) -> NDArray[np.int16]:
    """int16 zeros, shape (duration_ms * rate_hz / 1000,)."""
    return np.zeros(duration_ms * rate_hz // 1000, dtype=np.int16)


def level_dbfs(mean_square: float) -> float:
    """The level of a signal of this mean square (samples squared): a full-scale sine is 0 dBFS."""
    if mean_square <= 0:
        return FLOOR_DBFS
    return max(FLOOR_DBFS, 10 * float(np.log10(2 * mean_square / FULL_SCALE**2)))
