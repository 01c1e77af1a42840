"""Whose packet is it? Finds the leg by (socket, address, port) in a table with open addressing.

Two legs of one gateway may share all three (it shares sockets, as we do); then the SSRC tells them apart.
A leg whose packets come from elsewhere than was negotiated is listed twice: there, and where they may yet come from.
"""

from hubbub.audio.compile import hot, inner, wide
from hubbub.media.core.layout import GHOSTS, NONE, State
from hubbub.media.core.wire import ahead16

GHOST_US = 30_000_000
"""How long a far end may take to stop sending after its call is over."""
GHOST_LATE, GHOST_AHEAD = -50, 1500
"""So far the sequence of a stream that goes on may be from where it was last: packets that are late, or half a minute of
them that was lost. Some telephones use the same SSRC in each call; the next one's sequence begins elsewhere."""


@hot
def _home(state: State, socket: int, address: int, port: int) -> int:
    mixed = address * 40503 + port * 2654435769 + socket * 97
    return (mixed ^ (mixed >> 17) ^ (mixed >> 31)) & state.core[0].table_mask


NEGOTIATED = 1 << 30
"""With this bit an entry lists a leg under its negotiated address, while its source is fixed elsewhere."""


@inner
def _home_of(state: State, entry: int) -> int:
    leg = state.ports[entry & ~NEGOTIATED]
    if entry & NEGOTIATED:
        return _home(state, leg.socket, leg.remote_address, leg.remote_port)
    return _home(state, leg.socket, leg.key_address, leg.key_port)


@hot
def find(state: State, socket: int, address: int, port: int, ssrc: int) -> int:
    """The leg's slot, or NONE. A leg that knows this SSRC comes first, then one not yet sure of its source."""
    best = NONE
    at = _home(state, socket, address, port)
    while True:
        slot = wide(state.sources[at])
        if slot == NONE:
            return best
        if not slot & NEGOTIATED:
            leg = state.ports[slot]
            if leg.key_port == port and leg.key_address == address and leg.socket == socket:
                if leg.fixed and leg.ssrc_in == ssrc:
                    return slot
                if best == NONE or not leg.fixed:
                    best = slot
        at = (at + 1) & state.core[0].table_mask


@inner
def find_negotiated(state: State, socket: int, address: int, port: int) -> int:
    """The leg that was to be sent to from here, and has a source elsewhere; or NONE."""
    at = _home(state, socket, address, port)
    while True:
        entry = wide(state.sources[at])
        if entry == NONE:
            return NONE
        if entry & NEGOTIATED:
            leg = state.ports[entry & ~NEGOTIATED]
            if leg.remote_port == port and leg.remote_address == address and leg.socket == socket:
                return entry & ~NEGOTIATED
        at = (at + 1) & state.core[0].table_mask


@inner
def insert(state: State, slot: int, address: int, port: int) -> None:
    """List a leg under a source; it must not be listed yet. The table is never more than half full."""
    leg = state.ports[slot]
    leg.key_address = address
    leg.key_port = port
    _put(state, slot)


@inner
def insert_negotiated(state: State, slot: int) -> None:
    """List a leg under its negotiated address, beside its source."""
    state.ports[slot].key_negotiated = 1
    _put(state, slot | NEGOTIATED)


@inner
def _put(state: State, entry: int) -> None:
    at = _home_of(state, entry)
    while state.sources[at] != NONE:
        at = (at + 1) & state.core[0].table_mask
    state.sources[at] = entry


@inner
def remove(state: State, slot: int) -> None:
    """Take a leg off the list; nothing if it is not on it."""
    leg = state.ports[slot]
    if leg.key_negotiated:
        _take(state, slot | NEGOTIATED)
        leg.key_negotiated = 0
    if leg.key_port != 0:
        _take(state, slot)
        leg.key_port = 0


@inner
def _take(state: State, entry: int) -> None:
    """Take an entry out, closing the gap behind it."""
    mask = state.core[0].table_mask
    gap = _home_of(state, entry)
    while state.sources[gap] != entry:
        gap = (gap + 1) & mask
    at = gap
    while True:
        at = (at + 1) & mask
        other = wide(state.sources[at])
        if other == NONE:
            break
        home = _home_of(state, other)
        # It may move into the gap unless its home lies behind the gap.
        if (at - home) & mask >= (at - gap) & mask:
            state.sources[gap] = other
            gap = at
    state.sources[gap] = NONE


@inner
def haunt(state: State, slot: int, now_us: int) -> None:
    """Remember the stream of a leg that closes, so that no other leg of the socket takes it for its own."""
    leg = state.ports[slot]
    if not leg.fixed or not leg.started:
        return
    ghost = state.ghosts[_home(state, leg.socket, leg.key_address, leg.key_port) % GHOSTS]
    ghost.socket = leg.socket
    ghost.address = leg.key_address
    ghost.port = leg.key_port
    ghost.ssrc = leg.ssrc_in
    ghost.sequence = leg.sequence_in & 0xFFFF
    ghost.until_us = now_us + GHOST_US


@inner
def is_ghost(
    state: State, socket: int, address: int, port: int, ssrc: int, sequence: int, now_us: int
) -> bool:
    """Whether an unknown source's stream is that of a leg closed lately; while it goes on it stays so."""
    ghost = state.ghosts[_home(state, socket, address, port) % GHOSTS]
    if (
        ghost.port != port
        or ghost.address != address
        or ghost.socket != socket
        or ghost.ssrc != ssrc
        or now_us > ghost.until_us
    ):
        return False
    step = ahead16(sequence, ghost.sequence)
    if step < GHOST_LATE or step > GHOST_AHEAD:
        return False
    ghost.sequence = sequence
    ghost.until_us = now_us + GHOST_US
    return True
