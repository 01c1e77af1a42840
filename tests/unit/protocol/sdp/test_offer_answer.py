"""Offers and answers agree as RFC 3264 says; Alice is the phone, we are the server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubbub.protocol.sdp.capabilities import PCMA, PCMU, AudioCapabilities
from hubbub.protocol.sdp.errors import NoAudioStream, NoCommonCodec, OfferRefused, SdpError, StreamRejected
from hubbub.protocol.sdp.lines import Connection
from hubbub.protocol.sdp.offer_answer import Negotiated, accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import Direction, SessionDescription, parse_sdp

HERE, PORT = "198.51.100.1", 20000


def offer(*media: str, connection: str = "IN IP4 192.0.2.10") -> SessionDescription:
    """Alice's offer with these `m=` sections."""
    lines = ["v=0", "o=alice 1 1 IN IP4 192.0.2.10", "s=-", f"c={connection}", "t=0 0", *media, ""]
    return parse_sdp("\r\n".join(lines).encode())


def audio(formats: str = "0", *attributes: str, port: int = 4000, proto: str = "RTP/AVP") -> str:
    return "\r\n".join([f"m=audio {port} {proto} {formats}", *[f"a={attribute}" for attribute in attributes]])


def answer(
    description: SessionDescription,
    capabilities: AudioCapabilities | None = None,
    direction: Direction = "sendrecv",
) -> tuple[SessionDescription, Negotiated]:
    return answer_offer(description, HERE, PORT, capabilities or AudioCapabilities(), direction=direction)


# Codecs and payload numbers (RFC 3264 §5.1, §6.1)


def test_a_plain_offer_is_answered_with_its_first_codec() -> None:
    reply, agreed = answer(offer(audio("0 8 101", "rtpmap:101 telephone-event/8000", "fmtp:101 0-15")))
    assert agreed == Negotiated(
        remote_host="192.0.2.10",
        remote_port=4000,
        rtcp_port=4001,
        codec="PCMU",
        payload_type=0,
        telephone_event_payload_type=101,
        ptime_ms=20,
        direction="sendrecv",
        receive_payload_type=0,
        receive_telephone_event_payload_type=101,
    )
    assert reply.to_bytes() == (
        b"v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
        b"m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        b"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
    )


def test_the_order_of_the_offer_decides_not_ours() -> None:
    _, agreed = answer(offer(audio("8 0")))
    assert (agreed.codec, agreed.payload_type) == ("PCMA", 8)


def test_codecs_we_do_not_speak_are_passed_over() -> None:
    reply, agreed = answer(offer(audio("96 18 8", "rtpmap:96 opus/48000/2")))
    assert agreed.codec == "PCMA"
    assert reply.media[0].formats == ("8",)


def test_a_dynamic_number_for_a_known_codec_is_used_as_offered() -> None:
    reply, agreed = answer(offer(audio("96 97", "rtpmap:96 pcma/8000", "rtpmap:97 telephone-event/8000")))
    assert (agreed.codec, agreed.payload_type, agreed.telephone_event_payload_type) == ("PCMA", 96, 97)
    assert reply.media[0].attribute("rtpmap") == "96 PCMA/8000"


def test_an_rtpmap_overrules_the_static_meaning_of_a_number() -> None:
    _, agreed = answer(offer(audio("0 8", "rtpmap:0 G726-32/8000")))
    assert (agreed.codec, agreed.payload_type) == ("PCMA", 8)


def test_a_codec_at_another_rate_or_in_stereo_is_another_codec() -> None:
    with pytest.raises(NoCommonCodec):
        answer(offer(audio("96 97", "rtpmap:96 PCMU/16000", "rtpmap:97 PCMU/8000/2")))


def test_digits_at_another_clock_are_not_taken() -> None:
    _, agreed = answer(offer(audio("0 101", "rtpmap:101 telephone-event/48000")))
    assert agreed.telephone_event_payload_type is None


