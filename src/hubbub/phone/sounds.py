"""What a telephone says: a tone, a recording, or silence, cut into packets.

Owns encoding once and cutting; leaves when to send to `media`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.tones import generate
from hubbub.audio.wav import read_wav

VOICE_DBFS: Final = -26.0
"""The level of a caller's tone: a dozen at once still fit into 16 bits."""
LAWS: Final = {"PCMU": g711.ULAW, "PCMA": g711.ALAW}
SILENT_CODES: Final = {g711.ULAW: g711.ULAW_SILENCE, g711.ALAW: g711.ALAW_SILENCE}


class Sound:
    """Something to say.

    Args:
        pcm: int16, shape (samples,), 8 kHz mono.
        is_loop: begin anew at the end, without a gap.
        name: for messages.
    """

    def __init__(self, pcm: NDArray[np.int16], *, is_loop: bool = False, name: str = "a sound") -> None:
        if is_loop and not len(pcm):
            raise ValueError("nothing cannot be repeated")
        self.pcm = pcm
        self.is_loop = is_loop
        self.name = name
        self._encoded: dict[int, bytes] = {}

    def __repr__(self) -> str:
        return f"<Sound {self.name}>"

    @property
    def duration_s(self) -> float:
        """Of one time through, in seconds."""
        return len(self.pcm) / 8000

    def encoded(self, law: int) -> bytes:
        """All of it in G.711, one byte a sample."""
        codes = self._encoded.get(law)
        if codes is None:
            codes = self._encoded[law] = g711.encode_samples(law, self.pcm)
        return codes


SILENCE: Final = Sound(np.zeros(0, np.int16), name="silence")


def tone(frequency_hz: int, level_dbfs: float = VOICE_DBFS) -> Sound:
    """A tone for ever. Whole hertz only: a second of it then closes on itself."""
    return Sound(generate([frequency_hz], 1000, level_dbfs), is_loop=True, name=f"{frequency_hz} Hz")


def recording(data: bytes, name: str = "a recording") -> Sound:
    """A WAV file, once.

    Raises:
        hubbub.audio.wav.WavRefused: it is none that a telephone can play.
    """
    return Sound(read_wav(data), name=name)


class Playing:
    """A place in a sound, from which packets are cut."""

    def __init__(self, sound: Sound, law: int) -> None:
        self._codes = sound.encoded(law)
        self._is_loop = sound.is_loop
        self._silence = SILENT_CODES[law]
        self._at = 0

    @property
    def is_over(self) -> bool:
        return not self._is_loop and self._at >= len(self._codes)

    def take(self, count: int) -> bytes:
        """The next `count` codes; behind the end of a sound that is not repeated, silence."""
        codes = self._codes[self._at : self._at + count]
        self._at += count
        if self._is_loop:
            while len(codes) < count:
                self._at = count - len(codes)
                codes += self._codes[: self._at]
            return codes
        return codes + bytes((self._silence,)) * (count - len(codes))
