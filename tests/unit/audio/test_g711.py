"""ITU-T G.711: every code and every sample."""

import numpy as np
import pytest

from hubbub.audio import g711

LAWS = (g711.ULAW, g711.ALAW)


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    [
        (g711.ULAW, 0xFF, 0),
        (g711.ULAW, 0x80, 32124),
        (g711.ULAW, 0x00, -32124),
        (g711.ULAW, 0xFE, 8),
        (g711.ALAW, 0xD5, 8),
        (g711.ALAW, 0x55, -8),
        (g711.ALAW, 0xAA, 32256),
        (g711.ALAW, 0x2A, -32256),
    ],
)
def test_known_codes_have_their_known_samples(law: int, code: int, sample: int) -> None:
    assert g711.decode_bytes(law, bytes([code]))[0] == sample
    assert g711.encode_samples(law, np.array([sample], np.int16)) == bytes([code])


@pytest.mark.parametrize("law", LAWS)
def test_coding_a_decoded_code_again_changes_nothing(law: int) -> None:
    codes = bytes(range(256))
    again = g711.encode_samples(law, g711.decode_bytes(law, codes))
    assert np.array_equal(g711.decode_bytes(law, again), g711.decode_bytes(law, codes))
    changed = [code for code, other in zip(codes, again, strict=True) if code != other]
    assert changed == ([0x7F] if law == g711.ULAW else []), "µ-law's minus zero becomes zero"


@pytest.mark.parametrize("law", LAWS)
def test_every_sample_is_coded_within_half_a_step(law: int) -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    decoded = g711.decode_bytes(law, g711.encode_samples(law, samples)).astype(int)
    levels = np.unique(g711.decode_bytes(law, bytes(range(256))).astype(int))
    gaps = np.diff(levels)
    widest = np.maximum(np.append(gaps, gaps[-1]), np.insert(gaps, 0, gaps[0]))
    step = widest[np.searchsorted(levels, decoded)]
    loudest = levels[-1]
    inside = abs(samples.astype(int)) <= loudest
    assert (abs(decoded - samples)[inside] <= step[inside] / 2).all()
    assert (abs(decoded[~inside]) == loudest).all()
    assert (np.diff(decoded) >= 0).all(), "louder in, never quieter out"


@pytest.mark.parametrize("law", LAWS)
def test_a_sum_beyond_sixteen_bits_clips(law: int) -> None:
    sums = np.array([40_000, -40_000, 2_000_000, -2_000_000], np.int32)
    codes = np.empty(4, np.uint8)
    floats = np.empty(4, np.float32)
    g711.encode(law, sums, codes, floats, floats.view(np.int32))
    assert codes.tobytes() == g711.encode_samples(law, np.array([32767, -32768] * 2, np.int16))


def test_an_array_too_short_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(IndexError):
        g711.decode(g711.ULAW, np.zeros(10, np.uint8), 5, np.zeros(10, np.int16), 0, 10)


@pytest.mark.parametrize("law", LAWS)
def test_whole_arrays_encode_as_the_kernel_does(law: int) -> None:
    every = np.arange(-32768, 32768, dtype=np.int16)
    codes, floats = np.empty(every.size, np.uint8), np.empty(every.size, np.float32)
    g711.encode(law, every.astype(np.int32), codes, floats, floats.view(np.int32))
    assert g711.encode_samples(law, every) == codes.tobytes()


@pytest.mark.parametrize("law", LAWS)
def test_the_decoder_says_what_the_table_says(law: int) -> None:
    pcm = np.zeros(300, np.int16)
    energy = g711.decode(law, np.arange(256, dtype=np.uint8), 0, pcm, 20, 256)
    assert np.array_equal(pcm[20:276], g711.TABLES[law])
    assert not pcm[:20].any()
    assert not pcm[276:].any()
    assert energy == (g711.TABLES[law].astype(int) ** 2).sum()
