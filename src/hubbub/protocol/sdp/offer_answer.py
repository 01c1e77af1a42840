"""Offers, answers and what both together mean, for one audio stream (RFC 3264).

Owns the rules of two descriptions: order and number of streams, codecs, payload numbers, direction and hold, versions
of `o=`. Pure: a host, a port and capabilities come in, descriptions and a `Negotiated` come out. Who may offer when is
the dialog's affair; ports and sockets are the media plane's.

Streams other than the one audio stream are refused in their place with port 0. A codec and its payload number are
those of the offer; the first codec of the offer that we speak is taken, alone, so that nobody switches in mid-call.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from hubbub.protocol.sdp.capabilities import (
    DEFAULT_CAPABILITIES,
    STATIC_PAYLOAD_TYPES,
    AudioCapabilities,
    Codec,
)
from hubbub.protocol.sdp.errors import NoAudioStream, NoCommonCodec, SdpError, StreamRejected
from hubbub.protocol.sdp.lines import Connection, Origin, RtpMap
from hubbub.protocol.sdp.session import Direction, Media, SessionDescription

# Profiles whose packets are plain RTP: AVPF only adds feedback that may be left unsent (RFC 4585 §3).
_PLAIN_RTP = ("RTP/AVP", "RTP/AVPF")
_TELEPHONE_EVENT = "telephone-event"


class Negotiated(NamedTuple):
    """What an offer and its answer agreed on, from our side."""

    remote_host: str
    """Where we send RTP: an IP address, unless `direction` says that we send nothing."""
    remote_port: int
    rtcp_port: int
    """Where we send RTCP."""
    codec: str
    """`PCMU` or `PCMA`."""
    payload_type: int
    """In packets that we send."""
    telephone_event_payload_type: int | None
    """In digits that we send; None when the other side takes none."""
    ptime_ms: int
    """Sound in each packet that we send."""
    direction: Direction
    """Ours: `sendonly` means that we send and do not listen, `recvonly` and `inactive` that we are on hold."""
    receive_payload_type: int
    """In packets that we get; the same as `payload_type` unless an answer renumbered it (RFC 3264 §6.1)."""
    receive_telephone_event_payload_type: int | None
    """In digits that we get."""
    has_rtcp_mux: bool = False
    """Whether RTCP shares RTP's port."""

    @property
    def may_send(self) -> bool:
        """Whether we may send."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def may_receive(self) -> bool:
        """Whether the other side may send to us."""
        return self.direction in ("sendrecv", "recvonly")


class _Match(NamedTuple):
    """A codec, and the numbers that one description gives it."""

    codec: Codec
    payload_type: int
    telephone_event: int | None


def make_offer(
    local_host: str,
    port: int,
    capabilities: AudioCapabilities = DEFAULT_CAPABILITIES,
    *,
    session_id: int = 1,
    version: int = 1,
    direction: Direction = "sendrecv",
    rtcp_port: int | None = None,
    previous: SessionDescription | None = None,
) -> SessionDescription:
    """An offer of one audio stream (RFC 3264 §5).

    Args:
        local_host: address that the other side shall send to, IPv4 or IPv6.
        port: RTP port there, even.
        capabilities: codecs and digits to offer.
        session_id: of `o=`, for the first description of a session.
        version: of `o=`, likewise.
        direction: ours; `sendonly` or `inactive` puts the other side on hold (§8.4).
        rtcp_port: when not the port above `port` (RFC 3605).
        previous: our last description in this session, offer or answer. Its streams keep their places, and `o=`
            keeps its id and gets a new version if anything changed (§8).
    """
    payloads: list[tuple[str, str | None]] = []
    formats: list[str] = []
    for codec in capabilities.codecs:
        formats.append(str(codec.payload_type))
        payloads.append(
            ("rtpmap", f"{codec.payload_type} {RtpMap(codec.name, codec.clock_rate_hz, codec.channels)}")
        )
    event_type = capabilities.telephone_event_payload_type
    if event_type is not None:
        formats.append(str(event_type))
        payloads += _event_lines(event_type, capabilities.codecs[0].clock_rate_hz, capabilities)
    stream = Media(
        "audio",
        port,
        "RTP/AVP",
        tuple(formats),
        attributes=_stream_lines(
            payloads, capabilities.default_ptime_ms, direction, port, rtcp_port, mux=capabilities.has_rtcp_mux
        ),
    )
    return _describe(local_host, _in_place(stream, previous), session_id, version, previous)


def check_offer(offer: SessionDescription, capabilities: AudioCapabilities = DEFAULT_CAPABILITIES) -> None:
    """Whether an offer can be answered at all, for a third of what answering costs.

    Raises:
        NoAudioStream, NoCommonCodec, SdpError: as `answer_offer`, which looks at the attributes too.
    """
    index, _ = _choose_stream(offer, capabilities)
    _where(offer.connection_of(offer.media[index]))


def answer_offer(
    offer: SessionDescription,
    local_host: str,
    port: int,
    capabilities: AudioCapabilities = DEFAULT_CAPABILITIES,
    *,
    session_id: int = 1,
    version: int = 1,
    direction: Direction = "sendrecv",
    rtcp_port: int | None = None,
    previous: SessionDescription | None = None,
) -> tuple[SessionDescription, Negotiated]:
    """The answer to an offer, and what it makes of both (RFC 3264 §6).

    Args:
        offer: what the other side sent.
        local_host: address that it shall send to.
        port: RTP port there.
        capabilities: codecs and digits that we take.
        session_id: of `o=`, for our first description of a session.
        version: of `o=`, likewise.
        direction: what we would like; the answer never goes beyond what was offered.
        rtcp_port: when not the port above `port`.
        previous: our last description in this session.

    Raises:
        NoAudioStream: no audio over plain RTP is offered.
        NoCommonCodec: none of its codecs is ours.
        SdpError: the audio stream's attributes or address are malformed.
    """
    index, match = _choose_stream(offer, capabilities)
    offered = offer.media[index]
    remote_host = _where(offer.connection_of(offered))
    ours = _meet(direction, _reversed(_effective_direction(offer, offered)))
    ptime_ms = _choose_ptime(offered, capabilities)
    has_mux = capabilities.has_rtcp_mux and offered.has_rtcp_mux
    codec = match.codec
    payloads: list[tuple[str, str | None]] = [
        ("rtpmap", f"{match.payload_type} {RtpMap(codec.name, codec.clock_rate_hz, codec.channels)}")
    ]
    formats = [str(match.payload_type)]
    if match.telephone_event is not None:
        formats.append(str(match.telephone_event))
        payloads += _event_lines(match.telephone_event, codec.clock_rate_hz, capabilities)
    answered = Media(
        "audio",
        port,
        offered.proto,
        tuple(formats),
        attributes=_stream_lines(payloads, ptime_ms, ours, port, rtcp_port, mux=has_mux),
    )
    media = tuple([answered if at == index else _rejected(stream) for at, stream in enumerate(offer.media)])
    answer = _describe(local_host, media, session_id, version, previous)
    return answer, Negotiated(
        remote_host=remote_host,
        remote_port=offered.port,
        rtcp_port=offered.port if has_mux else offered.rtcp_port,
        codec=codec.name,
        payload_type=match.payload_type,
        telephone_event_payload_type=match.telephone_event,
        ptime_ms=ptime_ms,
        direction=ours,
        receive_payload_type=match.payload_type,
        receive_telephone_event_payload_type=match.telephone_event,
        has_rtcp_mux=has_mux,
    )


def accept_answer(
    offer_sent: SessionDescription,
    answer: SessionDescription,
    capabilities: AudioCapabilities = DEFAULT_CAPABILITIES,
) -> Negotiated:
    """What the answer to our offer agreed on (RFC 3264 §7).

    Args:
        offer_sent: from `make_offer`.
        answer: what came back.
        capabilities: those the offer was made with.

    Raises:
        StreamRejected: the audio stream was refused.
        NoCommonCodec: the answer names no codec of ours.
        SdpError: no answer to this offer: another number or kind of streams, malformed attributes.
    """
    if len(answer.media) != len(offer_sent.media):
        raise SdpError("answer with another number of streams")
    index = next((at for at, stream in enumerate(offer_sent.media) if _is_usable(stream)), None)
    if index is None:
        raise NoAudioStream("our offer had no audio stream")
    offered, answered = offer_sent.media[index], answer.media[index]
    if answered.kind != offered.kind:
        raise SdpError("answer with another kind of stream")
    if answered.port == 0:
        raise StreamRejected("the audio stream was refused")
    if answered.proto not in _PLAIN_RTP:
        raise SdpError("answer with another transport")
    match = _match(answered, capabilities)
    sent = _match(offered, replace(capabilities, codecs=(match.codec,))) if match else None
    if match is None or sent is None:
        raise NoCommonCodec("no codec of ours in the answer")
    has_mux = offered.has_rtcp_mux and answered.has_rtcp_mux
    remote_host = _where(answer.connection_of(answered))
    return Negotiated(
        remote_host=remote_host,
        remote_port=answered.port,
        rtcp_port=answered.port if has_mux else answered.rtcp_port,
        codec=match.codec.name,
        payload_type=match.payload_type,
        telephone_event_payload_type=match.telephone_event if sent.telephone_event is not None else None,
        ptime_ms=_choose_ptime(answered, capabilities),
        direction=_meet(offer_sent.direction_of(offered), _reversed(_effective_direction(answer, answered))),
        receive_payload_type=sent.payload_type,
        receive_telephone_event_payload_type=sent.telephone_event
        if match.telephone_event is not None
        else None,
        has_rtcp_mux=has_mux,
    )


def _where(connection: Connection) -> str:
    """The address of a stream. Names are legal (RFC 8866 §5.7) and refused: nobody sends them, and to look one up for
    a stranger in the middle of a call is not worth it."""
    host = connection.host
    if not connection.is_unspecified:
        if not _is_address(host):
            raise SdpError("stream at something that is no IP address")
        if "%" in host:
            raise SdpError("stream at a scoped address")
    return host


@lru_cache(maxsize=1024)
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _choose_stream(offer: SessionDescription, capabilities: AudioCapabilities) -> tuple[int, _Match]:
    """The first audio stream with a codec of ours; remembered from the check of an offer until its answer."""
    has_audio = False
    for index, stream in enumerate(offer.media):
        if not _is_usable(stream):
            continue
        has_audio = True
        match = _match(stream, capabilities)
        if match is not None:
            return index, match
    if has_audio:
        raise NoCommonCodec("no codec of ours is offered")
    raise NoAudioStream("no audio over RTP is offered")


def _is_usable(stream: Media) -> bool:
    return stream.kind == "audio" and stream.port != 0 and stream.proto in _PLAIN_RTP


def _match(stream: Media, capabilities: AudioCapabilities) -> _Match | None:
    """The first codec of a stream that is ours, with the digits that go with its clock."""
    maps = stream.rtpmaps()
    known: list[tuple[int, RtpMap]] = []
    for text in stream.formats:
        if not (text.isascii() and text.isdigit()) or len(text) > 3:
            continue
        number = int(text)
        if number in maps:
            known.append((number, maps[number]))
        elif number in STATIC_PAYLOAD_TYPES:
            name, rate = STATIC_PAYLOAD_TYPES[number]
            known.append((number, RtpMap(name, rate, 2 if number == 10 else 1)))
    for number, mapped in known:
        for codec in capabilities.codecs:
            if not _is_same(mapped, codec.name, codec.clock_rate_hz) or mapped.channels != codec.channels:
                continue
            event = None
            if capabilities.telephone_event_payload_type is not None:
                event = next(
                    (pt for pt, other in known if _is_same(other, _TELEPHONE_EVENT, codec.clock_rate_hz)),
                    None,
                )
            return _Match(codec, number, event)
    return None


def _is_same(mapped: RtpMap, name: str, clock_rate_hz: int) -> bool:
    return mapped.clock_rate_hz == clock_rate_hz and mapped.encoding.upper() == name.upper()


def _choose_ptime(stream: Media, capabilities: AudioCapabilities) -> int:
    """The longest packet that we can send and that does not exceed what the other side wishes (RFC 3264 §6.1)."""
    wish = stream.ptime_ms or capabilities.default_ptime_ms
    most = stream.maxptime_ms
    if most is not None:
        wish = min(wish, most)
    fitting = [ptime for ptime in capabilities.ptimes_ms if ptime <= wish]
    return fitting[-1] if fitting else capabilities.ptimes_ms[0]


def _effective_direction(description: SessionDescription, stream: Media) -> Direction:
    """Direction of the other side; one that receives at 0.0.0.0 does not receive (RFC 3264 §8.4)."""
    stated = description.direction_of(stream)
    if description.connection_of(stream).is_unspecified:
        return _meet(stated, "sendonly")
    return stated


def _reversed(direction: Direction) -> Direction:
    """What one side's direction lets the other do (RFC 3264 §6.1)."""
    if direction == "sendonly":
        return "recvonly"
    return "sendonly" if direction == "recvonly" else direction


