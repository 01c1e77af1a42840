"""Calls through digest authentication (RFC 3261 §22, RFC 8760): ours challenged, and ours challenging."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.admission import Allow, Challenge, Deferred, Deny, Verdict
from hubbub.protocol.sip.digest import DigestCredentials, compute_ha1, compute_response
from hubbub.protocol.sip.digest_server import DigestServer, DigestVerdict, password_lookup
from hubbub.protocol.sip.events import CallAnswered, CallEnded, EndCause, IncomingCall, OfferRefused
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.uri import parse_uri
from hubbub.protocol.sip.user_agent import UserAgent
from sip_wire import ANSWER, OFFER, Bench, Wire, reply_text, request_text, settings


def dial(bench: Bench, credentials: tuple[str, str] | None = ("room", "secret")) -> tuple[Any, Any]:
    bob = NameAddr.parse("<sip:bob@192.0.2.1>")
    call = bench.agent.invite(
        parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER, credentials=credentials
    )
    return call, bench.one()


def challenge(nonce: str = "n1", algorithm: str = "MD5", extra: str = "") -> str:
    return f'Digest realm="pbx", nonce="{nonce}", algorithm={algorithm}, qop="auth"{extra}'


def is_right(request: SipRequest, header: str, algorithm: str, password: str = "secret") -> bool:
    given = DigestCredentials.parse(request.headers.get(header) or "")
    expected = compute_response(
        compute_ha1("room", "pbx", password, algorithm),
        method=request.method,
        uri=given.uri,
        nonce=given.nonce,
        algorithm=algorithm,
        qop=given.qop,
        nonce_count=given.nonce_count or 0,
        cnonce=given.cnonce or "",
    )
    return given.response == expected and given.uri == str(request.uri)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(
    ("status", "asked", "answered"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
def test_rfc3261_22_2_a_challenged_invite_goes_again_with_credentials(
    algorithm: str, status: int, asked: str, answered: str
) -> None:
    bench = Bench()
    call, invite = dial(bench)
    bench.put(reply_text(invite, status, extra=f"{asked}: {challenge(algorithm=algorithm)}"))
    ack, second = bench.requests()
    assert ack.method == "ACK"
    assert (second.call_id, second.from_addr.tag) == (invite.call_id, invite.from_addr.tag)
    assert second.cseq.number == 2
    assert second.top_via.branch != invite.top_via.branch
    assert second.to_addr.tag is None
    assert second.body == OFFER
    assert is_right(second, answered, algorithm)
    bench.put(reply_text(second, 200, body=ANSWER))
    bench.event(CallAnswered)
    ack = bench.one()
    assert ack.cseq.number == 2
    assert ack.headers.get(answered) == second.headers.get(answered)
    call.hang_up(bench.now)
    bye = bench.one()
    assert is_right(bye, answered, algorithm)


def test_a_wrong_password_ends_the_call_after_one_try() -> None:
    bench = Bench()
    call, invite = dial(bench)
    bench.put(reply_text(invite, 401, extra=f"WWW-Authenticate: {challenge()}"))
    second = bench.requests()[-1]
    bench.put(reply_text(second, 401, extra=f"WWW-Authenticate: {challenge('n2')}"))
    assert [request.method for request in bench.requests()] == ["ACK"]
    assert bench.event(CallEnded) == CallEnded(call, EndCause.REJECTED, 401, "remote")
    bench.assert_idle()


def test_a_stale_nonce_is_replaced_but_not_for_ever() -> None:
    bench = Bench()
    call, invite = dial(bench)
    for number in range(6):
        extra = f"WWW-Authenticate: {challenge(f'n{number}', extra=', stale=true')}"
        bench.put(reply_text(invite, 401, extra=extra))
        invite = bench.requests()[-1]
    assert invite.method == "ACK"
    assert bench.event(CallEnded).status == 401
    assert call.has_ended


def test_without_credentials_a_challenge_is_a_refusal() -> None:
    bench = Bench()
    _, invite = dial(bench, None)
    bench.put(reply_text(invite, 401, extra=f"WWW-Authenticate: {challenge()}"))
    assert bench.event(CallEnded).status == 401


def test_a_call_given_up_while_challenged_is_not_made_again() -> None:
    bench = Bench()
    call, invite = dial(bench)
    call.hang_up(bench.now)
    bench.put(reply_text(invite, 401, extra=f"WWW-Authenticate: {challenge()}"))
    assert [request.method for request in bench.requests()] == ["ACK"]
    bench.assert_idle()


@pytest.mark.parametrize("method", ["INVITE", "INFO", "BYE"])
def test_requests_within_the_call_answer_challenges_too(method: str) -> None:
    bench = Bench(session_expires_s=0)
    call, invite = dial(bench)
    bench.put(reply_text(invite, 200, body=ANSWER))
    bench.take()
    bench.events.clear()
    if method == "INVITE":
        call.reoffer(OFFER, bench.now)
    elif method == "INFO":
        call.send_info_digit("1", 100, bench.now)
    else:
        call.hang_up(bench.now)
        bench.events.clear()
    request = bench.one()
    assert request.method == method
    bench.put(reply_text(request, 401, extra=f"WWW-Authenticate: {challenge()}"))
    second = bench.requests()[-1]
    assert (second.method, second.cseq.number) == (method, request.cseq.number + 1)
    assert is_right(second, "Authorization", "MD5")
    bench.put(reply_text(second, 401, extra=f"WWW-Authenticate: {challenge('n2')}"))
    if method == "INVITE":
        assert bench.event(OfferRefused) == OfferRefused(call, 401)
    elif method == "BYE":
        assert bench.agent.call_count == 0


def test_rfc3261_22_1_the_embedders_challenge_goes_out_and_credentials_let_the_call_in() -> None:
    seen: list[tuple[str, Peer]] = []

    def authorise(request: SipRequest, source: Peer) -> Verdict:
        seen.append((request.method, source))
        if request.headers.get("Authorization") is None:
            return Challenge((challenge(algorithm="SHA-256"), challenge()))
        return Allow() if is_right(request, "Authorization", "MD5") else Deny(403, "No")

    bench = Bench(authorise)
    bench.put(request_text("INVITE", body=OFFER))
    response = bench.one()
    assert response.status == 401
    assert response.headers.get_all("WWW-Authenticate") == [challenge(algorithm="SHA-256"), challenge()]
    assert bench.events == []
    bench.put(request_text("ACK", to_tag=response.to_addr.tag))

    def with_password(password: str) -> str:
        answer = DigestCredentials(
            username="room",
            realm="pbx",
            nonce="n1",
            uri="sip:room@192.0.2.10",
            response=compute_response(
                compute_ha1("room", "pbx", password),
                method="INVITE",
                uri="sip:room@192.0.2.10",
                nonce="n1",
                qop="auth",
                cnonce="c",
            ),
            qop="auth",
            nonce_count=1,
            cnonce="c",
        )
        return f"Authorization: {answer}"

    bench.put(request_text("INVITE", body=OFFER, branch="z9hG4bK2", cseq=2, extra=with_password("wrong")))
    assert bench.one().status == 403
    bench.put(request_text("INVITE", body=OFFER, branch="z9hG4bK3", cseq=3, extra=with_password("secret")))
    bench.event(IncomingCall)
    assert seen == [("INVITE", bench.peer)] * 3
    assert bench.agent.counters == {"challenged": 1, "denied": 1, "stray_ack": 1}


def test_requests_within_a_call_and_cancels_are_not_challenged_again() -> None:
    verdicts = iter([Allow()])
    bench = Bench(lambda request, source: next(verdicts))
    bench.put(request_text("INVITE", body=OFFER))
    call = bench.event(IncomingCall).call
    call.answer(ANSWER, bench.now)
    bench.put(request_text("ACK", branch="z9hG4bKack", to_tag=call.local_tag))
    bench.put(request_text("BYE", branch="z9hG4bKbye", cseq=2, to_tag=call.local_tag))
    assert bench.statuses() == [200, 200]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_two_user_agents_authenticate_each_other(algorithm: str) -> None:
    wire = Wire()
    server = DigestServer(
        realm="pbx",
        key=b"k" * 32,
        new_salt=iter(str(number) for number in range(99)).__next__,
        algorithms=(algorithm,),
    )
    lookup = password_lookup({"room": "secret"}.get)

    def authorise(request: SipRequest, source: Peer) -> Verdict:
        now_ms = int(wire.now * 1000)
        given = request.headers.get("Authorization")
        if given is not None:
            verdict = server.verify(given, request.method, lookup, now_ms).verdict
            if verdict is DigestVerdict.ACCEPTED:
                return Allow()
        return Challenge(tuple(server.challenges(now_ms)))

    ended: list[Any] = []

    def on_callee(event: Any) -> None:
        if isinstance(event, IncomingCall):
            event.call.answer(ANSWER, wire.now)

    def on_caller(event: Any) -> None:
        ended.append(type(event))

    caller = UserAgent(settings("192.0.2.1"), random.Random(1))
    wire.add(caller, "192.0.2.1", 5060, on_caller)
    wire.add(UserAgent(settings("192.0.2.2"), random.Random(2), authorise), "192.0.2.2", 5060, on_callee)
    bob = NameAddr.parse("<sip:bob@192.0.2.2>")
    for password in ("secret", "wrong"):
        caller.invite(bob.uri, bob, bob, wire.now, sdp=OFFER, credentials=("room", password))
        wire.run(wire.now + 5)
    assert ended == [CallAnswered, CallEnded]


def test_a_verdict_may_come_later_and_brings_along_who_it_was() -> None:
    waiting: list[tuple[SipRequest, Peer]] = []

    def authorise(request: SipRequest, source: Peer) -> Verdict:
        waiting.append((request, source))
        return Deferred()

    bench = Bench(authorise)
    bench.put(request_text("INVITE", body=OFFER))
    bench.put(request_text("INVITE", body=OFFER))
    assert len(waiting) == 1
    bench.wait(1)
    assert bench.statuses() == [100]
    bench.agent.admit(*waiting[0], Allow("acme"), bench.now)
    event = bench.event(IncomingCall)
    assert event.principal == "acme"
    bench.agent.admit(*waiting[0], Allow("acme"), bench.now)
    assert bench.agent.call_count == 1


def test_a_call_cancelled_before_the_verdict_is_never_told() -> None:
    waiting: list[tuple[SipRequest, Peer]] = []

    def authorise(request: SipRequest, source: Peer) -> Verdict:
        waiting.append((request, source))
        return Deferred()

    bench = Bench(authorise)
    bench.put(request_text("INVITE", body=OFFER))
    bench.put(request_text("CANCEL"))
    bench.agent.admit(*waiting[0], Allow(), bench.now)
    assert bench.statuses() == [200, 487]
    assert bench.events == []
    bench.assert_idle()
