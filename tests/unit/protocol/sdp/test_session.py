"""Session descriptions are read and written as RFC 8866 says."""

from __future__ import annotations

import pytest

from hubbub.protocol.sdp.errors import SdpError
from hubbub.protocol.sdp.lines import Connection, Origin, RtpMap, Timing
from hubbub.protocol.sdp.session import Media, SdpLimits, SessionDescription, parse_sdp

PHONE = b"""v=0
o=alice 2890844526 2890844527 IN IP4 192.0.2.10
s=A call
c=IN IP4 192.0.2.10
t=0 0
a=tool:phone
m=audio 49170 RTP/AVP 0 8 97
a=rtpmap:0 PCMU/8000
a=rtpmap:97 iLBC/8000
a=fmtp:97 mode=20
a=ptime:30
a=maxptime:60
a=rtcp:49180 IN IP4 192.0.2.10
a=sendonly
m=video 51372 RTP/AVP 31
c=IN IP6 2001:db8::2
"""

# RFC 8866 §5, with every line type that a session and a medium may have.
FULL = b"""v=0
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
s=Call to John Smith
i=SDP Offer #1
u=http://www.jdoe.example.com/home.html
e=Jane Doe <jane@jdoe.example.com>
p=+1 617 555-6011
c=IN IP4 198.51.100.1
b=AS:128
t=3724394400 3724398000
r=604800 3600 0 90000
t=0 0
z=3730928400 -1h 3749680800 0
k=prompt
a=recvonly
m=audio 49170/2 RTP/AVP 0
i=speech
c=IN IP4 233.252.0.1/127
c=IN IP4 233.252.0.2/127
b=AS:64
k=clear:secret
a=quality:10
"""


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def test_a_description_is_read_field_by_field() -> None:
    session = parse_sdp(crlf(PHONE))
    assert session.origin == Origin("alice", 2890844526, 2890844527, "192.0.2.10")
    assert (session.name, session.connection) == ("A call", Connection("192.0.2.10"))
    assert session.times == (Timing(0, 0),)
    assert session.attribute("tool") == "phone"
    audio, video = session.media
    assert (audio.kind, audio.port, audio.proto, audio.formats) == (
        "audio",
        49170,
        "RTP/AVP",
        ("0", "8", "97"),
    )
    assert audio.rtpmaps() == {0: RtpMap("PCMU", 8000), 97: RtpMap("iLBC", 8000)}
    assert audio.fmtp(97) == "mode=20"
    assert audio.fmtp(0) is None
    assert (audio.ptime_ms, audio.maxptime_ms, audio.rtcp_port) == (30, 60, 49180)
    assert session.direction_of(audio) == "sendonly"
    assert session.connection_of(audio).host == "192.0.2.10"
    assert session.connection_of(video) == Connection("2001:db8::2", "IP6")
    assert video.rtcp_port == 51373


def test_lines_may_end_in_lf_alone() -> None:
    assert parse_sdp(PHONE) == parse_sdp(crlf(PHONE))


@pytest.mark.parametrize("text", [PHONE, FULL])
def test_what_was_read_is_written_alike(text: bytes) -> None:
    session = parse_sdp(crlf(text))
    assert session.to_bytes() == crlf(text)
    assert parse_sdp(session.to_bytes()) == session


def test_a_multicast_address_is_told_from_its_ttl() -> None:
    (audio,) = parse_sdp(FULL).media
    assert audio.connections[0].host == "233.252.0.1"
    assert audio.port_count == 2


def test_a_session_attribute_gives_the_direction_of_streams_without_one() -> None:
    session = parse_sdp(FULL)
    assert session.direction_of(session.media[0]) == "recvonly"
    assert session.direction_of(session.media[0]._replace(attributes=(("inactive", None),))) == "inactive"


def test_without_any_direction_a_stream_goes_both_ways() -> None:
    session = parse_sdp(PHONE)
    assert session.direction_of(session.media[1]) == "sendrecv"


def test_missing_name_and_time_are_forgiven() -> None:
    session = parse_sdp(b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n")
    assert (session.name, session.times) == ("-", (Timing(),))


def test_unknown_line_types_are_passed_over() -> None:
    assert parse_sdp(PHONE.replace(b"t=0 0\n", b"t=0 0\nx=what\n")) == parse_sdp(PHONE)


def test_bytes_that_are_no_utf8_survive() -> None:
    text = crlf(PHONE.replace(b"A call", b"A \xff call"))
    assert parse_sdp(text).to_bytes() == text


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("20", 20.0),
        ("30.5", 30.5),
        ("0", None),
        ("-20", None),
        ("", None),
        ("twenty", None),
        ("²", None),
        ("1e3", None),
    ],
)
def test_a_ptime_that_cannot_be_read_is_no_wish(wish: str, expected: float | None) -> None:
    media = Media("audio", 4000, "RTP/AVP", ("0",), attributes=(("ptime", wish),))
    assert media.ptime_ms == expected


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\n",
        b"hello",
        b"v=1\no=- 1 1 IN IP4 192.0.2.1\n",
        b"o=- 1 1 IN IP4 192.0.2.1\nv=0\n",
        b"v=0\ns=-\n",
        b"v=0\no=- 1 IN IP4 192.0.2.1\n",
        b"v=0\no=- one 1 IN IP4 192.0.2.1\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\no=- 1 1 IN IP4 192.0.2.1\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nt=0\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nr=7d 1h 0\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nnonsense\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\n\na=x\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\na=\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\na=x\0y\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\ra=x\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 65536 RTP/AVP 0\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio -1 RTP/AVP 0\n",
        b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000/x RTP/AVP 0\n",
    ],
)
def test_what_is_no_description_is_refused(broken: bytes) -> None:
    with pytest.raises(SdpError):
        parse_sdp(broken)


@pytest.mark.parametrize(
    "line", [b"a=rtpmap:x PCMU/8000", b"a=rtpmap:0", b"a=rtpmap:0 PCMU", b"a=rtpmap:128 PCMU/8000"]
)
def test_a_malformed_rtpmap_is_refused_when_asked_for(line: bytes) -> None:
    session = parse_sdp(PHONE.replace(b"a=rtpmap:0 PCMU/8000", line))
    with pytest.raises(SdpError):
        session.media[0].rtpmaps()


@pytest.mark.parametrize(
    "limits",
    [SdpLimits(max_bytes=100), SdpLimits(max_lines=10), SdpLimits(max_media=1), SdpLimits(max_formats=2)],
)
def test_each_limit_refuses(limits: SdpLimits) -> None:
    with pytest.raises(SdpError):
        parse_sdp(PHONE, limits)


def test_a_line_break_of_ours_never_reaches_the_wire() -> None:
    session = SessionDescription(Origin("-", 1, 1, "192.0.2.1"), name="x\r\nm=audio 9 RTP/AVP 0")
    with pytest.raises(ValueError, match="line break"):
        session.to_bytes()
