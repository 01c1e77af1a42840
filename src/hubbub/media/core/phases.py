"""When in a round a room ticks: where its members' packets would wait least, and are not late.

A packet waits from its arrival to its room's tick: ten milliseconds in the mean, nearly twenty at worst, when nobody
looks. Far ends send when they like, so a room takes note of how long before its ticks packets came, and goes to the
phase in which they would wait least. How much nearer than the newest arrival a tick may be is a weighing: a packet that
comes after all costs a whole frame. Of a leg whose packets come at very different moments, and of one whose jitter
buffer has grown, nothing is learnt: what they wait for is their network.

A move falls between two rounds, so a room still ticks once in each and recordings (core/taps.py) miss nothing. It makes
one tick up to 18 ms early or late, and some members conceal a frame, or leave a quiet one out. So it is made where
hardly anybody can hear it: in a room's first half second, while at most one member is heard, or in a pause.
"""

from math import exp

import numpy as np

from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters
from hubbub.media.core.layout import FRAME, FRAME_US, NONE, PHASE_US, PHASES, State

YOUNG_TICKS = 25
"""So many ticks with a stream make a room's first look: half a second."""
WINDOW_TICKS = 64
"""Arrivals are forgotten after one or two of these."""
PAUSE_TICKS = 10
"""Behind the half second after which one who is silent counts as such."""
GAIN_US = 1000
"""A move must save each member so much in the mean."""
PAUSE_PHASES_MIN = 5
"""A leg without so many phases in a row in which nothing comes has no say."""
SPARE_MEMBERS = 64
"""A phase may have twice its share of members, and so many more."""
EVERY_PHASE = (1 << PHASES) - 1

JITTER_MS = 3.0
"""The chance that a packet comes later than ever before falls by e with so much time left for it."""
COSTS_US = np.array(
    [
        round(1000 * (wait_ms + 20 * exp(-wait_ms / JITTER_MS))) + 10_000 * (wait_ms == 19)
        for wait_ms in range(1, 20, 2)
    ],
    np.int64,
)
"""(PHASES,): what a tick costs a leg, so many phases after the leg's latest packets: the wait, and the frame for which all
wait when one comes later, by its chance. Waits of nearly a frame are avoided beyond their length: they are the worst."""