def test_of_two_clocks_for_digits_the_codecs_own_is_taken() -> None:
    _, agreed = answer(
        offer(audio("0 101 102", "rtpmap:101 telephone-event/48000", "rtpmap:102 telephone-event/8000"))
    )
    assert agreed.telephone_event_payload_type == 102


def test_digits_are_left_out_when_we_do_not_take_them() -> None:
    reply, agreed = answer(
        offer(audio("0 101", "rtpmap:101 telephone-event/8000")),
        AudioCapabilities(telephone_event_payload_type=None),
    )
    assert agreed.telephone_event_payload_type is None
    assert reply.media[0].formats == ("0",)


def test_without_a_common_codec_the_offer_is_refused() -> None:
    with pytest.raises(NoCommonCodec):
        answer(offer(audio("18 9")))


@pytest.mark.parametrize(
    "media",
    [
        [],
        ["m=video 5000 RTP/AVP 31"],
        [audio(port=0)],
        [audio(proto="RTP/SAVP")],
        [audio(proto="UDP/TLS/RTP/SAVPF")],
        ["m=image 5000 udptl t38"],
    ],
)
def test_without_plain_audio_the_offer_is_refused(media: list[str]) -> None:
    with pytest.raises(NoAudioStream):
        answer(offer(*media))


def test_every_refusal_is_of_one_family() -> None:
    assert {cls.__base__ for cls in (NoAudioStream, NoCommonCodec, StreamRejected)} == {OfferRefused}


def test_formats_that_are_no_numbers_are_passed_over() -> None:
    _, agreed = answer(offer(audio("x ² 1234567 0")))
    assert agreed.payload_type == 0


# Streams in their places (RFC 3264 §6)


def test_other_streams_are_refused_in_their_places() -> None:
    reply, agreed = answer(
        offer(
            "m=video 5000 RTP/AVP 31 34",
            audio("18", port=4000),
            audio("8", port=4002),
            "m=image 5002 udptl t38",
            audio("0", port=4004),
        )
    )
    assert [(media.kind, media.port, media.proto) for media in reply.media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 0, "RTP/AVP"),
        ("audio", PORT, "RTP/AVP"),
        ("image", 0, "udptl"),
        ("audio", 0, "RTP/AVP"),
    ]
    assert reply.media[0].formats == ("31", "34")
    assert agreed.remote_port == 4002


def test_a_stream_with_a_connection_of_its_own_is_sent_there() -> None:
    _, agreed = answer(offer("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::5"))
    assert agreed.remote_host == "2001:db8::5"


def test_an_ipv6_answer_says_so() -> None:
    reply, _ = answer_offer(offer(audio(), connection="IN IP6 2001:db8::5"), "2001:db8::1", PORT)
    assert b"o=- 1 1 IN IP6 2001:db8::1\r\n" in reply.to_bytes()
    assert b"c=IN IP6 2001:db8::1\r\n" in reply.to_bytes()


@pytest.mark.parametrize("host", ["phone.example.com", "fe80::1%eth0", "192.0.2.1000", "'; DROP TABLE"])
def test_a_stream_at_no_ip_address_is_refused(host: str) -> None:
    with pytest.raises(SdpError):
        answer(offer(audio())._replace(connection=Connection(host)))


# Direction and hold (RFC 3264 §6.1, §8.4)


@pytest.mark.parametrize(
    ("offered", "wanted", "ours"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendrecv", "recvonly", "recvonly"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "recvonly", "inactive"),
        ("sendrecv", "inactive", "inactive"),
    ],
)
def test_an_answer_allows_what_both_sides_want(offered: str, wanted: Direction, ours: Direction) -> None:
    reply, agreed = answer(offer(audio("0", offered)), direction=wanted)
    assert agreed.direction == ours
    assert reply.direction_of(reply.media[0]) == ours
    assert agreed.may_send == (ours in ("sendrecv", "sendonly"))
    assert agreed.may_receive == (ours in ("sendrecv", "recvonly"))


