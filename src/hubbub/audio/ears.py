"""Telling which tones a recording holds, how loud each is, and what else is in it.

Owns the proof by ear: every caller in a test has a tone of his own, and every ear is checked for exactly the tones
that it must hear. Leaves making tones to `tones`.

The recording is cut into windows. In each, sines of the asked frequencies (and a constant) are fitted by least
squares, which finds their levels exactly even where the window does not hold whole periods; what the fit leaves over
is the rest. Windows are judged apart because a jitter buffer may drop or repeat a frame: a tone then goes on with
another phase, and a fit over the whole recording would call it silence. Powers are averaged over the windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.tones import RATE_HZ, level_dbfs

WINDOW_MS: Final = 200
"""Long enough to tell tones 20 Hz apart, short enough that one lost frame spoils little."""
AUDIBLE_DBFS: Final = -50.0
"""Quieter than this a tone counts as not there: G.711's own noise lies below it."""


class Heard(NamedTuple):
    """What was in a recording. Levels are dBFS of a sine; see `tones`."""

    tones_dbfs: Mapping[float, float]
    """The level of each frequency asked for."""
    outside_dbfs: float
    """Everything else together: noise, distortion, other tones."""
    loudest_outside_hz: float
    """Where most of the rest is."""
    loudest_outside_dbfs: float
    """The level of a sine there."""
    level_dbfs: float
    """The whole recording."""

    def audible(self, above_dbfs: float = AUDIBLE_DBFS) -> frozenset[float]:
        """The frequencies asked for that are there."""
        return frozenset(f for f, level in self.tones_dbfs.items() if level > above_dbfs)

    def mismatches(
        self,
        expected_dbfs: Mapping[float, float],
        *,
        within_db: float = 1.5,
        outside_below_dbfs: float = -40.0,
    ) -> list[str]:
        """Why this is not exactly the expected tones; empty when it is.

        Args:
            expected_dbfs: the level each tone must have. Every other frequency asked for must be below
                `outside_below_dbfs`, like the rest.
        """
        faults = []
        for frequency, wanted in expected_dbfs.items():
            got = self.tones_dbfs[frequency]
            if abs(got - wanted) > within_db:
                faults.append(f"{frequency:g} Hz is at {got:.1f} dBFS, not {wanted:.1f}")
        for frequency, got in self.tones_dbfs.items():
            if frequency not in expected_dbfs and got > outside_below_dbfs:
                faults.append(f"{frequency:g} Hz is there at {got:.1f} dBFS and should not be")
        if self.outside_dbfs > outside_below_dbfs:
            faults.append(
                f"the rest is at {self.outside_dbfs:.1f} dBFS, loudest near {self.loudest_outside_hz:.0f} Hz"
                f" at {self.loudest_outside_dbfs:.1f}"
            )
        return faults


def hear(
    pcm: NDArray[np.int16],
    frequencies_hz: Iterable[float],
    *,
    rate_hz: int = RATE_HZ,
    window_ms: int = WINDOW_MS,
) -> Heard:
    """Listen for tones.

    Args:
        pcm: int16, shape (samples,), mono. A last piece shorter than a window is left out, unless it is all there is.
        frequencies_hz: the tones to listen for, distinct, between 0 and half the rate.
        rate_hz: samples per second.
        window_ms: see the module.

    Raises:
        ValueError: a window has too few samples to tell so many tones apart, or `pcm` is not one-dimensional.
    """
    frequencies = list(frequencies_hz)
    if pcm.ndim != 1:
        raise ValueError("one channel is heard at a time")
    size = min(len(pcm), window_ms * rate_hz // 1000)
    if size < 4 * len(frequencies) + 4:
        raise ValueError(f"{len(pcm)} samples are too few to tell {len(frequencies)} tones apart")
    windows = pcm[: len(pcm) // size * size].astype(np.float64).reshape(-1, size)
    basis, fitting = _basis(tuple(frequencies), size, rate_hz)
    # shape (unknowns, windows): for each tone its cosine and its sine part, then the constant
    fit = fitting @ windows.T
    rest = windows - (basis @ fit).T
    squares = fit[:-1] ** 2
    mean_squares = (squares[0::2] + squares[1::2]).mean(axis=1) / 2
    loudest_hz, loudest_dbfs = _loudest(rest, rate_hz)
    return Heard(
        tones_dbfs={f: level_dbfs(float(m)) for f, m in zip(frequencies, mean_squares, strict=True)},
        outside_dbfs=level_dbfs(float((rest**2).mean())),
        loudest_outside_hz=loudest_hz,
        loudest_outside_dbfs=loudest_dbfs,
        level_dbfs=level_dbfs(float((windows**2).mean())),
    )


@lru_cache(maxsize=64)
def _basis(
    frequencies: tuple[float, ...], size: int, rate_hz: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sines that are fitted, and the matrix that fits them by least squares: the same for every ear of a test."""
    if len(set(frequencies)) != len(frequencies) or any(not 0 < f < rate_hz / 2 for f in frequencies):
        raise ValueError(f"tones to listen for are distinct and between 0 and {rate_hz / 2:g} Hz")
    angles = 2 * np.pi * np.outer(np.arange(size) / rate_hz, frequencies)
    basis = np.empty((size, 2 * len(frequencies) + 1))
    basis[:, 0:-1:2] = np.cos(angles)
    basis[:, 1::2] = np.sin(angles)
    basis[:, -1] = 1.0
    fitting = np.linalg.pinv(basis).astype(np.float64, copy=False)
    return basis, fitting


def _loudest(rest: NDArray[np.float64], rate_hz: int) -> tuple[float, float]:
    """The strongest line in the rest: its frequency and its level as a sine."""
    size = rest.shape[1]
    hann = np.hanning(size)
    powers = (np.abs(np.fft.rfft(rest * hann, axis=1)) ** 2).mean(axis=0)
    line = int(np.argmax(powers))
    amplitude_square = powers[line] * (2 / hann.sum()) ** 2
    return line * rate_hz / size, level_dbfs(float(amplitude_square) / 2)
