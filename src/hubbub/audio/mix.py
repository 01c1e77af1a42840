"""The mixer's arithmetic: add once in 32 bits, take one's own voice out. `limit` makes it fit, once, at the end.

32 bits hold the sum of 65,536 voices at full scale.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import kernel, require, wide


@kernel
def clear(total: NDArray[np.int32]) -> None:
    for i in range(total.size):
        total[i] = 0


@kernel
def add(total: NDArray[np.int32], voice: NDArray[np.int16]) -> None:
    """Add one voice to a sum of the same length."""
    require(voice.size >= total.size)
    for i in range(total.size):
        total[i] += voice[i]


@kernel
def copy_without(total: NDArray[np.int32], own: NDArray[np.int16], mix: NDArray[np.int32]) -> None:
    """What one speaker hears: the sum less his own voice."""
    require(own.size >= total.size and mix.size >= total.size)
    for i in range(total.size):
        mix[i] = total[i] - own[i]


@kernel
def copy(total: NDArray[np.int32], mix: NDArray[np.int32]) -> None:
    require(mix.size >= total.size)
    for i in range(total.size):
        mix[i] = total[i]


@kernel
def peak(samples: NDArray[np.int32]) -> int:
    """The greatest magnitude in a sum; of a negative sample one less, so that 16 bits hold both signs to 32767."""
    highest = np.int32(0)
    lowest = np.int32(-1)
    for i in range(samples.size):
        highest = max(highest, samples[i])
        lowest = min(lowest, samples[i])
    return max(wide(highest), -1 - wide(lowest))


@kernel
def store(samples: NDArray[np.int32], pcm: NDArray[np.int16]) -> None:
    """A sum as 16-bit samples; what does not fit is clipped."""
    require(pcm.size >= samples.size)
    for i in range(samples.size):
        pcm[i] = min(max(wide(samples[i]), -32768), 32767)