@pytest.mark.parametrize("connection", ["IN IP4 0.0.0.0", "IN IP6 ::", "IN IP6 phone.invalid"])
def test_the_old_hold_address_is_a_hold(connection: str) -> None:
    _, agreed = answer(offer(audio("0"), connection=connection))
    assert agreed.direction == "recvonly"
    _, agreed = answer(offer(audio("0", "recvonly"), connection=connection))
    assert agreed.direction == "inactive"


# Packet length (RFC 3264 §6.1, RFC 8866 §6.4)


@pytest.mark.parametrize(
    ("attributes", "ptime_ms"),
    [
        ([], 20),
        (["ptime:30"], 30),
        (["ptime:10"], 10),
        (["ptime:60"], 60),
        (["ptime:25"], 20),
        (["ptime:5"], 10),
        (["ptime:200"], 60),
        (["ptime:40", "maxptime:30"], 30),
        (["maxptime:10"], 10),
        (["ptime:nonsense"], 20),
        (["ptime:20.0"], 20),
    ],
)
def test_the_wished_packet_length_is_met_as_far_as_we_can(attributes: list[str], ptime_ms: int) -> None:
    reply, agreed = answer(offer(audio("0", *attributes)))
    assert agreed.ptime_ms == ptime_ms
    assert reply.media[0].ptime_ms == ptime_ms


# RTCP (RFC 3605, RFC 5761)


def test_rtcp_goes_where_the_offer_says() -> None:
    _, agreed = answer(offer(audio("0", "rtcp:7001")))
    assert agreed.rtcp_port == 7001


def test_one_port_for_both_is_used_only_when_both_sides_can() -> None:
    both = AudioCapabilities(has_rtcp_mux=True)
    reply, agreed = answer(offer(audio("0", "rtcp-mux")), both)
    assert (agreed.rtcp_port, agreed.has_rtcp_mux, reply.media[0].has_rtcp_mux) == (4000, True, True)
    reply, agreed = answer(offer(audio("0")), both)
    assert (agreed.rtcp_port, agreed.has_rtcp_mux, reply.media[0].has_rtcp_mux) == (4001, False, False)
    _, agreed = answer(offer(audio("0", "rtcp-mux")))
    assert agreed.rtcp_port == 4001


def test_an_unusual_rtcp_port_of_ours_is_announced() -> None:
    reply, _ = answer_offer(offer(audio()), HERE, PORT, rtcp_port=30000)
    assert reply.media[0].rtcp_port == 30000
    reply, _ = answer_offer(offer(audio()), HERE, PORT, rtcp_port=PORT + 1)
    assert reply.media[0].attribute("rtcp") is None


@pytest.mark.parametrize("attribute", ["rtpmap:x", "rtcp:99999", "rtcp:x"])
def test_malformed_attributes_are_the_peers_fault(attribute: str) -> None:
    with pytest.raises(SdpError):
        answer(offer(audio("0", attribute)))


# Offers of ours (RFC 3264 §5, §7)


def test_our_offer_lists_all_we_can() -> None:
    ours = make_offer(HERE, PORT, session_id=77, version=3)
    assert ours.origin.session_id == 77
    assert ours.origin.version == 3
    assert ours.media[0].formats == ("0", "8", "101")
    assert parse_sdp(ours.to_bytes()) == ours


def test_our_offer_and_our_own_answer_agree() -> None:
    ours = make_offer(HERE, PORT)
    reply, theirs = answer_offer(ours, "192.0.2.10", 4000)
    agreed = accept_answer(ours, reply)
    assert (agreed.remote_host, agreed.remote_port, agreed.rtcp_port) == ("192.0.2.10", 4000, 4001)
    assert (theirs.remote_host, theirs.remote_port) == (HERE, PORT)
    assert (agreed.codec, agreed.payload_type, agreed.direction) == (theirs.codec, 0, "sendrecv")


def test_an_answer_decides_among_our_codecs() -> None:
    ours = make_offer(HERE, PORT)
    agreed = accept_answer(ours, offer(audio("8")))
    assert (agreed.codec, agreed.payload_type, agreed.telephone_event_payload_type) == ("PCMA", 8, None)
    assert agreed.receive_telephone_event_payload_type is None


