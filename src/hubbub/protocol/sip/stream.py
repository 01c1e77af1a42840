"""Messages out of a byte stream: TCP and TLS (RFC 3261 §18.3, RFC 5626 §3.5.1).

Owns where one message ends and the next begins, and the keepalive between them. Sans-IO: `feed` takes what a socket
read and gives back what became complete, however the stream was cut. Sockets, idle time-outs and answering a ping
are the caller's. A WebSocket carries whole messages (RFC 7118 §5), so it needs `parser.parse_message` only.
"""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipMessage
from hubbub.protocol.sip.parser import DEFAULT_LIMITS, SipLimits, content_length, parse_head

PING = b"\r\n\r\n"
"""What the side that opened the connection sends to keep it alive (RFC 5626 §3.5.1)."""
PONG = b"\r\n"
"""What the other side answers to a ping."""


@dataclass(frozen=True, slots=True)
class PingReceived:
    """The peer sent the double CRLF; the caller answers `PONG`."""


@dataclass(frozen=True, slots=True)
class PongReceived:
    """The peer answered our ping."""


@dataclass(frozen=True, slots=True)
class MalformedReceived:
    """Something between two message boundaries was not SIP."""

    error: SipParseError
    """What was wrong; its `request` can be answered when set."""
    is_fatal: bool
    """Whether the boundary itself is lost: nothing further is read, and the caller closes the connection."""


StreamEvent = SipMessage | PingReceived | PongReceived | MalformedReceived


class StreamFramer:
    """Cuts one connection's bytes into messages and keepalives.

    Args:
        limits: what one message may hold. At most `max_message_bytes` and the last chunk are ever kept.
        opened_by_us: whether we opened the connection. It decides what a lone CRLF means: the side that opened the
            connection sends pings and gets pongs, the other way round for the side that accepted it.
    """

    def __init__(self, limits: SipLimits = DEFAULT_LIMITS, *, opened_by_us: bool = False) -> None:
        self._limits = limits
        self._opened_by_us = opened_by_us
        self._buffer = bytearray()
        self._searched = 0  # the head's end is not before this index
        self._half_ping = False
        self._pending: SipMessage | MalformedReceived | None = None
        self._awaited_bytes = 0  # body of `_pending`
        self._is_broken = False

    @property
    def is_broken(self) -> bool:
        """Whether framing was lost; whatever is fed from then on is dropped."""
        return self._is_broken

    @property
    def is_idle(self) -> bool:
        """Whether the stream stands at a message boundary: closing it now loses nothing."""
        return self._pending is None and not self._buffer

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Take what was read; give back what became complete, in order.

        Never raises for what a peer sent: that becomes a `MalformedReceived`.
        """
        events: list[StreamEvent] = []
        if self._is_broken:
            return events
        self._buffer += data
        while self._step(events):
            pass
        return events

    def _step(self, events: list[StreamEvent]) -> bool:
        """Do the next thing the buffer suffices for; False when it does not."""
        if self._is_broken:
            return False
        if self._pending is not None:
            return self._finish_body(self._pending, events)
        if self._buffer.startswith((b"\r", b"\n")):
            return self._read_keepalive(events)
        if not self._buffer:
            return False
        return self._read_head(events)

    def _read_keepalive(self, events: list[StreamEvent]) -> bool:
        if len(self._buffer) < 2 and self._buffer == b"\r":
            return False
        if self._buffer[:2] != b"\r\n":
            self._break(SipParseError("line end that is not CRLF"), events)
            return False
        del self._buffer[:2]
        if self._opened_by_us:
            events.append(PongReceived())
        elif self._half_ping:
            events.append(PingReceived())
        self._half_ping = not self._half_ping
        return True

    def _read_head(self, events: list[StreamEvent]) -> bool:
        self._half_ping = False
        end = self._buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._buffer)
            if len(self._buffer) > self._limits.max_message_bytes:
                self._break(SipParseError("message too large", 413), events)
            return False
        self._searched = 0
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        try:
            message = parse_head(head, self._limits)
            length = content_length(message)
        except SipParseError as error:
            self._skip(error, len(head), events)
            return True
        if length is None:
            # §18.3: on a stream the length is mandatory; without it nobody knows where the next message begins.
            self._break(SipParseError("missing Content-Length"), events)
        elif len(head) + 4 + length > self._limits.max_message_bytes:
            self._break(SipParseError("message too large", 413), events)
        else:
            self._pending, self._awaited_bytes = message, length
        return True

    def _skip(self, error: SipParseError, head_bytes: int, events: list[StreamEvent]) -> None:
        """A malformed head: pass over its body when its length is certain, else give the connection up."""
        try:
            length = None if error.request is None else content_length(error.request)
        except SipParseError:
            length = None
        if length is None or head_bytes + 4 + length > self._limits.max_message_bytes:
            self._break(error, events)
        else:
            self._pending, self._awaited_bytes = MalformedReceived(error, is_fatal=False), length

    def _finish_body(self, pending: SipMessage | MalformedReceived, events: list[StreamEvent]) -> bool:
        if len(self._buffer) < self._awaited_bytes:
            return False
        if not isinstance(pending, MalformedReceived):
            pending.body = bytes(self._buffer[: self._awaited_bytes])
        del self._buffer[: self._awaited_bytes]
        self._pending, self._awaited_bytes = None, 0
        events.append(pending)
        return True

    def _break(self, error: SipParseError, events: list[StreamEvent]) -> None:
        self._is_broken = True
        self._buffer.clear()
        events.append(MalformedReceived(error, is_fatal=True))
