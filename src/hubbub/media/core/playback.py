"""Clips being played, to one leg or to a room.

A leg hears the newest of its clips; the others wait beneath it and go on when it is over, so an announcement
interrupts hold music and gives it back. A room hears all of its clips at once.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import inner
from hubbub.media.core import events
from hubbub.media.core.layout import FRAME, NONE, State


@inner
def add_next_frame(state: State, row: int, target: NDArray[np.int32]) -> None:
    """Add a clip's next 20 ms to `target` (int32, FRAME) and move on; a looped clip begins again."""
    clip = state.playbacks[row]
    position = clip.position
    for i in range(FRAME):
        if position >= clip.length:
            if not clip.loop:
                break
            position = 0
        target[i] += state.arena[clip.offset + position]
        position += 1
    clip.position = position


@inner
def is_over(state: State, row: int) -> bool:
    clip = state.playbacks[row]
    return clip.length == 0 or (not clip.loop and clip.position >= clip.length)


@inner
def end(state: State, row: int) -> int:
    """End a clip and report it. Returns the next of its list; the caller mends the list."""
    clip = state.playbacks[row]
    events.report(state, events.PLAYBACK_ENDED, clip.playback_id, 0, 0)
    clip.playback_id = 0
    return clip.following


@inner
def end_all(state: State, first: int) -> None:
    """End every clip of a list."""
    while first != NONE:
        first = end(state, first)


@inner
def stop(state: State, row: int) -> None:
    """End one clip wherever it stands in its list."""
    clip = state.playbacks[row]
    first = state.ports[clip.port].playback if clip.port != NONE else state.mixers[clip.mixer].playback
    if first == row:
        first = end(state, row)
        if clip.port != NONE:
            state.ports[clip.port].playback = first
        else:
            state.mixers[clip.mixer].playback = first
        return
    while state.playbacks[first].following != row:
        first = state.playbacks[first].following
    state.playbacks[first].following = end(state, row)
