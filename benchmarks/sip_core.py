"""What a call costs the SIP core: INVITE, 180, 200, ACK, BYE, 200; CPU of the answering side, no sockets.

`python benchmarks/sip_core.py [--calls 5000] [--bare]` lets one user agent call another in memory and counts the
CPU time spent inside the answering one, timers that fall due included. The baseline of the same run is a bare
responder that copies headers and keeps nothing. `--bare` prints the core's figure alone, for other benchmarks.
Results go to benchmarks/results/sip_core.md.
"""

import argparse
import gc
import os
import random
import time
from pathlib import Path

from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.events import CallAnswered, IncomingCall, SendBytes
from hubbub.protocol.sip.inbound_call import InboundCall
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.settings import UserAgentSettings
from hubbub.protocol.sip.uri import parse_uri
from hubbub.protocol.sip.user_agent import UserAgent

RESULTS = Path(__file__).parent / "results"
CALLER, SERVER = Peer("UDP", "192.0.2.1", 5060), Peer("UDP", "192.0.2.2", 5060)
OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
ANSWER = (
    b"v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n"
)
HOLD_S, PACE_S = 1.0, 0.005


class Side:
    """A user agent and the CPU time spent in it."""

    def __init__(self, host: str, seed: int) -> None:
        self.agent = UserAgent(UserAgentSettings(advertised={"UDP": (host, 5060)}), random.Random(seed))
        self.spent_ns = 0

    def do(self, work, *arguments):  # type: ignore[no-untyped-def]
        began = time.thread_time_ns()
        result = work(*arguments)
        outputs = self.agent.take_outputs()
        self.spent_ns += time.thread_time_ns() - began
        return result, outputs


def bare_answers(data: bytes) -> list[bytes]:
    """What a responder without a memory sends: headers copied, nothing checked, nothing kept."""
    lines = data.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    method = lines[0].split(b" ", 1)[0]
    kept = [line for line in lines[1:] if line[:4] in (b"Via:", b"From", b"To: ", b"Call", b"CSeq")]
    head = b"\r\n".join(kept)
    if method == b"INVITE":
        tagged = head.replace(b"\r\nCall", b";tag=x\r\nCall", 1)
        return [
            b"SIP/2.0 180 Ringing\r\n" + tagged + b"\r\nContent-Length: 0\r\n\r\n",
            b"SIP/2.0 200 OK\r\n" + tagged + b"\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER,
        ]
    return [b"SIP/2.0 200 OK\r\n" + head + b"\r\nContent-Length: 0\r\n\r\n"] if method == b"BYE" else []


def run(calls: int) -> tuple[float, float]:
    """CPU milliseconds a call: of the core, and of the bare responder for the same messages."""
    caller, server = Side("192.0.2.1", 1), Side("192.0.2.2", 2)
    target, us = parse_uri("sip:room@192.0.2.2"), NameAddr(None, parse_uri("sip:alice@192.0.2.1"))
    to_server: list[bytes] = []
    ending: list[tuple[float, object]] = []
    now, started, bare_ns = 0.0, 0, 0

    def exchange(outputs: list[object], from_caller: bool) -> None:
        nonlocal bare_ns
        queue = [(output, from_caller) for output in outputs]
        while queue:
            output, is_callers = queue.pop(0)
            if isinstance(output, SendBytes):
                if is_callers:
                    to_server.append(output.data)
                    began = time.thread_time_ns()
                    bare_answers(output.data)
                    bare_ns += time.thread_time_ns() - began
                    _, more = server.do(server.agent.receive, output.data, CALLER, now)
                else:
                    _, more = caller.do(caller.agent.receive, output.data, SERVER, now)
                queue += [(each, not is_callers) for each in more]
            elif isinstance(output, IncomingCall) and not is_callers:
                call = output.call
                assert isinstance(call, InboundCall)
                _, more = server.do(call.ring, now)
                queue += [(each, False) for each in more]
                _, more = server.do(call.answer, ANSWER, now)
                queue += [(each, False) for each in more]
            elif isinstance(output, CallAnswered) and is_callers:
                ending.append((now + HOLD_S, output.call))

    while started < calls or ending:
        now += PACE_S
        if started < calls:
            started += 1
            _, outputs = caller.do(
                lambda now=now: caller.agent.invite(
                    target, us, NameAddr(None, target), now, sdp=OFFER, next_hop=SERVER
                )
            )
            exchange(outputs, True)
        while ending and ending[0][0] <= now:
            _, call = ending.pop(0)
            _, outputs = caller.do(call.hang_up, now)  # type: ignore[attr-defined]
            exchange(outputs, True)
        for side, is_caller in ((caller, True), (server, False)):
            deadline = side.agent.next_deadline()
            if deadline is not None and deadline <= now:
                _, outputs = side.do(side.agent.handle_timers, now)
                exchange(outputs, is_caller)
    assert server.agent.call_count == 0
    assert sum(data.startswith(b"BYE") for data in to_server) == calls
    return server.spent_ns / calls / 1e6, bare_ns / calls / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument(
        "--bare", action="store_true", help="print the core's milliseconds a call and nothing else"
    )
    words = parser.parse_args()
    gc.set_threshold(50_000, 20, 100)  # as the server does
    run(500)
    figures = sorted(run(words.calls) for _ in range(3))
    core, bare = figures[1]
    if words.bare:
        print(f"{core:.3f}")
        return
    lines = [
        "# Cost of a call to the SIP core",
        "",
        f"Command: `python benchmarks/sip_core.py --calls {words.calls}`; {os.cpu_count()} CPUs, median of three runs.",
        "INVITE, 180, 200, ACK, one second, BYE, 200, with every timer that falls due; the answering side only.",
        "",
        "| | ms CPU a call | ratio to the bare responder |",
        "| --- | --- | --- |",
        f"| bare responder: copies headers, keeps nothing | {bare:.3f} | 1 |",
        f"| SIP core | {core:.3f} | {core / bare:.1f} |",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "sip_core.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
