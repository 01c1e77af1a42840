"""Session descriptions: bytes in, frozen data out, and back (RFC 8866).

Owns sections and their order, and the attributes that belong to a single description: rtpmap, fmtp, ptime, direction,
rtcp. The values of single lines are in `lines`; what two descriptions mean together is in `offer_answer`.

Lenient where deployed phones are: lines may end in LF, their order within a section is free, `s=` and `t=` may be
missing. `v=0`, `o=` and a connection for every stream in use are insisted on. `parse_sdp(x.to_bytes()) == x`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hubbub.protocol.sdp.errors import SdpError
from hubbub.protocol.sdp.lines import Connection, Origin, RtpMap, Timing, parse_number, parse_rtpmap

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")

Attributes = tuple[tuple[str, str | None], ...]
"""`a=` lines in order: name and, after a colon, value."""


@dataclass(frozen=True, slots=True)
class SdpLimits:
    """How much of one description is read before it is refused."""

    max_bytes: int = 65_535
    max_lines: int = 1_024
    max_media: int = 32
    max_formats: int = 128
    """Formats of one stream."""


DEFAULT_LIMITS = SdpLimits()


class Media(NamedTuple):
    """One `m=` section (RFC 8866 §5.14)."""

    kind: str
    """`audio`, `video`, `image`, …"""
    port: int
    """0 when the stream is rejected or switched off (RFC 3264 §5.1, §6)."""
    proto: str
    """Transport profile, such as `RTP/AVP`."""
    formats: tuple[str, ...]
    """Payload types, the most preferred first, as text."""
    connections: tuple[Connection, ...] = ()
    """`c=` of its own; several only for layered multicast."""
    attributes: Attributes = ()
    """`a=` lines of this stream."""
    port_count: int = 1
    """Consecutive port pairs, for layered coding."""
    information: str | None = None
    """`i=`: a title."""
    bandwidths: tuple[str, ...] = ()
    """`b=` values, uninterpreted."""
    key: str | None = None
    """`k=`, obsolete, kept but never used (§5.12)."""

    def attribute(self, name: str) -> str | None:
        """Value of the first attribute `name`; "" when it has none, None when it is absent."""
        return _attribute(self.attributes, name)

    def rtpmaps(self) -> dict[int, RtpMap]:
        """Payload types that the section maps.

        Raises:
            SdpError: a malformed rtpmap.
        """
        maps: dict[int, RtpMap] = {}
        for name, value in self.attributes:
            if name == "rtpmap":
                number, _, text = (value or "").partition(" ")
                maps.setdefault(parse_number(number, "payload type", 127), parse_rtpmap(text))
        return maps

    def fmtp(self, payload_type: int) -> str | None:
        """Format parameters of a payload type, uninterpreted (RFC 8866 §6.15), or None."""
        for name, value in self.attributes:
            if name == "fmtp" and value is not None:
                number, _, text = value.partition(" ")
                if number == str(payload_type):
                    return text
        return None

    @property
    def ptime_ms(self) -> float | None:
        """`a=ptime`: milliseconds of sound in a packet the sender would like to get (§6.4); None when not usable."""
        return _positive(self.attribute("ptime"))

    @property
    def maxptime_ms(self) -> float | None:
        """`a=maxptime`: most milliseconds in a packet (§6.5); None when absent or not usable."""
        return _positive(self.attribute("maxptime"))

    @property
    def has_rtcp_mux(self) -> bool:
        """Whether RTP and RTCP may share one port (RFC 5761 §5.1.1)."""
        return self.attribute("rtcp-mux") is not None

    @property
    def rtcp_port(self) -> int:
        """Port for RTCP: `a=rtcp` (RFC 3605 §2.1), else the port above RTP's (RFC 3550 §11).

        Raises:
            SdpError: a malformed `a=rtcp`.
        """
        stated = self.attribute("rtcp")
        if stated is None:
            return min(self.port + 1, 65535)
        return parse_number(stated.partition(" ")[0], "RTCP port", 65535)


class SessionDescription(NamedTuple):
    """One whole description (RFC 8866 §5)."""

    origin: Origin
    """`o=`."""
    media: tuple[Media, ...] = ()
    """Streams in order; the order is the streams' identity between offer and answer."""
    connection: Connection | None = None
    """For streams without one of their own."""
    name: str = "-"
    """`s=`."""
    times: tuple[Timing, ...] = (Timing(),)
    """`t=` with their `r=`."""
    attributes: Attributes = ()
    """`a=` lines of the session."""
    information: str | None = None
    """`i=`."""
    uri: str | None = None
    """`u=`."""
    emails: tuple[str, ...] = ()
    """`e=` values."""
    phones: tuple[str, ...] = ()
    """`p=` values."""
    bandwidths: tuple[str, ...] = ()
    """`b=` values."""
    zones: str | None = None
    """`z=`."""
    key: str | None = None
    """`k=`, obsolete."""

    def attribute(self, name: str) -> str | None:
        """Value of the first session attribute `name`; "" when it has none, None when it is absent."""
        return _attribute(self.attributes, name)

    def connection_of(self, media: Media) -> Connection:
        """Where a stream is received: its own connection, else the session's (§5.7).

        Raises:
            SdpError: there is neither.
        """
        if media.connections:
            return media.connections[0]
        if self.connection is None:
            raise SdpError("stream without a connection")
        return self.connection

    def direction_of(self, media: Media) -> Direction:
        """A stream's direction: its own attribute, else the session's, else `sendrecv` (§6.7)."""
        for attributes in (media.attributes, self.attributes):
            for name, value in attributes:
                if value is None and name in DIRECTIONS:
                    return name
        return "sendrecv"

    def to_bytes(self) -> bytes:
        """The description on the wire, lines in the RFC's order.

        Raises:
            ValueError: a field of ours holds a line break.
        """
        lines = ["v=0", f"o={self.origin}", f"s={self.name}"]
        _add(lines, "i", self.information)
        _add(lines, "u", self.uri)
        lines += [f"e={email}" for email in self.emails]
        lines += [f"p={phone}" for phone in self.phones]
        if self.connection is not None:
            lines.append(f"c={self.connection}")
        lines += [f"b={bandwidth}" for bandwidth in self.bandwidths]
        for timing in self.times:
            lines.append(f"t={timing}")
            lines += [f"r={repeat}" for repeat in timing.repeats]
        _add(lines, "z", self.zones)
        _add(lines, "k", self.key)
        _add_attributes(lines, self.attributes)
        for media in self.media:
            ports = f"{media.port}" if media.port_count == 1 else f"{media.port}/{media.port_count}"
            lines.append(f"m={media.kind} {ports} {media.proto} {' '.join(media.formats)}")
            _add(lines, "i", media.information)
            lines += [f"c={connection}" for connection in media.connections]
            lines += [f"b={bandwidth}" for bandwidth in media.bandwidths]
            _add(lines, "k", media.key)
            _add_attributes(lines, media.attributes)
        lines.append("")
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
            raise ValueError("a field of a session description holds a line break")
        return text.encode("utf-8", "surrogateescape")


