"""The sounds that ship with the server."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hubbub.clips.stock import NAMES, stock_clip


def samples(name: str) -> NDArray[np.float64]:
    return np.frombuffer(stock_clip(name).pcm, "<i2").astype(np.float64)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_heard_and_is_never_loud(name: str) -> None:
    pcm = samples(name)
    assert 0.05 < np.abs(pcm).max() / 32768 <= 0.26
    assert abs(pcm.mean()) < 20


def test_the_port_promises_these() -> None:
    assert set(NAMES) == {"music", "beep-enter", "beep-exit", "ringback", "busy"}
    with pytest.raises(KeyError):
        stock_clip("jingle")


@pytest.mark.parametrize("name", ["music", "ringback", "busy"])
def test_what_goes_round_closes_on_itself(name: str) -> None:
    pcm = samples(name)
    steps = np.abs(np.diff(pcm))
    assert abs(pcm[0] - pcm[-1]) <= steps.max()


def test_music_lasts_and_does_not_pause() -> None:
    pcm = samples("music")
    assert stock_clip("music").duration_ms == 16_000
    seconds = np.sqrt((pcm.reshape(-1, 8000) ** 2).mean(axis=1))
    assert seconds.min() > 300


def test_a_beep_is_short() -> None:
    assert stock_clip("beep-enter").duration_ms == stock_clip("beep-exit").duration_ms == 300
    assert stock_clip("beep-enter").pcm != stock_clip("beep-exit").pcm
