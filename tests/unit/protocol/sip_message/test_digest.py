"""Digest: the RFCs' vectors, both sides against each other, and what an attacker may try (RFC 7616, RFC 8760)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from hubbub.protocol.sip.digest import (
    DigestChallenge,
    DigestCredentials,
    compute_ha1,
    compute_response,
    is_supported,
)
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.digest_server import DigestOutcome, DigestServer, DigestVerdict, password_lookup
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.uri import SipUri

NOW_MS = 1_800_000_000_000
KEY = b"a key of the tests"
LOOKUP = password_lookup({"alice": "wonderland", "böb": "pä:ss"}.get)


def counter(prefix: str) -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


def server(**options: object) -> DigestServer:
    return DigestServer("example.com", KEY, counter("salt"), **options)  # type: ignore[arg-type]


def client(username: str = "alice", password: str = "wonderland") -> DigestClient:
    return DigestClient(username, password, counter("cnonce"))


def request(method: str = "INVITE") -> SipRequest:
    return SipRequest(method, SipUri.parse("sip:room@example.com"), Headers([("CSeq", f"1 {method}")]))


def refusal(*challenges: str, field: str = "WWW-Authenticate") -> SipResponse:
    return SipResponse(401, "Unauthorized", Headers([(field, challenge) for challenge in challenges]))


def challenged(
    side: DigestServer, who: DigestClient, now_ms: int = NOW_MS, *, is_stale: bool = False
) -> None:
    """Let `who` learn a challenge of `side`."""
    assert who.learn(request(), refusal(*side.challenges(now_ms, is_stale=is_stale)))


def attempt(
    side: DigestServer, who: DigestClient, method: str = "INVITE", now_ms: int = NOW_MS
) -> DigestOutcome:
    """One authorized request, checked."""
    sent = request(method)
    who.authorize(sent)
    return side.verify(sent.headers.get("Authorization") or "", method, LOOKUP, now_ms)


# The RFCs' vectors


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_vectors_of_rfc_7616_3_9_1(algorithm: str, response: str) -> None:
    assert response == compute_response(
        compute_ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm),
        method="GET",
        uri="/dir/index.html",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm=algorithm,
        qop="auth",
        nonce_count=1,
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )


def test_the_vector_of_rfc_2617_3_5() -> None:
    assert (
        compute_response(
            compute_ha1("Mufasa", "testrealm@host.com", "Circle Of Life"),
            method="GET",
            uri="/dir/index.html",
            nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
            qop="auth",
            cnonce="0a4f113b",
        )
        == "6629fae49393a05397450978507c4ef1"
    )


def test_the_vector_of_rfc_2069_2_4_as_corrected_by_its_errata() -> None:
    assert (
        compute_response(
            compute_ha1("Mufasa", "testrealm@host.com", "CircleOfLife"),
            method="GET",
            uri="/dir/index.html",
            nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        )
        == "1949323746fe6a43ef61f9606e7febea"
    )


def test_session_hashes_and_integrity_change_the_response() -> None:
    common = {"method": "INVITE", "uri": "sip:a@b", "nonce": "n", "cnonce": "c"}
    ha1 = compute_ha1("a", "r", "p")
    responses = {
        compute_response(ha1, **common, qop="auth"),  # type: ignore[arg-type]
        compute_response(ha1, **common, qop="auth", algorithm="MD5-sess"),  # type: ignore[arg-type]
        compute_response(ha1, **common, qop="auth-int", body=b"x"),  # type: ignore[arg-type]
        compute_response(ha1, **common, qop="auth-int", body=b"y"),  # type: ignore[arg-type]
        compute_response(ha1, **common, qop="auth", nonce_count=2),  # type: ignore[arg-type]
        compute_response(ha1, **common),  # type: ignore[arg-type]
    }
    assert len(responses) == 6


def test_only_known_algorithms_are_supported() -> None:
    assert is_supported("sha-256")
    assert is_supported("MD5-Sess")
    assert not is_supported("SHA-512-256")


# Header values


def test_a_challenge_is_read_and_written() -> None:
    # RFC 3261 §20.44, with the parameters of RFC 7616.
    text = (
        'Digest realm="atlanta.com", domain="sip:boxesbybob.com", qop="auth,auth-int", '
        'nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5'
    )
    challenge = DigestChallenge.parse(text)
    assert challenge == DigestChallenge(
        "atlanta.com", "f84f1cec41e6cbe5aea9c8e88d359", "MD5", ("auth", "auth-int"), "", False
    )
    assert DigestChallenge.parse(str(challenge)) == challenge
    assert (
        DigestChallenge.parse('digest\tnonce="x,y" , REALM="a \\"b\\""'.replace("\t", " ")).realm == 'a "b"'
    )


def test_credentials_are_read_and_written() -> None:
    # RFC 3261 §20.7.
    credentials = DigestCredentials.parse(
        'Digest username="Alice", realm="atlanta.com", nonce="84a4cc6f3082121f32b42a2187831a9e", uri="sip:a@b", '
        'response="7587245234B3434CC3412213E5F113A54", qop=auth, nc=0000000a, cnonce="x"'
    )
    assert (credentials.username, credentials.nonce_count, credentials.qop) == ("Alice", 10, "auth")
    assert credentials.response == "7587245234b3434cc3412213e5f113a54"
    assert DigestCredentials.parse(str(credentials)) == credentials


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Digest",
        "Basic abc",
        'Digest realm="x"',
        'Digest realm="x", realm="y", nonce="z"',
        'Digest realm="x, nonce="z"',
        'Digest realm, nonce="z"',
        'Digest re<alm="x", nonce="z"',
    ],
)
def test_a_malformed_challenge_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        DigestChallenge.parse(text)


GOOD = 'Digest username="a", realm="r", nonce="n", uri="sip:a@b", response="0", qop=auth, nc=00000001, cnonce="c"'


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("Digest", "Basic"),
        GOOD.replace('username="a", ', ""),
        GOOD.replace('uri="sip:a@b", ', ""),
        GOOD.replace("nc=00000001", "nc=1"),
        GOOD.replace("nc=00000001", "nc=0000000g"),
        GOOD.replace("nc=00000001", "nc=+0000001"),
        GOOD.replace(", nc=00000001", ""),
        GOOD.replace(', cnonce="c"', ""),
    ],
)
def test_malformed_credentials_are_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        DigestCredentials.parse(text)
    assert server().verify(text, "INVITE", LOOKUP, NOW_MS) == DigestOutcome(DigestVerdict.MALFORMED)


# The two sides against each other


@pytest.mark.parametrize("algorithms", [("SHA-256", "MD5"), ("MD5",), ("SHA-256",)])
def test_the_right_password_is_accepted(algorithms: tuple[str, ...]) -> None:
    side, alice = server(algorithms=algorithms), client()
    challenged(side, alice)
    assert attempt(side, alice) == DigestOutcome(DigestVerdict.ACCEPTED, "alice")


def test_both_algorithms_are_offered_the_stronger_first() -> None:
    algorithms = [DigestChallenge.parse(text).algorithm for text in server().challenges(NOW_MS)]
    assert algorithms == ["SHA-256", "MD5"]


def test_names_and_passwords_may_hold_any_character() -> None:
    side, bob = server(), client("böb", "pä:ss")
    challenged(side, bob)
    assert attempt(side, bob) == DigestOutcome(DigestVerdict.ACCEPTED, "böb")


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("mallory", "wonderland"), ("alice", "")]
)
def test_a_wrong_name_or_password_is_refused(username: str, password: str) -> None:
    side, who = server(), client(username, password)
    challenged(side, who)
    assert attempt(side, who) == DigestOutcome(DigestVerdict.REFUSED, username)


def test_one_nonce_serves_many_requests_counted() -> None:
    side, alice = server(), client()
    challenged(side, alice)
    for method in ("INVITE", "UPDATE", "BYE"):
        assert attempt(side, alice, method).verdict is DigestVerdict.ACCEPTED


def test_the_answer_to_one_method_does_not_serve_another() -> None:
    side, alice = server(), client()
    challenged(side, alice)
    sent = request("OPTIONS")
    alice.authorize(sent)
    header = sent.headers.get("Authorization") or ""
    assert side.verify(header, "INVITE", LOOKUP, NOW_MS).verdict is DigestVerdict.REFUSED


def test_a_replayed_answer_is_not_accepted() -> None:
    side, alice = server(), client()
    challenged(side, alice)
    sent = request()
    alice.authorize(sent)
    header = sent.headers.get("Authorization") or ""
    assert side.verify(header, "INVITE", LOOKUP, NOW_MS).verdict is DigestVerdict.ACCEPTED
    assert side.verify(header, "INVITE", LOOKUP, NOW_MS).verdict is DigestVerdict.STALE


def test_an_answer_without_qop_is_good_once() -> None:
    side = server(algorithms=("MD5",))
    challenge = DigestChallenge.parse(side.challenges(NOW_MS)[0])
    old = DigestChallenge(challenge.realm, challenge.nonce)
    alice = client()
    assert alice.learn(request(), refusal(str(old)))
    assert attempt(side, alice).verdict is DigestVerdict.ACCEPTED
    assert attempt(side, alice).verdict is DigestVerdict.STALE


def test_a_nonce_grows_stale_and_the_client_tries_again() -> None:
    side, alice = server(nonce_lifetime_ms=1000), client()
    challenged(side, alice)
    assert attempt(side, alice, now_ms=NOW_MS + 999).verdict is DigestVerdict.ACCEPTED
    assert attempt(side, alice, now_ms=NOW_MS + 1000).verdict is DigestVerdict.STALE
    sent = request()
    alice.authorize(sent)
    assert alice.learn(sent, refusal(*side.challenges(NOW_MS + 1000, is_stale=True)))
    assert attempt(side, alice, now_ms=NOW_MS + 1000).verdict is DigestVerdict.ACCEPTED


def test_an_answer_for_another_realm_is_refused() -> None:
    side, alice = server(), client()
    challenged(DigestServer("example.org", KEY, counter("salt")), alice)
    assert attempt(side, alice).verdict is DigestVerdict.REFUSED


def test_a_nonce_of_another_key_or_time_is_never_good_and_stale_for_whoever_knows_the_password() -> None:
    """As after a restart: told that only the nonce was wrong, a client tries again by itself."""
    side = server()
    alice, mallory = client(), client(password="a guess")
    for user, verdict in ((alice, DigestVerdict.STALE), (mallory, DigestVerdict.REFUSED)):
        challenged(DigestServer("example.com", b"another key", counter("salt")), user)
        assert attempt(side, user).verdict is verdict
    challenge = DigestChallenge.parse(side.challenges(NOW_MS)[0])
    later = challenge.nonce.replace(str(NOW_MS), str(NOW_MS + 1))
    alice = client()
    assert alice.learn(request(), refusal(str(DigestChallenge(challenge.realm, later, "MD5", ("auth",)))))
    assert attempt(side, alice).verdict is DigestVerdict.STALE


def test_two_nodes_with_one_key_accept_each_others_nonces() -> None:
    one, other, alice = server(), server(), client()
    challenged(one, alice)
    assert attempt(other, alice).verdict is DigestVerdict.ACCEPTED


def test_forgotten_nonces_cannot_be_replayed() -> None:
    side = server(max_nonces=2)
    sent = request()
    first = client()
    challenged(side, first)
    first.authorize(sent)
    header = sent.headers.get("Authorization") or ""
    assert side.verify(header, "INVITE", LOOKUP, NOW_MS).verdict is DigestVerdict.ACCEPTED
    for later in (1, 2):
        other = client()
        challenged(side, other, NOW_MS + later)
        assert attempt(side, other, now_ms=NOW_MS + later).verdict is DigestVerdict.ACCEPTED
    assert side.verify(header, "INVITE", LOOKUP, NOW_MS + 3).verdict is DigestVerdict.STALE


def test_algorithms_that_were_not_offered_are_refused() -> None:
    side, alice = server(algorithms=("SHA-256",)), client()
    challenge = DigestChallenge.parse(side.challenges(NOW_MS)[0])
    assert alice.learn(
        request(), refusal(str(DigestChallenge(challenge.realm, challenge.nonce, "MD5", ("auth",))))
    )
    assert attempt(side, alice).verdict is DigestVerdict.REFUSED


# The client's choices (RFC 8760 §2.4, RFC 7616 §3.7)


def test_the_topmost_challenge_that_is_understood_is_answered() -> None:
    alice = client()
    assert alice.learn(
        request(),
        refusal(
            'Bearer authz_server="x"',
            "Digest nonsense",
            'Digest realm="r", nonce="1", algorithm=SHA-512-256, qop="auth"',
            'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth"',
            'Digest realm="r", nonce="3", algorithm=MD5, qop="auth"',
        ),
    )
    sent = request()
    alice.authorize(sent)
    (header,) = sent.headers.get_all("Authorization")
    assert DigestCredentials.parse(header).nonce == "2"


def test_every_realm_and_the_proxy_get_an_answer_each() -> None:
    alice = client()
    asked = refusal('Digest realm="a", nonce="1"', 'Digest realm="b", nonce="2"')
    asked.headers.add("Proxy-Authenticate", 'Digest realm="a", nonce="3", opaque="o", qop="auth-int"')
    assert alice.learn(request(), asked)
    sent = request()
    alice.authorize(sent)
    alice.authorize(sent)
    assert [DigestCredentials.parse(text).nonce for text in sent.headers.get_all("Authorization")] == [
        "1",
        "2",
    ]
    (proxy,) = [DigestCredentials.parse(text) for text in sent.headers.get_all("Proxy-Authorization")]
    assert (proxy.opaque, proxy.qop, proxy.nonce_count) == ("o", "auth-int", 2)


def test_nothing_understood_is_nothing_learned() -> None:
    assert not client().learn(request(), refusal('Digest realm="r", nonce="1", qop="other"', "Basic x"))


def test_a_second_refusal_ends_the_trying() -> None:
    side, alice = server(), client(password="wrong")
    challenged(side, alice)
    sent = request()
    alice.authorize(sent)
    assert not alice.learn(sent, refusal(*side.challenges(NOW_MS)))


def test_the_password_is_never_printed() -> None:
    assert "wonderland" not in repr(client())
