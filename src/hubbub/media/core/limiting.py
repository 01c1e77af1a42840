"""Who hears a sum with which gain. The arithmetic is `audio.limit`'s; the sum itself stays exact.

All who are not in the sum hear one and the same frame, so they share the room's gain. Who hears a sum of his own
(he is in it, or a coach speaks to him) has a gain of his own. When one changes sides, his gain moves to the
other within a frame that is made for him alone. Who hears nothing of the room, or a clip instead, stands at the
room's gain.
"""

from hubbub.audio import limit, mix
from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters
from hubbub.media.core.layout import State


@inner
def limit_room(state: State, mixer: int, voices: int) -> bool:
    """Let the room's gain follow this tick's sum.

    Returns: True when `limited` holds what all are to hear; False when that is `total` itself.
    """
    room = state.mixers[mixer]
    before = room.gain
    if voices < 2 and before == limit.UNITY:
        return False  # one voice fits
    peak = mix.peak(state.total) if voices > 0 else 0
    room.gain, room.gain_held = limit.follow(before, room.gain_held, peak)
    if voices == 0 or (before == limit.UNITY and room.gain == limit.UNITY):
        return False
    limit.scale(state.total, state.limited, before, room.gain)
    state.counters[counters.FRAMES_LIMITED] += 1
    return True


@inner
def limit_own(state: State, slot: int) -> None:
    """Make the leg's own sum, in `mix`, fit."""
    leg = state.ports[slot]
    before = leg.gain
    leg.gain, leg.gain_held = limit.follow(before, leg.gain_held, mix.peak(state.mix))
    if before != limit.UNITY or leg.gain != limit.UNITY:
        limit.scale(state.mix, state.mix, before, leg.gain)
        state.counters[counters.FRAMES_LIMITED] += 1


@inner
def rest(state: State, slot: int) -> None:
    """Let the leg's own gain return while its own sum is empty."""
    leg = state.ports[slot]
    leg.gain, leg.gain_held = limit.follow(leg.gain, leg.gain_held, 0)


@inner
def cross_over(state: State, slot: int, mixer: int) -> None:
    """Lay the room's sum in `mix` for one who had a gain of his own: it moves to the room's."""
    limit.scale(state.total, state.mix, state.ports[slot].gain, state.mixers[mixer].gain)
    state.counters[counters.FRAMES_LIMITED] += 1


@hot
def stand_with_room(state: State, slot: int, mixer: int) -> None:
    """Give the leg the room's gain."""
    leg = state.ports[slot]
    room = state.mixers[mixer]
    leg.gain = room.gain
    leg.gain_held = room.gain_held