def _meet(one: Direction, other: Direction) -> Direction:
    """What both directions allow."""
    sends = "recvonly" not in (one, other) and "inactive" not in (one, other)
    receives = "sendonly" not in (one, other) and "inactive" not in (one, other)
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _event_lines(
    payload_type: int, clock_rate_hz: int, capabilities: AudioCapabilities
) -> list[tuple[str, str | None]]:
    return [
        ("rtpmap", f"{payload_type} {_TELEPHONE_EVENT}/{clock_rate_hz}"),
        ("fmtp", f"{payload_type} {capabilities.telephone_events}"),
    ]


def _stream_lines(
    payloads: list[tuple[str, str | None]],
    ptime_ms: int,
    direction: Direction,
    port: int,
    rtcp_port: int | None,
    *,
    mux: bool,
) -> tuple[tuple[str, str | None], ...]:
    lines = [*payloads, ("ptime", str(ptime_ms))]
    if rtcp_port is not None and rtcp_port != port + 1:
        lines.append(("rtcp", str(rtcp_port)))
    if mux:
        lines.append(("rtcp-mux", None))
    lines.append((direction, None))
    return tuple(lines)


def _rejected(stream: Media) -> Media:
    """A stream refused in its place: port 0, and at least one of its formats (RFC 3264 §6)."""
    return Media(stream.kind, 0, stream.proto, stream.formats)


