"""The receive side of a stream: order, duplicates, restarts, and where in time each sample belongs.

Samples are kept by their place: RTP timestamps turned into a count of samples that never jumps back. A
packet's length then does not matter: 10 to 60 ms are cut and joined into frames by `playout`.
RFC 3550 A.1 in spirit; a stream that jumps must prove itself with two packets in a row.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters, dtmf_in
from hubbub.media.core.layout import BLOCK, BLOCKS, NONE, RING, State
from hubbub.media.core.wire import ahead16, ahead32

JUMP = 16
"""Sequence numbers: further from the newest is another stream, until proven."""
LEAP = 1280
"""Samples: a newer packet this far ahead of the last opens a talk spurt, and is joined on."""
REFUSED = -1000


@hot
def admit(state: State, slot: int, ssrc: int, sequence: int) -> int:
    """Take note of a packet's number.

    Returns: how far it is ahead of the newest so far (negative: behind); REFUSED for a duplicate or a stray.
    """
    leg = state.ports[slot]
    if not leg.started:
        _restart(state, slot, ssrc, sequence)
        return 1
    step = ahead16(sequence, leg.sequence_in & 0xFFFF)
    if ssrc != leg.ssrc_in or step >= JUMP or step <= -JUMP:
        if leg.stray_seen and leg.stray_ssrc == ssrc and (leg.stray_sequence + 1) & 0xFFFF == sequence:
            _restart(state, slot, ssrc, sequence)
            state.counters[counters.RESYNCHRONISED] += 1
            return 1
        leg.stray_seen = 1
        leg.stray_ssrc = ssrc
        leg.stray_sequence = sequence
        state.counters[counters.DROP_STRAY] += 1
        return REFUSED
    if step > 0:
        leg.seen = ((leg.seen << step) | 1) & 0xFFFF
        leg.sequence_in += step
        leg.packets_in += 1
        state.counters[counters.PACKETS_LOST] += step - 1
        return step
    if leg.seen & (1 << -step):
        state.counters[counters.DROP_DUPLICATE] += 1
        return REFUSED
    leg.seen |= 1 << -step
    leg.packets_in += 1
    return step


@inner
def _restart(state: State, slot: int, ssrc: int, sequence: int) -> None:
    """Begin a stream. What is still to be played is played; the new stream is joined on behind it."""
    leg = state.ports[slot]
    dtmf_in.finish(state, slot)
    leg.digit_done = 0
    leg.started = 1
    leg.ssrc_in = ssrc
    leg.sequence_in = leg.sequence_base = sequence
    leg.seen = 1
    leg.stray_seen = 0
    leg.timestamp_in = NONE
    leg.packets_in = 1
    leg.packets_in_prior = leg.expected_prior = 0
    leg.transit = leg.jitter = 0


@hot
def put(
    state: State, slot: int, packet: NDArray[np.uint8], at: int, length: int, timestamp: int, step: int
) -> None:
    """Lay the audio of an admitted packet in the ring: `length` codes from `packet[at]`."""
    leg = state.ports[slot]
    place = _place(state, slot, timestamp, step)
    if step > 0:
        leg.timestamp_in = timestamp
        leg.place_in = place
        leg.packet_samples = length
    end = place + length
    if end <= leg.read:
        state.counters[counters.DROP_LATE] += 1
        return
    limit = max(state.core[0].jitter_max, length)
    if end - leg.read > limit:
        skip_to(state, slot, end - limit)
        state.counters[counters.FRAMES_SHRUNK] += 1
    start = max(place, leg.read)
    at += start - place
    _mark(state, slot, start, end)
    cell = start % RING
    until_wrap = min(end - start, RING - cell)
    g711.copy_codes(packet, at, state.ring[slot], cell, until_wrap)
    g711.copy_codes(packet, at + until_wrap, state.ring[slot], 0, end - start - until_wrap)
    leg.newest = max(leg.newest, end)


@hot
def _place(state: State, slot: int, timestamp: int, step: int) -> int:
    leg = state.ports[slot]
    joined = leg.newest + (-leg.newest) % BLOCK
    if leg.timestamp_in == NONE:
        return joined
    place = leg.place_in + ahead32(timestamp, leg.timestamp_in)
    # A packet that is next in order but not in time: the sender's clock was set, or it was silent for long.
    if step > 0 and (place < leg.newest or place > leg.newest + LEAP):
        return joined
    return place


@hot
def _mark(state: State, slot: int, start: int, end: int) -> None:
    """Mark blocks as held; one that is only partly written is silence elsewhere."""
    have = state.have[slot]
    for block in range(start // BLOCK, (end - 1) // BLOCK + 1):
        cell = block % BLOCKS
        if have[cell] == 0:
            have[cell] = 1
            if block * BLOCK < start or (block + 1) * BLOCK > end:
                silent = g711.silence(state.ports[slot].law)
                for i in range(BLOCK):
                    state.ring[slot, cell * BLOCK + i] = silent


@inner
def skip_to(state: State, slot: int, place: int) -> None:
    """Move the reading position forward to the block that holds `place`; what lies before is not played."""
    leg = state.ports[slot]
    target = place - place % BLOCK
    have = state.have[slot]
    if target - leg.read >= RING:
        for cell in range(BLOCKS):
            have[cell] = 0
        leg.read = max(leg.read, target)
    while leg.read < target:
        have[leg.read // BLOCK % BLOCKS] = 0
        leg.read += BLOCK
