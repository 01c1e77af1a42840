"""What holds for every description, whatever it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.sdp.errors import OfferRefused, SdpError
from hubbub.protocol.sdp.lines import Connection, Origin, Timing
from hubbub.protocol.sdp.offer_answer import accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import DIRECTIONS, Media, SessionDescription, parse_sdp

tokens = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":/="), min_size=1, max_size=12
)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)
numbers = st.integers(0, 10**20)
ports = st.integers(0, 65535)

known_attributes = st.sampled_from(
    [
        ("rtpmap", "0 PCMU/8000"),
        ("rtpmap", "101 telephone-event/8000"),
        ("rtpmap", "96 PCMA/8000/1"),
        ("fmtp", "101 0-15"),
        ("ptime", "30"),
        ("rtcp", "4001"),
        ("rtcp-mux", None),
        *[(direction, None) for direction in DIRECTIONS],
    ]
)
attributes = st.lists(known_attributes | st.tuples(tokens, st.none() | lines), max_size=6).map(tuple)
connections = st.sampled_from(["192.0.2.1", "2001:db8::1", "0.0.0.0", "224.2.1.1/127", "host.example"]).map(
    Connection
)
streams = st.builds(
    Media,
    kind=st.sampled_from(["audio", "video"]) | tokens,
    port=ports,
    proto=st.sampled_from(["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "udptl"]),
    formats=st.lists(st.sampled_from(["0", "8", "18", "96", "101", "t38"]), min_size=1, max_size=5).map(
        tuple
    ),
    connections=st.lists(connections, max_size=2).map(tuple),
    attributes=attributes,
    port_count=st.integers(1, 4),
    information=st.none() | lines,
    bandwidths=st.lists(lines, max_size=2).map(tuple),
    key=st.none() | lines,
)
descriptions = st.builds(
    SessionDescription,
    origin=st.builds(
        Origin, tokens, numbers, numbers, tokens, st.sampled_from(["IP4", "IP6"]), st.just("IN")
    ),
    media=st.lists(streams, max_size=4).map(tuple),
    connection=connections,
    name=lines,
    times=st.lists(
        st.builds(Timing, numbers, numbers, st.lists(lines, max_size=2).map(tuple)), min_size=1, max_size=2
    ).map(tuple),
    attributes=attributes,
    information=st.none() | lines,
    uri=st.none() | lines,
    emails=st.lists(lines, max_size=2).map(tuple),
    phones=st.lists(lines, max_size=2).map(tuple),
    bandwidths=st.lists(lines, max_size=2).map(tuple),
    zones=st.none() | lines,
    key=st.none() | lines,
)


@given(descriptions)
def test_reading_undoes_writing(description: SessionDescription) -> None:
    assert parse_sdp(description.to_bytes()) == description


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        description = parse_sdp(data)
    except SdpError:
        return
    assert parse_sdp(description.to_bytes()) == description


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_sound_beginning_are_read_or_refused(data: bytes) -> None:
    try:
        description = parse_sdp(
            b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n" + data
        )
        answer_offer(description, "198.51.100.1", 20000)
    except (SdpError, OfferRefused):
        return


@given(descriptions, st.sampled_from(DIRECTIONS))
def test_an_answer_mirrors_the_offer_stream_by_stream(
    description: SessionDescription, direction: str
) -> None:
    try:
        answer, agreed = answer_offer(description, "198.51.100.1", 20000, direction=direction)  # type: ignore[arg-type]
    except (SdpError, OfferRefused):
        return
    assert [(media.kind, media.proto) for media in answer.media] == [
        (media.kind, media.proto) for media in description.media
    ]
    live = [at for at, media in enumerate(answer.media) if media.port]
    assert len(live) == 1
    assert set(answer.media[live[0]].formats) <= set(description.media[live[0]].formats)
    assert str(agreed.payload_type) == answer.media[live[0]].formats[0]
    assert agreed.codec in ("PCMU", "PCMA")
    assert 10 <= agreed.ptime_ms <= 60
    # Neither side may send what the other will not hear.
    theirs = description.direction_of(description.media[live[0]])
    assert not (agreed.may_send and theirs in ("sendonly", "inactive"))
    assert not (agreed.may_receive and theirs in ("recvonly", "inactive"))
    assert parse_sdp(answer.to_bytes()) == answer


@given(descriptions)
def test_any_answer_is_accepted_or_refused(description: SessionDescription) -> None:
    offer = make_offer("198.51.100.1", 20000)
    for answer in (description, description._replace(media=description.media[:1])):
        try:
            agreed = accept_answer(offer, answer)
        except (SdpError, OfferRefused):
            continue
        assert agreed.receive_payload_type in (0, 8)
