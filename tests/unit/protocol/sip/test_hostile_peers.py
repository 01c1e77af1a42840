"""A peer may send anything at any moment: nothing raises, what goes out is SIP, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import CallAnswered, IncomingCall, MediaOffer
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.outbound_call import OutboundCall
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.uri import parse_uri
from sip_wire import ANSWER, HOLD, OFFER, Bench, request_text

TORTURE = sorted((Path(__file__).parents[3] / "data").rglob("*.dat"))
METHODS = (
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "OPTIONS",
    "INFO",
    "UPDATE",
    "PRACK",
    "REFER",
    "REGISTER",
    "BREW",
)
EXTRAS = (
    "",
    "Require: 100rel",
    "Require: timer\nSession-Expires: 90;refresher=uas",
    "Supported: timer\nSession-Expires: 0",
    "Session-Expires: ;;",
    "RAck: 1 1 INVITE",
    "RAck: 99999999999999 1 INVITE",
    "Expires: 0",
    "Expires: -1",
    "Record-Route: <sip:10.0.0.1;lr>",
    "Record-Route: <sip:10.0.0.1;lr",
    "Contact: *",
    "Route: <<>>",
    "Content-Encoding: gzip",
    "Content-Disposition: render;handling=optional",
    "Max-Forwards: 0",
    "Via: SIP/2.0/TCP x",
    "Allow: INVITE, UPDATE",
    "Reason: SIP;cause=200",
)
TYPES = (
    "application/sdp",
    "application/dtmf-relay",
    "application/dtmf",
    "multipart/mixed",
    "multipart/mixed;boundary=x",
    "a/b",
    "",
)


class Embedder:
    """Does to each call whatever it is told, event by event."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.calls: list[Any] = []

    def serve(self, choice: int) -> None:
        bench, now = self.bench, self.bench.now
        bench.collect()
        for event in bench.events:
            if isinstance(event, IncomingCall):
                self.calls.append(event.call)
            elif isinstance(event, CallAnswered):
                event.call.acknowledge(ANSWER, now)  # type: ignore[attr-defined]
            elif isinstance(event, MediaOffer) and choice % 3:
                event.call.answer_offer(ANSWER, now)
        bench.events.clear()
        if not self.calls:
            return
        call = self.calls[choice % len(self.calls)]
        match choice % 7:
            case 0:
                call.hang_up(now)
            case 1 if not isinstance(call, OutboundCall):
                call.ring(now)
            case 2 if not isinstance(call, OutboundCall):
                call.ring(now, ANSWER, 183)
            case 3 if not isinstance(call, OutboundCall):
                call.answer(ANSWER, now)
            case 4:
                call.reoffer(HOLD, now)
            case 5:
                call.send_info_digit("5", 100, now)
            case _:
                pass
        bench.collect()


requests = st.builds(
    lambda method, cseq, own_tag, call, body, kind, extra, branch: (
        "request",
        (method, cseq, own_tag, call, body, kind, extra, branch),
    ),
    st.sampled_from(METHODS),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from((b"", OFFER, HOLD, b"Signal=5", b"--x\r\n\r\n--x--", b"\xff\x00")),
    st.sampled_from(TYPES),
    st.sampled_from(EXTRAS),
    st.integers(0, 6),
)
responses = st.tuples(
    st.just("response"),
    st.tuples(
        st.integers(100, 699), st.integers(0, 8), st.sampled_from(("b1", "b2", None)), st.sampled_from(EXTRAS)
    ),
)
steps = st.one_of(
    requests,
    responses,
    st.tuples(st.just("time"), st.floats(0.01, 40)),
    st.tuples(st.just("embedder"), st.integers(0, 100)),
    st.tuples(st.just("bytes"), st.binary(max_size=60)),
    st.tuples(st.just("dial"), st.booleans()),
)


def request_bytes(bench: Bench, embedder: Embedder, parts: tuple[Any, ...]) -> bytes:
    method, cseq, own_tag, number, body, kind, extra, branch = parts
    tag = embedder.calls[number % len(embedder.calls)].local_tag if own_tag and embedder.calls else None
    text = request_text(
        method, branch=f"z9hG4bK{branch}", cseq=cseq, to_tag=tag, call_id=f"c{number}", extra=extra
    )
    head = text.rstrip("\n").replace("Content-Length: 0", f"Content-Length: {len(body)}")
    kind_line = f"\nContent-Type: {kind}" if kind and body else ""
    return (head + kind_line + "\n\n").replace("\n", "\r\n").encode() + body


def response_bytes(sent: list[SipRequest], parts: tuple[Any, ...]) -> bytes | None:
    status, index, tag, extra = parts
    if not sent:
        return None
    request = sent[index % len(sent)]
    lines = [f"SIP/2.0 {status} X"]
    for name, value in request.headers:
        if name in ("Via", "From", "Call-ID", "CSeq"):
            lines.append(f"{name}: {value}")
        elif name == "To":
            lines.append(f"To: {value}" + (f";tag={tag}" if tag and ";tag=" not in value else ""))
    lines.append("Contact: <sip:bob@192.0.2.1>")
    if extra:
        lines.extend(extra.split("\n"))
    if status == 183:
        lines.append("RSeq: 7")
    body = ANSWER if status % 2 == 0 else b""
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=30))
def test_no_sequence_of_messages_raises_or_leaves_anything(script: list[tuple[str, Any]]) -> None:
    bench = Bench()
    embedder = Embedder(bench)
    sent: list[SipRequest] = []
    for kind, what in script:
        if kind == "request":
            bench.put(request_bytes(bench, embedder, what))
        elif kind == "response":
            data = response_bytes(sent, what)
            if data is not None:
                bench.put(data)
        elif kind == "time":
            bench.wait(what)
        elif kind == "embedder":
            embedder.serve(what)
        elif kind == "bytes":
            bench.put(what)
        else:
            bob = NameAddr.parse("<sip:bob@192.0.2.1>")
            embedder.calls.append(
                bench.agent.invite(
                    parse_uri("sip:bob@192.0.2.1"), bob, bob, bench.now, sdp=OFFER if what else None
                )
            )
        # `take` parses everything that goes out, so what is not SIP fails here.
        sent.extend(message for message in bench.take() if isinstance(message, SipRequest))
        sent = sent[-8:]
    for call in embedder.calls:
        call.hang_up(bench.now)
    for event in bench.events:
        if isinstance(event, IncomingCall):
            event.call.hang_up(bench.now)
    bench.assert_idle()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_message_with_bytes_changed_is_answered_or_dropped(data: st.DataObject) -> None:
    bench = Bench()
    text = request_text("INVITE", body=OFFER, extra=data.draw(st.sampled_from(EXTRAS)))
    message = bytearray(text.replace("\n", "\r\n").encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message) - 1))
        message[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    bench.put(bytes(message))
    bench.take()
    for event in bench.events:
        event.call.answer(ANSWER, bench.now)
    bench.assert_idle()


@pytest.mark.parametrize("path", TORTURE, ids=lambda path: path.stem)
def test_rfc4475_a_torture_message_is_answered_or_dropped(path: Path) -> None:
    bench = Bench()
    for transport in ("UDP", "TCP"):
        bench.put(path.read_bytes(), Peer(transport, "192.0.2.1", 5060))
    for event in bench.events:
        event.call.ring(bench.now)
        event.call.answer(ANSWER, bench.now)
    bench.assert_idle()