def _in_place(stream: Media, previous: SessionDescription | None) -> tuple[Media, ...]:
    """`stream` where the session had its audio; every other place is kept, switched off (RFC 3264 §8)."""
    if previous is None or not previous.media:
        return (stream,)
    audio = [at for at, old in enumerate(previous.media) if old.kind == "audio"]
    index = next((at for at in audio if previous.media[at].port), audio[0] if audio else None)
    if index is None:
        return (*[_rejected(old) for old in previous.media], stream)
    return tuple([stream if at == index else _rejected(old) for at, old in enumerate(previous.media)])


def _describe(
    host: str, media: tuple[Media, ...], session_id: int, version: int, previous: SessionDescription | None
) -> SessionDescription:
    """A description of ours; `previous` itself when nothing changed, else the version after its (RFC 3264 §8)."""
    address_type = "IP6" if ":" in host else "IP4"
    connection = Connection(host, address_type)
    if previous is None:
        return SessionDescription(Origin("-", session_id, version, host, address_type), media, connection)
    if (previous.media, previous.connection) == (media, connection):
        return previous
    # The whole `o=` but the version stays, even when the host moved: it names the session (RFC 8866 §5.2).
    origin = previous.origin._replace(version=previous.origin.version + 1)
    return SessionDescription(origin, media, connection)
