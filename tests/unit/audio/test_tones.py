"""Tones: what is made is what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from hubbub.audio.tones import FLOOR_DBFS, VOICES_HZ, generate, level_dbfs, silence


def test_a_tone_has_the_length_and_level_asked_for() -> None:
    pcm = generate([1000], 250, -6.0)
    assert pcm.dtype == np.int16
    assert pcm.shape == (2000,)
    assert level_dbfs(float((pcm.astype(float) ** 2).mean())) == pytest.approx(-6.0, abs=0.01)


def test_a_full_scale_tone_fills_sixteen_bits_and_no_more() -> None:
    pcm = generate([1000], 100, 0.0)
    assert (pcm.min(), pcm.max()) == (-32768, 32767)


def test_a_sum_beyond_sixteen_bits_is_clipped_and_never_wraps() -> None:
    # Over two milliseconds the three waves rise and fall together.
    one, three = generate([400], 2, 0.0), generate([400, 401, 402], 2, 0.0)
    assert ((one > 15_000) & (three == 32767)).sum() > 5
    assert not ((one > 15_000) & (three != 32767)).any()


def test_no_tones_are_silence() -> None:
    assert not generate([], 20, -10).any()
    assert silence(20).shape == (160,)
    assert level_dbfs(0.0) == FLOOR_DBFS


def test_the_voices_repeat_seamlessly_each_second_and_are_no_multiples_of_one_another() -> None:
    assert len(set(VOICES_HZ)) == len(VOICES_HZ) == 16
    for voice in VOICES_HZ:
        two = generate([voice], 2000, -20)
        assert np.array_equal(two[:8000], two[8000:])
    for low in VOICES_HZ:
        for high in VOICES_HZ:
            assert all(abs(high - n * low) > 20 for n in (2, 3, 5))


@pytest.mark.parametrize(
    ("frequencies", "duration_ms", "level"),
    [([0], 20, -6), ([4000], 20, -6), ([440], 20, 1), ([440], -1, -6)],
)
def test_what_cannot_be_made_is_refused(frequencies: list[float], duration_ms: int, level: float) -> None:
    with pytest.raises(ValueError, match="tone"):
        generate(frequencies, duration_ms, level)
