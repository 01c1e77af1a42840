"""Commands: fixed records of eight 64-bit numbers, the kind first. They take effect where they are applied.

A command that names something gone is counted and otherwise ignored: what it was about may have been closed
while the command was on its way.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, inner
from hubbub.media.core import counters, dtmf_in, dtmf_out, latch, playback, rooms, sources, taps
from hubbub.media.core.jitter import skip_to
from hubbub.media.core.layout import BLOCKS, FRAME, NONE, PHASES, SLOT_MASK, State

FIELDS = 8
RECORD_BYTES = 64

OPEN_SOCKET = 1
"""socket, whether it has an RTCP port; for the loop: descriptor, RTCP descriptor"""
CLOSE_SOCKET = 2
"""socket; must have no leg"""
OPEN_PORT = 3
"""port id, socket, SSRC, first sequence number, first timestamp"""
CONNECT = 4
"""port id, address, port, law | payload type << 8 | frames per packet << 16, telephone event type, sends | receives << 1"""
CLOSE_PORT = 5
"""port id"""
OPEN_MIXER = 6
"""mixer id, phase"""
CLOSE_MIXER = 7
"""mixer id; members go to the lobby"""
JOIN = 8
"""port id, mixer id, hears | heard << 1 | is a coach << 2; COACH records name whom it coaches"""
COACH = 9
"""coach's port id, coached port id"""
LEAVE = 10
"""port id"""
PLAY_TO_PORT = 11
"""playback id, port id, offset, length, loop"""
PLAY_TO_MIXER = 12
"""playback id, mixer id, offset, length, loop"""
STOP_PLAYBACK = 13
"""playback id"""
SEND_DIGITS = 14
"""port id, count, then four words of twelve digits, five bits each, first digit lowest"""
STOP = 15
"""The loop ends; the core ignores it."""
OPEN_TAP = 16
"""tap id, kind, port or mixer id, the round of its first frame"""
CLOSE_TAP = 17
"""tap id, the round before which it ends"""
TAPS_READ = 18
"""how many of the frames taken since the start were read"""

DIGITS_PER_WORD = 12
DIGITS_PER_COMMAND = 4 * DIGITS_PER_WORD


@compiled
def apply(state: State, command: NDArray[np.int64], now_us: int) -> None:
    """Carry out one record."""
    kind = command[0]
    done = True
    if kind == OPEN_PORT:
        done = _open_port(state, command)
    elif kind == OPEN_MIXER:
        done = rooms.open_mixer(state, command[1] & SLOT_MASK, command[1], command[2])
    elif kind == OPEN_SOCKET:
        _open_socket(state, command[1], command[2])
    elif kind == CLOSE_SOCKET:
        state.sockets[command[1]].open = 0
    elif kind == CLOSE_MIXER:
        done = _close_mixer(state, command[1])
    elif kind in (PLAY_TO_MIXER, PLAY_TO_PORT):
        done = _play(state, command)
    elif kind == STOP_PLAYBACK:
        done = _stop(state, command[1])
    elif kind == OPEN_TAP:
        done = taps.open_tap(state, command[1], command[2], command[3], command[4])
    elif kind == CLOSE_TAP:
        done = taps.close_tap(state, command[1], command[2])
    elif kind == TAPS_READ:
        state.core[0].taps_tail = command[1]
    elif kind != STOP:
        slot = command[1] & SLOT_MASK
        done = slot < len(state.ports) and state.ports[slot].port_id == command[1]
        if done:
            done = _apply_to_leg(state, slot, command, now_us)
    if not done:
        state.counters[counters.COMMANDS_REFUSED] += 1


@inner
def _apply_to_leg(state: State, slot: int, command: NDArray[np.int64], now_us: int) -> bool:
    kind = command[0]
    if kind == CONNECT:
        _connect(state, slot, command, now_us)
        return True
    if kind == CLOSE_PORT:
        _close_port(state, slot, now_us)
        return True
    if kind == JOIN:
        return _join(state, slot, command[2], command[3])
    if kind == LEAVE:
        _move(state, slot, state.mixers[state.ports[slot].mixer].phase)
        return True
    if kind == COACH:
        coached = command[2] & SLOT_MASK
        if coached >= len(state.ports) or state.ports[coached].port_id != command[2]:
            return False
        return state.ports[slot].coaching != 0 and rooms.coach(state, slot, coached)
    if kind == SEND_DIGITS:
        return _send_digits(state, slot, command)
    return False


@inner
def _open_socket(state: State, socket: int, has_rtcp: int) -> None:
    row = state.sockets[socket]
    row.open = 1
    row.waiting = NONE
    row.legs = 0
    row.has_rtcp = has_rtcp


@inner
def _open_port(state: State, command: NDArray[np.int64]) -> bool:
    slot = command[1] & SLOT_MASK
    if state.ports[slot].port_id != 0:
        return False
    state.ports[slot] = state.blank[0]
    leg = state.ports[slot]
    leg.port_id = command[1]
    leg.socket = command[2]
    leg.ssrc_out = command[3]
    leg.sequence_out = command[4]
    leg.timestamp_out = command[5]
    leg.marker = 1
    leg.frames_per_packet = 1
    have = state.have[slot]
    for cell in range(BLOCKS):
        have[cell] = 0
    socket = state.sockets[leg.socket]
    socket.legs += 1
    if socket.waiting == NONE:
        socket.waiting = slot
    rooms.enter(state, slot, slot % PHASES)
    return True


