"""WAV: telephony's encodings in, 16-bit PCM out, hostile headers refused by name."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.ears import hear
from hubbub.audio.tones import generate
from hubbub.audio.wav import CHUNKS_MAX, WavRefused, read_wav, write_wav

GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def fmt(
    encoding: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, block: int | None = None
) -> bytes:
    size = bits // 8 * channels if block is None else block
    return struct.pack("<HHIIHH", encoding, channels, rate, rate * size, size, bits)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@given(arrays.arrays(np.int16, st.integers(0, 500)))
def test_what_is_written_is_read_back(pcm: NDArray[np.int16]) -> None:
    assert np.array_equal(read_wav(write_wav(pcm)), pcm)


def test_another_program_reads_what_is_written() -> None:
    pcm = generate([440], 50, -10)
    with wave.open(io.BytesIO(write_wav(pcm))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.readframes(1000) == pcm.tobytes()


@pytest.mark.parametrize(("encoding", "law"), [(7, g711.ULAW), (6, g711.ALAW)])
def test_both_laws_are_heard_as_the_tone_they_hold(encoding: int, law: int) -> None:
    codes = g711.encode_samples(law, generate([440], 400, -10))
    pcm = read_wav(riff(chunk(b"fmt ", fmt(encoding, bits=8)), chunk(b"data", codes)))
    assert hear(pcm, [440]).mismatches({440: -10.0}, within_db=0.2) == []


def test_eight_bits_are_unsigned() -> None:
    pcm = read_wav(riff(chunk(b"fmt ", fmt(bits=8)), chunk(b"data", bytes((0, 128, 255)))))
    assert pcm.tolist() == [-32768, 0, 32512]


def test_chunks_of_no_interest_are_passed_over() -> None:
    pcm = np.array([1, -2], np.int16)
    file = riff(
        chunk(b"LIST", b"odd"), chunk(b"fmt ", fmt()), chunk(b"fact", b"1234"), chunk(b"data", pcm.tobytes())
    )
    assert np.array_equal(read_wav(file), pcm)


def test_the_extended_header_is_understood() -> None:
    extended = fmt(0xFFFE) + struct.pack("<HHIH", 22, 16, 4, 1) + GUID_TAIL
    assert read_wav(riff(chunk(b"fmt ", extended), chunk(b"data", b"\x01\x00"))).tolist() == [1]


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF, 100])
def test_a_file_that_was_streamed_or_cut_off_is_read_as_far_as_it_goes(size: int) -> None:
    pcm = np.arange(10, dtype=np.int16)
    assert np.array_equal(read_wav(riff(chunk(b"fmt ", fmt()), chunk(b"data", pcm.tobytes(), size))), pcm)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "not a WAV"),
        (b"ID3\x03" + bytes(40), "not a WAV"),
        (b"RIFF\0\0\0\0AVI ", "not a WAV"),
        (riff(), "no format"),
        (riff(chunk(b"fmt ", fmt())), "no samples"),
        (riff(chunk(b"data", b"1234")), "before their format"),
        (riff(chunk(b"fmt ", fmt()[:15])), "too short"),
        (riff(chunk(b"fmt ", fmt(), 0xFFFFFFF0)), "claims"),
        (riff(chunk(b"fmt ", fmt(channels=2)), chunk(b"data", b"1234")), "2 channels"),
        (riff(chunk(b"fmt ", fmt(channels=0)), chunk(b"data", b"1234")), "0 channels"),
        (riff(chunk(b"fmt ", fmt(rate=44100)), chunk(b"data", b"1234")), "44100 samples"),
        (riff(chunk(b"fmt ", fmt(bits=24)), chunk(b"data", b"1234")), "24-bit"),
        (riff(chunk(b"fmt ", fmt(encoding=0x55)), chunk(b"data", b"1234")), "0x0055"),
        (riff(chunk(b"fmt ", fmt(block=0)), chunk(b"data", b"1234")), "block of 0"),
        (riff(chunk(b"fmt ", fmt(0xFFFE)), chunk(b"data", b"1234")), "extended"),
        (riff(*[chunk(b"junk", b"")] * (CHUNKS_MAX + 1)), "more than"),
    ],
)
def test_a_header_that_lies_or_asks_too_much_is_refused_by_name(file: bytes, reason: str) -> None:
    with pytest.raises(WavRefused, match=reason):
        read_wav(file)


@given(st.data())
def test_a_damaged_file_is_read_or_refused_by_name(data: st.DataObject) -> None:
    file = bytearray(write_wav(np.arange(8, dtype=np.int16)))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(file)))
    try:
        pcm = read_wav(bytes(file[:cut]))
    except WavRefused:
        return
    assert pcm.dtype == np.int16
    assert len(pcm) <= len(file)
