"""Sound files into telephone sound: 16-bit mono at 8 kHz.

Reads WAV (PCM, float, G.711), MP3, Ogg (Vorbis, Opus) and FLAC through libsndfile, which sees only files
whose first bytes say that they are one of these. A file is a stranger's: its header is believed in nothing
that costs memory, and what cannot be decoded is `InvalidValue`. Runs in a thread; holds no state.
"""

import io
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from hubbub.domain.errors import InvalidValue

RATE_HZ: Final = 8_000
BLOCK_FRAMES: Final = 65_536
"""Frames decoded at a time, so that no header decides how much memory is taken."""
SOURCE_RATE_MIN_HZ: Final = 4_000
SOURCE_RATE_MAX_HZ: Final = 192_000
CHANNELS_MAX: Final = 8

_FORMATS: Final = frozenset({"WAV", "WAVEX", "MP3", "OGG", "FLAC"})
_WAV_SUBTYPES: Final = frozenset({"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"})


class ClipLimits(NamedTuple):
    """What a sound may cost; documented in docs/settings.md."""

    file_bytes_max: int = 26_214_400
    duration_max_s: float = 3_600.0
    """Bandwidth: "audio files under one hour"."""
    cache_bytes_max: int = 134_217_728
    fetch_timeout_s: float = 30.0
    speech_characters_max: int = 4_096
    speech_timeout_s: float = 20.0
    speech_programs_max: int = 4
    """Speech engines at work at once."""


def decode(body: bytes, limits: ClipLimits) -> bytes:
    """The file's sound: int16, little-endian, mono, 8 kHz. All channels are mixed down to one.

    Raises:
        InvalidValue: no sound file of a known kind, or broken, empty or too long.
    """
    if not _looks_like_sound(body):
        raise InvalidValue("audio", "the file is neither WAV, MP3, Ogg nor FLAC")
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            _check(file)
            pcm = b"".join(_telephone(_mono_blocks(file, limits), int(file.samplerate)))
    except (soundfile.SoundFileError, RuntimeError, OSError, ValueError, OverflowError) as error:
        raise InvalidValue("audio", f"the sound file cannot be read: {error}") from None
    if not pcm:
        raise InvalidValue("audio", "the sound file holds no sound")
    return pcm


def _looks_like_sound(body: bytes) -> bool:
    if body[:4] in (b"OggS", b"fLaC") or body[:3] == b"ID3":
        return True
    if body[:4] == b"RIFF":
        return body[8:12] == b"WAVE"
    # An MPEG audio frame: eleven bits of sync, layer III, a bit rate that exists (ISO 11172-3 §2.4.2.3).
    return len(body) > 3 and body[0] == 0xFF and body[1] & 0xE6 == 0xE2 and body[2] & 0xF0 != 0xF0


def _check(file: Any) -> None:
    if file.format not in _FORMATS:
        raise InvalidValue("audio", f"{file.format} files are not played")
    if file.format in ("WAV", "WAVEX") and file.subtype not in _WAV_SUBTYPES:
        raise InvalidValue("audio", f"WAV files with {file.subtype} are not played")
    if not SOURCE_RATE_MIN_HZ <= file.samplerate <= SOURCE_RATE_MAX_HZ:
        raise InvalidValue("audio", f"a sample rate of {file.samplerate} Hz is not played")
    if not 1 <= file.channels <= CHANNELS_MAX:
        raise InvalidValue("audio", f"a file of {file.channels} channels is not played")


def _mono_blocks(file: Any, limits: ClipLimits) -> Iterator[NDArray[np.float32]]:
    """Blocks of float32, shape (frames,), full scale 1.0."""
    left = int(limits.duration_max_s * file.samplerate)
    while True:
        block: NDArray[np.float32] = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        if not len(block):
            return
        left -= len(block)
        if left < 0:
            raise InvalidValue("audio", f"the sound lasts over {limits.duration_max_s:g} s")
        mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
        # A float file may hold anything; what is no number is silence.
        yield np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0)


def _telephone(blocks: Iterator[NDArray[np.float32]], rate_hz: int) -> Iterator[bytes]:
    if rate_hz == RATE_HZ:
        for block in blocks:
            yield _int16(block)
        return
    stream = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield _int16(stream.resample_chunk(np.ascontiguousarray(block)))
    yield _int16(stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True))


def _int16(samples: NDArray[np.float32]) -> bytes:
    scaled = np.clip(np.rint(samples * np.float32(32_768.0)), -32_768, 32_767)
    return bytes(scaled.astype("<i2").tobytes())
