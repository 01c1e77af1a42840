"""G.711: µ-law and A-law, both ways. A law is a number here: ULAW or ALAW.

Encoding needs no table: the exponent and mantissa of a float32 are the segment and step of a G.711 code,
so the code is a shift of the float's bits (ITU-T G.711 tables 1 and 2).
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, kernel, require, wide

ULAW = 0
"""PCMU, payload type 0 (RFC 3551)."""
ALAW = 1
"""PCMA, payload type 8 (RFC 3551)."""

ULAW_SILENCE = 0xFF
ALAW_SILENCE = 0xD5
"""A-law has no zero; this is +8, its quietest."""

ULAW_PEAK = 32635
"""Louder than this is one code in µ-law (ITU-T G.711: 8159 in 14 bits, less the bias)."""
ULAW_BIAS = 132
ALAW_IDLE_SQUARE = 64
"""8 squared: a frame of nothing but A-law's quietest codes has this energy a sample."""


def _ulaw_table() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + ULAW_BIAS) << ((code & 0x70) >> 4)) - ULAW_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_table() -> NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    segment = (code & 0x70) >> 4
    step = (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


TABLES: NDArray[np.int16] = np.stack([_ulaw_table(), _alaw_table()])
"""int16, shape (2, 256): law, code -> 16-bit linear sample."""


@compiled
def silence(law: int) -> int:
    """The code of silence."""
    return ALAW_SILENCE if law == ALAW else ULAW_SILENCE


@kernel
def copy_codes(source: NDArray[np.uint8], start: int, target: NDArray[np.uint8], at: int, count: int) -> None:
    """Copy `count` codes from `source[start]` to `target[at]`."""
    require(0 <= start <= source.size - count and 0 <= at <= target.size - count)
    given = source[start : start + count]
    taken = target[at : at + count]
    for i in range(count):
        taken[i] = given[i]


@kernel
def decode(
    law: int, codes: NDArray[np.uint8], start: int, pcm: NDArray[np.int16], at: int, count: int
) -> int:
    """Decode `count` codes from `codes[start]` to `pcm[at]`. Returns their energy: the sum of squares."""
    require(0 <= law <= 1 and 0 <= start <= codes.size - count and 0 <= at <= pcm.size - count)
    given = codes[start : start + count]
    samples = pcm[at : at + count]
    # Without a table, so that many are decoded at once; `TABLES` says the same.
    if law == ALAW:
        for i in range(count):
            code = wide(given[i]) ^ 0x55
            step = (code & 0x0F) << 4
            segment = (code & 0x70) >> 4
            magnitude = step + 8 if segment == 0 else (step + 0x108) << (segment - 1)
            samples[i] = magnitude if code & 0x80 else -magnitude
    else:
        for i in range(count):
            code = 255 - wide(given[i])
            magnitude = ((((code & 0x0F) << 3) + ULAW_BIAS) << ((code & 0x70) >> 4)) - ULAW_BIAS
            samples[i] = -magnitude if code & 0x80 else magnitude
    energy = 0
    for i in range(count):
        energy += wide(samples[i]) * wide(samples[i])
    return energy


@kernel
def encode(
    law: int,
    samples: NDArray[np.int32],
    codes: NDArray[np.uint8],
    floats: NDArray[np.float32],
    bits: NDArray[np.int32],
) -> None:
    """Clip to 16 bits and encode, once, at the end of the mix.

    Args:
        samples: int32, one frame; any size up to the scratch.
        codes: uint8, as long.
        floats: float32 scratch, as long.
        bits: the same memory as `floats`, as int32.
    """
    count = samples.size
    require(codes.size >= count and floats.size >= count and bits.size >= count)
    if law == ALAW:
        for i in range(count):
            sample = wide(samples[i])
            # One's complement of negatives: the decision levels of both signs then agree (ITU-T G.191).
            floats[i] = min(sample if sample >= 0 else -1 - sample, 32767) >> 4
        for i in range(count):
            magnitude = (wide(bits[i]) >> 19) - 2080 if floats[i] >= 16 else wide(floats[i])
            codes[i] = (magnitude + 128 if samples[i] >= 0 else magnitude) ^ 0x55
    else:
        for i in range(count):
            floats[i] = min(abs(wide(samples[i])), ULAW_PEAK) + ULAW_BIAS
        for i in range(count):
            magnitude = (wide(bits[i]) >> 19) - 2144
            codes[i] = 255 - (magnitude if samples[i] >= 0 else magnitude + 128)


def decode_bytes(law: int, codes: bytes) -> NDArray[np.int16]:
    """G.711 bytes as 16-bit samples."""
    pcm: NDArray[np.int16] = TABLES[law][np.frombuffer(codes, np.uint8)]
    return pcm


def encode_samples(law: int, pcm: NDArray[np.int16]) -> bytes:
    """16-bit samples as G.711 bytes: `encode` once more, by whole arrays.

    For telephones and tests, which must not wait for a compiler in the middle of a call.
    """
    wide_pcm = pcm.astype(np.int32)
    positive = wide_pcm >= 0
    if law == ALAW:
        shifted = np.where(positive, wide_pcm, -1 - wide_pcm) >> 4
        bits = shifted.astype(np.float32).view(np.int32)
        magnitude = np.where(shifted >= 16, (bits >> 19) - 2080, shifted)
        codes = np.where(positive, magnitude + 128, magnitude) ^ 0x55
    else:
        floats = (np.minimum(np.abs(wide_pcm), ULAW_PEAK) + ULAW_BIAS).astype(np.float32)
        magnitude = (floats.view(np.int32) >> 19) - 2144
        codes = 255 - np.where(positive, magnitude, magnitude + 128)
    return codes.astype(np.uint8).tobytes()
