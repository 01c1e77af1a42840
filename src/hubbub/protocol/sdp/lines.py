"""The values of single lines: `o=`, `c=`, `t=` and `a=rtpmap` (RFC 8866 §5.2, §5.7, §5.9, §6.6).

Each is a named tuple whose `parse` and `str` are inverses (the `r=` lines of a `Timing` are lines of their own).
Whole descriptions are in `session`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hubbub.protocol.sdp.errors import SdpError

# RFC 8866 §5.2: session id and version are numeric strings; 64-bit NTP times are what is meant.
_NUMBER_DIGITS_MAX = 20


class Origin(NamedTuple):
    """`o=`: who made the description, and which version of it this is (RFC 8866 §5.2)."""

    username: str
    """`-` when the maker has no user names."""
    session_id: int
    """With the other fields but the version, names the session worldwide."""
    version: int
    """Grows with every change of the description (RFC 3264 §8)."""
    address: str
    """Of the maker's machine; not where media goes."""
    address_type: str = "IP4"
    """`IP4` or `IP6`."""
    network_type: str = "IN"
    """`IN`, the internet."""

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read the value of an `o=` line.

        Raises:
            SdpError: not six fields, or ids that are no numbers.
        """
        fields = text.split()
        if len(fields) != 6:
            raise SdpError("malformed o=")
        username, session_id, version, network_type, address_type, address = fields
        number = parse_number(session_id, "session id", 10**_NUMBER_DIGITS_MAX)
        return cls(
            username,
            number,
            parse_number(version, "session version", 10**_NUMBER_DIGITS_MAX),
            address,
            address_type,
            network_type,
        )

    def __str__(self) -> str:
        return (
            f"{self.username} {self.session_id} {self.version} "
            f"{self.network_type} {self.address_type} {self.address}"
        )


class Connection(NamedTuple):
    """`c=`: where media is received (RFC 8866 §5.7)."""

    address: str
    """Address as written, a multicast TTL behind a slash included."""
    address_type: str = "IP4"
    """`IP4` or `IP6`."""
    network_type: str = "IN"
    """`IN`, the internet."""

    @classmethod
    def parse(cls, text: str) -> Connection:
        """Read the value of a `c=` line.

        Raises:
            SdpError: not three fields.
        """
        fields = text.split()
        if len(fields) != 3:
            raise SdpError("malformed c=")
        return cls(fields[2], fields[1], fields[0])

    def __str__(self) -> str:
        return f"{self.network_type} {self.address_type} {self.address}"

    @property
    def host(self) -> str:
        """Address without a multicast TTL."""
        return self.address.partition("/")[0]

    @property
    def is_unspecified(self) -> bool:
        """Whether nothing can be sent there: `0.0.0.0`, the hold of RFC 2543, or its IPv6 forms (RFC 6157 §5)."""
        host = self.host
        return host in ("0.0.0.0", "::") or host.lower().endswith(".invalid")


class Timing(NamedTuple):
    """`t=` with its `r=` lines: when the session is active; 0 0 means always (RFC 8866 §5.9)."""

    start: int = 0
    """NTP seconds."""
    stop: int = 0
    """NTP seconds; 0 means open-ended."""
    repeats: tuple[str, ...] = ()
    """Values of `r=` lines, uninterpreted."""

    @classmethod
    def parse(cls, text: str) -> Timing:
        """Read the value of a `t=` line.

        Raises:
            SdpError: not two numbers.
        """
        fields = text.split()
        if len(fields) != 2:
            raise SdpError("malformed t=")
        most = 10**_NUMBER_DIGITS_MAX
        return cls(parse_number(fields[0], "time", most), parse_number(fields[1], "time", most))

    def __str__(self) -> str:
        return f"{self.start} {self.stop}"


class RtpMap(NamedTuple):
    """`a=rtpmap`: what a payload type stands for (RFC 8866 §6.6)."""

    encoding: str
    """Encoding name as spelled; names compare without regard to case."""
    clock_rate_hz: int
    """Rate of RTP timestamps."""
    channels: int = 1
    """Audio channels."""

    @classmethod
    def parse(cls, text: str) -> RtpMap:
        """Read `encoding/rate[/channels]`.

        Raises:
            SdpError: malformed.
        """
        parts = text.strip().split("/")
        if not 2 <= len(parts) <= 3 or not parts[0]:
            raise SdpError("malformed rtpmap")
        channels = parse_number(parts[2], "channels", 255) if len(parts) == 3 else 1
        return cls(parts[0], parse_number(parts[1], "clock rate", 10**9), channels)

    def __str__(self) -> str:
        return f"{self.encoding}/{self.clock_rate_hz}" + ("" if self.channels == 1 else f"/{self.channels}")


@lru_cache(maxsize=256)
def parse_rtpmap(text: str) -> RtpMap:
    """`RtpMap.parse`, remembered: the world's telephones map a few dozen codecs.

    Raises:
        SdpError: malformed.
    """
    return RtpMap.parse(text)


def parse_number(text: str, what: str, maximum: int) -> int:
    """An unsigned decimal number, at most `maximum`.

    Raises:
        SdpError: not ASCII digits only, or larger.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 32:
        raise SdpError(f"{what} is not a number")
    number = int(text)
    if number > maximum:
        raise SdpError(f"{what} is too large")
    return number
