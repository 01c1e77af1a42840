"""The mixer's arithmetic: add once in 32 bits, take one's own voice out. Clipping is the encoder's, once.

32 bits hold the sum of 65,536 voices at full scale.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled


@compiled
def clear(total: NDArray[np.int32]) -> None:
    for i in range(total.size):
        total[i] = 0


@compiled
def add(total: NDArray[np.int32], voice: NDArray[np.int16]) -> None:
    """Add one voice to a sum of the same length."""
    for i in range(total.size):
        total[i] += voice[i]


@compiled
def copy_without(total: NDArray[np.int32], own: NDArray[np.int16], mix: NDArray[np.int32]) -> None:
    """What one speaker hears: the sum less his own voice."""
    for i in range(total.size):
        mix[i] = total[i] - own[i]


@compiled
def copy(total: NDArray[np.int32], mix: NDArray[np.int32]) -> None:
    for i in range(total.size):
        mix[i] = total[i]
