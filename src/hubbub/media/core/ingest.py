"""Take one datagram in. Whatever it holds, it is put where it belongs or dropped and counted; nothing raises.

The checks are RFC 3550 A.1's; lengths are checked before anything is read.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, hot, wide
from hubbub.media.core import counters, dtmf_in, jitter, latch, rtcp_in, sources
from hubbub.media.core.layout import NONE, PACKET_MAX, PAYLOAD_MAX, State
from hubbub.media.core.wire import get16, get32

HEADER = 12


@hot
def take_packet(
    state: State,
    socket: int,
    packet: NDArray[np.uint8],
    length: int,
    address: int,
    port: int,
    now_us: int,
) -> None:
    """`ingest` for compiled callers: the entrance from Python counts references, packet by packet."""
    state.counters[counters.PACKETS_IN] += 1
    if length < HEADER or packet.size < length:
        state.counters[counters.DROP_SHORT] += 1
        return
    if length > PACKET_MAX:
        state.counters[counters.DROP_LONG] += 1
        return
    if packet[0] >> 6 != 2:
        state.counters[counters.DROP_VERSION] += 1
        return
    if 192 <= packet[1] <= 223:  # RTCP on the RTP port (RFC 5761 §4)
        rtcp_in.take_reports(state, socket, packet, length, address, port, now_us)
        return
    at = HEADER + 4 * (wide(packet[0]) & 0x0F)
    if packet[0] & 0x10:
        if at + 4 > length:
            state.counters[counters.DROP_LENGTH] += 1
            return
        at += 4 + 4 * get16(packet, at + 2)
    end = length
    if packet[0] & 0x20:
        padding = wide(packet[length - 1])
        if padding == 0:
            state.counters[counters.DROP_LENGTH] += 1
            return
        end -= padding
    if at >= end:
        state.counters[counters.DROP_LENGTH] += 1
        return
    if end - at > PAYLOAD_MAX:
        state.counters[counters.DROP_LONG] += 1
        return
    _deliver(state, socket, packet, at, end - at, address, port, now_us)


@hot
def _deliver(
    state: State,
    socket: int,
    packet: NDArray[np.uint8],
    at: int,
    length: int,
    address: int,
    port: int,
    now_us: int,
) -> None:
    """Give a well-formed packet to its leg: payload of `length` bytes at `packet[at]`."""
    ssrc = get32(packet, 8)
    sequence = get16(packet, 2)
    slot = sources.find(state, socket, address, port, ssrc)
    if slot == NONE:
        slot = sources.find_negotiated(state, socket, address, port)
        if slot != NONE and not latch.take_back(state, slot, ssrc, sequence):
            state.counters[counters.DROP_UNPROVEN] += 1
            return
    waiting = state.sockets[socket].waiting
    if slot == NONE or (
        # A gateway's second leg from a source that is already another's.
        waiting != NONE
        and waiting != slot
        and state.ports[slot].ssrc_in != ssrc
        and state.ports[slot].fixed
        and state.ports[waiting].remote_address == address
        and state.ports[waiting].remote_port == port
    ):
        slot = waiting
    if slot == NONE or (
        slot == waiting
        and not state.ports[slot].fixed
        and sources.is_ghost(state, socket, address, port, ssrc, sequence, now_us)
    ):
        state.counters[counters.DROP_UNKNOWN_SOURCE] += 1
        return
    leg = state.ports[slot]
    if not leg.connected:
        state.counters[counters.DROP_NOT_CONNECTED] += 1
        return
    payload_type = wide(packet[1]) & 0x7F
    if payload_type != leg.payload_type and payload_type != leg.event_type:
        state.counters[counters.DROP_PAYLOAD_TYPE] += 1
        return
    if not leg.fixed and not latch.prove(state, slot, address, port, ssrc, sequence):
        state.counters[counters.DROP_UNPROVEN] += 1
        return
    if not leg.receives:
        state.counters[counters.DROP_UNWANTED] += 1
        return
    step = jitter.admit(state, slot, ssrc, sequence)
    if step == jitter.REFUSED:
        return
    leg.last_packet_us = now_us
    leg.silent = 0
    timestamp = get32(packet, 4)
    if payload_type == leg.event_type:
        dtmf_in.hear(state, slot, packet, at, length, timestamp, now_us)
    else:
        rtcp_in.time_arrival(state, slot, timestamp, now_us)
        jitter.put(state, slot, packet, at, length, timestamp, step)


@compiled
def ingest(
    state: State,
    socket: int,
    packet: NDArray[np.uint8],
    length: int,
    address: int,
    port: int,
    now_us: int,
) -> None:
    """Take a datagram that came to an RTP port.

    Args:
        socket: the slot of the socket it came to.
        packet: uint8, at least `length` long.
        address: IPv4 source as an integer, `port` its port.
        now_us: monotonic.
    """
    take_packet(state, socket, packet, length, address, port, now_us)
