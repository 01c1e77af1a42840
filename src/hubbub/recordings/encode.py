"""A recording's WAV file in another format, through libsndfile: MP3, FLAC, Ogg Opus, or WAV with one channel.

MP3 is written at 16 kHz: MPEG-2 (ISO 13818-3) has no lower rate, and what encoders write at 8 kHz is an
extension that not every player knows. Opus and FLAC keep the telephone's 8 kHz. Runs in a thread.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from hubbub.domain.recording import AudioFormat

RATE_HZ: Final = 8_000
BLOCK_FRAMES: Final = 65_536


class _Kind(NamedTuple):
    container: str
    subtype: str
    rate_hz: int = RATE_HZ
    dtype: str = "int16"
    """What libsndfile is given: samples as they are, or as floats of full scale 1.0."""


_KINDS: Final = {
    AudioFormat.WAV: _Kind("WAV", "PCM_16"),
    # As floats: libsndfile 1.2 garbles 16-bit stereo on its way to MP3
    # (https://github.com/libsndfile/libsndfile/pull/1106).
    AudioFormat.MP3: _Kind("MP3", "MPEG_LAYER_III", 16_000, "float32"),
    AudioFormat.FLAC: _Kind("FLAC", "PCM_16"),
    AudioFormat.OPUS: _Kind("OGG", "OPUS"),
}


def encode(source: Path, target: Path, format_: AudioFormat, *, mix_down: bool = False) -> None:
    """Write the WAV file `source` to `target` in another format.

    Args:
        mix_down: all channels added into one, and clipped.

    Raises:
        OSError: the disk refuses, or the source is damaged; FileNotFoundError: it is gone.
    """
    kind = _KINDS[format_]
    try:
        with source.open("rb") as opened, soundfile.SoundFile(opened) as file:
            channels = 1 if mix_down else file.channels
            with soundfile.SoundFile(
                target, "w", kind.rate_hz, channels, format=kind.container, subtype=kind.subtype
            ) as made:
                for block in _at_rate(_blocks(file, mix_down), kind, channels):
                    made.write(block)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise OSError(f"the sound could not be converted: {error}") from error


def _blocks(file: Any, mix_down: bool) -> Iterator[NDArray[np.int16]]:
    """Blocks of int16, shape (frames, channels)."""
    while True:
        block: NDArray[np.int16] = file.read(BLOCK_FRAMES, dtype="int16", always_2d=True)
        if not len(block):
            return
        if mix_down:
            total = block.sum(axis=1, dtype=np.int32, keepdims=True)
            block = np.clip(total, -32_768, 32_767).astype(np.int16)
        yield block


def _at_rate(blocks: Iterator[NDArray[np.int16]], kind: _Kind, channels: int) -> Iterator[NDArray[Any]]:
    if kind.dtype == "int16":
        yield from blocks
        return
    stream = soxr.ResampleStream(RATE_HZ, kind.rate_hz, channels, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block.astype(np.float32) / np.float32(32_768))
    yield stream.resample_chunk(np.zeros((0, channels), dtype=np.float32), last=True)
