"""RTCP received: what the far end says of our stream, and what its own clock says (RFC 3550 §6.4).

Only statistics come of it: media never depends on RTCP.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import compiled, hot, inner, wide
from hubbub.media.core import counters, sources
from hubbub.media.core.layout import NONE, PACKET_MAX, State
from hubbub.media.core.wire import ahead32, get16, get32

SENDER_REPORT = 200
RECEIVER_REPORT = 201
REPORT_BLOCK = 24


@inner
def take_reports(
    state: State,
    socket: int,
    packet: NDArray[np.uint8],
    length: int,
    address: int,
    port: int,
    now_us: int,
) -> None:
    """`ingest` for compiled callers."""
    if length < 8 or length > PACKET_MAX or packet.size < length or not _is_compound(packet, length):
        state.counters[counters.DROP_RTCP] += 1
        return
    slot = sources.find(state, socket, address, port, get32(packet, 4))
    if slot == NONE or not state.ports[slot].connected:
        state.counters[counters.DROP_RTCP] += 1
        return
    state.counters[counters.RTCP_IN] += 1
    leg = state.ports[slot]
    at = 0
    while at < length:
        kind = packet[at + 1]
        end = at + 4 + 4 * get16(packet, at + 2)
        block = end
        if kind == SENDER_REPORT and end - at >= 28:
            leg.peer_report = get32(packet, at + 10)
            leg.peer_report_us = now_us
            block = at + 28
        elif kind == RECEIVER_REPORT and end - at >= 8:
            block = at + 8
        blocks = wide(packet[at]) & 0x1F
        while blocks > 0 and block + REPORT_BLOCK <= end:
            if get32(packet, block) == leg.ssrc_out:
                _note(state, slot, packet, block, now_us)
            block += REPORT_BLOCK
            blocks -= 1
        at = end


@inner
def _is_compound(packet: NDArray[np.uint8], length: int) -> bool:
    """RFC 3550 A.2: version 2 throughout, a report first, lengths that add up."""
    if packet[1] != SENDER_REPORT and packet[1] != RECEIVER_REPORT:
        return False
    at = 0
    while at + 4 <= length:
        if packet[at] >> 6 != 2:
            return False
        at += 4 + 4 * get16(packet, at + 2)
    return at == length


@inner
def _note(state: State, slot: int, packet: NDArray[np.uint8], at: int, now_us: int) -> None:
    """Keep a report block about our stream (RFC 3550 §6.4.1)."""
    leg = state.ports[slot]
    leg.peer_fraction_lost = wide(packet[at + 4])
    leg.peer_lost = get32(packet, at + 4) & 0xFFFFFF
    leg.peer_jitter = get32(packet, at + 12)
    last_report = get32(packet, at + 16)
    if last_report != 0:
        trip = ahead32(ntp_middle(now_us), last_report) - get32(packet, at + 20)
        if trip >= 0:
            leg.round_trip_us = trip * 1_000_000 >> 16


@inner
def ntp_middle(now_us: int) -> int:
    """The middle 32 bits of the NTP form of our clock: seconds and fraction, 16 bits each."""
    seconds = now_us // 1_000_000
    fraction = (now_us % 1_000_000 << 16) // 1_000_000
    return (seconds & 0xFFFF) << 16 | fraction


@hot
def time_arrival(state: State, slot: int, timestamp: int, now_us: int) -> None:
    """Update the interarrival jitter (RFC 3550 A.8); called before the packet is laid in the ring."""
    leg = state.ports[slot]
    transit = (now_us * 8 // 1000 - timestamp) & 0xFFFFFFFF
    if leg.timestamp_in != NONE:
        leg.jitter += abs(ahead32(transit, leg.transit)) - ((leg.jitter + 8) >> 4)
    leg.transit = transit


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
    """Take a compound RTCP packet.

    Args:
        socket: the slot of the RTP socket that this one belongs to.
        packet: uint8, at least `length` long.
        address: IPv4 source.
        port: the RTP port of the leg it is of: on a port of its own, RTCP comes from the one above.
        now_us: monotonic.
    """
    take_reports(state, socket, packet, length, address, port, now_us)
