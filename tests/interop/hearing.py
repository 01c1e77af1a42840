"""Which tones an ear hears: one after another in a finished recording, and right now in one that is being written.

Every voice and every sound of a test is one tone. Sound is judged in quarters of a second; a quarter in which a tone is
neither there nor away, because it begins or ends in it, is left out.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import wav
from hubbub.audio.ears import hear

LOUD_DBFS, QUIET_DBFS = -30, -50
"""Tones are spoken at -20 dBFS (`peers.tone_wav`): from here on one is there, and down from here it is not."""
QUARTER = 2000
"""Samples of a quarter of a second."""
BLINK = 480
"""Samples of 60 ms."""
HEADER_BYTES = 44
"""Of a WAV file before its samples."""

Tones = frozenset[int]
SILENCE: Tones = frozenset()


def tones_of(*tones_hz: int) -> Tones:
    return frozenset(tones_hz)


def judged(pcm: NDArray[np.int16], tones_hz: Collection[int]) -> Tones | None:
    """Which of the tones are in a quarter of a second; None when one is neither there nor away."""
    levels = hear(pcm, tones_hz).tones_dbfs
    if any(QUIET_DBFS < level < LOUD_DBFS for level in levels.values()):
        return None
    return frozenset(hz for hz in tones_hz if levels[hz] >= LOUD_DBFS)


def heard(recording: Path | bytes, tones_hz: Collection[int]) -> list[Tones]:
    """Which tones a WAV file holds, one quarter of a second after another; repetitions are left out."""
    pcm = wav.read_wav(recording if isinstance(recording, bytes) else recording.read_bytes())
    seen: list[Tones] = []
    for start in range(0, len(pcm) - QUARTER, QUARTER):
        tones = judged(pcm[start : start + QUARTER], tones_hz)
        if tones is not None and (not seen or seen[-1] != tones):
            seen.append(tones)
    return seen


class Ear:
    """What a baresip hears while it is called: the WAV file of its newest call, as far as it is written.

    Args:
        dump: the folder into which it writes.
        tones_hz: all tones that may be heard.
    """

    def __init__(self, dump: Path, tones_hz: Collection[int]) -> None:
        self._dump = dump
        self._tones_hz = tuple(tones_hz)

    def now(self) -> tuple[Path, int] | None:
        """Where the sound has come to: the file and the samples in it. None before the first call."""
        files = list(self._dump.glob("dump-*-dec.wav"))
        if not files:
            return None
        newest = max(files, key=lambda path: path.stat().st_mtime_ns)
        return newest, max(0, newest.stat().st_size - HEADER_BYTES) // 2

    def beeped(self, since: tuple[Path, int] | None, tone_hz: int) -> bool:
        """Whether a tone was there for a tenth of a second since a moment, among those of the others."""
        here = self.now()
        if here is None or since is None or since[0] != here[0]:
            return False
        pcm = _samples(*since, here[1])
        levels = [
            hear(pcm[start : start + BLINK], {tone_hz, *self._tones_hz}, window_ms=60).tones_dbfs[tone_hz]
            for start in range(0, len(pcm) - BLINK, BLINK)
        ]
        return any(min(pair) >= LOUD_DBFS for pair in pairwise(levels))

    def last(self, since: tuple[Path, int] | None, quarters: int) -> list[Tones | None]:
        """The last quarters of a second that were heard after a moment; fewer where there are not yet so many."""
        here = self.now()
        if here is None:
            return []
        path, end = here
        begin = since[1] if since is not None and since[0] == path else 0
        count = min(quarters, (end - begin) // QUARTER)
        pcm = _samples(path, end - count * QUARTER, end)
        return [judged(part, self._tones_hz) for part in pcm.reshape(count, QUARTER)]


def _samples(path: Path, begin: int, end: int) -> NDArray[np.int16]:
    """Of a WAV file that may still be written: its header does not yet say how long it is."""
    with path.open("rb") as file:
        file.seek(HEADER_BYTES + 2 * begin)
        return np.frombuffer(file.read(2 * (end - begin)), "<i2")


def wait_until_heard(expected: Mapping[Ear, Tones], limit_s: float = 10.0, quarters: int = 2) -> None:
    """Wait until every ear hears exactly its tones, for so many quarters of a second that begin after this call.

    Args:
        expected: what each ear must hear; `SILENCE` is to hear nothing.
        limit_s: how long to wait for it.
        quarters: how long it has to stay so.
    """
    since = {ear: ear.now() for ear in expected}
    deadline = time.monotonic() + limit_s
    while True:
        found = {ear: ear.last(since[ear], quarters) for ear in expected}
        if all(found[ear] == [tones] * quarters for ear, tones in expected.items()):
            return
        if time.monotonic() > deadline:
            told = [(sorted(tones), found[ear]) for ear, tones in expected.items()]
            raise AssertionError(f"it was never heard so; (expected, heard) by ear: {told}")
        time.sleep(0.05)
