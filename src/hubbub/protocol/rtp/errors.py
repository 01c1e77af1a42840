"""What can be wrong with a packet. The peer's doing, always: drop it and count it."""


class RtpParseError(ValueError):
    """Bytes from the network that are no valid RTP, RTCP or telephone-event data."""
