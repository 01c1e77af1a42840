"""Digits sent as telephone events (RFC 4733): a packet every 20 ms, its duration counting up, the end three times.

They go in the place of audio, with the audio's sequence numbers, as RFC 4733 §2.1 wants.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import inner
from hubbub.media.core import counters
from hubbub.media.core.layout import DIGITS_QUEUED_MAX, FRAME, State
from hubbub.media.core.wire import put16

PAYLOAD = 4
PAUSE = 16
"""Not an event: half a second of waiting between digits."""
TONE_TICKS = 6
"""120 ms; RFC 4733 §2.5.2.1 wants 40 at least, old exchanges 100."""
ENDS = 3
GAP_TICKS = 4
"""80 ms between digits."""
PAUSE_TICKS = 25
VOLUME = 10
"""-10 dBm0."""

IDLE = 0
TONE = 1
GAP = 2
WAIT = 3


@inner
def queue(state: State, slot: int, digit: int) -> bool:
    """Queue an event 0 to 15, or PAUSE. False: refused, the far end takes no events or the queue is full."""
    leg = state.ports[slot]
    if leg.event_type < 0 or leg.digits_count >= DIGITS_QUEUED_MAX or not 0 <= digit <= PAUSE:
        return False
    state.digits[slot, (leg.digits_head + leg.digits_count) % DIGITS_QUEUED_MAX] = digit
    leg.digits_count += 1
    return True


@inner
def step(state: State, slot: int, timestamp: int) -> bool:
    """Go on by one tick. True: an event packet is to be sent in the place of this tick's audio."""
    leg = state.ports[slot]
    if leg.sending == IDLE:
        leg.sending_ticks = 0
        if state.digits[slot, leg.digits_head] == PAUSE:
            leg.sending = WAIT
        else:
            leg.sending = TONE
            leg.sending_timestamp = timestamp
            leg.marker = 1
    leg.sending_ticks += 1
    if leg.sending == TONE:
        if leg.sending_ticks == TONE_TICKS + ENDS:  # the third end went out a tick ago
            leg.sending = GAP
            leg.sending_ticks = 0
            state.counters[counters.DIGITS_OUT] += 1
            leg.marker = 1
            _pop(state, slot)
            return False
        return True
    if leg.sending == GAP:
        if leg.sending_ticks >= GAP_TICKS:
            leg.sending = IDLE
    elif leg.sending_ticks >= PAUSE_TICKS:
        leg.sending = IDLE
        _pop(state, slot)
    return False


@inner
def _pop(state: State, slot: int) -> None:
    leg = state.ports[slot]
    leg.digits_head = (leg.digits_head + 1) % DIGITS_QUEUED_MAX
    leg.digits_count -= 1


@inner
def compose(state: State, slot: int, packet: NDArray[np.uint8], at: int) -> None:
    """Write the event's payload at `packet[at]`."""
    leg = state.ports[slot]
    packet[at] = state.digits[slot, leg.digits_head]
    packet[at + 1] = VOLUME | (0x80 if leg.sending_ticks >= TONE_TICKS else 0)
    put16(packet, at + 2, FRAME * min(leg.sending_ticks, TONE_TICKS))