def test_a_renumbering_answer_is_sent_its_numbers_and_heard_by_ours() -> None:
    capabilities = AudioCapabilities(codecs=(replace(PCMU, payload_type=96), PCMA))
    ours = make_offer(HERE, PORT, capabilities)
    reply = offer(audio("0 100", "rtpmap:100 telephone-event/8000"))
    agreed = accept_answer(ours, reply, capabilities)
    assert (agreed.payload_type, agreed.receive_payload_type) == (0, 96)
    assert (agreed.telephone_event_payload_type, agreed.receive_telephone_event_payload_type) == (100, 101)


@pytest.mark.parametrize(
    ("offered", "answered", "ours"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendrecv", "recvonly", "sendonly"),
        ("sendrecv", "sendonly", "recvonly"),
        ("sendonly", "recvonly", "sendonly"),
        ("sendonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendonly", "inactive", "inactive"),
    ],
)
def test_an_answer_never_widens_what_we_offered(offered: Direction, answered: str, ours: Direction) -> None:
    sent = make_offer(HERE, PORT, direction=offered)
    assert accept_answer(sent, offer(audio("0", answered))).direction == ours


def test_an_answer_that_refuses_our_stream_is_told_apart() -> None:
    with pytest.raises(StreamRejected):
        accept_answer(make_offer(HERE, PORT), offer(audio(port=0)))


def test_an_answer_without_a_codec_of_ours_is_told_apart() -> None:
    with pytest.raises(NoCommonCodec):
        accept_answer(make_offer(HERE, PORT), offer(audio("18")))


def test_an_answer_cannot_take_a_codec_we_did_not_offer() -> None:
    sent = make_offer(HERE, PORT, AudioCapabilities(codecs=(PCMU,)))
    with pytest.raises(NoCommonCodec):
        accept_answer(sent, offer(audio("8")))


@pytest.mark.parametrize(
    "media", [[], [audio(), audio()], ["m=video 5000 RTP/AVP 0"], [audio(proto="RTP/SAVP")]]
)
def test_what_is_no_answer_to_our_offer_is_the_peers_fault(media: list[str]) -> None:
    with pytest.raises(SdpError):
        accept_answer(make_offer(HERE, PORT), offer(*media))


# Changing a session (RFC 3264 §8)


def test_an_unchanged_description_keeps_its_version() -> None:
    first, _ = answer_offer(offer(audio("0 8")), HERE, PORT, session_id=9, version=4)
    again, _ = answer_offer(offer(audio("0")), HERE, PORT, previous=first)
    assert again is first


def test_a_changed_description_gets_the_next_version() -> None:
    first, _ = answer_offer(offer(audio("0")), HERE, PORT, session_id=9, version=4)
    held, _ = answer_offer(offer(audio("0", "sendonly")), HERE, PORT, previous=first)
    assert (held.origin.session_id, held.origin.version) == (9, 5)
    moved, _ = answer_offer(offer(audio("0", "sendonly")), "198.51.100.2", PORT, previous=held)
    assert (moved.origin.version, moved.origin.address) == (6, HERE)


def test_a_new_offer_keeps_every_stream_in_its_place() -> None:
    first, _ = answer(offer("m=video 5000 RTP/AVP 31", audio("0"), "m=image 5002 udptl t38"))
    again = make_offer(HERE, PORT, direction="inactive", previous=first)
    assert [(media.kind, media.port) for media in again.media] == [
        ("video", 0),
        ("audio", PORT),
        ("image", 0),
    ]
    assert again.origin.version == first.origin.version + 1
    reply = offer("m=video 0 RTP/AVP 31", audio("0", "inactive"), "m=image 0 udptl t38")
    assert accept_answer(again, reply).direction == "inactive"


def test_repeating_our_offer_keeps_its_version() -> None:
    first = make_offer(HERE, PORT)
    assert make_offer(HERE, PORT, previous=first) is first
