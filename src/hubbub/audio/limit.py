"""The limiter: a gain that goes down at once where a sum does not fit 16 bits, and comes back slowly.

A frame that fits at unity gain is not touched. One that does not brings the gain down within itself, to where
its peak stands at `TARGET`; the gain arrives no later than the first sample that would not have fitted, unless
that sample is within the first 2 ms: then the encoder clips what is left. It stays there for 500 ms after the
last frame that needed it, and then returns by 6 dB a second. A steady sound therefore finds one gain and keeps
it: nothing is modulated, so nothing is distorted. No sample is delayed.

Owns the arithmetic, in integers, so that every machine makes the same samples. Leaves to `media.core.limiting`
which listeners share a gain.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, kernel, require, wide

GAIN_BITS = 24
UNITY = 1 << GAIN_BITS
"""A gain is a whole number; this one changes nothing."""
FULL = 32767
"""The greatest peak that fits; see `mix.peak`."""
TARGET = 23197
"""3 dB below full scale: where a sum that does not fit is brought, so that the noise of several coded voices
and of the code itself stay together below -40 dBFS."""
NEAR = 20674
"""1 dB below `TARGET`: a sum that does not fit by itself and still comes so far needs its gain."""
HOLD_FRAMES = 25
"""500 ms: longer than the beat of any two tones 2 Hz apart."""
RETURN_DB_PER_S = 6.0
RETURN = round(10 ** (RETURN_DB_PER_S / 50 / 20) * UNITY)
"""What 20 ms of returning multiply a gain by."""
ATTACK_MIN = 16
"""Samples, 2 ms: a gain that fell faster would be heard as a click."""


@compiled
def follow(gain: int, held: int, peak: int) -> tuple[int, int]:
    """What a frame of this peak makes of a gain.

    Args:
        gain: at the end of the frame before; above 0, at most UNITY.
        held: for how many frames it is still to be kept.
        peak: of the exact sum, by `mix.peak`; below 2^31.

    Returns: both at the end of this frame.
    """
    loudness = wide(peak) * gain
    if loudness > FULL << GAIN_BITS:
        return (TARGET << GAIN_BITS) // wide(peak), wide(HOLD_FRAMES)
    if gain == UNITY:
        return wide(UNITY), wide(0)
    if peak > FULL and loudness > NEAR << GAIN_BITS:
        return wide(gain), wide(HOLD_FRAMES)
    if held > 0:
        return wide(gain), wide(held) - 1
    return wide(min(UNITY, (gain * RETURN) >> GAIN_BITS)), wide(0)


@kernel
def scale(samples: NDArray[np.int32], scaled: NDArray[np.int32], before: int, after: int) -> None:
    """Write a frame with its gain moving from `before` to `after`. Clipping is left to whoever encodes it.

    Args:
        samples: int32, the exact sum.
        scaled: int32, as long; may be the same memory.
    """
    require(scaled.size >= samples.size)
    reach = samples.size
    if after < before:
        reach = max(wide(ATTACK_MIN), _first_above(samples, before))
    half = 1 << (GAIN_BITS - 1)
    for i in range(samples.size):
        gain = before + (after - before) * min(wide(i) + 1, reach) // reach
        scaled[i] = (wide(samples[i]) * gain + half) >> GAIN_BITS


@kernel
def _first_above(samples: NDArray[np.int32], gain: int) -> int:
    """Where the first sample stands that does not fit; the frame's length when all do."""
    for i in range(samples.size):
        sample = wide(samples[i])
        if max(sample, -1 - sample) * gain > FULL << GAIN_BITS:
            return wide(i)
    return wide(samples.size)
