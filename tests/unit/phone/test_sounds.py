"""What a telephone says: cut into packets of any length, nothing is lost, repeated or stretched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.audio import g711
from hubbub.audio.tones import generate
from hubbub.audio.wav import WavRefused, write_wav
from hubbub.phone.sounds import SILENCE, Playing, Sound, recording, tone


@given(st.integers(1, 700), st.lists(st.integers(1, 480), min_size=1, max_size=12), st.sampled_from([0, 1]))
def test_packets_of_any_length_join_to_the_sound_and_silence_follows(
    length: int, cuts: list[int], law: int
) -> None:
    sound = Sound(generate([440], 100, -10)[:length])
    playing = Playing(sound, law)
    taken = b"".join(playing.take(cut) for cut in cuts)
    assert len(taken) == sum(cuts)
    whole = sound.encoded(law) + bytes((g711.silence(law),)) * sum(cuts)
    assert taken == whole[: sum(cuts)]
    assert playing.is_over == (sum(cuts) >= len(sound.pcm))


@given(st.integers(1, 200), st.lists(st.integers(1, 480), min_size=1, max_size=12))
def test_a_sound_that_repeats_goes_round_without_a_gap(length: int, cuts: list[int]) -> None:
    sound = Sound(np.arange(length, dtype=np.int16) * 100, is_loop=True)
    playing = Playing(sound, g711.ULAW)
    taken = b"".join(playing.take(cut) for cut in cuts)
    codes = sound.encoded(g711.ULAW)
    assert taken == (codes * (sum(cuts) // length + 1))[: sum(cuts)]
    assert not playing.is_over


def test_a_tone_lasts_for_ever_and_a_recording_once() -> None:
    assert tone(440).is_loop
    said = recording(write_wav(generate([440], 250, -10)), "hello")
    assert (said.is_loop, said.duration_s, repr(said)) == (False, 0.25, "<Sound hello>")
    assert Playing(SILENCE, g711.ULAW).take(3) == b"\xff\xff\xff"


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(WavRefused):
        recording(b"not a file")
    with pytest.raises(ValueError, match="repeated"):
        Sound(np.zeros(0, np.int16), is_loop=True)
