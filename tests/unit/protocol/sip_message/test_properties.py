"""What holds for every message and every value, whatever it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.sip.address import CSeq, NameAddr, Via
from hubbub.protocol.sip.digest import DigestChallenge, DigestCredentials
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import is_token, quote, split_list, unquote
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipMessage, SipRequest, SipResponse, response_to
from hubbub.protocol.sip.parser import parse_message, validate_request, validate_response
from hubbub.protocol.sip.uri import OpaqueUri, SipUri, escape_user, parse_uri, uris_equal
from hubbub.protocol.sip.values import ContentType, MinSe, RAck, Reason, Replaces, RetryAfter, SessionExpires

TOKEN_CHARACTERS = "abcXYZ019-.!%*_+`'~"
tokens = st.text(TOKEN_CHARACTERS, min_size=1, max_size=8)
anything = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
header_values = anything.map(lambda text: text.strip(" \t"))
quoted = anything.map(quote)
hosts = st.sampled_from(["example.com", "192.0.2.1", "2001:db8::1", "a-b.c"])
ports = st.none() | st.integers(0, 65535)
params = st.lists(st.tuples(tokens, st.none() | tokens | quoted), max_size=3).map(tuple)
uri_tokens = st.text("abc019-_.!~*'()[]/:&+$", min_size=1, max_size=6)
sip_uris = st.builds(
    SipUri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.none() | st.text(min_size=1, max_size=8).map(escape_user),
    password=st.none(),
    host=hosts,
    port=ports,
    params=st.lists(st.tuples(uri_tokens, st.none() | uri_tokens), max_size=3).map(tuple),
    headers=st.lists(
        st.tuples(uri_tokens, uri_tokens.map(lambda text: text.replace("&", ""))), max_size=2
    ).map(lambda pairs: tuple((name.replace("&", "") or "x", value) for name, value in pairs)),
)
uris = sip_uris | st.builds(
    OpaqueUri, st.sampled_from(["tel", "mailto", "urn"]), st.text("+0123abc;=", min_size=1)
)
addresses = st.builds(NameAddr, st.none() | anything, uris, params)
vias = st.builds(Via, st.sampled_from(["UDP", "TCP", "TLS", "WSS"]), hosts, ports, params)
cseqs = st.builds(CSeq, st.integers(0, 2**31 - 1), tokens)
seconds = st.integers(0, 2**32 - 1)
others = params.map(lambda pairs: tuple(pair for pair in pairs if pair[0].lower() != "refresher"))

VALUES: list[tuple[Callable[[str], object], st.SearchStrategy[object]]] = [
    (parse_uri, uris),
    (NameAddr.parse, addresses),
    (Via.parse, vias),
    (CSeq.parse, cseqs),
    (SessionExpires.parse, st.builds(SessionExpires, seconds, st.sampled_from([None, "uac", "uas"]), others)),
    (MinSe.parse, st.builds(MinSe, seconds, params)),
    (RAck.parse, st.builds(RAck, seconds, st.integers(0, 2**31 - 1), tokens)),
    (
        RetryAfter.parse,
        st.builds(RetryAfter, seconds, st.lists(st.tuples(tokens, st.none() | tokens)).map(tuple)),
    ),
    (ContentType.parse, st.builds(ContentType, st.just("multipart/mixed"), params)),
    (Reason.parse, st.builds(Reason, tokens, params)),
    (Replaces.parse, st.builds(Replaces, tokens, tokens, tokens, st.booleans())),
    (
        DigestChallenge.parse,
        st.builds(
            DigestChallenge,
            anything,
            anything,
            tokens,
            st.lists(st.sampled_from(["auth", "auth-int"])).map(tuple),
            st.none() | anything,
            st.booleans(),
        ),
    ),
    (
        DigestCredentials.parse,
        st.builds(
            DigestCredentials,
            username=anything,
            realm=anything,
            nonce=anything,
            uri=anything,
            response=st.text("0123456789abcdef"),
            algorithm=tokens,
            qop=st.just("auth"),
            nonce_count=seconds,
            cnonce=anything,
            opaque=st.none() | anything,
        ),
    ),
]
NAMES = [parse.__qualname__ for parse, _ in VALUES]


@pytest.mark.parametrize(("parse", "values"), VALUES, ids=NAMES)
def test_reading_undoes_writing(parse: Callable[[str], object], values: st.SearchStrategy[object]) -> None:
    @given(values)
    def check(value: object) -> None:
        assert parse(str(value)) == value

    check()


# Text that looks enough like a value to get past the first check.
FRAGMENTS = """
sip: sips: tel: a @ h : 5060 [::1] ; = lr tag < > " \\ , ? & % %41 / SIP/2.0/UDP Digest realm= nonce= nc=00000001 1
INVITE * \0 é \udcff ( ) refresher= application/sdp
"""
lookalikes = st.lists(
    st.sampled_from([*FRAGMENTS.split(), " ", "\t", "Digest "]) | st.text(max_size=3),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("parse", [parse for parse, _ in VALUES], ids=NAMES)
def test_any_text_is_read_or_refused(parse: Callable[[str], object]) -> None:
    @given(lookalikes)
    def check(text: str) -> None:
        try:
            value = parse(text)
        except SipParseError:
            return
        assert parse(str(value)) == value

    check()


@given(anything)
def test_unquoting_undoes_quoting(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.lists(quoted | tokens, min_size=1, max_size=5))
def test_splitting_undoes_joining(members: list[str]) -> None:
    assert split_list(", ".join(members)) == members


@given(sip_uris)
def test_a_uri_equals_itself_and_its_escaped_twin(uri: SipUri) -> None:
    assert uris_equal(uri, uri)
    assert uris_equal(uri, SipUri.parse(str(uri)))


@given(st.text("ab.%4:+-", max_size=5), hosts, ports, st.booleans())
def test_a_plain_uri_is_read_as_if_it_had_parameters(
    user: str, host: str, port: int | None, is_secure: bool
) -> None:
    where = f"[{host}]" if ":" in host else host
    text = (
        ("sips:" if is_secure else "sip:")
        + (f"{user}@" if user else "")
        + where
        + (f":{port}" if port else "")
    )
    try:
        plain = SipUri.parse(text)
    except SipParseError:
        with pytest.raises(SipParseError):
            SipUri.parse(text + ";x")
        return
    assert SipUri.parse(text + ";x") == plain._replace(params=(("x", None),))


headers = st.lists(
    st.tuples(tokens.filter(lambda name: name.lower() not in ("l", "content-length")), header_values)
).map(Headers)
requests = st.builds(
    SipRequest, tokens, uris.filter(lambda uri: not getattr(uri, "headers", ())), headers, st.binary()
)
responses = st.builds(SipResponse, st.integers(100, 699), header_values, headers, st.binary())


@given(requests | responses)
def test_reading_a_message_undoes_writing_it(message: SipMessage) -> None:
    again = parse_message(message.to_bytes())
    again.headers.remove("Content-Length")
    assert again == message


message_bytes = st.lists(
    st.sampled_from(
        [
            b"INVITE sip:a@b SIP/2.0\r\n",
            b"SIP/2.0 200 OK\r\n",
            b"Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n",
            b"From: <sip:a@b>;tag=1\r\n",
            b"To: <sip:a@b>\r\n",
            b"Call-ID: x\r\n",
            b"CSeq: 1 INVITE\r\n",
            b"Contact: <sip:a@b>, *\r\n",
            b"l: 3\r\n",
            b" folded\r\n",
            b"\r\n",
        ]
    )
    | st.binary(max_size=12),
    max_size=14,
).map(b"".join)


@given(message_bytes)
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        message = parse_message(data)
    except SipParseError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.status in (400, 413, 414)
        if refused.request is not None:
            response_to(refused.request, refused.status, to_tag="x").to_bytes()
        return
    if isinstance(message, SipRequest):
        refusal = validate_request(message)
        response_to(message, refusal[0] if refusal else 200, to_tag="x").to_bytes()
        if refusal is None:
            assert message.cseq.method == message.method
            assert message.top_via.host
    elif validate_response(message) is None:
        assert message.call_id
    assert parse_message(message.to_bytes()).body == message.body


@given(tokens)
def test_the_tokens_of_these_tests_are_tokens(text: str) -> None:
    assert is_token(text)
