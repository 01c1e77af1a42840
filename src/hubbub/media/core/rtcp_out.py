"""RTCP sent: a sender report with one report block, and a CNAME (RFC 3550 §6.4, §6.5).

NTP times are our monotonic clock's, which RFC 3550 §6.4.1 allows: they serve round-trip times, not the date.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import hot, inner
from hubbub.media.core import counters
from hubbub.media.core.layout import OUT_BYTES, State
from hubbub.media.core.rtcp_in import SENDER_REPORT
from hubbub.media.core.wire import put16, put32

DESCRIPTION = 202
CNAME = 1
CNAME_BYTES = 8
"""The SSRC in hex: unique, and says nothing of the host (RFC 7022)."""


@hot
def report_when_due(state: State, slot: int, now_us: int) -> None:
    """Put a report in the output ring about every `rtcp_interval_us`, at a pace of the leg's own."""
    leg = state.ports[slot]
    if state.core[0].rtcp_interval_us == 0 or leg.packets_out == 0 or not leg.sends:
        return
    if not state.sockets[leg.socket].has_rtcp:
        return
    if now_us >= leg.rtcp_next_us:
        _report(state, slot, now_us)


@inner
def _report(state: State, slot: int, now_us: int) -> None:
    leg = state.ports[slot]
    core = state.core[0]
    # RFC 3550 §6.2 asks for half to one and a half intervals, so that reports do not fall together.
    first = leg.rtcp_next_us == 0
    leg.rtcp_next_us = (
        now_us + core.rtcp_interval_us // 2 + core.rtcp_interval_us * (leg.ssrc_out & 0xFF) // 256
    )
    if first or core.out_head - core.out_tail >= len(state.outs):
        return
    row = core.out_head % len(state.outs)
    core.out_head += 1
    out = state.outs[row]
    out.socket = leg.socket
    out.rtcp = 1
    out.address = leg.send_address
    out.port = leg.send_port + 1
    out.length = _compose(state, slot, state.out_bytes[row], now_us)
    state.counters[counters.RTCP_OUT] += 1


@inner
def _compose(state: State, slot: int, packet: NDArray[np.uint8], now_us: int) -> int:
    leg = state.ports[slot]
    blocks = 1 if leg.started else 0
    packet[0] = 0x80 | blocks
    packet[1] = SENDER_REPORT
    put16(packet, 2, 6 + 6 * blocks)
    put32(packet, 4, leg.ssrc_out)
    put32(packet, 8, now_us // 1_000_000)
    put32(packet, 12, (now_us % 1_000_000 << 32) // 1_000_000)
    put32(packet, 16, leg.timestamp_out)
    put32(packet, 20, leg.packets_out & 0xFFFFFFFF)
    put32(packet, 24, leg.octets_out & 0xFFFFFFFF)
    at = 28
    if blocks:
        _block(state, slot, packet, at, now_us)
        at += 24
    packet[at] = 0x81
    packet[at + 1] = DESCRIPTION
    put16(packet, at + 2, 4)
    put32(packet, at + 4, leg.ssrc_out)
    packet[at + 8] = CNAME
    packet[at + 9] = CNAME_BYTES
    for i in range(CNAME_BYTES):
        digit = (leg.ssrc_out >> (28 - 4 * i)) & 0xF
        packet[at + 10 + i] = digit + 48 if digit < 10 else digit + 87
    packet[at + 18] = 0
    packet[at + 19] = 0
    assert at + 20 <= OUT_BYTES
    return at + 20


@inner
def _block(state: State, slot: int, packet: NDArray[np.uint8], at: int, now_us: int) -> None:
    """What we received (RFC 3550 A.3)."""
    leg = state.ports[slot]
    expected = leg.sequence_in - leg.sequence_base + 1
    lost = max(-0x800000, min(0x7FFFFF, expected - leg.packets_in))
    expected_now = expected - leg.expected_prior
    lost_now = expected_now - (leg.packets_in - leg.packets_in_prior)
    leg.expected_prior = expected
    leg.packets_in_prior = leg.packets_in
    fraction = 0
    if expected_now > 0 and lost_now > 0:
        fraction = min(255, (lost_now << 8) // expected_now)
    put32(packet, at, leg.ssrc_in)
    put32(packet, at + 4, fraction << 24 | (lost & 0xFFFFFF))
    put32(packet, at + 8, leg.sequence_in & 0xFFFFFFFF)
    put32(packet, at + 12, leg.jitter >> 4)
    since = 0
    if leg.peer_report_us != 0:
        since = ((now_us - leg.peer_report_us) << 16) // 1_000_000
        put32(packet, at + 16, leg.peer_report)
    else:
        put32(packet, at + 16, 0)
    put32(packet, at + 20, since & 0xFFFFFFFF)
