"""What a leg is sent: packets with their header, put in the output ring with their destination."""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters, dtmf_out
from hubbub.media.core.layout import FRAME, NONE, State
from hubbub.media.core.wire import put16, put32

HEADER = 12


@hot
def packet(state: State, slot: int, payload_type: int, timestamp: int, length: int) -> int:
    """Begin a packet of `length` payload bytes. Returns its row, the payload at byte 12; NONE when full."""
    core = state.core[0]
    leg = state.ports[slot]
    sequence = leg.sequence_out
    leg.sequence_out = (sequence + 1) & 0xFFFF
    if core.out_head - core.out_tail >= len(state.outs):
        state.counters[counters.DROP_OUTPUT] += 1
        return NONE
    row = core.out_head % len(state.outs)
    core.out_head += 1
    out = state.outs[row]
    out.socket = leg.socket
    out.rtcp = 0
    out.address = leg.send_address
    out.port = leg.send_port
    out.length = HEADER + length
    header = state.out_bytes[row]
    header[0] = 0x80
    header[1] = payload_type | (leg.marker << 7)
    put16(header, 2, sequence)
    put32(header, 4, timestamp)
    put32(header, 8, leg.ssrc_out)
    leg.marker = 0
    leg.packets_out += 1
    leg.octets_out += length
    state.counters[counters.PACKETS_OUT] += 1
    return row


@hot
def say(state: State, slot: int, codes: NDArray[np.uint8]) -> None:
    """Send a leg one frame of codes: now, or when its packet is full. A digit being sent goes instead."""
    leg = state.ports[slot]
    timestamp = leg.timestamp_out
    leg.timestamp_out = (timestamp + FRAME) & 0xFFFFFFFF
    if not leg.connected or not leg.sends or leg.send_port == 0 or leg.send_address == 0:
        return
    if (leg.sending or leg.digits_count) and dtmf_out.step(state, slot, timestamp):
        leg.pending = 0
        _send_event(state, slot)
        return
    if leg.frames_per_packet == 1:
        row = packet(state, slot, leg.payload_type, timestamp, FRAME)
        if row != NONE:
            g711.copy_codes(codes, 0, state.out_bytes[row], HEADER, FRAME)
        return
    if leg.pending == 0:
        leg.pending_timestamp = timestamp
    g711.copy_codes(codes, 0, state.pending[slot], leg.pending * FRAME, FRAME)
    leg.pending += 1
    if leg.pending < leg.frames_per_packet:
        return
    length = leg.pending * FRAME
    leg.pending = 0
    row = packet(state, slot, leg.payload_type, leg.pending_timestamp, length)
    if row != NONE:
        g711.copy_codes(state.pending[slot], 0, state.out_bytes[row], HEADER, length)


@inner
def _send_event(state: State, slot: int) -> None:
    leg = state.ports[slot]
    row = packet(state, slot, leg.event_type, leg.sending_timestamp, dtmf_out.PAYLOAD)
    if row != NONE:
        dtmf_out.compose(state, slot, state.out_bytes[row], HEADER)