def parse_sdp(data: bytes, limits: SdpLimits = DEFAULT_LIMITS) -> SessionDescription:
    """Read one description.

    Raises:
        SdpError: not SDP, without what must be there, or over a limit.
    """
    if len(data) > limits.max_bytes:
        raise SdpError("description too large")
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if "\r" in text or "\0" in text:
        raise SdpError("control character in description")
    lines = text.split("\n")
    if len(lines) > limits.max_lines:
        raise SdpError("too many lines")
    while lines and not lines[-1]:
        lines.pop()
    if not lines or lines[0].rstrip() != "v=0":
        raise SdpError("not SDP version 0")
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    if len(starts) > limits.max_media:
        raise SdpError("too many streams")
    starts.append(len(lines))
    media = tuple([_parse_media(lines[start:end], limits) for start, end in itertools.pairwise(starts)])
    session = _parse_session(lines[1 : starts[0]], media)
    if session.connection is None and any(stream.port and not stream.connections for stream in media):
        raise SdpError("stream without a connection")
    return session


def _parse_session(lines: list[str], media: tuple[Media, ...]) -> SessionDescription:
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {"e": [], "p": [], "b": []}
    times: list[Timing] = []
    attributes: list[tuple[str, str | None]] = []
    for line in lines:
        kind, value = _split(line)
        if kind == "a":
            attributes.append(_parse_attribute(value))
        elif kind == "t":
            times.append(Timing.parse(value))
        elif kind == "r":
            if not times:
                raise SdpError("r= before t=")
            last = times[-1]
            times[-1] = Timing(last.start, last.stop, (*last.repeats, value))
        elif kind in several:
            several[kind].append(value)
        elif kind in "osiuczk":
            if kind in single:
                raise SdpError(f"more than one {kind}=")
            single[kind] = value
        # Any other type is passed over: §5 has a parser ignore what it does not know.
    if "o" not in single:
        raise SdpError("no o=")
    return SessionDescription(
        origin=Origin.parse(single["o"]),
        media=media,
        connection=Connection.parse(single["c"]) if "c" in single else None,
        name=single.get("s", "-"),
        times=tuple(times) or (Timing(),),
        attributes=tuple(attributes),
        information=single.get("i"),
        uri=single.get("u"),
        emails=tuple(several["e"]),
        phones=tuple(several["p"]),
        bandwidths=tuple(several["b"]),
        zones=single.get("z"),
        key=single.get("k"),
    )


