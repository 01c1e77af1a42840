"""WAV files as bytes: what a telephone can play, and what it recorded.

Owns the RIFF container and the three encodings of telephony: 16-bit PCM, µ-law and A-law (and 8-bit PCM, because
recorders of old still write it). Leaves every other format and rate to the decoder behind `ClipSource`.

A header is a stranger's word: every count is checked against the bytes that are there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.tones import RATE_HZ

PCM: Final = 0x0001
ALAW: Final = 0x0006
MULAW: Final = 0x0007
EXTENSIBLE: Final = 0xFFFE
"""The real format is the beginning of a GUID further on (Microsoft WAVEFORMATEXTENSIBLE)."""
_GUID_TAIL: Final = bytes.fromhex("000000001000800000aa00389b71")
BYTES_MAX: Final = 256 << 20
"""Four and a half hours of 16-bit telephony; more is refused, not read."""
CHUNKS_MAX: Final = 1000
_UNKNOWN_SIZES: Final = (0, 0x7FFF_FFFF, 0xFFFF_FFFF)
"""What programs write that stream to a pipe and cannot come back to the header."""


class WavRefused(ValueError):
    """A file that is no WAV, is damaged, or is of a kind that is not taken. The message says which."""


def read_wav(data: bytes, rate_hz: int = RATE_HZ) -> NDArray[np.int16]:
    """The samples of a mono WAV file.

    Args:
        data: the whole file. A file cut off in its samples is read as far as it goes.
        rate_hz: the only rate taken.

    Returns:
        int16, shape (samples,).

    Raises:
        WavRefused: see there.
    """
    if len(data) > BYTES_MAX:
        raise WavRefused(f"a WAV file of {len(data)} bytes is larger than {BYTES_MAX}")
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise WavRefused("this is not a WAV file: it does not begin with RIFF and WAVE")
    layout: tuple[int, int] | None = None
    for name, chunk in _chunks(data):
        if name == b"fmt ":
            layout = _read_format(chunk, rate_hz)
        elif name == b"data":
            if layout is None:
                raise WavRefused("the samples come before their format")
            return _samples(chunk, *layout)
    raise WavRefused("the file has no samples" if layout else "the file has no format")


def write_wav(pcm: NDArray[np.int16], rate_hz: int = RATE_HZ) -> bytes:
    """A mono WAV file of 16-bit PCM.

    Args:
        pcm: int16, shape (samples,).
        rate_hz: samples per second.
    """
    samples = pcm.astype("<i2").tobytes()
    header = struct.pack("<HHIIHH", PCM, 1, rate_hz, 2 * rate_hz, 2, 16)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", len(header))
        + header
        + struct.pack("<4sI", b"data", len(samples))
        + samples
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    for _ in range(CHUNKS_MAX):
        if at + 8 > len(data):
            return
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data" and (size in _UNKNOWN_SIZES or at + size > len(data)):
            size = len(data) - at
        if at + size > len(data):
            raise WavRefused(f"chunk {name!r} claims {size} bytes and has {len(data) - at}")
        yield name, data[at : at + size]
        at += size + size % 2
    raise WavRefused(f"more than {CHUNKS_MAX} chunks")


def _read_format(chunk: bytes, rate_hz: int) -> tuple[int, int]:
    """The encoding and the bits of a sample."""
    if len(chunk) < 16:
        raise WavRefused("the format is too short")
    encoding, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", chunk)
    if encoding == EXTENSIBLE:
        if len(chunk) < 40 or chunk[26:40] != _GUID_TAIL:
            raise WavRefused("the extended format is too short or not a standard one")
        encoding = int.from_bytes(chunk[24:26], "little")
    wanted = {PCM: (8, 16), ALAW: (8,), MULAW: (8,)}.get(encoding)
    if wanted is None or bits not in wanted:
        raise WavRefused(f"{bits}-bit encoding {encoding:#06x} is neither 16-bit PCM nor µ-law nor A-law")
    if channels != 1:
        raise WavRefused(f"{channels} channels; a telephone plays one")
    if rate != rate_hz:
        raise WavRefused(f"{rate} samples a second; {rate_hz} are wanted")
    if block != bits // 8:
        raise WavRefused(f"a block of {block} bytes does not fit samples of {bits} bits")
    return encoding, bits


def _samples(chunk: bytes, encoding: int, bits: int) -> NDArray[np.int16]:
    if encoding == MULAW:
        return g711.decode_bytes(g711.ULAW, chunk)
    if encoding == ALAW:
        return g711.decode_bytes(g711.ALAW, chunk)
    if bits == 8:  # 8-bit PCM is unsigned, unlike all wider kinds
        return (np.frombuffer(chunk, np.uint8).astype(np.int16) - 128) << 8
    return np.frombuffer(chunk[: len(chunk) // 2 * 2], "<i2").astype(np.int16)