@hot
def note_arrival(state: State, slot: int, now_us: int) -> None:
    """Note how long before this tick a leg's newest packet came."""
    leg = state.ports[slot]
    age_us = now_us - leg.last_packet_us
    if age_us < FRAME_US:
        phase = 1 << min((age_us + PHASE_US // 2) // PHASE_US, PHASES - 1)
        leg.came_again |= leg.came & phase
        leg.came |= phase


@hot
def follow(state: State, mixer: int, streams: int, heard_streams: int, sounds: bool) -> None:
    """Let a room see whether now is the moment to look for a better phase.

    Args:
        streams: members whose streams are being played.
        heard_streams: those of them who can be heard by others.
        sounds: somebody talks, or something is played.
    """
    room = state.mixers[mixer]
    if room.lobby:
        return
    room.pause_ticks = 0 if sounds else room.pause_ticks + 1
    if room.stream_ticks == 0 and streams == 0:
        return
    room.stream_ticks += 1
    young = room.stream_ticks == YOUNG_TICKS
    forgets = room.stream_ticks % WINDOW_TICKS == 0
    free = heard_streams <= 1 or room.pause_ticks >= PAUSE_TICKS
    if young or room.pause_ticks == PAUSE_TICKS or (forgets and free):
        _look(state, mixer)
    if forgets:
        _forget(state, mixer)


@inner
def _forget(state: State, mixer: int) -> None:
    slot = state.mixers[mixer].first
    while slot != NONE:
        leg = state.ports[slot]
        leg.came_before = leg.came_again
        leg.came = leg.came_again = 0
        slot = leg.following


@inner
def _look(state: State, mixer: int) -> None:
    """Wish for the best phase, if it is so much better."""
    room = state.mixers[mixer]
    for phase in range(PHASES):
        state.phase_costs[phase] = 0
    says = 0
    slot = room.first
    while slot != NONE:
        wait = _least_wait(state, slot)
        if wait != NONE:
            says += 1
            for phase in range(PHASES):
                state.phase_costs[phase] += COSTS_US[(wait + phase - room.phase) % PHASES]
        slot = state.ports[slot].following
    best = room.phase
    for phase in range(PHASES):
        if state.phase_costs[phase] < state.phase_costs[best] and _has_room(state, mixer, phase):
            best = phase
    if state.phase_costs[room.phase] - state.phase_costs[best] > GAIN_US * says:
        room.wish = best
        state.core[0].wishes += 1


@inner
def _least_wait(state: State, slot: int) -> int:
    """How many phases a leg's latest packets wait for the tick; NONE: it has no say.

    Arrivals lie on a circle: the latest are those behind the longest stretch in which nothing came. What came so once
    only is left out: one stall of a machine would make everybody look late.
    """
    leg = state.ports[slot]
    came = leg.came_again | leg.came_before
    if not leg.playing or leg.depth_least >= FRAME + max(FRAME, state.core[0].jitter_min):
        return NONE
    latest = NONE
    longest = PAUSE_PHASES_MIN - 1
    for wait in range(PHASES):
        if came & (1 << wait):
            pause = 0
            while pause < PHASES - 1 and not came & (1 << (wait - 1 - pause) % PHASES):
                pause += 1
            if pause > longest:
                longest = pause
                latest = wait
    return latest


@inner
def _has_room(state: State, mixer: int, phase: int) -> bool:
    """Whether the phase can take this room's members: far ends may all send at once, and the work must not be."""
    members: int = 0
    for other in range(PHASES):
        members += state.phase_members[other]
    joined: int = state.phase_members[phase] + state.mixers[mixer].members
    return joined <= 2 * members // PHASES + SPARE_MEMBERS


@inner
def move_rooms(state: State) -> None:
    """Between two rounds: let the rooms that wish so go to another phase."""
    if state.core[0].wishes == 0:
        return
    state.core[0].wishes = 0
    for phase in range(PHASES):
        mixer = state.phases[phase]
        while mixer != NONE:
            following = state.mixers[mixer].following
            if state.mixers[mixer].wish != NONE:
                _move(state, mixer)
            mixer = following


@inner
def _move(state: State, mixer: int) -> None:
    room = state.mixers[mixer]
    later = room.wish - room.phase
    if later != 0 and _has_room(state, mixer, room.wish):  # others may have filled it
        slot = room.first
        while slot != NONE:
            _follow_move(state, slot, later)
            slot = state.ports[slot].following
        leave_phase(state, mixer)
        room.phase = room.wish
        enter_phase(state, mixer)
        state.counters[counters.PHASE_MOVES] += 1
    room.wish = NONE


@inner
def _follow_move(state: State, slot: int, later: int) -> None:
    """Say of a leg what is known after its room ticks so many phases later (less than 0: earlier)."""
    leg = state.ports[slot]
    wait = _least_wait(state, slot)
    if wait != NONE and wait + later >= PHASES:
        leg.shrink = 1  # two of its packets come before the next tick: one is to be left out when it is quiet
    elif wait != NONE and wait + later < 0:
        leg.patience //= 2  # none comes before the next tick; its network has nothing to do with that
    leg.came = _turned(leg.came, later % PHASES)
    leg.came_again = _turned(leg.came_again, later % PHASES)
    leg.came_before = _turned(leg.came_before, later % PHASES)


@inner
def _turned(came: int, later: int) -> int:
    return ((came << later) | (came >> (PHASES - later))) & EVERY_PHASE


@inner
def enter_phase(state: State, mixer: int) -> None:
    """Put a mixer in the list of its phase."""
    room = state.mixers[mixer]
    room.following = state.phases[room.phase]
    state.phases[room.phase] = mixer
    state.phase_members[room.phase] += room.members


@inner
def leave_phase(state: State, mixer: int) -> None:
    """Take a mixer out of the list of its phase."""
    room = state.mixers[mixer]
    state.phase_members[room.phase] -= room.members
    if state.phases[room.phase] == mixer:
        state.phases[room.phase] = room.following
        return
    before = state.phases[room.phase]
    while state.mixers[before].following != mixer:
        before = state.mixers[before].following
    state.mixers[before].following = room.following
