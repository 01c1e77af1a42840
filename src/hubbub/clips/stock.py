"""Sounds that ship with the server, made by arithmetic: nobody's melody and nobody's recording.

Owns waiting music, beeps and call-progress tones (ITU-T E.180 names them; the frequencies are North
America's). All are 16-bit mono at 8 kHz; those that are played round close on themselves without a click.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.services.ports import Clip

RATE_HZ: Final = 8_000
PEAK: Final = 8_192
"""-12 dBFS: loud enough to be heard over a telephone, quiet enough to be talked over."""
BEAT_S: Final = 0.5

_CHORDS: Final = (
    (261.63, 329.63, 392.00, 493.88),
    (220.00, 261.63, 329.63, 392.00),
    (174.61, 220.00, 261.63, 329.63),
    (196.00, 246.94, 293.66, 329.63),
)
"""C major seventh, A minor seventh, F major seventh, G sixth: equal temperament, A4 = 440 Hz."""
_PATTERN: Final = (0, 2, 1, 3, 2, 1, 3, 2)
"""Which note of the chord sounds at each beat."""


@lru_cache
def stock_clip(name: str) -> Clip:
    """One of the stock sounds.

    Raises:
        KeyError: there is none of that name.
    """
    samples = _MAKERS[name]()
    return Clip(np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes(), name)


def _music() -> NDArray[np.float64]:
    """Plucked chords, sixteen seconds, each note dying away over two beats and across the seam."""
    beats = [chord[note] for chord in _CHORDS for note in _PATTERN]
    total = round(len(beats) * BEAT_S * RATE_HZ)
    samples = np.zeros(total)
    length = round(4 * BEAT_S * RATE_HZ)
    t = np.arange(length) / RATE_HZ
    # The last tenth is drawn to nothing, so that a note ends where its array does.
    envelope = np.minimum(t / 0.01, 1.0) * np.exp(-2.2 * t) * np.minimum((t[-1] - t) / 0.2, 1.0)
    for beat, frequency in enumerate(beats):
        tone = np.zeros(length)
        for harmonic in (1, 2, 3):
            tone += np.sin(2 * np.pi * frequency * harmonic * t) / harmonic**2
        start = round(beat * BEAT_S * RATE_HZ)
        samples[np.arange(start, start + length) % total] += envelope * tone
    loudest: float = np.abs(samples).max()
    return samples * (PEAK / loudest)


def _tones(*steps: tuple[tuple[float, ...], int]) -> NDArray[np.float64]:
    """Tones one after another, each with its milliseconds; none is silence."""
    parts = []
    for frequencies, duration_ms in steps:
        t = np.arange(duration_ms * RATE_HZ // 1000) / RATE_HZ
        tone = np.zeros(len(t))
        for frequency in frequencies:
            tone += np.sin(2 * np.pi * frequency * t) / len(frequencies)
        # Five milliseconds of slope: a tone that starts at once clicks.
        slope = np.minimum(np.minimum(t, t[-1] - t) / 0.005, 1.0)
        parts.append(PEAK * tone * slope)
    return np.concatenate(parts)


_MAKERS: Final[dict[str, Callable[[], NDArray[np.float64]]]] = {
    "music": _music,
    "beep-enter": lambda: _tones(((660.0,), 120), ((880.0,), 180)),
    "beep-exit": lambda: _tones(((880.0,), 120), ((660.0,), 180)),
    "ringback": lambda: _tones(((440.0, 480.0), 2000), ((), 4000)),
    "busy": lambda: _tones(((480.0, 620.0), 500), ((), 500)),
}
NAMES: Final = tuple(_MAKERS)