def _parse_media(lines: list[str], limits: SdpLimits) -> Media:
    fields = lines[0][2:].split()
    if len(fields) < 4:
        raise SdpError("malformed m=")
    if len(fields) - 3 > limits.max_formats:
        raise SdpError("too many formats")
    port, slash, count = fields[1].partition("/")
    connections: list[Connection] = []
    bandwidths: list[str] = []
    attributes: list[tuple[str, str | None]] = []
    single: dict[str, str] = {}
    for line in lines[1:]:
        kind, value = _split(line)
        if kind == "a":
            attributes.append(_parse_attribute(value))
        elif kind == "c":
            connections.append(Connection.parse(value))
        elif kind == "b":
            bandwidths.append(value)
        elif kind in "ik":
            if kind in single:
                raise SdpError(f"more than one {kind}=")
            single[kind] = value
    return Media(
        kind=fields[0],
        port=parse_number(port, "port", 65535),
        proto=fields[2],
        formats=tuple(fields[3:]),
        connections=tuple(connections),
        attributes=tuple(attributes),
        port_count=parse_number(count, "port count", 65535) if slash else 1,
        information=single.get("i"),
        bandwidths=tuple(bandwidths),
        key=single.get("k"),
    )


def _split(line: str) -> tuple[str, str]:
    if len(line) < 2 or line[1] != "=" or not ("a" <= line[0] <= "z"):
        raise SdpError("malformed line")
    return line[0], line[2:]


def _parse_attribute(value: str) -> tuple[str, str | None]:
    name, colon, rest = value.partition(":")
    name = name.strip()
    if not name:
        raise SdpError("attribute without a name")
    return name, rest if colon else None


def _positive(text: str | None) -> float | None:
    """A positive decimal number; None for everything else: a wish that cannot be read is no wish."""
    if text is None:
        return None
    text = text.strip()
    whole, _, fraction = text.partition(".")
    if not text.isascii() or not whole.isdigit() or (fraction and not fraction.isdigit()) or len(text) > 12:
        return None
    return float(f"{whole}.{fraction or 0}") or None


def _attribute(attributes: Attributes, name: str) -> str | None:
    for key, value in attributes:
        if key == name:
            return "" if value is None else value
    return None


def _add(lines: list[str], kind: str, value: str | None) -> None:
    if value is not None:
        lines.append(f"{kind}={value}")


def _add_attributes(lines: list[str], attributes: Attributes) -> None:
    lines += [f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes]
