"""Room for clips in the array that the core plays from.

Owns who uses which samples. A clip that several legs hear is held once; one that nobody hears any more stays
until its room is needed, so that hold music is not copied for every caller.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubbub.domain.errors import ServerFull


@dataclass(slots=True)
class _Held:
    offset: int
    length: int
    users: int = 0


class Arena:
    """Hands out stretches of `samples` (int16, one dimension), first fit."""

    def __init__(self, samples: NDArray[np.int16]) -> None:
        self._samples = samples
        self._held: dict[bytes, _Held] = {}
        """In order of last use."""

    @property
    def used(self) -> int:
        """Samples of clips that are being played."""
        return sum(held.length for held in self._held.values() if held.users)

    def hold(self, pcm: bytes) -> tuple[int, int]:
        """Keep a clip until it is released as often as it was held.

        Returns: offset and length in samples. Raises ServerFull when what is playing leaves no room.
        """
        held = self._held.pop(pcm, None)
        if held is None:
            length = len(pcm) // 2
            held = _Held(self._find_room(length), length)
            self._samples[held.offset : held.offset + length] = np.frombuffer(pcm, "<i2", length)
        held.users += 1
        self._held[pcm] = held
        return held.offset, held.length

    def release(self, pcm: bytes) -> None:
        self._held[pcm].users -= 1

    def _find_room(self, length: int) -> int:
        while True:
            end = 0
            for held in sorted(self._held.values(), key=lambda held: held.offset):
                if held.offset - end >= length:
                    return end
                end = held.offset + held.length
            if self._samples.size - end >= length:
                return end
            unused = next((pcm for pcm, held in self._held.items() if not held.users), None)
            if unused is None:
                raise ServerFull("no memory is left for playing sound")
            del self._held[unused]
