"""Fuzz session descriptions, offers and answers.

python -m tests.fuzz.sdp --count 100000 --seed 1
"""

from __future__ import annotations

from hubbub.protocol.sdp.errors import OfferRefused, SdpError
from hubbub.protocol.sdp.offer_answer import accept_answer, answer_offer, make_offer
from hubbub.protocol.sdp.session import parse_sdp

from .runner import main

CORPUS = [
    b"v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendonly\r\n",
    b"v=0\no=- 1 2 IN IP6 2001:db8::1\ns=x\ni=y\nu=z\ne=a\np=b\nc=IN IP6 2001:db8::1\nb=AS:1\nt=1 2\nr=3\nz=4\nk=5\n"
    b"a=recvonly\nm=video 0 RTP/AVP 31\nm=audio 9/2 RTP/AVPF 96 8\nc=IN IP4 224.2.1.1/127\na=rtpmap:96 opus/48000/2\n"
    b"a=rtcp:9 IN IP4 192.0.2.1\na=rtcp-mux\na=maxptime:40\nm=image 1 udptl t38\n",
    b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\na=inactive\r\n",
]
WORDS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"v=0\r\n",
        b"m=audio 4000 RTP/AVP 0\r\n",
        b"c=IN IP4 1.2.3.4\r\n",
    ),
    *(
        b"a=rtpmap:0 PCMA/8000\r\n",
        b"a=ptime:",
        b"a=rtcp:",
        b"65536",
        b"-1",
        b"99999999999999999999999",
        b" ",
        b"/",
    ),
    *(
        b"a=\r\n",
        b"t=0 0\r\n",
        b"r=x\r\n",
        b" 0" * 200,
        b"a=x\r\n" * 200,
        b"m=x 0 y z\r\n" * 40,
        b"\xc2\xb2",
        b"",
    ),
]


def target(data: bytes) -> None:
    """Anything but the two named families is a bug, and so is a description that does not survive writing."""
    try:
        description = parse_sdp(data)
    except SdpError:
        return
    assert parse_sdp(description.to_bytes()) == description
    try:
        answer, agreed = answer_offer(description, "198.51.100.1", 20000)
    except (SdpError, OfferRefused):
        pass
    else:
        assert parse_sdp(answer.to_bytes()) == answer
        assert len(answer.media) == len(description.media)
        assert 10 <= agreed.ptime_ms <= 60
        again, _ = answer_offer(description, "198.51.100.1", 20000, previous=answer)
        assert again is answer
    try:
        accept_answer(make_offer("198.51.100.1", 20000), description)
    except (SdpError, OfferRefused):
        return


if __name__ == "__main__":
    main("sdp", target, CORPUS, WORDS)
