"""What the core counts: one 64-bit cell each in `State.counters`, by these numbers.

They only grow. `NAMES` is the order in which the metrics page says them.
"""

PACKETS_IN = 0
PACKETS_OUT = 1
FRAMES_MISSED = 2
"""20 ms frames that had to be concealed."""
FRAMES_SHRUNK = 3
"""Frames left out to bring a delay down."""
DROP_SHORT = 4
DROP_VERSION = 5
DROP_LENGTH = 6
"""CSRCs, extension or padding longer than the packet, or nothing left."""
DROP_LONG = 7
DROP_PAYLOAD_TYPE = 8
DROP_UNKNOWN_SOURCE = 9
DROP_NOT_CONNECTED = 10
DROP_UNWANTED = 11
"""The far end said it would not send."""
DROP_UNPROVEN = 12
"""The first packet of a source, until a second proves it."""
DROP_LATE = 13
DROP_DUPLICATE = 14
DROP_STRAY = 15
"""Another SSRC or a far jump, until a second packet proves it."""
DROP_EVENT = 16
"""A malformed telephone event."""
DROP_RTCP = 17
DROP_OUTPUT = 18
"""No room for a packet to send, or the system refused it."""
SOURCES_FIXED = 19
RESYNCHRONISED = 20
DIGITS_IN = 21
DIGITS_OUT = 22
RTCP_IN = 23
RTCP_OUT = 24
EVENTS_LOST = 25
COMMANDS_REFUSED = 26
"""Commands about things that are gone, or for which there is no room."""
TICKS = 27
TICKS_SKIPPED = 28
PASSES_LATE = 29
"""2 ms passes that began more than 2 ms late."""
ENCODES = 30
PACKETS_LOST = 31
"""By gaps in the sequence numbers received."""
TICK_FAILURES = 32
"""Bugs caught at the border of the compiled code."""
FRAMES_LIMITED = 33
"""Frames made quieter because their sum did not fit."""
TAP_FRAMES_LOST = 34
"""Frames that no recorder got: nobody read those before, or their port changed rooms within a round."""
PHASE_MOVES = 35
"""Rooms that went to another phase, so that their callers' packets wait less."""
SOURCES_TAKEN_BACK = 36
"""Legs whose source was fixed elsewhere before packets came from where they were negotiated to come from."""

NAMES = (
    "packets_in",
    "packets_out",
    "frames_missed",
    "frames_shrunk",
    "drop_short",
    "drop_version",
    "drop_length",
    "drop_long",
    "drop_payload_type",
    "drop_unknown_source",
    "drop_not_connected",
    "drop_unwanted",
    "drop_unproven",
    "drop_late",
    "drop_duplicate",
    "drop_stray",
    "drop_event",
    "drop_rtcp",
    "drop_output",
    "sources_fixed",
    "resynchronised",
    "digits_in",
    "digits_out",
    "rtcp_in",
    "rtcp_out",
    "events_lost",
    "commands_refused",
    "ticks",
    "ticks_skipped",
    "passes_late",
    "encodes",
    "packets_lost",
    "tick_failures",
    "frames_limited",
    "tap_frames_lost",
    "phase_moves",
    "sources_taken_back",
)
COUNT = len(NAMES)
