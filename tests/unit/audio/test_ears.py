"""Ears: exactly the tones that are there, and nothing that is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.audio.ears import hear
from hubbub.audio.tones import FLOOR_DBFS, VOICES_HZ, generate, silence

TWELVE = VOICES_HZ[:12]


@given(
    st.sets(st.sampled_from(TWELVE), max_size=12),
    st.floats(-45, -22),
    st.integers(2000, 9000),
)
def test_any_set_of_voices_is_recognised_at_its_level(voices: set[int], level: float, samples: int) -> None:
    pcm = generate(sorted(voices), 1200, level)[:samples]
    heard = hear(pcm, TWELVE)
    assert heard.mismatches(dict.fromkeys(voices, level), within_db=0.5, outside_below_dbfs=-60) == []
    assert heard.audible() == voices


def test_eleven_present_and_one_absent_is_told_from_all_twelve() -> None:
    eleven = dict.fromkeys(TWELVE[1:], -30.0)
    assert hear(generate(TWELVE[1:], 1000, -30), TWELVE).mismatches(eleven) == []
    faults = hear(generate(TWELVE, 1000, -30), TWELVE).mismatches(eleven)
    assert faults == ["440 Hz is there at -30.0 dBFS and should not be"]


def test_a_tone_that_is_too_quiet_or_missing_is_named() -> None:
    pcm = generate([440], 1000, -30) + generate([980], 1000, -33)
    faults = hear(pcm, [440, 980, 1370]).mismatches(dict.fromkeys([440, 980, 1370], -30.0))
    assert faults[0] == "980 Hz is at -33.0 dBFS, not -30.0"
    assert faults[1].startswith("1370 Hz is at -")
    assert len(faults) == 2


def test_a_stranger_is_found_outside_the_tones() -> None:
    heard = hear(generate([440], 1000, -20) + generate([1000], 1000, -35), [440])
    assert heard.outside_dbfs == pytest.approx(-35, abs=0.2)
    assert heard.loudest_outside_hz == pytest.approx(1000, abs=5)
    assert heard.loudest_outside_dbfs == pytest.approx(-35, abs=0.5)
    assert heard.mismatches({440: -20.0})[0].startswith("the rest is at -35.0 dBFS, loudest near 1000 Hz")


def test_noise_outside_the_tones_is_measured() -> None:
    noise = np.random.default_rng(1).normal(0, 32768 / 1000, 16_000).astype(np.int16)
    heard = hear(generate([440], 2000, -20) + noise, [440])
    assert heard.outside_dbfs == pytest.approx(-57, abs=0.3)  # rms 1/1000 of full scale, 3 dB more as a sine


def test_a_frame_lost_in_the_middle_does_not_hide_a_tone() -> None:
    pcm = generate([440, 980], 2000, -20)
    spoiled = np.concatenate([pcm[:7000], pcm[7160:]])
    heard = hear(spoiled, [440, 980])
    assert heard.mismatches({440: -20.0, 980: -20.0}, outside_below_dbfs=-25) == []


def test_a_wrapped_sum_is_heard_as_noise() -> None:
    wrapped = (generate([440], 1000, -1).astype(np.int32) + generate([980], 1000, -1)).astype(np.int16)
    assert hear(wrapped, [440, 980]).outside_dbfs > -10


def test_a_constant_offset_is_neither_tone_nor_noise() -> None:
    heard = hear(silence(400) + np.int16(500), [440])
    assert heard.tones_dbfs[440] < -90
    assert heard.outside_dbfs < -90


def test_silence_holds_nothing() -> None:
    heard = hear(silence(400), TWELVE)
    assert heard.audible() == frozenset()
    assert heard.level_dbfs == heard.outside_dbfs == FLOOR_DBFS


def test_listening_for_no_tone_measures_the_level() -> None:
    heard = hear(generate([440], 400, -12), [])
    assert heard.tones_dbfs == {}
    assert heard.level_dbfs == heard.outside_dbfs == pytest.approx(-12, abs=0.05)


@pytest.mark.parametrize(
    ("samples", "frequencies"), [(0, [440]), (7, [440]), (800, [440, 440]), (800, [0]), (800, [4000])]
)
def test_what_cannot_be_told_is_refused(samples: int, frequencies: list[float]) -> None:
    with pytest.raises(ValueError, match="tones"):
        hear(np.zeros(samples, np.int16), frequencies)


def test_two_channels_are_not_heard_at_once() -> None:
    with pytest.raises(ValueError, match="channel"):
        hear(np.zeros((800, 2), np.int16), [440])
