"""What asking a customer's server adds to a call: from INVITE to 200 OK, beyond the customer's own time.

`python benchmarks/markup_round_trip.py [--calls 400] [--rate 20]` starts the server and a customer's web server (a bare
asyncio protocol in this process, which notes when a request was whole and when its answer was written), and calls two
numbers in turn at a steady rate: one whose application is asked for TwiML by POST, signed; and, as the baseline of the
same run, one that leads to a room at once. Results go to benchmarks/results/markup_round_trip.md.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from interop.conftest import start

RESULTS = Path(__file__).parent / "results"
DOCUMENT = b"<Response><Dial><Conference beep='false' waitUrl=''>bench</Conference></Dial></Response>"
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 9 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)


class Customer(asyncio.Protocol):
    """Answers every POST with the document; `spans_ns` holds how long each took it."""

    def __init__(self, spans_ns: list[int]) -> None:
        self._spans_ns = spans_ns
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, ended, body = self._data.partition(b"\r\n\r\n")
        if not ended:
            return
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        if len(body) < length:
            return
        began_ns = time.monotonic_ns()
        self._data = b""
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s"
            % (len(DOCUMENT), DOCUMENT)
        )
        self._spans_ns.append(time.monotonic_ns() - began_ns)


class Caller(asyncio.DatagramProtocol):
    """Calls, notes when 200 OK came, acknowledges it and hangs up at once."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._transport: asyncio.DatagramTransport | None = None
        self._port = 0
        self.sent_ns: dict[str, int] = {}
        self.answers: dict[str, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._port = transport.get_extra_info("sockname")[1]

    def invite(self, call: str, to: str) -> None:
        self.sent_ns[call] = time.monotonic_ns()
        self._send(call, to, "INVITE", 1, "", SDP)

    def _send(self, call: str, to: str, method: str, cseq: int, to_tag: str, body: bytes = b"") -> None:
        host, port = self._target
        lines = [
            f"{method} sip:{to}@{host}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{call}{method}",
            "Max-Forwards: 70",
            f"From: <sip:bench@127.0.0.1>;tag={call}",
            f"To: <sip:{to}@{host}>{to_tag}",
            f"Call-ID: {call}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:bench@127.0.0.1:{self._port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        assert self._transport is not None
        self._transport.sendto("\r\n".join(lines).encode() + b"\r\n\r\n" + body, self._target)

    def datagram_received(self, data: bytes, addr: object) -> None:
        at_ns = time.monotonic_ns()
        lines = data.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
        if not lines[0].startswith("SIP/2.0 200"):
            return
        headers = dict(line.split(": ", 1) for line in lines[1:])
        if headers["CSeq"] != "1 INVITE":
            return
        call = headers["Call-ID"]
        to = headers["To"].partition("sip:")[2].partition("@")[0]
        tag = ";tag=" + headers["To"].rpartition(";tag=")[2]
        self._send(call, to, "ACK", 1, tag)
        if call not in self.answers:
            self.answers[call] = at_ns
            self._send(call, to, "BYE", 2, tag)


def share(values_ms: list[float], part: float) -> float:
    return sorted(values_ms)[min(len(values_ms) - 1, int(len(values_ms) * part))]


async def measure(calls: int, rate: float) -> tuple[list[float], list[float], float]:
    """Milliseconds from INVITE to 200 OK: asked, not asked; and the customer's own median."""
    loop = asyncio.get_running_loop()
    spans_ns: list[int] = []
    web = await loop.create_server(lambda: Customer(spans_ns), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{web.sockets[0].getsockname()[1]}/voice"
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.to_thread(
            start, Path(folder) / "data", "--media-silence-s", "0", "--participants-max", "1000"
        )
        try:
            words = ("application", "create", "Bench", url, "--dialect", "twilio")
            await asyncio.to_thread(server.hubbub, *words)
            await asyncio.to_thread(server.hubbub, "number", "create", "+15550100", "--application", "Bench")
            _, caller = await loop.create_datagram_endpoint(
                lambda: Caller((server.sip_host, server.sip_port)), local_addr=("127.0.0.1", 0)
            )
            asked, plain = [], []
            for number in range(-20, calls):  # the first twenty warm both ways up
                for to, kept in (("+15550100", asked), ("bench", plain)):
                    call = f"{to.strip('+')}x{number + 20}"
                    caller.invite(call, to)
                    if number >= 0:
                        kept.append(call)
                    await asyncio.sleep(0.5 / rate)
            await asyncio.sleep(1.0)
            missing = [call for call in (*asked, *plain) if call not in caller.answers]
            assert not missing, f"never answered: {missing[:5]}"
            took = {call: (caller.answers[call] - caller.sent_ns[call]) / 1e6 for call in caller.answers}
        finally:
            server.stop()
    web.close()
    own_ms = sorted(spans_ns)[len(spans_ns) // 2] / 1e6
    return [took[call] - own_ms for call in asked], [took[call] for call in plain], own_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rate", type=float, default=20.0)
    words = parser.parse_args()
    asked, plain, own_ms = asyncio.run(measure(words.calls, words.rate))
    lines = [
        "# From INVITE to 200 OK, with and without asking the customer",
        "",
        f"Command: `python benchmarks/markup_round_trip.py --calls {words.calls} --rate {words.rate:g}`; {os.cpu_count()} CPUs.",
        "Caller, customer and server share the machine. The customer's own time is taken off"
        f" (median {own_ms:.3f} ms); the request is signed, by POST, on a kept connection.",
        "",
        "| | p50 ms | p99 ms |",
        "| --- | --- | --- |",
        f"| a room at once (baseline) | {share(plain, 0.5):.2f} | {share(plain, 0.99):.2f} |",
        f"| an application is asked for TwiML | {share(asked, 0.5):.2f} | {share(asked, 0.99):.2f} |",
        f"| ratio | {share(asked, 0.5) / share(plain, 0.5):.2f} | {share(asked, 0.99) / share(plain, 0.99):.2f} |",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "markup_round_trip.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
