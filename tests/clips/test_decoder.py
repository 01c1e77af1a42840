"""Sound files of strangers become telephone sound, or a refusal."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubbub.clips.decoder import ClipLimits, decode
from hubbub.domain.errors import InvalidValue
from wav_bytes import wav_file

LIMITS = ClipLimits()


def tone(rate_hz: int, frequency_hz: float = 440.0, seconds: float = 1.0) -> NDArray[np.float64]:
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * frequency_hz * t))


def file(samples: NDArray[np.float64], rate_hz: int, kind: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768


def level_db(signal: NDArray[np.float64], frequency_hz: float) -> float:
    """Of one frequency in the middle of the signal, in dB of full scale."""
    middle = signal[len(signal) // 4 : len(signal) // 4 * 3]
    t = np.arange(len(middle)) / 8000
    window = np.hanning(len(middle))
    amplitude = 2 * abs(np.sum(middle * window * np.exp(-2j * np.pi * frequency_hz * t))) / window.sum()
    return float(20 * np.log10(amplitude + 1e-9))


@pytest.mark.parametrize(
    ("kind", "subtype", "rate_hz"),
    [
        ("WAV", "PCM_U8", 8000),
        ("WAV", "PCM_16", 8000),
        ("WAV", "PCM_16", 44100),
        ("WAV", "PCM_24", 48000),
        ("WAV", "PCM_32", 16000),
        ("WAV", "FLOAT", 22050),
        ("WAV", "ULAW", 8000),
        ("WAV", "ALAW", 8000),
        ("WAVEX", "PCM_16", 11025),
        ("MP3", None, 44100),
        ("MP3", None, 16000),
        ("OGG", "VORBIS", 44100),
        ("OGG", "OPUS", 48000),
        ("FLAC", "PCM_16", 96000),
    ],
)
def test_a_tone_comes_through_at_its_pitch_level_and_length(
    kind: str, subtype: str | None, rate_hz: int
) -> None:
    heard = samples(decode(file(tone(rate_hz), rate_hz, kind, subtype), LIMITS))
    assert abs(len(heard) - 8000) <= 800
    assert abs(level_db(heard, 440) - -6.02) < 1
    assert level_db(heard, 1000) < -40


def test_telephone_sound_comes_through_to_the_bit() -> None:
    pcm = np.random.default_rng(1).integers(-32768, 32767, 8000, dtype=np.int16).astype("<i2").tobytes()
    assert decode(wav_file(pcm), LIMITS) == pcm


def test_both_channels_are_heard() -> None:
    stereo = np.column_stack([tone(8000, 440), tone(8000, 1000)])
    heard = samples(decode(file(stereo, 8000, "WAV"), LIMITS))
    assert abs(level_db(heard, 440) - -12.04) < 0.5
    assert abs(level_db(heard, 1000) - -12.04) < 0.5


def test_what_a_telephone_cannot_carry_does_not_fold_back() -> None:
    heard = samples(decode(file(tone(48000, 7000), 48000, "WAV"), LIMITS))
    assert level_db(heard, 1000) < -60
    assert np.abs(heard[800:-800]).max() < 0.01


def test_sound_that_is_too_loud_is_clipped_and_never_wrapped() -> None:
    heard = samples(decode(file(tone(44100) * 6, 44100, "WAV", "FLOAT"), LIMITS))
    assert heard.max() > 0.99
    assert np.abs(np.diff(heard)).max() < 1.5


def test_what_is_no_number_is_silence() -> None:
    broken = tone(8000)
    broken[100:200] = np.nan
    broken[300] = np.inf
    heard = samples(decode(file(broken, 8000, "WAV", "DOUBLE"), LIMITS))
    assert not heard[100:200].any()


def test_a_file_cut_short_is_played_as_far_as_it_goes() -> None:
    whole = file(tone(8000), 8000, "WAV")
    assert len(decode(whole[:-8000], LIMITS)) == 8000


def header_says(rate_hz: int, channels: int = 1) -> bytes:
    wav = bytearray(wav_file(bytes(1600)))
    wav[22:24] = channels.to_bytes(2, "little")
    wav[24:28] = rate_hz.to_bytes(4, "little")
    wav[32:34] = (2 * channels).to_bytes(2, "little")
    return bytes(wav)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"RIFF",
        b"<html>404</html>",
        b"ID3" + bytes(100),
        b"OggS" + bytes(100),
        b"fLaC" + bytes(100),
        b"\xff\xfb\x90\x00" + bytes(50),
        b"RIFF\x00\x00\x00\x00WAVE" + bytes(50),
        wav_file(b""),
        header_says(1),
        header_says(3999),
        header_says(2**31 - 1),
        header_says(8000, channels=9),
        header_says(8000, channels=0),
        file(tone(8000), 8000, "AIFF"),
        file(tone(8000), 8000, "WAV", "MS_ADPCM"),
        file(tone(8000), 8000, "AU"),
    ],
)
def test_what_is_no_playable_sound_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidValue) as caught:
        decode(body, LIMITS)
    assert caught.value.field == "audio"


def test_a_sound_that_lasts_too_long_is_refused() -> None:
    with pytest.raises(InvalidValue, match="lasts over"):
        decode(file(tone(8000, seconds=2), 8000, "WAV"), LIMITS._replace(duration_max_s=1.5))


def test_a_header_that_promises_an_hour_costs_only_what_is_there() -> None:
    wav = bytearray(wav_file(bytes(1600)))
    wav[40:44] = (0x7FFFFFF0).to_bytes(4, "little")
    assert len(decode(bytes(wav), LIMITS)) == 1600


VALID = [
    file(tone(8000, seconds=0.05), 8000, "WAV"),
    file(tone(44100, seconds=0.05), 44100, "OGG", "VORBIS"),
    file(tone(44100, seconds=0.05), 44100, "FLAC"),
    file(tone(44100, seconds=0.05), 44100, "MP3"),
]


@given(data=st.data(), whole=st.sampled_from(VALID))
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_played_or_refused(data: st.DataObject, whole: bytes) -> None:
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    try:
        pcm = decode(bytes(body), LIMITS._replace(duration_max_s=60))
    except InvalidValue:
        return
    assert 0 < len(pcm) <= 60 * 16_000 + 2
