"""Fuzz the SIP message layer: whole messages, streams, every header value, digest.

python -m tests.fuzz.sip --count 100000 --seed 1
"""

from __future__ import annotations

from pathlib import Path

from hubbub.protocol.sip.address import CSeq, NameAddr, Via
from hubbub.protocol.sip.digest import DigestChallenge, DigestCredentials
from hubbub.protocol.sip.digest_server import DigestServer, DigestVerdict
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest, SipResponse, response_to
from hubbub.protocol.sip.parser import parse_message, validate_request, validate_response
from hubbub.protocol.sip.registrar import REGISTRAR_LIMITS, address_of_record, register
from hubbub.protocol.sip.stream import (
    MalformedReceived,
    PingReceived,
    PongReceived,
    StreamEvent,
    StreamFramer,
)
from hubbub.protocol.sip.uri import parse_uri, uris_equal
from hubbub.protocol.sip.values import (
    ContentType,
    MinSe,
    RAck,
    Reason,
    Replaces,
    RetryAfter,
    SessionExpires,
    accepted_types,
    addresses,
    methods,
    option_tags,
)

from .runner import main

CORPUS = [
    path.read_bytes() for path in sorted((Path(__file__).parents[1] / "data" / "rfc4475").glob("*.dat"))
]
CORPUS += [
    b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: x\r\nCSeq: 1 OPTIONS\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nRAck: 1 1 INVITE\r\n"
    b'Retry-After: 5 (soon);duration=1\r\nReason: Q.850;cause=16;text="x"\r\nContent-Type: a/b;c=d\r\n'
    b"Replaces: x;to-tag=1;from-tag=2\r\nSupported: 100rel, timer\r\nAllow: INVITE, ACK\r\nAccept: a/b, c/d\r\n"
    b'Authorization: Digest username="a", realm="r", nonce="1.s.m", uri="sip:a@b", response="0", qop=auth, '
    b'nc=00000001, cnonce="c"\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int"\r\n'
    b"Content-Length: 0\r\n\r\n",
    b"REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:%61@b>\r\n"
    b"Call-ID: x\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@h:5062;transport=tcp>;expires=60;q=0.5, <sip:a@[::1]>\r\n"
    b"Contact: *\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n",
]
WORDS = [
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\r\n ",
        b"\0",
        b"\xff",
        b"\xc3\xa9",
        b'"',
        b"\\",
        b"<",
        b">",
        b";",
        b",",
        b"=",
        b"%",
        b"@",
    ),
    *(
        b"Content-Length: 5\r\n",
        b"l: 0\r\n",
        b"SIP/2.0",
        b"sip:",
        b"tel:+1",
        b"[::1]",
        b":65536",
        b"z9hG4bK",
        b";tag=1",
    ),
    *(
        b" " * 500,
        b"a" * 500,
        b"," * 500,
        b";" * 500,
        b'\\"' * 200,
        b"(" * 200,
        b"9" * 100,
        b"%00",
        b"*",
        b"",
    ),
]

READERS = (
    parse_uri,
    NameAddr.parse,
    Via.parse,
    CSeq.parse,
    SessionExpires.parse,
    MinSe.parse,
    RAck.parse,
    RetryAfter.parse,
    ContentType.parse,
    Reason.parse,
    Replaces.parse,
    DigestChallenge.parse,
    DigestCredentials.parse,
)
SERVER = DigestServer("r", b"key", lambda: "salt")


def target(data: bytes) -> None:
    """Anything but `SipParseError` is a bug, and so is a value that does not survive writing and reading."""
    read_message(data)
    read_stream(data)
    read_values(data[:200].decode("utf-8", "surrogateescape"))


def read_message(data: bytes) -> None:
    try:
        message = parse_message(data)
    except SipParseError as error:
        if error.request is not None:
            response_to(error.request, error.status, to_tag="t").to_bytes()
        return
    again = parse_message(message.to_bytes())
    assert again.body == message.body
    assert again.to_bytes() == message.to_bytes()
    if isinstance(message, SipRequest):
        refusal = validate_request(message)
        response_to(message, refusal[0] if refusal else 200, to_tag="t").to_bytes()
        if refusal is None:
            register_twice(message)
    else:
        validate_response(message)
    for name, value in message.headers:
        read_values(value)
        try:
            message.headers.values(name)
            addresses(message.headers, name)
        except SipParseError:
            continue
    for reader in (accepted_types, methods, lambda headers: option_tags(headers, "Supported")):
        try:
            reader(message.headers)
        except SipParseError:
            continue


def register_twice(message: SipRequest) -> None:
    """What is kept after a REGISTER can be kept, listed and read, and the same request again is out of order."""
    try:
        address_of_record(message)
        answer = register(message, (), 0, REGISTRAR_LIMITS)
    except SipParseError:
        return
    if answer.status == 200:
        response_to(message, 200, to_tag="t").headers.add(
            "Contact", ", ".join(text for _, text in answer.fields)
        )
        for binding in answer.put:
            assert parse_uri(binding.contact)
    if answer.put:
        assert register(message, answer.put, 0, REGISTRAR_LIMITS).status == 500


def read_values(text: str) -> None:
    for reader in READERS:
        try:
            value = reader(text)
        except SipParseError:
            continue
        assert reader(str(value)) == value
        if reader is parse_uri:
            assert uris_equal(value, value)  # type: ignore[arg-type]
    assert SERVER.verify(text, "INVITE", lambda *_: "0" * 32, 1).verdict is not DigestVerdict.ACCEPTED


def read_stream(data: bytes) -> None:
    """A stream says the same however it is cut."""
    whole = StreamFramer().feed(data)
    framer = StreamFramer()
    middle = len(data) // 2
    cut = [
        event
        for piece in (data[:middle], data[middle : middle + 1], data[middle + 1 :])
        for event in framer.feed(piece)
    ]
    assert [describe(event) for event in cut] == [describe(event) for event in whole]


def describe(event: StreamEvent) -> object:
    if isinstance(event, SipRequest | SipResponse):
        return event.to_bytes()
    if isinstance(event, MalformedReceived):
        return event.error.reason, event.is_fatal
    assert isinstance(event, PingReceived | PongReceived)
    return type(event)


if __name__ == "__main__":
    main("sip", target, CORPUS, WORDS)
