"""Digits received as telephone events (RFC 4733).

A new timestamp is a new digit, however many packets say so; it is reported once, when it is over: at the
first packet with the E bit, or after 100 ms without a packet. While it lasts the sender's audio is muted.
"""

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.compile import hot, inner, wide
from hubbub.media.core import counters, events
from hubbub.media.core.layout import FRAME, NONE, RING, State
from hubbub.media.core.wire import ahead32, get16

EVENT_MAX = 15
"""0-9, *, #, A-D (RFC 4733 table 7). Others (flash, modem tones) are no digits."""
SEGMENT_MAX = 0xFFFF
"""The longest duration a packet can say; a longer digit goes on with a new timestamp (RFC 4733 §2.5.1.3)."""
STALE = -80_000
"""RTP units: a timestamp further back than 10 s is not a late packet but a clock set anew."""
QUIET_US = 100_000
UNITS_PER_MS = 8


@inner
def hear(
    state: State, slot: int, packet: NDArray[np.uint8], at: int, length: int, timestamp: int, now_us: int
) -> None:
    """Take a telephone-event payload of `length` bytes at `packet[at]`."""
    if length < 4 or packet[at] > EVENT_MAX:
        state.counters[counters.DROP_EVENT] += 1
        return
    leg = state.ports[slot]
    event = wide(packet[at])
    duration = get16(packet, at + 2)
    if leg.digit == NONE and not leg.digit_done:
        _begin(state, slot, event, timestamp)
    elif timestamp != leg.digit_timestamp:
        since = ahead32(timestamp, leg.digit_timestamp)
        if STALE < since < 0:
            return
        if leg.digit == event and since == SEGMENT_MAX:
            leg.digit_before += SEGMENT_MAX
            leg.digit_timestamp = timestamp
            leg.digit_duration = 0
        else:
            finish(state, slot)
            _begin(state, slot, event, timestamp)
    elif leg.digit == NONE:
        return
    leg.digit_duration = max(leg.digit_duration, duration)
    leg.digit_last_us = now_us
    if leg.timestamp_in != NONE:
        ahead = ahead32(timestamp + duration, leg.timestamp_in)
        if -RING < ahead < RING:
            leg.mute_until = leg.place_in + ahead
    if packet[at + 1] & 0x80:
        finish(state, slot)


@inner
def _begin(state: State, slot: int, event: int, timestamp: int) -> None:
    leg = state.ports[slot]
    leg.digit = event
    leg.digit_timestamp = timestamp
    leg.digit_duration = leg.digit_before = leg.digit_done = 0


@inner
def finish(state: State, slot: int) -> None:
    """Report the digit going on, if one is."""
    leg = state.ports[slot]
    if leg.digit == NONE:
        return
    duration_ms = (leg.digit_before + leg.digit_duration) // UNITS_PER_MS
    events.report(state, events.DIGIT, leg.port_id, leg.digit, duration_ms)
    state.counters[counters.DIGITS_IN] += 1
    leg.digit = NONE
    leg.digit_done = 1


@hot
def expire(state: State, slot: int, now_us: int) -> None:
    """End a digit whose end packets were all lost."""
    leg = state.ports[slot]
    if leg.digit != NONE and now_us - leg.digit_last_us > QUIET_US:
        finish(state, slot)


@hot
def mutes(state: State, slot: int) -> bool:
    """Whether the frame just taken was sent while a key was down."""
    leg = state.ports[slot]
    return leg.digit != NONE or leg.read - FRAME < leg.mute_until
