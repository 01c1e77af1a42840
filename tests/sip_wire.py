"""A deterministic wire between SIP user agents, and a hand-driven far end, for tests.

`Wire` carries whole messages between `UserAgent`s on simulated time, with seeded loss, duplication and jitter.
`Bench` puts one user agent on the table: messages are put in as text, what comes out is read back parsed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, TypeVar

from hubbub.protocol.sip.admission import Authorise, allow_all
from hubbub.protocol.sip.events import SendBytes
from hubbub.protocol.sip.message import SipMessage, SipRequest, SipResponse
from hubbub.protocol.sip.parser import parse_message
from hubbub.protocol.sip.routing import Peer
from hubbub.protocol.sip.settings import UserAgentSettings
from hubbub.protocol.sip.user_agent import UserAgent

OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
ANSWER = (
    b"v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n"
)
HOLD = OFFER + b"a=sendonly\r\n"

E_ = TypeVar("E_")


def settings(host: str, port: int = 5060, **changes: Any) -> UserAgentSettings:
    """Settings of a user agent that is reached at one address on every transport."""
    return UserAgentSettings(advertised={"UDP": (host, port), "TCP": (host, port)}, **changes)


@dataclass
class Weather:
    """How bad the network is."""

    loss: float = 0.0
    duplication: float = 0.0
    delay_s: tuple[float, float] = (0.01, 0.01)


class Wire:
    """Simulated time and a network of user agents, found by host and port."""

    def __init__(self, seed: int = 1, weather: Weather | None = None) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self.agents: dict[tuple[str, int], UserAgent] = {}
        self.addresses: dict[int, tuple[str, int]] = {}
        self.on_event: dict[int, Callable[[Any], None]] = {}
        self.sent: list[tuple[float, tuple[str, int], bytes]] = []
        self.keep_sent = False
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def add(self, agent: UserAgent, host: str, port: int, on_event: Callable[[Any], None]) -> None:
        self.agents[host, port] = agent
        self.addresses[id(agent)] = (host, port)
        self.on_event[id(agent)] = on_event

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._queue, (when, self._count, action))

    def flush(self) -> None:
        """Carries out what the user agents put out, until nothing more comes."""
        busy = True
        while busy:
            busy = False
            for agent in self.agents.values():
                outputs = agent.take_outputs()
                for output in outputs:
                    busy = True
                    if isinstance(output, SendBytes):
                        self._carry(self.addresses[id(agent)], output)
                    else:
                        self.on_event[id(agent)](output)

    def run(self, until: float = float("inf")) -> None:
        """Lets time pass until nothing is left to happen, or until a time."""
        self.flush()
        while True:
            deadlines = [at for agent in self.agents.values() if (at := agent.next_deadline()) is not None]
            if self._queue:
                deadlines.append(self._queue[0][0])
            if not deadlines or min(deadlines) > until:
                break
            self.now = max(self.now, min(deadlines))
            while self._queue and self._queue[0][0] <= self.now:
                heappop(self._queue)[2]()
                self.flush()
            for agent in self.agents.values():
                agent.handle_timers(self.now)
            self.flush()
        if until != float("inf"):
            self.now = until

    def _carry(self, source: tuple[str, int], output: SendBytes) -> None:
        if self.keep_sent:
            self.sent.append((self.now, source, output.data))
        target = self.agents.get((output.peer.host, output.peer.port))
        if target is None:
            return
        weather, copies = self.weather, 1
        if output.peer.transport == "UDP":
            if self.random.random() < weather.loss:
                return
            if self.random.random() < weather.duplication:
                copies = 2
        origin = Peer(output.peer.transport, *source)
        for _ in range(copies):
            delay = self.random.uniform(*weather.delay_s)
            self.at(self.now + delay, lambda: target.receive(output.data, origin, self.now))


class Bench:
    """One user agent, and a tester who plays the rest of the world by hand."""

    def __init__(
        self,
        authorise: Authorise = allow_all,
        transport: str = "UDP",
        seed: int = 7,
        **changes: Any,
    ) -> None:
        self.now = 100.0
        self.agent = UserAgent(settings("192.0.2.10", **changes), random.Random(seed), authorise)
        self.peer = Peer(transport, "192.0.2.1", 5060)
        self.sent: list[SipMessage] = []
        self.targets: list[Peer] = []
        self.events: list[Any] = []

    def put(self, text: str | bytes, source: Peer | None = None) -> None:
        """Puts one message in. Text has bare line feeds; Content-Length is left to the caller."""
        data = text.replace("\r\n", "\n").replace("\n", "\r\n").encode() if isinstance(text, str) else text
        self.agent.receive(data, source or self.peer, self.now)
        self.collect()

    def collect(self) -> None:
        for output in self.agent.take_outputs():
            if isinstance(output, SendBytes):
                self.sent.append(parse_message(output.data))
                self.targets.append(output.peer)
            else:
                self.events.append(output)

    def wait(self, seconds: float) -> None:
        """Lets time pass, each timer at its own time."""
        end = self.now + seconds
        while (at := self.agent.next_deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            self.agent.handle_timers(self.now)
            self.collect()
        self.now = end

    def take(self) -> list[SipMessage]:
        """What was sent since the last time."""
        self.collect()
        sent, self.sent = self.sent, []
        self.targets = []
        return sent

    def statuses(self) -> list[int]:
        """The statuses of the responses sent since the last time."""
        return [message.status for message in self.take() if isinstance(message, SipResponse)]

    def requests(self) -> list[SipRequest]:
        """The requests sent since the last time."""
        return [message for message in self.take() if isinstance(message, SipRequest)]

    def one(self) -> Any:
        """The one message sent since the last time."""
        sent = self.take()
        assert len(sent) == 1, sent
        return sent[0]

    def event(self, kind: type[E_]) -> E_:
        """The one event since the last time, which is of this kind."""
        self.collect()
        events, self.events = self.events, []
        assert [type(each) for each in events] == [kind], events
        return events[0]  # type: ignore[no-any-return]

    def assert_idle(self) -> None:
        """Nothing is left after all timers: no call, no transaction, no timer."""
        self.wait(10_000)
        assert (self.agent.call_count, self.agent.transaction_count, self.agent.timer_count) == (0, 0, 0)


def request_text(
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bKa1",
    cseq: int = 1,
    to_tag: str | None = None,
    call_id: str = "c1@alice",
    body: bytes = b"",
    content_type: str = "application/sdp",
    extra: str = "",
    transport: str = "UDP",
) -> str:
    """A request from Alice at 192.0.2.1 to room@192.0.2.10."""
    to = "<sip:room@192.0.2.10>" + (f";tag={to_tag}" if to_tag else "")
    lines = [
        f"{method} sip:room@192.0.2.10 SIP/2.0",
        f"Via: SIP/2.0/{transport} 192.0.2.1:5060;branch={branch}",
        "Max-Forwards: 70",
        'From: "Alice" <sip:alice@192.0.2.1>;tag=at',
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
    ]
    if method in ("INVITE", "UPDATE"):
        lines.append("Contact: <sip:alice@192.0.2.1:5060>")
    if extra:
        lines.append(extra.strip("\n"))
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body)}")
    return "\n".join(lines) + "\n\n" + body.decode().replace("\r\n", "\n")


def reply_text(
    request: SipRequest,
    status: int,
    *,
    to_tag: str | None = "bt",
    body: bytes = b"",
    extra: str = "",
    contact: str | None = "<sip:bob@192.0.2.1:5060>",
) -> str:
    """A response of the far end to a request of ours."""
    lines = [f"SIP/2.0 {status} Whatever"]
    for name, value in request.headers:
        if name in ("Via", "From", "Call-ID", "CSeq"):
            lines.append(f"{name}: {value}")
        elif name == "To":
            tagged = to_tag is not None and status > 100 and ";tag=" not in value
            lines.append(f"To: {value};tag={to_tag}" if tagged else f"To: {value}")
    if contact is not None and 100 < status < 400:
        lines.append(f"Contact: {contact}")
    if extra:
        lines.append(extra.strip("\n"))
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return "\n".join(lines) + "\n\n" + body.decode().replace("\r\n", "\n")


def answered_call(bench: Bench, **invite: Any) -> tuple[Any, str]:
    """An inbound call, answered and acknowledged; the call and our tag."""
    bench.put(request_text("INVITE", body=OFFER, **invite))
    call = bench.events[-1].call
    call.answer(ANSWER, bench.now)
    response = bench.take()[-1]
    tag = response.to_addr.tag
    assert isinstance(tag, str)
    bench.put(request_text("ACK", branch="z9hG4bKack1", to_tag=tag))
    bench.take()
    bench.events.clear()
    return call, tag