@inner
def _connect(state: State, slot: int, command: NDArray[np.int64], now_us: int) -> None:
    leg = state.ports[slot]
    latch.negotiate(state, slot, command[2], command[3])
    leg.law = command[4] & 0xFF
    leg.payload_type = (command[4] >> 8) & 0x7F
    frames = (command[4] >> 16) & 0xFF
    if frames != leg.frames_per_packet:
        leg.frames_per_packet = frames
        leg.pending = 0
    leg.event_type = command[5]
    if leg.event_type == NONE:
        leg.digits_count = leg.sending = 0
    leg.sends = command[6] & 1
    leg.receives = (command[6] >> 1) & 1
    leg.connected = 1
    leg.last_packet_us = now_us
    leg.silent = 0


@inner
def _close_port(state: State, slot: int, now_us: int) -> None:
    leg = state.ports[slot]
    dtmf_in.finish(state, slot)
    playback.end_all(state, leg.playback)
    leg.playback = NONE
    taps.end_all(state, leg.taps)
    leg.taps = NONE
    rooms.exit_room(state, slot)
    rooms.drop_coaches(state, slot)
    sources.haunt(state, slot, now_us)
    sources.remove(state, slot)
    socket = state.sockets[leg.socket]
    socket.legs -= 1
    if socket.waiting == slot:
        socket.waiting = NONE
    leg.port_id = leg.connected = 0


@inner
def _join(state: State, slot: int, mixer_id: int, flags: int) -> bool:
    mixer = mixer_id & SLOT_MASK
    if mixer >= len(state.mixers) or state.mixers[mixer].mixer_id != mixer_id:
        return False
    leg = state.ports[slot]
    if leg.mixer != mixer:
        _move(state, slot, mixer)
    leg.hears = flags & 1
    leg.heard = (flags >> 1) & 1
    leg.coaching = 0
    if flags & 4:
        core = state.core[0]
        core.coach_epoch += 1
        leg.coaching = core.coach_epoch
    return True


@inner
def _move(state: State, slot: int, mixer: int) -> None:
    rooms.exit_room(state, slot)
    rooms.enter(state, slot, mixer)
    leg = state.ports[slot]
    leg.hears = leg.heard = 0
    leg.talking = leg.loud_ticks = leg.quiet_ticks = 0  # whoever begins in the next room, begins anew


@inner
def _close_mixer(state: State, mixer_id: int) -> bool:
    mixer = mixer_id & SLOT_MASK
    if mixer < PHASES or mixer >= len(state.mixers) or state.mixers[mixer].mixer_id != mixer_id:
        return False
    room = state.mixers[mixer]
    while room.first != NONE:
        _move(state, room.first, room.phase)
    playback.end_all(state, room.playback)
    room.playback = NONE
    taps.end_all(state, room.taps)
    room.taps = NONE
    rooms.close_mixer(state, mixer)
    return True


@inner
def _play(state: State, command: NDArray[np.int64]) -> bool:
    row = command[1] & SLOT_MASK
    clip = state.playbacks[row]
    if clip.playback_id != 0:
        return False
    clip.playback_id = command[1]
    clip.offset = command[3]
    clip.length = command[4]
    clip.loop = command[5]
    clip.position = 0
    clip.port = clip.mixer = clip.following = NONE
    target = command[2] & SLOT_MASK
    if command[0] == PLAY_TO_PORT:
        if target < len(state.ports) and state.ports[target].port_id == command[2]:
            clip.port = target
            clip.following = state.ports[target].playback
            state.ports[target].playback = row
            return True
    elif target < len(state.mixers) and state.mixers[target].mixer_id == command[2]:
        clip.mixer = target
        clip.following = state.mixers[target].playback
        state.mixers[target].playback = row
        return True
    # Whoever was to hear it is gone; the control side still waits for its end.
    playback.end(state, row)
    return False


@inner
def _stop(state: State, playback_id: int) -> bool:
    row = playback_id & SLOT_MASK
    if row >= len(state.playbacks) or state.playbacks[row].playback_id != playback_id:
        return False
    playback.stop(state, row)
    return True


@inner
def _send_digits(state: State, slot: int, command: NDArray[np.int64]) -> bool:
    done = True
    for i in range(min(command[2], DIGITS_PER_COMMAND)):
        word = command[3 + i // DIGITS_PER_WORD]
        done = dtmf_out.queue(state, slot, (word >> (5 * (i % DIGITS_PER_WORD))) & 0x1F) and done
    return done


@compiled
def skip(state: State, ticks: int) -> None:
    """Leave out ticks that time did not allow: our timestamps move on, and what was due is not played.

    Catching up in bursts instead would make everybody late together.
    """
    state.counters[counters.TICKS_SKIPPED] += ticks
    state.core[0].rounds += ticks
    for slot in range(len(state.ports)):
        leg = state.ports[slot]
        if leg.port_id == 0:
            continue
        leg.timestamp_out = (leg.timestamp_out + ticks * FRAME) & 0xFFFFFFFF
        leg.pending = 0
        leg.marker = 1
        if leg.playing:
            skip_to(state, slot, max(leg.read, min(leg.newest - FRAME, leg.read + ticks * FRAME)))
