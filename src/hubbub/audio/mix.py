"""The mixer's arithmetic: add once in 32 bits, take one's own voice out. Clipping is the encoder's, once.

32 bits hold the sum of 65,536 voices at full scale.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import kernel, require


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
