"""Clips share the room for sound."""

import numpy as np
import pytest

from hubbub.domain.errors import ServerFull
from hubbub.media.arena import Arena


def clip(value: int, samples: int = 100) -> bytes:
    return np.full(samples, value, "<i2").tobytes()


def test_a_clip_is_where_it_is_said_to_be() -> None:
    samples = np.zeros(1000, np.int16)
    arena = Arena(samples)
    arena.hold(clip(1))
    offset, length = arena.hold(clip(2, 50))
    assert (samples[offset : offset + length] == 2).all()
    assert length == 50


def test_a_clip_held_twice_is_there_once() -> None:
    arena = Arena(np.zeros(100, np.int16))
    assert arena.hold(clip(1)) == arena.hold(clip(1))
    arena.release(clip(1))
    with pytest.raises(ServerFull):
        arena.hold(clip(2))


def test_the_longest_unused_clip_makes_room_first() -> None:
    arena = Arena(np.zeros(300, np.int16))
    places = [arena.hold(clip(value)) for value in (1, 2, 3)]
    for value in (2, 1, 3):
        arena.release(clip(value))
    arena.hold(clip(1))
    arena.release(clip(1))
    assert arena.hold(clip(4)) == places[1]
    assert arena.hold(clip(5)) == places[2]


def test_a_clip_too_long_for_the_arena_is_refused_and_breaks_nothing() -> None:
    arena = Arena(np.zeros(100, np.int16))
    with pytest.raises(ServerFull):
        arena.hold(clip(1, 101))
    assert arena.used == 0
    arena.hold(clip(1))
    assert arena.used == 100
