"""The limiter: what fits is not touched, what does not fit is quieter, and nothing is modulated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubbub.audio import ears, limit, mix, tones

FRAME = 160
TONES_HZ = (440, 555, 670)


class Limiter:
    """One class of listeners."""

    def __init__(self) -> None:
        self.gain, self.held = limit.UNITY, 0
        self.gains: list[int] = []

    def take(self, frame: NDArray[np.int32]) -> NDArray[np.int16]:
        before = self.gain
        self.gain, self.held = limit.follow(before, self.held, mix.peak(frame))
        self.gains.append(self.gain)
        scaled, pcm = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.int16)
        limit.scale(frame, scaled, before, self.gain)
        mix.store(scaled, pcm)
        return pcm

    def take_all(self, total: NDArray[np.int32]) -> NDArray[np.int16]:
        return np.concatenate([self.take(frame) for frame in total.reshape(-1, FRAME)])


def sound(level_dbfs: float, seconds: int = 1, voices: tuple[int, ...] = TONES_HZ) -> NDArray[np.int32]:
    one = sum(tones.generate([hz], 1000, level_dbfs).astype(np.int32) for hz in voices)
    return np.tile(np.asarray(one, np.int32), seconds)


def test_a_sum_that_fits_is_not_touched() -> None:
    limiter = Limiter()
    total = sound(-9.6)
    assert 31000 < mix.peak(total) <= limit.FULL
    assert np.array_equal(limiter.take_all(total), total)
    assert set(limiter.gains) == {limit.UNITY}


def test_both_signs_at_full_scale_fit() -> None:
    limiter = Limiter()
    total = np.resize(np.array([32767, -32768], np.int32), FRAME)
    assert np.array_equal(limiter.take(total), total)


def test_a_steady_sum_that_does_not_fit_finds_one_gain_and_is_not_distorted() -> None:
    limiter = Limiter()
    heard = limiter.take_all(sound(0, seconds=5))
    assert len(set(limiter.gains[10:])) == 1, "no pumping"
    settled = ears.hear(heard[8000:], TONES_HZ)
    assert settled.outside_dbfs < -70
    assert len({round(level, 1) for level in settled.tones_dbfs.values()}) == 1


def test_the_first_loud_frame_is_bent_down_before_its_peak() -> None:
    limiter = Limiter()
    swell = (np.arange(FRAME, dtype=np.int32) * 1000 * np.resize([1, -1], FRAME)).astype(np.int32)
    heard = limiter.take(swell)
    assert abs(heard.astype(int)).max() < limit.FULL, "nothing had to be clipped"
    assert (np.sign(heard) == np.sign(swell)).all()


def test_a_frame_that_begins_loud_is_clipped_for_two_milliseconds_at_most() -> None:
    limiter = Limiter()
    square = np.where(np.arange(FRAME) % 16 < 8, 130_000, -130_000).astype(np.int32)
    heard = limiter.take(square)
    assert (np.sign(heard) == np.sign(square)).all(), "never turned over"
    assert abs(abs(heard[limit.ATTACK_MIN :].astype(int)) - limit.TARGET).max() <= 1


def test_the_gain_is_kept_for_half_a_second_and_then_returns_by_six_decibels_a_second() -> None:
    limiter = Limiter()
    limiter.take(sound(0)[:FRAME])
    low = limiter.gain
    for _ in range(limit.HOLD_FRAMES):
        limiter.take(np.zeros(FRAME, np.int32))
    assert limiter.gain == low
    for _ in range(50):
        limiter.take(np.zeros(FRAME, np.int32))
    assert 20 * np.log10(limiter.gain / low) == pytest.approx(6, abs=0.01)
    for _ in range(200):
        limiter.take(np.zeros(FRAME, np.int32))
    assert limiter.gain == limit.UNITY


def test_after_loudness_a_sum_that_fits_is_exact_again() -> None:
    limiter = Limiter()
    limiter.take_all(sound(0))
    total = sound(-9.6, seconds=5)
    assert np.array_equal(limiter.take_all(total)[-8000:], total[-8000:])


@given(
    st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_no_peak_whatever_turns_a_sample_over_or_leaves_the_range(peaks: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    limiter = Limiter()
    for peak in peaks:
        frame = chance.integers(-peak, peak, FRAME, endpoint=True).astype(np.int32)
        heard = limiter.take(frame)
        assert 0 < limiter.gain <= limit.UNITY
        assert (heard.astype(int) * frame.astype(int) >= 0).all()


def test_memory_of_another_length_is_refused() -> None:
    with pytest.raises(IndexError):
        limit.scale(np.zeros(160, np.int32), np.zeros(159, np.int32), limit.UNITY, limit.UNITY)
