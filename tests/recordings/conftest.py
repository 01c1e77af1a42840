"""A library in a temporary directory, tones to fill it with, and ears."""

from __future__ import annotations

import io
import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.recordings import RecordingLibrary
from hubbub.services.recordings.recording_files import Blend, SoundPlan, SoundWriter

RATE = 8000
ID = RecordingId("ab" + "0" * 30)


class LogLines:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Any:
        return lambda event, **values: self.lines.append((level, event, values))


def tone(hz: int, seconds: float, level: float = 8000.0) -> NDArray[np.int16]:
    times = np.arange(round(seconds * RATE)) / RATE
    return np.rint(level * np.sin(2 * np.pi * hz * times)).astype(np.int16)


def level_of(hz: int, sound: NDArray[np.int16], rate: int = RATE) -> float:
    """The amplitude of a tone in a sound."""
    times = np.arange(len(sound)) / rate
    return float(2 * abs(np.dot(sound, np.exp(-2j * math.pi * hz * times))) / len(sound))


def say(writer: SoundWriter, track: str, sound: NDArray[np.int16], position: int = 0) -> None:
    """Append a sound in frames, as a tap would deliver it."""
    for at in range(0, len(sound), 1600):
        writer.append(track, position + at, sound[at : at + 1600].tobytes())


class Shelf:
    """A library, and short ways to use it."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root
        self.log = LogLines()
        self.library = RecordingLibrary(root, self.log, **options)
        self.failures: list[str] = []

    def begin(self, blend: Blend = Blend.SUM, **plan: Any) -> SoundWriter:
        return self.library.begin(ID, SoundPlan(blend, **plan), self.failures.append)

    async def bytes_of(self, format_: AudioFormat = AudioFormat.WAV, **options: Any) -> bytes:
        wanted = {"channels": None, "track": None, "first_byte": 0, "last_byte": None, **options}
        media = await self.library.open(ID, format_, **wanted)
        data = b"".join([chunk async for chunk in media.chunks])
        assert len(data) == media.length_bytes
        return data

    async def sound_of(self, format_: AudioFormat = AudioFormat.WAV, **options: Any) -> NDArray[np.int16]:
        """int16, shape (samples,) or (samples, 2)."""
        data, self.rate = soundfile.read(io.BytesIO(await self.bytes_of(format_, **options)), dtype="int16")
        return np.asarray(data)

    @property
    def folder(self) -> Path:
        return self.root / ID[:2] / ID

    def timeline(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "timeline.jsonl").read_text().splitlines()]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    made = Shelf(tmp_path / "recordings")
    yield made
    await made.library.aclose()
