"""Fixing a leg's source: from where its packets come, and so where ours go (symmetric RTP, RFC 4961).

The negotiated address is tried first; behind a NAT the packets come from elsewhere. So a source is fixed by
two packets in a row, with consecutive sequence numbers, one SSRC and a payload type of the leg. A socket
serves any number of legs with a fixed source, and one that waits: an unknown source is that one's, or nobody's.
Once fixed, a source stays until the far end negotiates another: nobody latches on by guessing. Only who came first
by guessing gives way: two packets in a row from the negotiated address itself take a leg back.
"""

from hubbub.audio.compile import inner
from hubbub.media.core import counters, events, sources
from hubbub.media.core.layout import NONE, State


@inner
def negotiate(state: State, slot: int, address: int, port: int) -> None:
    """Take the far end's negotiated address. A source fixed under the same negotiated address stays."""
    leg = state.ports[slot]
    if leg.connected and leg.remote_address == address and leg.remote_port == port:
        return
    sources.remove(state, slot)
    leg.remote_address = leg.send_address = address
    leg.remote_port = leg.send_port = port
    leg.fixed = leg.near_seen = leg.far_seen = 0
    if address != 0 and port != 0:
        sources.insert(state, slot, address, port)
    socket = state.sockets[leg.socket]
    if socket.waiting == NONE:
        socket.waiting = slot


@inner
def prove(state: State, slot: int, address: int, port: int, ssrc: int, sequence: int) -> bool:
    """A packet for a leg without a fixed source: is it the second in a row? Fixes the source if so."""
    leg = state.ports[slot]
    if address == leg.key_address and port == leg.key_port:
        return _prove_near(state, slot, ssrc, sequence)
    if leg.near_seen:
        return False
    if (
        leg.far_seen
        and leg.far_address == address
        and leg.far_port == port
        and leg.far_ssrc == ssrc
        and (leg.far_sequence + 1) & 0xFFFF == sequence
    ):
        _fix(state, slot, address, port)
        return True
    leg.far_seen = 1
    leg.far_address = address
    leg.far_port = port
    leg.far_ssrc = ssrc
    leg.far_sequence = sequence
    return False


@inner
def take_back(state: State, slot: int, ssrc: int, sequence: int) -> bool:
    """A packet from the negotiated address of a leg whose source is fixed elsewhere: the second in a row fixes it here."""
    if not _prove_near(state, slot, ssrc, sequence):
        return False
    state.counters[counters.SOURCES_TAKEN_BACK] += 1
    return True


@inner
def _prove_near(state: State, slot: int, ssrc: int, sequence: int) -> bool:
    """A packet from the negotiated address: the second in a row fixes the source there."""
    leg = state.ports[slot]
    if leg.near_seen and leg.near_ssrc == ssrc and (leg.near_sequence + 1) & 0xFFFF == sequence:
        _fix(state, slot, leg.remote_address, leg.remote_port)
        return True
    leg.near_seen = 1
    leg.near_ssrc = ssrc
    leg.near_sequence = sequence
    return False


@inner
def _fix(state: State, slot: int, address: int, port: int) -> None:
    leg = state.ports[slot]
    if leg.key_address != address or leg.key_port != port:
        was_negotiated = leg.key_port != 0 and not leg.fixed
        sources.remove(state, slot)
        sources.insert(state, slot, address, port)
        if was_negotiated:
            sources.insert_negotiated(state, slot)
    leg.fixed = 1
    leg.send_address = address
    leg.send_port = port
    socket = state.sockets[leg.socket]
    if socket.waiting == slot:
        socket.waiting = NONE
    state.counters[counters.SOURCES_FIXED] += 1
    events.report(state, events.FIXED, leg.port_id, address, port)
