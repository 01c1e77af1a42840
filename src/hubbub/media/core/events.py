"""What the core has to say, as fixed rows in a ring: kind, then up to seven numbers."""

from hubbub.audio.compile import inner
from hubbub.media.core import counters
from hubbub.media.core.layout import State

DIGIT = 1
"""port id, telephone event, duration in ms"""
PLAYBACK_ENDED = 2
"""playback id"""
SILENT = 3
"""port id"""
TALK = 4
"""port id, 1 or 0"""
FIXED = 5
"""port id, source address, source port: the socket may take another leg that waits for its source"""
SOCKET_GONE = 6
"""socket: the loop uses it no more"""
TAPPED = 7
"""how many frames taps have taken since the start"""
TAP_CLOSED = 8
"""tap id, the round before which it ended, frames taken as in TAPPED: all of the tap's are among them"""


@inner
def report(state: State, kind: int, first: int, second: int, third: int) -> None:
    """Put an event in the ring; count it as lost when nobody took the ones before."""
    core = state.core[0]
    if core.events_head - core.events_tail >= state.events.shape[0]:
        state.counters[counters.EVENTS_LOST] += 1
        return
    row = core.events_head % state.events.shape[0]
    state.events[row, 0] = kind
    state.events[row, 1] = first
    state.events[row, 2] = second
    state.events[row, 3] = third
    core.events_head += 1
