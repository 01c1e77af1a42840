"""Taps: what recorders get, copied on the mixer's own tick into a ring that the control side reads.

A frame's place is the round it was taken in. Rounds are counted for all rooms together, so whatever is taken
in one tick of one room stands at one place, and nothing drifts when a port changes rooms. A tap has at most one
frame a round: rooms tick at ten different moments of it, so a port that moves may be ticked twice in one round,
and the second frame is dropped, or not at all, and that round is missing. A frame that finds the ring full
is dropped and counted; its round is missing too. Missing rounds are silence.

The control side is told at most ten times a second how far the ring is filled (TAPPED), and says how far it has
read (TAPS_READ). Both go through pipes, which put memory in order between the threads.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711, mix
from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters, events
from hubbub.media.core.layout import FRAME, NONE, SLOT_MASK, State

MIX = 0
SPOKEN = 1
RECEIVED = 2
HEARD = 3

TELL_US = 100_000
NEVER = 1 << 62


@inner
def open_tap(state: State, tap_id: int, kind: int, target_id: int, begin: int) -> bool:
    """Open a tap that takes its first frame in round `begin`. False when its row is in use or its target is gone."""
    row = tap_id & SLOT_MASK
    if row >= len(state.taps) or state.taps[row].tap_id != 0:
        return False
    tap = state.taps[row]
    tap.kind = kind
    tap.begin = tap.due = begin
    tap.until = NEVER
    tap.port = tap.mixer = NONE
    target = target_id & SLOT_MASK
    if kind == MIX:
        if target < len(state.mixers) and state.mixers[target].mixer_id == target_id:
            tap.mixer = target
            tap.following = state.mixers[target].taps
            state.mixers[target].taps = row
    elif target < len(state.ports) and state.ports[target].port_id == target_id:
        tap.port = target
        tap.following = state.ports[target].taps
        state.ports[target].taps = row
        if kind == RECEIVED:
            state.ports[target].received_taps += 1
    if tap.port == NONE and tap.mixer == NONE:
        # What it was to take from is gone; the control side still waits for its end.
        events.report(state, events.TAP_CLOSED, tap_id, begin, state.core[0].taps_head)
        return False
    tap.tap_id = tap_id
    return True


@inner
def close_tap(state: State, tap_id: int, until: int) -> bool:
    """Let a tap end before round `until`. False when it is gone."""
    row = tap_id & SLOT_MASK
    if row >= len(state.taps) or state.taps[row].tap_id != tap_id:
        return False
    state.taps[row].until = min(state.taps[row].until, until)
    return True


@inner
def end_all(state: State, first: int) -> None:
    """End every tap of a port or mixer that goes."""
    while first != NONE:
        following = state.taps[first].following
        _end(state, first)
        first = following


@inner
def take_voice(state: State, slot: int, came: bool, spoken: bool) -> None:
    """Take a leg's frame of this tick from its row of `voice`.

    Args:
        came: there is a voice in it; else it is silence.
        spoken: it is in the room's sum.
    """
    leg = state.ports[slot]
    row = leg.taps
    while row != NONE:
        following = state.taps[row].following
        kind = state.taps[row].kind
        if kind in (RECEIVED, SPOKEN):
            at = _place(state, row)
            if at != NONE:
                _copy(state.voice[slot], state.tap_pcm[at], came if kind == RECEIVED else spoken)
        row = following


@inner
def take_heard(state: State, slot: int, codes: NDArray[np.uint8]) -> None:
    """Take what a leg is sent: the codes, as its far end decodes them."""
    leg = state.ports[slot]
    row = leg.taps
    while row != NONE:
        following = state.taps[row].following
        if state.taps[row].kind == HEARD:
            at = _place(state, row)
            if at != NONE:
                energy = g711.decode(leg.law, codes, 0, state.tap_pcm[at], 0, FRAME)
                if leg.law == g711.ALAW and energy == FRAME * g711.ALAW_IDLE_SQUARE:
                    _copy(state.tap_pcm[at], state.tap_pcm[at], False)
        row = following


@inner
def take_mix(state: State, mixer: int, total: NDArray[np.int32], sounds: bool) -> None:
    """Take what all hear of a room; `sounds` is False when nobody speaks and nothing is played to it."""
    row = state.mixers[mixer].taps
    while row != NONE:
        following = state.taps[row].following
        at = _place(state, row)
        if at != NONE:
            if sounds:
                mix.store(total, state.tap_pcm[at])
            else:
                _copy(state.tap_pcm[at], state.tap_pcm[at], False)
        row = following


@hot
def tell(state: State, now_us: int) -> None:
    """Say how far the ring is filled, when that is news and not too soon."""
    core = state.core[0]
    if core.taps_head != core.taps_told and now_us >= core.taps_due_us:
        core.taps_told = core.taps_head
        core.taps_due_us = now_us + TELL_US
        events.report(state, events.TAPPED, core.taps_head, 0, 0)


@inner
def _place(state: State, row: int) -> int:
    """Where in the ring a tap's frame of this round goes; NONE: nowhere."""
    core = state.core[0]
    tap = state.taps[row]
    if core.rounds >= tap.until:
        _unlink(state, row)
        tap.due = max(tap.due, tap.until)
        _end(state, row)
        return NONE
    if core.rounds < tap.due:
        if tap.due > tap.begin:
            state.counters[counters.TAP_FRAMES_LOST] += 1
        return NONE
    tap.due = core.rounds + 1
    if core.taps_head - core.taps_tail >= len(state.tap_pcm):
        state.counters[counters.TAP_FRAMES_LOST] += 1
        return NONE
    at = core.taps_head % len(state.tap_pcm)
    core.taps_head += 1
    state.tap_marks[at, 0] = tap.tap_id
    state.tap_marks[at, 1] = core.rounds
    return at


@inner
def _end(state: State, row: int) -> None:
    """End a tap that is in no list any more."""
    tap = state.taps[row]
    if tap.kind == RECEIVED:
        state.ports[tap.port].received_taps -= 1
    events.report(state, events.TAP_CLOSED, tap.tap_id, tap.due, state.core[0].taps_head)
    tap.tap_id = 0


@inner
def _unlink(state: State, row: int) -> None:
    """Take a tap out of its list."""
    tap = state.taps[row]
    first = state.ports[tap.port].taps if tap.port != NONE else state.mixers[tap.mixer].taps
    if first == row:
        if tap.port != NONE:
            state.ports[tap.port].taps = tap.following
        else:
            state.mixers[tap.mixer].taps = tap.following
        return
    while state.taps[first].following != row:
        first = state.taps[first].following
    state.taps[first].following = tap.following


@inner
def _copy(source: NDArray[np.int16], target: NDArray[np.int16], sounds: bool) -> None:
    for i in range(FRAME):
        target[i] = source[i] if sounds else 0
